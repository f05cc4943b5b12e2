// SPDX-License-Identifier: GPL-2.0-only

//! Operations on pools of local addresses.

use core::str;

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
            Full,
            Message,
            Permission,
            Refusal,
            Request, //
        },
        net::Net,
    },
    logic::{
        addr::Endpoint,
        pool::{
            AddrRange,
            Level,
            Name,
            NoRange,
            Ports,
            MOST_ADDRESSES, //
        },
        protocol::Protocol,
        uapi::{
            command,
            group,
            policy,
            pool,
            pool_address,
            pool_event,
            pool_level,
            pool_server,
            service,
            Rule, //
        },
    },
    svc::pool::{
        AddressFigures,
        NewPool,
        PoolChange,
        PoolConfig,
        PoolError,
        PoolEvent,
        PoolFigures, //
    },
};

use super::{
    address::{
        read_port,
        AddressAttributes, //
    },
    errors::eaddrinuse,
    family,
    FAMILY, //
};

/// Address attributes of a range, or of one address.
const FIRST_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: pool_address::ADDR4,
    addr6: pool_address::ADDR6,
};

/// Address attributes of the highest address of a range.
const LAST_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: pool_address::LAST_ADDR4,
    addr6: pool_address::LAST_ADDR6,
};

/// Address attributes of a real server.
const SERVER_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: pool_server::ADDR4,
    addr6: pool_server::ADDR6,
};

/// Adds a pool without addresses.
pub(super) struct Add;

impl Do for Add {
    const COMMAND: u8 = command::POOL_ADD;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::POOL_ADD;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let (name, attribute) = required_name(attributes, pool::NAME)?;
        let new = NewPool {
            name,
            ports: read_ports(attributes, Ports::DEFAULT)?,
        };
        let director = Director::of(request.net()).data();
        let added = director.pools.add(new);
        added.map_err(|error| Refusal::from(error).at(Some(attribute)))
    }
}

/// Changes the ports of a pool.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::POOL_SET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::POOL_SET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let (name, at_name) = required_name(attributes, pool::NAME)?;
        let pools = &Director::of(request.net()).data().pools;
        let no_pool = || Refusal::from(PoolError::NoPool).at(Some(at_name));
        let now = pools.with(&name, PoolConfig::ports).ok_or_else(no_pool)?;
        let ports = read_ports(attributes, now)?;
        let at_port = [pool::FIRST_PORT, pool::LAST_PORT]
            .into_iter()
            .find_map(|number| attributes.get(number));
        let changed = pools.change(&name, PoolChange::Ports(ports), |_| Ok(()));
        // What is left has changed.
        pools.wake();
        changed.map_err(|error| match error {
            PoolError::NoPool => no_pool(),
            error => Refusal::from(error).at(at_port),
        })
    }
}

/// Deletes a pool.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::POOL_DEL;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::POOL_DEL;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let (name, attribute) = required_name(request.attributes(), pool::NAME)?;
        let director = Director::of(request.net()).data();
        // No service comes to name it meanwhile.
        let config = director.config.lock();
        if let Some(key) = config.user_of_pool(&name) {
            let refusal = Refusal::made(
                EBUSY,
                format_args!("the service {key} uses it"),
                c"a service uses it",
            );
            return Err(refusal.at(Some(attribute)));
        }
        let removed = director.pools.remove(&name);
        drop(config);
        removed.map_err(|error| Refusal::from(error).at(Some(attribute)))
    }
}

/// Answers with one pool.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::POOL_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::POOL_GET_DO;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let (name, attribute) = required_name(request.attributes(), pool::NAME)?;
        let director = Director::of(request.net()).data();
        let told = director.pools.with(&name, Told::of);
        let Some(told) = told else {
            return Err(Refusal::from(PoolError::NoPool).at(Some(attribute)));
        };
        let told = told?;
        request.reply(|message| told.fill(message))
    }
}

/// Answers with all pools.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::POOL_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::POOL_GET_DUMP;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let director = Director::of(dumper.request().net()).data();
        loop {
            let next = director.pools.with_next(dumper.cursor().inner, |config| {
                Ok::<_, Refusal>((config.number(), Told::of(config)?))
            });
            let Some(next) = next else { return Ok(()) };
            let (number, told) = next?;
            if dumper.message(|message| told.fill(message)).is_err() {
                return dumper.part_is_full();
            }
            dumper.cursor().inner = number;
        }
    }
}

/// Adds addresses to a pool.
pub(super) struct AddAddress;

impl Do for AddAddress {
    const COMMAND: u8 = command::POOL_ADDRESS_ADD;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::POOL_ADDRESS_ADD;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        change_addresses(request, PoolChange::Add)
    }
}

/// Removes addresses from a pool.
pub(super) struct DelAddress;

