// SPDX-License-Identifier: GPL-2.0-only

//! Operations on destinations.

use crate::{
    director::Director,
    kapi::{
        genl::{
            Attribute,
            Attributes,
            Do,
            Dump,
            Dumper,
            Full,
            Permission,
            Refusal,
            Request, //
        },
        net::pernet::Namespace,
    },
    logic::{
        addr::Endpoint,
        thresholds::Thresholds,
        uapi::{
            command,
            dest,
            policy,
            Rule, //
        }, //
    },
    svc::{
        ConfigError,
        DestChange,
        NewDest,
        PortCheck,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::{
    address::read_forward,
    fill,
    key::{
        check_reachable,
        read_dest,
        read_service,
        read_service_of_dest, //
    },
    tunnel, //
};

/// What a destination gets whose weight is not named.
const DEFAULT_WEIGHT: u32 = 1;

/// Adds a destination.
pub(super) struct Add;

impl Do for Add {
    const COMMAND: u8 = command::DEST_ADD;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::DEST_ADD;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service_of_dest(attributes)?;
        let endpoint = read_dest(attributes, &key)?;
        let weight = read_number(attributes, dest::WEIGHT).unwrap_or(DEFAULT_WEIGHT);
        let forward = read_forward(attributes, dest::FORWARD)?;
        let tunnel = tunnel::read(attributes);
        let thresholds = Thresholds::default()
            .changed(
                read_number(attributes, dest::UPPER_THRESHOLD),
                read_number(attributes, dest::LOWER_THRESHOLD),
            )
            .ok_or_else(|| wrong_thresholds(attributes))?;
        let attribute = attributes.get(dest::ADDR4).or(attributes.get(dest::ADDR6));
        check_reachable(request.net(), attribute, endpoint)?;

        let new = NewDest {
            endpoint,
            weight,
            forward,
            tunnel,
            thresholds,
            ports: read_port_check(attributes),
        };
        add(
            Director::of(request.net()),
            &key,
            new,
            |error| match error {
                ConfigError::PortMapped => Refusal::from(error).at(attributes.get(dest::KEEP_PORT)),
                error => tunnel::refusal(attributes, &error).unwrap_or_else(|| error.into()),
            },
        )
    }
}

/// Adds a destination, with what it needs.
pub(super) fn add(
    namespace: &Namespace<Director>,
    key: &ServiceKey,
    new: NewDest,
    refusal: impl FnOnce(ConfigError) -> Refusal,
) -> Result<(), Refusal> {
    let director = namespace.data();
    let mut config = director.config.lock();
    let noted = [
        director.filter.note_server(key, new.endpoint)?,
        director.filter.note_service(key)?,
    ];
    if let Some(forward) = config.forward_of_new(key, new.forward) {
        Director::enable_hooks_for(namespace, new.endpoint.addr.family(), forward)?;
    }
    config.add_dest(key, new, noted).map_err(refusal)
}

/// Changes a destination.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::DEST_SET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::DEST_SET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service_of_dest(attributes)?;
        let endpoint = read_dest(attributes, &key)?;
        let change = DestChange {
            weight: read_number(attributes, dest::WEIGHT),
            forward: read_forward(attributes, dest::FORWARD)?,
            tunnel: tunnel::read(attributes),
            upper_threshold: read_number(attributes, dest::UPPER_THRESHOLD),
            lower_threshold: read_number(attributes, dest::LOWER_THRESHOLD),
            ports: PortCheck::Refuse,
        };
        set(
            Director::of(request.net()),
            &key,
            endpoint,
            change,
            |error| match error {
                ConfigError::Thresholds => wrong_thresholds(attributes),
                error => tunnel::refusal(attributes, &error).unwrap_or_else(|| error.into()),
            },
        )
    }
}

/// Changes a destination, with what it needs.
pub(super) fn set(
    namespace: &Namespace<Director>,
    key: &ServiceKey,
    endpoint: Endpoint,
    change: DestChange,
    refusal: impl FnOnce(ConfigError) -> Refusal,
) -> Result<(), Refusal> {
    let mut config = namespace.data().config.lock();
    if let Some(forward) = change.forward {
        Director::enable_hooks_for(namespace, endpoint.addr.family(), forward)?;
    }
    config.set_dest(key, endpoint, change).map_err(refusal)
}

fn read_number(attributes: Attributes<'_>, attribute_type: u16) -> Option<u32> {
    attributes.get(attribute_type).and_then(Attribute::u32)
}

/// The policy refuses anything but 0 and 1.
fn read_port_check(attributes: Attributes<'_>) -> PortCheck {
    match read_number(attributes, dest::KEEP_PORT) {
        None | Some(0) => PortCheck::Refuse,
        Some(_) => PortCheck::Keep,
    }
}

fn wrong_thresholds(attributes: Attributes<'_>) -> Refusal {
    let attribute = attributes
        .get(dest::LOWER_THRESHOLD)
        .or(attributes.get(dest::UPPER_THRESHOLD));
    Refusal::from(ConfigError::Thresholds).at(attribute)
}

/// Removes a destination.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::DEST_DEL;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::DEST_DEL;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service_of_dest(attributes)?;
        let endpoint = read_dest(attributes, &key)?;
        let director = Director::of(request.net()).data();
        let mut config = director.config.lock();
        Ok(config.del_dest(&key, endpoint)?)
    }
}

/// Answers with one destination.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::DEST_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::DEST_GET_DO;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service_of_dest(attributes)?;
        let endpoint = read_dest(attributes, &key)?;
        let director = Director::of(request.net()).data();
        let config = director.config.lock();
        let service = config.service(&key).ok_or(ConfigError::NoService)?;
        let entry = service
            .position(endpoint)
            .and_then(|position| service.dests().get(position))
            .ok_or(ConfigError::NoDest)?;
        request.reply(|message| fill::dest(message, &key, entry))
    }
}

/// Answers with the destinations of one service, or of all.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::DEST_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::DEST_GET_DUMP;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let attributes = dumper.request().attributes();
        let wanted = match attributes.get(dest::SERVICE) {
            Some(nest) => Some(read_service(nest.nested())?),
            None => None,
        };
        let director = Director::of(dumper.request().net()).data();
        let mut config = director.config.lock();
        dumper.set_generation(config.generation());
        let told = match &wanted {
            Some(key) => {
                let service = config.service(key).ok_or(ConfigError::NoService)?;
                tell(dumper, service)
            }
            None => {
                let from = dumper.cursor().rank();
                config.tell_services_from(from, |rank, service| {
                    if rank != from {
                        dumper.cursor().go_to(rank);
                    }
                    tell(dumper, service)
                })
            }
        };
        dumper.end_part(told)
    }
}

/// Tells the destinations of a service that have not been told.
fn tell(dumper: &mut Dumper<'_>, service: &ServiceConfig) -> Result<(), Full> {
    let left = service.dests_before(dumper.cursor().inner);
    left.iter().try_for_each(|entry| {
        dumper.message(|message| fill::dest(message, service.key(), entry))?;
        dumper.cursor().inner = entry.dest.number();
        Ok(())
    })
}
