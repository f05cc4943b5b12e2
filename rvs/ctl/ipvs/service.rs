// SPDX-License-Identifier: GPL-2.0-only

//! Operations on services.

use kernel::prelude::*;

use crate::{
    ctl::service::{
        add,
        remove, //
    },
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
            Request,
            Room, //
        },
        time, //
    },
    logic::{
        ipvs_abi::{
            attribute,
            command,
            policy,
            service,
            service_flag, //
        },
        persistence::{
            Engine,
            Mask,
            Persistence, //
        },
        scheduler::{
            Flags,
            Kind,
            Settings, //
        },
        state::TimeoutsChange,
        toa::Scope,
        uapi::Rule,
    },
    svc::{
        ConfigError,
        NewService,
        ServiceChange,
        ServiceConfig,
        ServiceKey,
        Told, //
    },
};

use super::{
    fill,
    key, //
};

/// The flags that schedulers have.
const OF_SCHEDULER: u32 = service_flag::FALLBACK | service_flag::PORT;

/// The flags that say what else a service is.
const OF_SERVICE: u32 = service_flag::ONE_PACKET | service_flag::PERSISTENT;

/// Adds a service.
pub(super) struct New;

impl Do for New {
    const COMMAND: u8 = command::NEW_SERVICE;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        let (named, attributes) = key::service(request.attributes(), &mut room)?;
        let asked = Asked::read(attributes)?;
        let namespace = Director::of(request.net());
        if let key::Named::Key(key) = &named {
            if namespace.data().config.lock().service(key).is_some() {
                return Err(ConfigError::ServiceExists.into());
            }
        }
        let kind = asked.scheduler()?;
        let flags = asked.flags(0);
        let key = named.possible()?;
        let new = NewService {
            key,
            scheduler: settings(kind, flags)?,
            forward: None,
            fast_path: true,
            one_packet: flags & service_flag::ONE_PACKET != 0,
            removal: None,
            told: asked.told(flags),
            timeouts: TimeoutsChange::default(),
            persistence: asked.persistence(flags, &key)?,
            pool: None,
            toa: Scope::default(),
        };
        add(namespace, new)
    }
}

/// Changes a service: all that can be changed of it.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::SET_SERVICE;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        let (named, attributes) = key::service(request.attributes(), &mut room)?;
        let asked = Asked::read(attributes)?;
        let key = named.existing(ConfigError::NoService)?;
        let director = Director::of(request.net()).data();
        let mut config = director.config.lock();
        let old = config.service(&key).ok_or(ConfigError::NoService)?;
        let kind = asked.scheduler()?;
        let flags = asked.flags(flags_of(old));
        let change = ServiceChange {
            scheduler: Some(kind),
            scheduler_flags: settings(kind, flags)?.flags(),
            told: Some(asked.told(flags)),
            one_packet: Some(flags & service_flag::ONE_PACKET != 0),
            persistence: Some(asked.persistence(flags, &key)?),
            ..ServiceChange::default()
        };
        if let Some(Some(_)) = change.persistence {
            director.prepare_persistence()?;
        }
        Ok(config.set_service(&key, change, None)?)
    }
}

/// Deletes a service.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::DEL_SERVICE;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        let (named, _) = key::service(request.attributes(), &mut room)?;
        let key = named.existing(ConfigError::NoService)?;
        remove(Director::of(request.net()), |director| {
            director.config.lock().del_service(&director.services, &key)
        })
    }
}

/// Deletes all services.
pub(super) struct Flush;

impl Do for Flush {
    const COMMAND: u8 = command::FLUSH;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

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
    const COMMAND: u8 = command::GET_SERVICE;
    const REPLY: u8 = command::NEW_SERVICE;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        let (named, _) = key::service(request.attributes(), &mut room)?;
        let key = named.existing(ConfigError::NoService)?;
        let director = Director::of(request.net()).data();
        let config = director.config.lock();
        let found = config.service(&key).ok_or(ConfigError::NoService)?;
        request.reply(|message| fill::service(message, &key, found))
    }
}

/// Answers with all services, whatever else the request says. Changes between two parts of the answer
/// are not told of: clients would take the mark for an error.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::GET_SERVICE;
    const REPLY: u8 = command::NEW_SERVICE;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let director = Director::of(dumper.request().net()).data();
        let mut config = director.config.lock();
        let from = dumper.cursor().rank();
        let told = config.tell_services_from(from, |rank, service| {
            let key = service.key();
            // Ranges of ports have no place in these messages.
            if rank != from && key.range().is_none() {
                dumper.message(|message| fill::service(message, key, service))?;
                dumper.cursor().go_to(rank);
            }
            Ok(())
        });
        dumper.end_part(told)
    }
}

/// Begins to count anew, for one service or for all.
pub(super) struct Zero;

impl Do for Zero {
    const COMMAND: u8 = command::ZERO;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let message = request.attributes();
        let director = Director::of(request.net()).data();
        if message.get(attribute::SERVICE).is_none() {
            director.zero_all();
            return Ok(());
        }
        let mut room = Room::default();
        let (named, _) = key::service(message, &mut room)?;
        let key = named.existing(ConfigError::NoService)?;
        Ok(director.config.lock().zero_service(&key)?)
    }
}

