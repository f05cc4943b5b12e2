// SPDX-License-Identifier: GPL-2.0-only

//! Operations on destinations.

use kernel::prelude::*;

use crate::{
    ctl::{
        self,
        errors::eprotonosupport,
        key::check_reachable, //
    },
    director::Director,
    kapi::genl::{
        Attribute,
        Attributes,
        Do,
        Dump,
        Dumper,
        Permission,
        Refusal,
        Request,
        Room, //
    },
    logic::{
        addr::Endpoint,
        ipvs_abi::{
            command,
            dest,
            forward,
            policy,
            tunnel,
            tunnel_flag, //
        },
        thresholds::Thresholds,
        tunnel::{
            Checksum,
            Kind,
            Tunnel,
            TunnelChange, //
        },
        uapi::Rule,
    },
    svc::{
        ConfigError,
        Dest,
        DestChange,
        Forward,
        NewDest,
        PortCheck,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::{
    fill,
    key, //
};

/// Adds a destination.
pub(super) struct New;

impl Do for New {
    const COMMAND: u8 = command::NEW_DEST;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let message = request.attributes();
        let key = existing_service(request)?;
        let mut room = Room::default();
        let (named, attributes) = key::dest(message, &key, &mut room)?;
        let asked = Asked::read(attributes, &key)?;
        let namespace = Director::of(request.net());
        if let key::Named::Key(endpoint) = &named {
            let config = namespace.data().config.lock();
            let has = |service: &ServiceConfig| service.position(*endpoint).is_some();
            if config.service(&key).is_some_and(has) {
                return Err(ConfigError::DestExists.into());
            }
        }
        let endpoint = named.possible()?;
        check_reachable(request.net(), attributes.get(dest::ADDR), endpoint)?;
        let new = NewDest {
            endpoint,
            weight: asked.weight,
            forward: Some(asked.forward),
            tunnel: asked.tunnel,
            thresholds: asked.thresholds,
            ports: PortCheck::Ignore,
        };
        ctl::dest::add(namespace, &key, new, Refusal::from)
    }
}

/// Changes a destination: all that can be changed of it.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::SET_DEST;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let key = named_service(request)?;
        let (endpoint, change) = read_change(request.attributes(), &key).or_else(|refusal| {
            check_exists(request, &key)?;
            Err(refusal)
        })?;
        ctl::dest::set(
            Director::of(request.net()),
            &key,
            endpoint,
            change,
            Refusal::from,
        )
    }
}

/// Removes a destination.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::DEL_DEST;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let key = existing_service(request)?;
        let mut room = Room::default();
        let (named, attributes) = key::dest(request.attributes(), &key, &mut room)?;
        if let Some(attribute) = attributes.get(dest::ADDR_FAMILY) {
            key::dest_family(attribute)?;
        }
        let endpoint = named.existing(ConfigError::NoDest)?;
        let director = Director::of(request.net()).data();
        let mut config = director.config.lock();
        Ok(config.del_dest(&key, endpoint)?)
    }
}

/// Answers with the destinations of a service; with none where the request names no service that is
/// there.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::GET_DEST;
    const REPLY: u8 = command::NEW_DEST;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let Some(key) = wanted(dumper.request().attributes()) else {
            return Ok(());
        };
        let director = Director::of(dumper.request().net()).data();
        let config = director.config.lock();
        let Some(service) = config.service(&key) else {
            return Ok(());
        };
        let left = service.dests_before(dumper.cursor().inner);
        let told = left.iter().try_for_each(|entry| {
            dumper.message(|message| fill::dest(message, entry))?;
            dumper.cursor().inner = entry.dest.number();
            Ok(())
        });
        dumper.end_part(told)
    }
}

/// The service whose destinations a dump is to tell.
fn wanted(message: Attributes<'_>) -> Option<ServiceKey> {
    if !message.follow(policy::MESSAGE) {
        return None;
    }
    let mut room = Room::default();
    match key::service(message, &mut room) {
        Ok((key::Named::Key(key), _)) => Some(key),
        _ => None,
    }
}

