// SPDX-License-Identifier: GPL-2.0-only

//! Requests in the making.

use std::net::IpAddr;
use std::net::SocketAddr;

use rvs_logic::logic::addr::Addr;
use rvs_logic::logic::addr::Family;
use rvs_logic::logic::persistence::Engine;
use rvs_logic::logic::persistence::Mask;
use rvs_logic::logic::pool::AddrRange;
use rvs_logic::logic::pool::Ports as LocalPorts;
use rvs_logic::logic::uapi::connection;
use rvs_logic::logic::uapi::dest;
use rvs_logic::logic::uapi::persistence;
use rvs_logic::logic::uapi::persistence_engine;
use rvs_logic::logic::uapi::pool;
use rvs_logic::logic::uapi::pool_address;
use rvs_logic::logic::uapi::service;
use rvs_logic::logic::uapi::template;
use rvs_logic::logic::uapi::timeouts;

use crate::model::checksum_name;
use crate::model::checksum_number;
use crate::model::kind_name;
use crate::model::kind_number;
use crate::model::server_name;
use crate::model::Forward;
use crate::model::Persistence;
use crate::model::Ports;
use crate::model::Removal;
use crate::model::SchedulerFlags;
use crate::model::ServiceKey;
use crate::model::Timeouts;
use crate::model::Toa;
use crate::model::TunnelSettings;
use crate::netlink::Attribute;
use crate::netlink::Payload;

/// A request that remembers from which argument each attribute was made, so
/// that a refusal can be explained in the words of the command line.
pub(super) struct Message {
    pub(super) command: u8,
    /// What the request is about, when no attribute is at fault.
    pub(super) subject: String,
    attributes: Vec<Attribute>,
    arguments: Vec<String>,
}

impl Message {
    pub(super) fn new(command: u8, subject: impl ToString) -> Self {
        Self {
            command,
            subject: subject.to_string(),
            attributes: Vec::new(),
            arguments: Vec::new(),
        }
    }

    pub(super) fn payload(&self) -> Payload {
        Payload {
            command: self.command,
            attributes: self.attributes.clone(),
        }
    }

    /// The argument of the attribute at `index`.
    pub(super) fn argument(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(String::as_str)
    }

    /// The number of the attribute at `index`.
    pub(super) fn number(&self, index: usize) -> Option<u16> {
        self.attributes.get(index).map(Attribute::number)
    }

    fn push(&mut self, attribute: Attribute, argument: impl ToString) {
        self.attributes.push(attribute);
        self.arguments.push(argument.to_string());
    }

    /// The key of a service request.
    pub(super) fn service(mut self, key: &ServiceKey) -> Self {
        for attribute in service_key(key) {
            self.push(attribute, key);
        }
        self
    }

    /// The service of a destination request.
    pub(super) fn service_of_server(mut self, key: &ServiceKey) -> Self {
        self.push(Attribute::nest(dest::SERVICE, &service_key(key)), key);
        self
    }

    /// The service of a connection request.
    pub(super) fn service_of_connection(mut self, key: &ServiceKey) -> Self {
        self.push(Attribute::nest(connection::SERVICE, &service_key(key)), key);
        self
    }

    /// The name of a pool, of this attribute and argument.
    pub(super) fn pool(mut self, number: u16, name: &str, argument: impl ToString) -> Self {
        self.push(Attribute::string(number, name), argument);
        self
    }

    /// The pool of a request about its addresses.
    pub(super) fn pool_of_address(self, name: &str) -> Self {
        self.pool(pool_address::POOL, name, name)
    }

    /// The ports of a pool, where given.
    pub(super) fn pool_ports(mut self, ports: Option<LocalPorts>) -> Self {
        if let Some(ports) = ports {
            let typed = format!("--ports {ports}");
            self.push(Attribute::port(pool::FIRST_PORT, ports.first()), &typed);
            self.push(Attribute::port(pool::LAST_PORT, ports.last()), &typed);
        }
        self
    }

