// SPDX-License-Identifier: GPL-2.0-only

//! Services and servers as typed.

use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;

use rvs_logic::logic::addr::Family;
use rvs_logic::logic::service_key::PortRange;

use super::number::decimal;
use crate::error::Error;
use crate::model::Ports;
use crate::model::Protocol;
use crate::model::ServiceKey;

/// Parses `PROTOCOL/ADDRESS:PORTS` or `mark/NUMBER`.
pub(super) fn service(text: &str) -> Result<ServiceKey, Error> {
    parse_service(text).map_err(|error| error.argument(text))
}

/// Parses `ADDRESS[:PORT]` of a server; its port is that of the service when
/// not given. Its address family may be another one: a tunnel reaches it.
pub(super) fn server(text: &str, service: &ServiceKey) -> Result<SocketAddr, Error> {
    parse_server(text, service).map_err(|error| error.argument(text))
}

fn parse_service(text: &str) -> Result<ServiceKey, Error> {
    let form = "write PROTOCOL/ADDRESS:PORT, such as tcp/192.0.2.1:80";
    let Some((protocol, rest)) = text.split_once('/') else {
        return Err(Error::usage("no protocol").hint(form));
    };
    if protocol == "mark" {
        return parse_mark(rest);
    }
    let protocol = Protocol::from_name(protocol).ok_or_else(|| {
        Error::usage(format!("no such protocol: {protocol}")).hint("use tcp, udp, sctp or mark")
    })?;
    let (address, digits) = split(rest)?;
    let digits = digits.ok_or_else(|| Error::usage("no port").hint(form))?;
    Ok(ServiceKey::Address {
        protocol,
        address,
        ports: ports(digits)?,
    })
}

/// Parses `NUMBER`, `NUMBER/ipv4` and `NUMBER/ipv6`.
fn parse_mark(text: &str) -> Result<ServiceKey, Error> {
    let (digits, family) = match text.split_once('/') {
        None => (text, Family::V4),
        Some((digits, "ipv4")) => (digits, Family::V4),
        Some((digits, "ipv6")) => (digits, Family::V6),
        Some((_, other)) => {
            return Err(
                Error::usage(format!("no such address family: {other}")).hint("use ipv4 or ipv6")
            )
        }
    };
    match decimal(digits) {
        Some(mark) if mark != 0 => Ok(ServiceKey::Mark { family, mark }),
        _ => Err(Error::usage(format!("not a mark: {digits}"))
            .hint(format!("write 1 to {}, in decimal digits", u32::MAX))),
    }
}

fn parse_server(text: &str, service: &ServiceKey) -> Result<SocketAddr, Error> {
    let (address, digits) = split(text)?;
    let port = match (digits, service.one_port()) {
        (None, one) => one.unwrap_or(0),
        // As it is written where packets keep their port.
        (Some("*"), None) => 0,
        (Some(digits), _) => port(digits)?,
    };
    Ok(SocketAddr::new(address, port))
}

/// Splits `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and
/// `[2001:db8::1]:80` (RFC 3986, section 3.2.2, for the brackets) into the
/// address and what is said of ports.
fn split(text: &str) -> Result<(IpAddr, Option<&str>), Error> {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else {
            return Err(Error::usage("bracket not closed"));
        };
        let address = IpAddr::V6(ipv6(address)?);
        return match rest.strip_prefix(':') {
            Some(digits) => Ok((address, Some(digits))),
            None if rest.is_empty() => Ok((address, None)),
            None => Err(Error::usage(format!(
                "unexpected after the bracket: {rest}"
            ))),
        };
    }
    match text.split_once(':') {
        Some((_, digits)) if digits.contains(':') => match ipv6(text) {
            Ok(address) => Ok((IpAddr::V6(address), None)),
            Err(error) => Err(error.hint("write an IPv6 address with a port as [ADDRESS]:PORT")),
        },
        Some((address, digits)) => Ok((ipv4(address)?, Some(digits))),
        None => Ok((ipv4(text)?, None)),
    }
}

fn ipv4(text: &str) -> Result<IpAddr, Error> {
    match text.parse() {
        Ok(address) => Ok(IpAddr::V4(address)),
        Err(_) => Err(Error::usage(format!("not a numeric IPv4 address: {text}"))
            .hint("write four decimal numbers, such as 192.0.2.1")),
    }
}

fn ipv6(text: &str) -> Result<Ipv6Addr, Error> {
    if text.contains('%') {
        return Err(Error::usage("addresses with a zone are not supported"));
    }
    text.parse()
        .map_err(|_| Error::usage(format!("not a numeric IPv6 address: {text}")))
}

fn port(digits: &str) -> Result<u16, Error> {
    match decimal(digits) {
        Some(port) if port != 0 => Ok(port),
        _ => Err(Error::usage(format!("not a port: {digits}")).hint("write 1 to 65535")),
    }
}