/// Reads which service a destination belongs to. One that is not there is told of before what is wrong
/// with the destination.
fn existing_service(request: &Request<'_>) -> Result<ServiceKey, Refusal> {
    let key = named_service(request)?;
    check_exists(request, &key)?;
    Ok(key)
}

/// Reads which service a destination belongs to, if there may be one of that name.
fn named_service(request: &Request<'_>) -> Result<ServiceKey, Refusal> {
    let mut room = Room::default();
    let (named, _) = key::service(request.attributes(), &mut room)?;
    named.existing(ConfigError::NoService)
}

fn check_exists(request: &Request<'_>, key: &ServiceKey) -> Result<(), Refusal> {
    let config = Director::of(request.net()).data().config.lock();
    match config.service(key) {
        Some(_) => Ok(()),
        None => Err(ConfigError::NoService.into()),
    }
}

/// Reads which destination is to be changed, and how.
fn read_change(
    message: Attributes<'_>,
    service: &ServiceKey,
) -> Result<(Endpoint, DestChange), Refusal> {
    let mut room = Room::default();
    let (named, attributes) = key::dest(message, service, &mut room)?;
    let asked = Asked::read(attributes, service)?;
    let change = DestChange {
        weight: Some(asked.weight),
        forward: Some(asked.forward),
        tunnel: asked.tunnel,
        upper_threshold: Some(asked.thresholds.upper()),
        lower_threshold: Some(asked.thresholds.lower()),
        ports: PortCheck::Ignore,
    };
    Ok((named.existing(ConfigError::NoDest)?, change))
}

/// What a destination is asked to be.
struct Asked {
    weight: u32,
    forward: Forward,
    tunnel: TunnelChange,
    thresholds: Thresholds,
}

impl Asked {
    /// Reads what must all be there, and checks it.
    fn read(attributes: Attributes<'_>, service: &ServiceKey) -> Result<Self, Refusal> {
        let required = |attribute_type| {
            attributes.get(attribute_type).ok_or_else(|| {
                Refusal::missing(
                    attributes,
                    attribute_type,
                    c"forward method, weight or thresholds are missing",
                )
            })
        };
        let method = required(dest::FWD_METHOD)?;
        let weight = required(dest::WEIGHT)?;
        let upper = required(dest::U_THRESH)?;
        let lower = required(dest::L_THRESH)?;
        check_family(attributes, service, method)?;
        let weight = read_weight(weight)?;
        let thresholds = read_thresholds(upper, lower)?;
        check_tunnel(attributes)?;
        let forward = read_forward(method)?;
        let tunnel = match forward {
            Forward::Tun => read_tunnel(attributes)?.into(),
            Forward::Nat | Forward::Dr | Forward::Fullnat | Forward::Enat => {
                TunnelChange::default()
            }
        };
        Ok(Self {
            weight,
            forward,
            tunnel,
            thresholds,
        })
    }
}

/// Checks that a destination is of the family of its service, or reached by a tunnel.
fn check_family(
    attributes: Attributes<'_>,
    service: &ServiceKey,
    method: Attribute<'_>,
) -> Result<(), Refusal> {
    let Some(attribute) = attributes.get(dest::ADDR_FAMILY) else {
        return Ok(());
    };
    let is_tunnel = method.u32().map(|number| number & forward::MASK) == Some(forward::TUNNEL);
    match key::dest_family(attribute)? {
        Some(family) if family != service.family() && !is_tunnel => {
            Err(Refusal::from(ConfigError::MixedFamilies).at(Some(attribute)))
        }
        _ => Ok(()),
    }
}

/// Checks what tunnels in UDP need, which holds whatever the forward method is.
fn check_tunnel(attributes: Attributes<'_>) -> Result<(), Refusal> {
    let port = attributes.get(dest::TUN_PORT);
    let is_udp = attributes.get(dest::TUN_TYPE).and_then(Attribute::u8) == Some(tunnel::GUE);
    if is_udp && port.and_then(Attribute::be16).unwrap_or(0) == 0 {
        return Err(Refusal::new(EINVAL, c"the tunnel has no port").at(port));
    }
    Ok(())
}