/// What a service is asked to be.
struct Asked<'a> {
    scheduler: Attribute<'a>,
    engine: Option<Attribute<'a>>,
    flags: Attribute<'a>,
    timeout: u32,
    netmask: Attribute<'a>,
}

impl<'a> Asked<'a> {
    /// Reads what must all be there.
    fn read(attributes: Attributes<'a>) -> Result<Self, Refusal> {
        let required = |attribute_type| {
            attributes.get(attribute_type).ok_or_else(|| {
                Refusal::missing(
                    attributes,
                    attribute_type,
                    c"scheduler, flags, timeout or netmask are missing",
                )
            })
        };
        Ok(Self {
            scheduler: required(service::SCHED_NAME)?,
            engine: attributes.get(service::PE_NAME),
            flags: required(service::FLAGS)?,
            timeout: in_jiffies(required(service::TIMEOUT)?.u32().unwrap_or(0)),
            netmask: required(service::NETMASK)?,
        })
    }

    /// Finds the scheduler.
    fn scheduler(&self) -> Result<Kind, Refusal> {
        let Some(kind) = Kind::from_name(self.scheduler.str()) else {
            return Err(
                Refusal::new(ENOENT, c"there is no such scheduler").at(Some(self.scheduler))
            );
        };
        self.engine()?;
        Ok(kind)
    }

    /// Finds the persistence engine, if one is named.
    fn engine(&self) -> Result<Option<Engine>, Refusal> {
        match self.engine {
            Some(named) if !named.str().is_empty() => {
                match Engine::from_name(named.str()) {
                    None => Err(Refusal::new(ENOENT, c"there is no such persistence engine")
                        .at(Some(named))),
                    engine => Ok(engine),
                }
            }
            _ => Ok(None),
        }
    }

    /// The flags after the change that is asked for.
    fn flags(&self, old: u32) -> u32 {
        let [flags, mask] = words(self.flags.padded());
        let new = old & !mask | flags & mask;
        new & !service_flag::HASHED
    }

    /// How clients of a service are to keep their server, where flags say that they do. Of IPv6 the mask is
    /// looked at in any case.
    fn persistence(&self, flags: u32, key: &ServiceKey) -> Result<Option<Persistence>, Refusal> {
        let mask = Mask::from_bytes(key.family(), self.netmask.padded()).ok_or_else(|| {
            Refusal::new(EINVAL, c"the netmask is not one of 1 to 128 bits").at(Some(self.netmask))
        })?;
        if flags & service_flag::PERSISTENT == 0 {
            return Ok(None);
        }
        let engine = match self.engine()? {
            None => None,
            Some(engine) => Some(
                super::super::persistence::check(engine, key)
                    .map_err(|refusal| refusal.at(self.engine))?,
            ),
        };
        Ok(Some(Persistence {
            timeout: self.timeout,
            mask,
            engine,
        }))
    }

    /// What is to be told again.
    fn told(&self, flags: u32) -> Told {
        Told {
            flags,
            timeout: self.timeout,
            netmask: self.netmask.padded(),
        }
    }
}

/// Seconds as IPVS keeps them, which counts in jiffies, in 32 bits: more than 198 days, which no tool asks
/// for, become less.
fn in_jiffies(seconds: u32) -> u32 {
    let hz = time::hz();
    seconds.wrapping_mul(hz).checked_div(hz).unwrap_or(0)
}

/// Splits 8 bytes into numbers in host byte order.
fn words(bytes: [u8; 8]) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = bytes;
    [[a, b, c, d], [e, f, g, h]].map(u32::from_ne_bytes)
}

/// The scheduler that flags of a service stand for.
fn settings(kind: Kind, flags: u32) -> Result<Settings, Refusal> {
    let of_scheduler = if kind.has_flags() {
        Flags {
            fallback: flags & service_flag::FALLBACK != 0,
            port: flags & service_flag::PORT != 0,
        }
    } else {
        Flags::default()
    };
    Ok(Settings::new(kind, of_scheduler).ok_or(ConfigError::NoSchedulerFlags)?)
}

/// The flags of a service: those that mean something here, as it has them now, and the others as they
/// were told.
pub(super) fn flags_of(config: &ServiceConfig) -> u32 {
    let mut told = config.told().flags & !OF_SERVICE;
    if config.schedules_each_datagram() {
        told |= service_flag::ONE_PACKET;
    }
    if config.persistence().is_some() {
        told |= service_flag::PERSISTENT;
    }
    let Some(of_scheduler) = config.scheduler().flags() else {
        return told;
    };
    let fallback = if of_scheduler.fallback {
        service_flag::FALLBACK
    } else {
        0
    };
    let port = if of_scheduler.port {
        service_flag::PORT
    } else {
        0
    };
    told & !OF_SCHEDULER | fallback | port
}

/// Timeout, in seconds, and netmask of persistence: those that hold, or else those that were told.
pub(super) fn persistence_of(config: &ServiceConfig) -> (u32, [u8; 4]) {
    match config.persistence() {
        Some(Persistence { timeout, mask, .. }) => (timeout, mask.to_bytes()),
        None => {
            let told = config.told();
            (told.timeout, told.netmask)
        }
    }
}
