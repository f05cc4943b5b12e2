// SPDX-License-Identifier: GPL-2.0-only

//! Operations on services.

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::{
        genl::{
            Attribute,
            Attributes,
            Do,
            Dump,
            Dumper,
            Permission,
            Refusal,
            Request, //
        },
        net::pernet::Namespace, //
    },
    logic::{
        protocol::Protocol,
        removal::Removal,
        scheduler::{
            Flags,
            Kind,
            Settings, //
        },
        toa::Scope,
        uapi::{
            command,
            policy,
            service,
            Rule, //
        },
    },
    svc::{
        ConfigError,
        NewService,
        ServiceChange,
        ServiceKey,
        Told, //
    },
};

use super::{
    address::read_forward,
    fill,
    key::read_service,
    persistence,
    pool,
    timeouts, //
};

/// What a service gets whose scheduler is not named.
const DEFAULT_SCHEDULER: Kind = Kind::Wrr;

/// Adds a service. The first one of a namespace brings the hooks.
pub(super) struct Add;

impl Do for Add {
    const COMMAND: u8 = command::SERVICE_ADD;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::SERVICE_ADD;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service(attributes)?;
        let scheduler = Settings::new(
            read_scheduler(attributes)?.unwrap_or(DEFAULT_SCHEDULER),
            read_scheduler_flags(attributes)?.unwrap_or_default(),
        )
        .ok_or_else(|| no_scheduler_flags(attributes))?;
        let forward = read_forward(attributes, service::FORWARD)?;
        let fast_path = read_fast_path(attributes, &key)?.unwrap_or(true);
        let timeouts = timeouts::read_own(attributes, &key)?;
        let persistence = persistence::read(attributes, &key)?.flatten();

        let new = NewService {
            key,
            scheduler,
            forward,
            fast_path,
            one_packet: read_one_packet(attributes, &key)?.unwrap_or(false),
            removal: read_removal(attributes).flatten(),
            timeouts,
            persistence,
            pool: pool::read_of_service(request)?.flatten(),
            toa: read_toa(attributes, &key)?.unwrap_or_default(),
            told: Told::nothing(key.family()),
        };
        add(Director::of(request.net()), new)
    }
}

/// Adds a service, with what any one needs.
pub(super) fn add(namespace: &Namespace<Director>, new: NewService) -> Result<(), Refusal> {
    let director = namespace.data();
    let mut config = director.config.lock();
    let pool = match &new.pool {
        Some(name) => Some(director.pools.get(name).ok_or(ConfigError::UnknownPool)?),
        None => None,
    };
    let noted = director.filter.note_service(&new.key)?;
    let added = director
        .prepare()
        .and_then(|()| {
            // What servers of FTP have said is remembered like that.
            if new.persistence.is_some() || new.key.is_ftp() {
                director.prepare_persistence()
            } else {
                Ok(())
            }
        })
        .and_then(|()| Director::enable_hooks(namespace, new.key.family()))
        .map_err(Refusal::from)
        .and_then(|()| Ok(config.add_service(&director.services, new, noted, pool)?));
    director.timeouts_changed(&mut config);
    if config.count() == 0 {
        namespace.disable_all_hooks();
    }
    added
}

/// Changes a service.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::SERVICE_SET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::SERVICE_SET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = read_service(attributes)?;
        let change = ServiceChange {
            scheduler: read_scheduler(attributes)?,
            scheduler_flags: read_scheduler_flags(attributes)?,
            forward: read_forward(attributes, service::FORWARD)?,
            fast_path: read_fast_path(attributes, &key)?,
            one_packet: read_one_packet(attributes, &key)?,
            persistence: persistence::read(attributes, &key)?,
            removal: read_removal(attributes),
            pool: pool::read_of_service(request)?,
            toa: read_toa(attributes, &key)?,
            told: None,
            timeouts: timeouts::read_own(attributes, &key)?,
        };
        set(
            Director::of(request.net()),
            &key,
            change,
            |error| match error {
                ConfigError::NoSchedulerFlags => no_scheduler_flags(attributes),
                ConfigError::PoolNeeded
                | ConfigError::NotInPool
                | ConfigError::DestsLackAddress(_) => {
                    Refusal::from(error).at(attributes.get(service::POOL))
                }
                error => error.into(),
            },
        )
    }
}

/// Changes a service, with what it needs.
pub(super) fn set(
    namespace: &Namespace<Director>,
    key: &ServiceKey,
    change: ServiceChange,
    refusal: impl FnOnce(ConfigError) -> Refusal,
) -> Result<(), Refusal> {
    let director = namespace.data();
    let mut config = director.config.lock();
    if let Some(Some(_)) = change.persistence {
        director.prepare_persistence()?;
    }
    let pool = match &change.pool {
        Some(Some(name)) => Some(Some(
            director.pools.get(name).ok_or(ConfigError::UnknownPool)?,
        )),
        Some(None) => Some(None),
        None => None,
    };
    let result = config.set_service(key, change, pool);
    director.timeouts_changed(&mut config);
    result.map_err(refusal)
}