/// Reads the tunnel. What a kind of tunnel has not is passed over, as in IPVS, which takes any number for a kind, and has
/// those that it does not know be IP in IP.
fn read_tunnel(attributes: Attributes<'_>) -> Result<Tunnel, Refusal> {
    let named = attributes.get(dest::TUN_TYPE);
    let kind = match named.and_then(Attribute::u8) {
        None | Some(tunnel::IPIP) => Kind::Ipip,
        Some(tunnel::GRE) => Kind::Gre,
        Some(tunnel::GUE) => Kind::Gue,
        Some(_) => {
            return Err(
                Refusal::new(eprotonosupport(), c"tunnels are of ipip, gre or gue").at(named),
            )
        }
    };
    let flags = attributes.get(dest::TUN_FLAGS).and_then(Attribute::u16);
    let has = |flag| flags.unwrap_or(0) & flag != 0;
    let checksum = match kind {
        Kind::Gue if has(tunnel_flag::REMOTE_CHECKSUM) => Checksum::Remote,
        Kind::Gue | Kind::Gre if has(tunnel_flag::CHECKSUM) => Checksum::Full,
        _ => Checksum::None,
    };
    let port = match kind {
        Kind::Gue => attributes.get(dest::TUN_PORT).and_then(Attribute::be16),
        Kind::Ipip | Kind::Gre => None,
    };
    Tunnel::new(kind, checksum, port.unwrap_or(0))
        .map_err(|refusal| ConfigError::from(refusal).into())
}

/// Kind, port and flags of the tunnel of a destination. One that is forwarded to otherwise has none.
pub(super) fn tunnel_numbers(dest: &Dest) -> (u8, u16, u16) {
    if dest.forward() != Forward::Tun {
        return (tunnel::IPIP, 0, 0);
    }
    let tunnel = dest.tunnel();
    let kind = match tunnel.kind() {
        Kind::Ipip => tunnel::IPIP,
        Kind::Gre => tunnel::GRE,
        Kind::Gue => tunnel::GUE,
    };
    let flags = match tunnel.checksum() {
        Checksum::None => 0,
        Checksum::Full => tunnel_flag::CHECKSUM,
        Checksum::Remote => tunnel_flag::REMOTE_CHECKSUM,
    };
    (kind, tunnel.port(), flags)
}

fn read_weight(weight: Attribute<'_>) -> Result<u32, Refusal> {
    match weight.u32() {
        Some(number) if i32::try_from(number).is_ok() => Ok(number),
        _ => Err(Refusal::new(
            ERANGE,
            c"the weight is less than 0, or more than 2147483647",
        )
        .at(Some(weight))),
    }
}

fn read_thresholds(
    upper_threshold: Attribute<'_>,
    lower_threshold: Attribute<'_>,
) -> Result<Thresholds, Refusal> {
    let upper = upper_threshold.u32().unwrap_or(0);
    let lower = lower_threshold.u32().unwrap_or(0);
    if lower > upper {
        return Err(
            Refusal::new(ERANGE, c"the lower threshold is higher than the upper one")
                .at(Some(lower_threshold)),
        );
    }
    Thresholds::new(upper, lower).ok_or_else(|| {
        Refusal::new(EINVAL, c"the upper threshold is more than 2147483647")
            .at(Some(upper_threshold))
    })
}

/// Reads the forward method. IPVS takes any number for one, and forwards nothing by those that it does not have.
fn read_forward(method: Attribute<'_>) -> Result<Forward, Refusal> {
    match method.u32().map(|number| number & forward::MASK) {
        Some(forward::MASQUERADE) => Ok(Forward::Nat),
        Some(forward::DIRECT) => Ok(Forward::Dr),
        Some(forward::TUNNEL) => Ok(Forward::Tun),
        _ => Err(Refusal::new(
            EINVAL,
            c"the forward method is neither masquerading, direct routing nor a tunnel",
        )
        .at(Some(method))),
    }
}

/// The number of a forward method.
pub(super) fn forward_number(forward: Forward) -> u32 {
    match forward {
        // Its tools know no number of full NAT and ENAT.
        Forward::Nat | Forward::Fullnat | Forward::Enat => forward::MASQUERADE,
        Forward::Dr => forward::DIRECT,
        Forward::Tun => forward::TUNNEL,
    }
}