impl Do for DelAddress {
    const COMMAND: u8 = command::POOL_ADDRESS_DEL;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::POOL_ADDRESS_DEL;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        change_addresses(request, PoolChange::Remove)
    }
}

fn change_addresses(
    request: &Request<'_>,
    change: impl FnOnce(AddrRange) -> PoolChange,
) -> Result<(), Refusal> {
    let attributes = request.attributes();
    let (name, at_name) = required_name(attributes, pool_address::POOL)?;
    let (range, at_range) = read_range(attributes)?;
    let director = Director::of(request.net()).data();
    let pools = &director.pools;
    // No server comes to need what goes meanwhile.
    let config = director.config.lock();
    let changed = pools.change(&name, change(range), |addresses| {
        let checked = config.check_addresses(&name, addresses);
        checked.map_err(PoolError::Needed)
    });
    drop(config);
    // What is left has changed.
    pools.wake();
    changed.map_err(|error| {
        let at = match error {
            PoolError::NoPool => at_name,
            _ => at_range,
        };
        Refusal::from(error).at(Some(at))
    })
}

/// Answers with the addresses of a pool.
pub(super) struct GetAddresses;

impl Dump for GetAddresses {
    const COMMAND: u8 = command::POOL_ADDRESS_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::POOL_ADDRESS_GET;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let (name, attribute) = required_name(dumper.request().attributes(), pool_address::POOL)?;
        let director = Director::of(dumper.request().net()).data();
        let figures = director.pools.with(&name, |config| {
            Ok::<_, Refusal>((config.generation(), config.figures()?))
        });
        let Some(figures) = figures else {
            return Err(Refusal::from(PoolError::NoPool).at(Some(attribute)));
        };
        let (generation, figures) = figures?;
        dumper.set_generation(generation.wrapping_add(1));
        let told = usize::try_from(dumper.cursor().inner).unwrap_or(usize::MAX);
        for entry in figures.addresses.iter().skip(told) {
            if dumper
                .message(|message| fill_address(message, &name, entry))
                .is_err()
            {
                return dumper.part_is_full();
            }
            dumper.cursor().inner = dumper.cursor().inner.wrapping_add(1);
        }
        Ok(())
    }
}

/// Tells of a pool that it has more or less left towards a server.
pub(crate) fn tell(net: &Net, event: &PoolEvent<'_>) {
    FAMILY.multicast(net, group::POOLS, command::POOL_LEVEL, |message| {
        message.str(pool_event::POOL, event.pool.as_str())?;
        message.u32(pool_event::LEVEL, level_number(event.level))?;
        message.nest(pool_event::SERVER, |nest| {
            fill_server(nest, event.server, event.protocol, event.taken, event.ports)
        })
    });
}

fn level_number(level: Level) -> u32 {
    match level {
        Level::Ample => pool_level::AMPLE,
        Level::Scarce => pool_level::SCARCE,
        Level::Dry => pool_level::DRY,
    }
}

/// What is told of a pool.
struct Told {
    name: Name,
    ports: Ports,
    services: u32,
    figures: PoolFigures,
}

impl Told {
    fn of(config: &PoolConfig) -> Result<Self, Refusal> {
        Ok(Self {
            name: *config.pool().name(),
            ports: config.ports(),
            services: config.pool().services(),
            figures: config.figures()?,
        })
    }

    fn fill(&self, message: &mut Message<'_>) -> Result<(), Full> {
        let figures = &self.figures;
        message.str(pool::NAME, self.name.as_str())?;
        message.be16(pool::FIRST_PORT, self.ports.first())?;
        message.be16(pool::LAST_PORT, self.ports.last())?;
        let count = u32::try_from(figures.addresses.len()).unwrap_or(u32::MAX);
        message.u32(pool::ADDRESSES, count)?;
        message.u32(pool::SERVICES, self.services)?;
        message.uint(pool::USED, figures.used)?;
        message.uint(pool::RESTING, figures.resting)?;
        message.uint(pool::REFUSED, figures.refused)?;
        message.uint(pool::EVICTED, figures.evicted)?;
        let Some(busiest) = figures.busiest else {
            return Ok(());
        };
        message.nest(pool::BUSIEST, |nest| {
            let (server, protocol) = (busiest.server, busiest.protocol);
            fill_server(nest, server, protocol, busiest.taken, busiest.ports)
        })
    }
}

fn fill_server(
    nest: &mut Message<'_>,
    server: Endpoint,
    protocol: Protocol,
    taken: u32,
    ports: u32,
) -> Result<(), Full> {
    SERVER_ADDRESS.fill(nest, server.addr)?;
    nest.be16(pool_server::PORT, server.port)?;
    nest.u32(pool_server::PROTOCOL, protocol.number().into())?;
    nest.u32(pool_server::TAKEN, taken)?;
    nest.u32(pool_server::PORTS, ports)
}