    /// Addresses of a pool.
    pub(super) fn pool_range(mut self, range: &AddrRange) -> Self {
        self.push(
            local(range.first(), pool_address::ADDR4, pool_address::ADDR6),
            range,
        );
        if range.len() > 1 {
            let last = local(
                range.last(),
                pool_address::LAST_ADDR4,
                pool_address::LAST_ADDR6,
            );
            self.push(last, range);
        }
        self
    }

    /// The key of a destination request.
    pub(super) fn server(mut self, endpoint: &SocketAddr) -> Self {
        let name = server_name(endpoint);
        self.push(
            address(endpoint.ip(), dest::ADDR4, dest::ADDR6),
            name.clone(),
        );
        if endpoint.port() != 0 {
            self.push(Attribute::port(dest::PORT, endpoint.port()), name);
        }
        self
    }

    /// That packets keep their port, if they are to.
    pub(super) fn keep_port(mut self, keep: bool) -> Self {
        if keep {
            self.push(Attribute::u32(dest::KEEP_PORT, 1), "--keep-port");
        }
        self
    }

    /// The scheduler of a service, where given.
    pub(super) fn scheduler(mut self, name: Option<&str>) -> Self {
        if let Some(name) = name {
            self.push(
                Attribute::string(service::SCHEDULER, name),
                format!("--scheduler {name}"),
            );
        }
        self
    }

    /// The flags of a scheduler, where given.
    pub(super) fn scheduler_flags(mut self, flags: Option<SchedulerFlags>) -> Self {
        if let Some(flags) = flags {
            self.push(
                Attribute::u32(service::SCHEDULER_FLAGS, flags.number()),
                format!("--scheduler-flags {flags}"),
            );
        }
        self
    }

    /// Whether packets of a service may take the fast path, where given.
    pub(super) fn fast_path(mut self, allowed: Option<bool>) -> Self {
        if let Some(allowed) = allowed {
            self.push(
                Attribute::u32(service::FAST_PATH, allowed.into()),
                format!("--fast-path {}", if allowed { "on" } else { "off" }),
            );
        }
        self
    }

    /// The service of a request about templates.
    pub(super) fn service_of_template(mut self, key: &ServiceKey) -> Self {
        self.push(Attribute::nest(template::SERVICE, &service_key(key)), key);
        self
    }

    /// How clients keep their server, where given.
    pub(super) fn persistence(mut self, setting: Option<Option<Persistence>>) -> Self {
        let Some(setting) = setting else { return self };
        let mut members = Vec::new();
        let mut typed = "--persistent off".to_owned();
        if let Some(values) = setting {
            typed = format!("--persistent {values}");
            members.push(Attribute::u32(persistence::TIMEOUT, values.timeout));
            members.push(match values.mask {
                Mask::V4(mask) => Attribute::ipv4(persistence::MASK4, mask),
                Mask::V6(bits) => Attribute::u32(persistence::PREFIX6, bits.into()),
            });
            if let Some(Engine::Sip) = values.engine {
                members.push(Attribute::u32(persistence::ENGINE, persistence_engine::SIP));
            }
        }
        self.push(Attribute::nest(service::PERSISTENCE, &members), typed);
        self
    }

    /// The own timeouts of a service, where given.
    pub(super) fn timeouts(mut self, own: Option<Timeouts>) -> Self {
        if let Some(own) = own {
            let nest: Vec<_> = [
                (timeouts::TCP, own.tcp),
                (timeouts::TCP_FIN, own.tcp_fin),
                (timeouts::UDP, own.udp),
            ]
            .into_iter()
            .filter_map(|(number, seconds)| Some(Attribute::u32(number, seconds?)))
            .collect();
            self.push(
                Attribute::nest(service::TIMEOUTS, &nest),
                format!("--timeout {own}"),
            );
        }
        self
    }

    /// Whether each datagram of a service is scheduled by itself, where given.
    pub(super) fn one_packet(mut self, each: Option<bool>) -> Self {
        if let Some(each) = each {
            self.push(
                Attribute::u32(service::ONE_PACKET, each.into()),
                format!("--one-packet {}", if each { "on" } else { "off" }),
            );
        }
        self
    }