/// Reads `80`, `8000-8999` and `*`.
fn ports(text: &str) -> Result<Ports, Error> {
    if text == "*" {
        return Ok(Ports::All);
    }
    let Some((first, last)) = text.split_once('-') else {
        return Ok(Ports::One(port(text)?));
    };
    match PortRange::new(port(first)?, port(last)?) {
        Some(range) => Ok(Ports::Range(range)),
        None => Err(Error::usage(format!("not a range of ports: {text}"))
            .hint("write the lower port first, such as 8000-8999")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str, reason: &str) {
        let line = service(text).unwrap_err().to_line("");
        assert!(
            line.starts_with(&format!("rvsadm: {text}: {reason}")),
            "{line}"
        );
    }

    #[test]
    fn takes_what_it_prints() {
        for text in [
            "tcp/192.0.2.1:80",
            "udp/[2001:db8::1]:53",
            "tcp/0.0.0.0:65535",
            "tcp/192.0.2.1:*",
            "udp/[2001:db8::1]:*",
            "tcp/192.0.2.1:8000-8999",
            "udp/[2001:db8::1]:1-65535",
            "mark/7",
            "mark/4294967295",
            "mark/7/ipv6",
        ] {
            assert_eq!(service(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn is_strict_about_services() {
        refuses("192.0.2.1:80", "no protocol");
        refuses("dccp/192.0.2.1:80", "no such protocol: dccp");
        refuses("TCP/192.0.2.1:80", "no such protocol: TCP");
        refuses("tcp/192.0.2.1", "no port");
        refuses("tcp/[2001:db8::1]", "no port");
        refuses("tcp/192.0.2.1:", "not a port: ");
        refuses("tcp/192.0.2.1:0", "not a port: 0");
        refuses("tcp/192.0.2.1:65536", "not a port: 65536");
        refuses("tcp/192.0.2.1:+80", "not a port: +80");
        refuses("tcp/192.0.2.1:http", "not a port: http");
        refuses("tcp/192.0.2.1:8000-", "not a port: ");
        refuses("tcp/192.0.2.1:-8000", "not a port: ");
        refuses("tcp/192.0.2.1:0-80", "not a port: 0");
        refuses("tcp/192.0.2.1:80-80", "not a range of ports: 80-80");
        refuses("tcp/192.0.2.1:81-80", "not a range of ports: 81-80");
        refuses("tcp/192.0.2.1:80-90-100", "not a port: 90-100");
        refuses("tcp/192.0.2.1:**", "not a port: **");
        refuses("mark/0", "not a mark: 0");
        refuses("mark/", "not a mark: ");
        refuses("mark/-1", "not a mark: -1");
        refuses("mark/0x7", "not a mark: 0x7");
        refuses("mark/4294967296", "not a mark: 4294967296");
        refuses("mark/7/inet", "no such address family: inet");
        refuses("mark/7/ipv4/ipv4", "no such address family: ipv4/ipv4");
        refuses("tcp/10.1:80", "not a numeric IPv4 address: 10.1");
        refuses("tcp/010.0.0.1:80", "not a numeric IPv4 address: 010.0.0.1");
        refuses(
            "tcp/example.org:80",
            "not a numeric IPv4 address: example.org",
        );
        refuses("tcp/2001:db8::1:80", "no port");
        refuses("tcp/1:2:3:80", "not a numeric IPv6 address: 1:2:3:80");
        refuses(
            "tcp/[192.0.2.1]:80",
            "not a numeric IPv6 address: 192.0.2.1",
        );
        refuses("tcp/[2001:db8::1:80", "bracket not closed");
        refuses("tcp/[2001:db8::1]80", "unexpected after the bracket: 80");
        refuses("tcp/[fe80::1%eth0]:80", "addresses with a zone");
    }

    #[test]
    fn gives_servers_the_port_of_the_service() {
        let v4 = service("tcp/192.0.2.1:80").unwrap();
        let v6 = service("tcp/[2001:db8::1]:80").unwrap();
        for (text, service, full) in [
            ("10.0.0.2", v4, "10.0.0.2:80"),
            ("10.0.0.2:8080", v4, "10.0.0.2:8080"),
            ("2001:db8::2", v6, "[2001:db8::2]:80"),
            ("[2001:db8::2]", v6, "[2001:db8::2]:80"),
            ("[2001:db8::2]:8080", v6, "[2001:db8::2]:8080"),
            ("2001:db8::2", v4, "[2001:db8::2]:80"),
            ("10.0.0.2", v6, "10.0.0.2:80"),
        ] {
            assert_eq!(server(text, &service).unwrap().to_string(), full);
        }
    }

    #[test]
    fn leaves_servers_of_many_ports_without_one() {
        for key in ["tcp/192.0.2.1:*", "tcp/192.0.2.1:8000-8999", "mark/7"] {
            let service = service(key).unwrap();
            for (text, port) in [("10.0.0.2", 0), ("10.0.0.2:*", 0), ("10.0.0.2:80", 80)] {
                assert_eq!(server(text, &service).unwrap().port(), port);
            }
        }
        let one = service("tcp/192.0.2.1:80").unwrap();
        assert!(server("10.0.0.2:*", &one).is_err());
    }
}