fn fill_address(
    message: &mut Message<'_>,
    name: &Name,
    entry: &AddressFigures,
) -> Result<(), Full> {
    message.str(pool_address::POOL, name.as_str())?;
    FIRST_ADDRESS.fill(message, entry.addr)?;
    message.uint(pool_address::USED, entry.used)?;
    message.uint(pool_address::RESTING, entry.resting)?;
    message.u32(pool_address::FREE, entry.free)?;
    message.uint(pool_address::GIVEN, entry.given)?;
    message.uint(pool_address::REFUSED, entry.refused)
}

/// Reads the name of a pool.
fn required_name(
    attributes: Attributes<'_>,
    attribute_type: u16,
) -> Result<(Name, Attribute<'_>), Refusal> {
    let attribute = attributes.get(attribute_type).ok_or_else(|| {
        Refusal::missing(attributes, attribute_type, c"the name of a pool is missing")
    })?;
    Ok((parse_name(attribute)?, attribute))
}

/// Reads which pool a service is to have; inside none for none.
pub(super) fn read_of_service(request: &Request<'_>) -> Result<Option<Option<Name>>, Refusal> {
    let Some(attribute) = request.attributes().get(service::POOL) else {
        return Ok(None);
    };
    if attribute.str().is_empty() {
        return Ok(Some(None));
    }
    let name = parse_name(attribute)?;
    // When it goes until it is used, the answer is the same without the attribute.
    match Director::of(request.net()).data().pools.get(&name) {
        Some(_) => Ok(Some(Some(name))),
        None => Err(Refusal::from(PoolError::NoPool).at(Some(attribute))),
    }
}

fn parse_name(attribute: Attribute<'_>) -> Result<Name, Refusal> {
    let text = str::from_utf8(attribute.str()).ok();
    text.and_then(Name::new).ok_or_else(|| {
        Refusal::new(
            EINVAL,
            c"not a name: 1 to 31 letters, digits, '.', '_' and '-', a letter or digit first",
        )
        .at(Some(attribute))
    })
}

/// Reads ports; those that are not given are those of `other`.
fn read_ports(attributes: Attributes<'_>, other: Ports) -> Result<Ports, Refusal> {
    let read = |number, or| match attributes.get(number) {
        Some(_) => read_port(attributes, number),
        None => Ok(or),
    };
    let first = read(pool::FIRST_PORT, other.first())?;
    let last = read(pool::LAST_PORT, other.last())?;
    let at = attributes
        .get(pool::LAST_PORT)
        .or_else(|| attributes.get(pool::FIRST_PORT));
    Ports::new(first, last)
        .ok_or_else(|| Refusal::new(EINVAL, c"the last port is below the first one").at(at))
}

/// Reads an address or a range.
fn read_range(attributes: Attributes<'_>) -> Result<(AddrRange, Attribute<'_>), Refusal> {
    let (first, attribute) = FIRST_ADDRESS.read(attributes)?;
    let has_last = [LAST_ADDRESS.addr4, LAST_ADDRESS.addr6]
        .into_iter()
        .any(|number| attributes.get(number).is_some());
    let (last, attribute) = if has_last {
        LAST_ADDRESS.read(attributes)?
    } else {
        (first, attribute)
    };
    family::check(first.family(), Some(attribute))?;
    match AddrRange::new(first, last) {
        Ok(range) => Ok((range, attribute)),
        Err(error) => Err(no_range(error).at(Some(attribute))),
    }
}

fn no_range(error: NoRange) -> Refusal {
    let errno = match error {
        NoRange::TooMany => E2BIG,
        _ => EINVAL,
    };
    Refusal::made(
        errno,
        format_args!("{error}"),
        c"not addresses to send from",
    )
}

impl From<PoolError> for Refusal {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Exists => Self::new(EEXIST, c"there is a pool of this name already"),
            PoolError::NoPool => Self::new(ENOENT, c"there is no such pool"),
            PoolError::AddressExists(addr) => Self::made(
                EEXIST,
                format_args!("the pool has {addr} already"),
                c"the pool has one of them already",
            ),
            PoolError::NoAddress(addr) => Self::made(
                ENOENT,
                format_args!("the pool does not have {addr}"),
                c"the pool does not have all of them",
            ),
            PoolError::Overlaps(addr, other) => Self::made(
                eaddrinuse(),
                format_args!("{addr} is in pool {other}"),
                c"another pool has one of them",
            ),
            PoolError::TooManyAddresses => Self::made(
                E2BIG,
                format_args!("a pool has at most {MOST_ADDRESSES} addresses"),
                c"a pool does not have as many addresses",
            ),
            PoolError::Needed(key) => Self::made(
                EBUSY,
                format_args!("servers of the service {key} need it"),
                c"servers of a service need it",
            ),
            PoolError::Memory => Self::new(ENOMEM, c"memory is short"),
        }
    }
}