    /// What becomes of connections of a service whose server is removed, where given.
    pub(super) fn removal(mut self, removal: Option<Removal>) -> Self {
        if let Some(removal) = removal {
            self.push(
                Attribute::u32(service::REMOVAL, removal.number()),
                format!("--removal {removal}"),
            );
        }
        self
    }

    /// Whose connections of a service tell the server of their client, where given.
    pub(super) fn toa(mut self, toa: Option<Toa>) -> Self {
        if let Some(toa) = toa {
            self.push(
                Attribute::u32(service::TOA, toa.number()),
                format!("--toa {toa}"),
            );
        }
        self
    }

    /// The forward method, where given, as attribute `number`.
    pub(super) fn forward(mut self, number: u16, method: Option<Forward>) -> Self {
        if let Some(method) = method {
            self.push(Attribute::u32(number, method.number()), method.option());
        }
        self
    }

    /// What is given of a tunnel.
    pub(super) fn tunnel(mut self, settings: TunnelSettings) -> Self {
        if let Some(kind) = settings.kind {
            self.push(
                Attribute::u32(dest::TUNNEL, kind_number(kind)),
                format!("--tun-type {}", kind_name(kind)),
            );
        }
        if let Some(port) = settings.port {
            self.push(
                Attribute::port(dest::TUNNEL_PORT, port),
                format!("--tun-port {port}"),
            );
        }
        if let Some(checksum) = settings.checksum {
            self.push(
                Attribute::u32(dest::TUNNEL_CHECKSUM, checksum_number(checksum)),
                format!("--tun-checksum {}", checksum_name(checksum)),
            );
        }
        self
    }

    /// A number, where given, as attribute `number`, of this option.
    pub(super) fn u32(mut self, number: u16, option: &str, value: Option<u32>) -> Self {
        if let Some(value) = value {
            self.push(Attribute::u32(number, value), format!("{option} {value}"));
        }
        self
    }
}

fn service_key(key: &ServiceKey) -> Vec<Attribute> {
    let (protocol, virtual_address, ports) = match *key {
        ServiceKey::Mark { family, mark } => {
            return vec![
                Attribute::u32(service::FAMILY, address_family(family)),
                Attribute::u32(service::MARK, mark),
            ]
        }
        ServiceKey::Address {
            protocol,
            address,
            ports,
        } => (protocol, address, ports),
    };
    let mut attributes = vec![
        Attribute::u32(service::PROTOCOL, protocol.number()),
        address(virtual_address, service::ADDR4, service::ADDR6),
    ];
    match ports {
        Ports::One(port) => attributes.push(Attribute::port(service::PORT, port)),
        Ports::Range(range) => attributes.extend([
            Attribute::port(service::PORT, range.first()),
            Attribute::port(service::LAST_PORT, range.last()),
        ]),
        Ports::All => attributes.push(Attribute::u32(service::ALL_PORTS, 1)),
    }
    attributes
}

/// The number of an address family; `AF_INET` and `AF_INET6` of `linux/socket.h`.
fn address_family(family: Family) -> u32 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

/// The address family of a number, `None` for any other.
pub(super) fn from_address_family(number: u32) -> Option<Family> {
    [Family::V4, Family::V6]
        .into_iter()
        .find(|family| address_family(*family) == number)
}

fn local(addr: Addr, addr4: u16, addr6: u16) -> Attribute {
    match addr {
        Addr::V4(addr) => Attribute::ipv4(addr4, addr),
        Addr::V6(addr) => Attribute::ipv6(addr6, addr),
    }
}

fn address(address: IpAddr, addr4: u16, addr6: u16) -> Attribute {
    match address {
        IpAddr::V4(address) => Attribute::ipv4(addr4, address),
        IpAddr::V6(address) => Attribute::ipv6(addr6, address),
    }
}