/// Deletes a service. With the last one of a namespace the hooks go.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::SERVICE_DEL;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::SERVICE_DEL;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let key = read_service(request.attributes())?;
        remove(Director::of(request.net()), |director| {
            director.config.lock().del_service(&director.services, &key)
        })
    }
}

/// Deletes all services.
pub(super) struct Flush;

impl Do for Flush {
    const COMMAND: u8 = command::FLUSH;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::FLUSH;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        remove(Director::of(request.net()), |director| {
            director.flush();
            Ok(())
        })
    }
}

/// Answers with one service.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::SERVICE_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::SERVICE_GET_DO;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let key = read_service(request.attributes())?;
        let director = Director::of(request.net()).data();
        let config = director.config.lock();
        let found = config.service(&key).ok_or(ConfigError::NoService)?;
        request.reply(|message| fill::service(message, &key, found))
    }
}

/// Answers with all services.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::SERVICE_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::SERVICE_GET_DUMP;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let director = Director::of(dumper.request().net()).data();
        let mut config = director.config.lock();
        dumper.set_generation(config.generation());
        let from = dumper.cursor().rank();
        let told = config.tell_services_from(from, |rank, service| {
            if rank != from {
                dumper.message(|message| fill::service(message, service.key(), service))?;
                dumper.cursor().go_to(rank);
            }
            Ok(())
        });
        dumper.end_part(told)
    }
}

/// Removes services, and with the last one what any one needs.
pub(super) fn remove(
    namespace: &Namespace<Director>,
    removal: impl FnOnce(&Director) -> Result<(), ConfigError>,
) -> Result<(), Refusal> {
    let director = namespace.data();
    removal(director)?;
    // Nobody can add a service between the look and the removal of the hooks.
    let config = director.config.lock();
    if config.count() == 0 {
        namespace.disable_all_hooks();
    }
    Ok(())
}

fn read_scheduler(attributes: Attributes<'_>) -> Result<Option<Kind>, Refusal> {
    let Some(attribute) = attributes.get(service::SCHEDULER) else {
        return Ok(None);
    };
    match Kind::from_name(attribute.str()) {
        Some(kind) => Ok(Some(kind)),
        None => Err(Refusal::new(
            ENOENT,
            c"there is no such scheduler; use rr, wrr, lc, wlc, sed, nq, sh, mh, dh, lblc, lblcr, fo, ovf, twos or none",
        )
        .at(Some(attribute))),
    }
}

fn read_scheduler_flags(attributes: Attributes<'_>) -> Result<Option<Flags>, Refusal> {
    let attribute = attributes.get(service::SCHEDULER_FLAGS);
    match attribute.and_then(Attribute::u32) {
        None => Ok(None),
        Some(bits) => match Flags::from_bits(bits) {
            Some(flags) => Ok(Some(flags)),
            None => Err(Refusal::new(EINVAL, c"there are no such flags").at(attribute)),
        },
    }
}

/// The policy refuses anything but 0 and 1.
fn read_fast_path(attributes: Attributes<'_>, key: &ServiceKey) -> Result<Option<bool>, Refusal> {
    let attribute = attributes.get(service::FAST_PATH);
    let allowed = attribute.and_then(Attribute::u32).map(|number| number != 0);
    match key {
        ServiceKey::Mark { .. } if allowed == Some(true) => Err(Refusal::new(
            EINVAL,
            c"flows of a mark are never fast: the firewall is asked for each packet",
        )
        .at(attribute)),
        _ => Ok(allowed),
    }
}

/// The policy refuses anything but 0 and 1.
fn read_one_packet(attributes: Attributes<'_>, key: &ServiceKey) -> Result<Option<bool>, Refusal> {
    let attribute = attributes.get(service::ONE_PACKET);
    let each = attribute.and_then(Attribute::u32).map(|number| number != 0);
    match key.protocol() {
        Some(Protocol::Tcp | Protocol::Sctp) if each == Some(true) => {
            Err(Refusal::new(EINVAL, c"only datagrams are scheduled one by one").at(attribute))
        }
        _ => Ok(each),
    }
}

/// The policy refuses what is not in the list.
fn read_removal(attributes: Attributes<'_>) -> Option<Option<Removal>> {
    let number = attributes.get(service::REMOVAL).and_then(Attribute::u32)?;
    Some(Removal::from_uapi(number))
}

/// The policy refuses what is not in the list.
fn read_toa(attributes: Attributes<'_>, key: &ServiceKey) -> Result<Option<Scope>, Refusal> {
    let attribute = attributes.get(service::TOA);
    let scope = attribute
        .and_then(Attribute::u32)
        .and_then(Scope::from_uapi);
    match key.protocol() {
        Some(Protocol::Udp | Protocol::Sctp) if scope == Some(Scope::Nat) => Err(Refusal::new(
            EINVAL,
            c"only TCP has an option that tells real servers of their clients",
        )
        .at(attribute)),
        _ => Ok(scope),
    }
}

fn no_scheduler_flags(attributes: Attributes<'_>) -> Refusal {
    Refusal::from(ConfigError::NoSchedulerFlags).at(attributes.get(service::SCHEDULER_FLAGS))
}
