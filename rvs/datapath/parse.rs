// SPDX-License-Identifier: GPL-2.0-only

//! From the bytes of a packet to what it is about.

use crate::{
    kapi::net::{
        DefragmentAt,
        Glance,
        HookPoint,
        Packet,
        Stack,
        Verdict, //
    },
    logic::{
        nat::ChecksumState,
        packet::{
            self,
            icmp,
            ip::{
                Fragment,
                Header,
                V4,
                V6, //
            },
            isakmp,
            sctp,
            tunnel_error::{
                self,
                AboutTunnel, //
            },
            ParseError,
            Transport, //
        },
        protocol::Protocol,
        tuple::Tuple, //
    },
    svc::AddressFilter,
};

/// A packet of TCP, UDP or SCTP.
#[derive(Clone, Copy)]
pub(super) struct Flow<V: Stack> {
    /// Its IP header.
    pub(super) header: Header<V>,
    /// Its transport header.
    pub(super) transport: Transport,
    /// The VRF that it belongs to, 0 for none.
    pub(super) vrf: u32,
}

impl<V: Stack> Flow<V> {
    /// Returns its tuple.
    #[inline(always)]
    pub(super) fn tuple(&self) -> Tuple {
        self.transport.tuple(self.header.addrs()).in_vrf(self.vrf)
    }

    /// Returns the bytes up to the end of the fixed transport header: those a rewrite touches.
    #[inline(always)]
    pub(super) fn headers_len(&self) -> usize {
        let transport = self.transport.protocol().header_len();
        self.header.header_len.saturating_add(transport)
    }

    /// Returns what the checksum field of its transport header holds.
    #[inline(always)]
    pub(super) fn checksum_state(&self, packet: &Packet<'_, V>) -> ChecksumState {
        let field = self.transport.protocol().checksum_offset();
        checksum_state(packet, self.header.header_len, field)
    }
}

/// An ICMP error about a packet of TCP, UDP or SCTP.
pub(super) struct IcmpError<V: Stack> {
    /// The IP header of the error.
    pub(super) header: Header<V>,
    /// The error, with the tuple of the packet it is about.
    pub(super) icmp: icmp::Error<V>,
}

impl<V: Stack> IcmpError<V> {
    /// Returns what the checksum field of its ICMP header holds.
    pub(super) fn checksum_state(&self, packet: &Packet<'_, V>) -> ChecksumState {
        checksum_state(packet, self.icmp.icmp_offset, icmp::CHECKSUM_OFFSET)
    }
}

/// What the checksum at `field` of the header at `header` holds.
#[inline(always)]
fn checksum_state<V: Stack>(packet: &Packet<'_, V>, header: usize, field: usize) -> ChecksumState {
    if packet.checksum_is_partial(header, field) {
        ChecksumState::Partial
    } else {
        ChecksumState::Complete
    }
}

/// What a packet is about, of all that RVS cares for.
pub(super) enum Content<V: Stack> {
    /// A packet of a flow.
    Flow(Flow<V>),
    /// An error about one.
    IcmpError(IcmpError<V>),
    /// An error about a tunnel, and the IP header of the error.
    TunnelError(Header<V>, AboutTunnel<V>),
    /// A packet of IPsec, which follows the flow of its key exchange.
    Ipsec(Header<V>),
    /// An error about a fragment without ports, which begins with this IP header.
    FragmentError(Header<V>),
}

/// Whether a packet can be of any concern, by its addresses and ports: to a service, or from a real
/// server. What an ICMP error is about stands inside of it, and it may come from any router.
#[inline(always)]
fn may_concern<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    (may_be_to_service_or_marked(filter, packet) && may_be_to_service_port(filter, packet))
        || may_be_from_server(filter, packet)
        || is_icmp(packet)
}

/// As [`may_concern`], of packets to this host. Those to the address of a service are not asked for
/// their port: they mostly are for it.
#[inline(always)]
pub(super) fn may_concern_input<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    may_be_to_service_or_marked(filter, packet)
        || may_be_from_server(filter, packet)
        || is_icmp(packet)
}

/// As [`may_concern`], of packets of this host: those of a real server on it may come from a service.
#[inline(always)]
pub(super) fn may_concern_output<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    may_concern(filter, packet) || may_be_from_service(filter, packet)
}

/// Whether a packet can come from a service.
#[inline]
pub(super) fn may_come_from_service<V: Stack>(filter: &AddressFilter, flow: Flow<V>) -> bool {
    filter.may_be_service(flow.header.src.into(), flow.transport.src_port) || filter.has_marks()
}

/// As [`may_concern`], of packets of flows alone, and without those of the services of marks, whose
/// flows are never fast. Those to the address of a service are not
/// asked for their port: they mostly are for it.
#[inline(always)]
pub(super) fn may_be_of_flow<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    (may_be_to_service_addr(filter, packet) || may_be_from_server(filter, packet))
        && !is_icmp(packet)
}

/// Whether a forwarded packet can come from a real server; what clients send to other hosts is of
/// no concern. ICMP errors as for [`may_concern`].
#[inline(always)]
pub(super) fn may_be_reply<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    may_be_from_server(filter, packet) || is_icmp(packet)
}

/// Whether a packet may be for a service, by its address.
#[inline(always)]
fn may_be_to_service_addr<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (_, _, dst) = V::peek(packet.header());
    filter.may_be_service_addr(dst.into())
}

/// As [`may_be_to_service_addr`]; any may be for the service of a mark, or of a connection of one,
/// whatever mark it has itself.
#[inline(always)]
fn may_be_to_service_or_marked<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (_, _, dst) = V::peek(packet.header());
    filter.may_be_service_addr_or_marked(dst.into())
}

/// Whether such a packet may be for a service, by its port if that can be had at once.
#[inline(always)]
fn may_be_to_service_port<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (_, _, dst) = V::peek(packet.header());
    V::peek_ports(packet.bytes()).is_none_or(|(_, port)| filter.may_be_service(dst.into(), port))
        || filter.has_marks()
}

/// Whether a packet may come from a real server: by its address, which most packets have told enough
/// with, then by its port, if that can be had at once. What a real server asks of others comes from
/// another port.
#[inline(always)]
fn may_be_from_server<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (_, src, _) = V::peek(packet.header());
    filter.may_be_server_addr(src.into())
        && V::peek_ports(packet.bytes())
            .is_none_or(|(port, _)| filter.may_be_server(src.into(), port))
}

/// Whether a packet may come from a service, as [`may_be_from_server`].
#[inline(always)]
fn may_be_from_service<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (_, src, _) = V::peek(packet.header());
    filter.may_be_service_addr(src.into())
        && V::peek_ports(packet.bytes())
            .is_none_or(|(port, _)| filter.may_be_service(src.into(), port))
}

#[inline(always)]
fn is_icmp<V: Stack>(packet: &Glance<'_, V>) -> bool {
    let (protocol, _, _) = V::peek(packet.header());
    protocol == V::ICMP
}

/// Reads a packet of the usual form, at once; none for every other, which is for [`unusual`]. Few have
/// a header that does not tell their length.
#[inline(always)]
pub(super) fn usual<V: Stack>(packet: &Packet<'_, V>) -> Option<Flow<V>> {
    V::usual(packet.bytes(), || packet.len_seldom()).map(|(header, transport)| Flow {
        header,
        transport,
        vrf: 0,
    })
}

/// As [`usual`], of the protocols that fewer packets are of.
#[inline(always)]
pub(super) fn usual_of_few<V: Stack>(packet: &Packet<'_, V>, vrf: u32) -> Option<Flow<V>> {
    V::usual_of_few(packet.bytes(), || packet.len_seldom()).map(|(header, transport)| Flow {
        header,
        transport,
        vrf,
    })
}

/// Reads any packet, whole: fragments are collected before. The verdict of a packet that is none
/// of ours, or makes no sense, is to let it pass: the stack behind has its own rules for it.
#[cold]
pub(super) fn unusual<'a, V: Stack>(
    mut packet: Packet<'a, V>,
    point: HookPoint,
    vrf: u32,
) -> Result<(Packet<'a, V>, Content<V>), Verdict> {
    let Ok(mut header) = parse_with(&mut packet, V::parse) else {
        return Err(packet.accept());
    };
    let is_icmp = header.protocol == V::ICMP;
    if isakmp::is_followed_by(header.protocol) {
        return Ok((packet, Content::Ipsec(header)));
    }
    if !is_icmp && Protocol::from_number(header.protocol).is_none() {
        return Err(packet.accept());
    }

    if header.fragment != Fragment::None {
        packet = defragment(packet, point)?;
        match parse_with(&mut packet, V::parse) {
            Ok(whole) if whole.fragment == Fragment::None => header = whole,
            // It could not be done.
            _ => return Err(packet.accept()),
        }
    }
    if V::HAS_CHECKSUM
        && header.header_len > V::MIN_HEADER_LEN
        && matches!(point, HookPoint::LocalIn)
    {
        packet = complete_options(packet, &header)?;
    }

    if is_icmp {
        if let Ok(mut icmp) = parse_with(&mut packet, |bytes, _| icmp::parse(&header, bytes)) {
            icmp.tuple.vrf = vrf;
            return Ok((packet, Content::IcmpError(IcmpError { header, icmp })));
        }
        if let Some(about) = about_tunnel(&mut packet, &header, vrf) {
            return Ok((packet, Content::TunnelError(header, about)));
        }
        match parse_with(&mut packet, |bytes, _| {
            icmp::parse_later_fragment(&header, bytes)
        }) {
            Ok(fragment) => Ok((packet, Content::FragmentError(fragment))),
            Err(_) => Err(packet.accept()),
        }
    } else {
        let transport = if header.protocol == Protocol::Sctp.number() && packet.is_gso() {
            scattered(&packet, &header)
        } else {
            parse_with(&mut packet, |bytes, _| packet::transport(&header, bytes))
        };
        match transport {
            Ok(transport) => Ok((
                packet,
                Content::Flow(Flow {
                    header,
                    transport,
                    vrf,
                }),
            )),
            Err(_) => Err(packet.accept()),
        }
    }
}

/// Reads the beginning of what stands for several SCTP packets, of which only the common header is in the linear part.
/// Each of the others is a packet of a list, and stays as it is. The first chunk tells enough.
fn scattered<V: Stack>(
    packet: &Packet<'_, V>,
    header: &Header<V>,
) -> Result<Transport, ParseError> {
    const ROOM: usize = 256;
    let mut room = [0; ROOM];
    let bytes = packet.copy(&mut room).ok_or(ParseError::Short(ROOM))?;
    let first = Header {
        total_len: header.header_len.saturating_add(sctp::FIRST_CHUNK_END),
        ..*header
    };
    packet::transport(&first, bytes)
}

/// Reads an error about a datagram as one about a tunnel in UDP, if it may be one: any payload may look so.
#[cold]
pub(super) fn tunnel_in_udp<V: Stack>(
    packet: &mut Packet<'_, V>,
    error: &IcmpError<V>,
) -> Option<AboutTunnel<V>> {
    if error.icmp.tuple.protocol != Protocol::Udp {
        return None;
    }
    about_tunnel(packet, &error.header, error.icmp.tuple.vrf)
}

/// Reads an error about a tunnel, by the version of what is in it.
fn about_tunnel<V: Stack>(
    packet: &mut Packet<'_, V>,
    header: &Header<V>,
    vrf: u32,
) -> Option<AboutTunnel<V>> {
    let of_v4 = parse_with(packet, |bytes, _| {
        tunnel_error::parse::<V, V4>(header, bytes)
    });
    if let Ok(mut error) = of_v4 {
        error.tuple.vrf = vrf;
        return Some(AboutTunnel::OfV4(error));
    }
    let of_v6 = parse_with(packet, |bytes, _| {
        tunnel_error::parse::<V, V6>(header, bytes)
    });
    let mut error = of_v6.ok()?;
    error.tuple.vrf = vrf;
    Some(AboutTunnel::OfV6(error))
}

/// Collects the fragments of a packet, where the stack has not done so itself.
fn defragment<V: Stack>(packet: Packet<'_, V>, point: HookPoint) -> Result<Packet<'_, V>, Verdict> {
    match point {
        HookPoint::PreRouting => Err(packet.accept()),
        // That of IPv4 collects what it delivers before it asks the hooks.
        HookPoint::LocalIn if V::COLLECTED_BEFORE_DELIVERY => Err(packet.accept()),
        HookPoint::LocalIn => packet.defragment(DefragmentAt::LocalIn),
        HookPoint::Forward => packet.defragment(DefragmentAt::Forward),
        HookPoint::LocalOut => packet.defragment(DefragmentAt::LocalOut),
    }
}

/// Makes the header checksum of a packet with options right: they may be others than it came with. The stack does so where it
/// forwards a packet (`ip_forward_options()`), and looks at it no more where it delivers one.
fn complete_options<'a, V: Stack>(
    mut packet: Packet<'a, V>,
    header: &Header<V>,
) -> Result<Packet<'a, V>, Verdict> {
    let completed = packet
        .writable(header.header_len)
        .is_some_and(|bytes| V::complete_checksum(bytes, header.header_len).is_ok());
    if completed {
        Ok(packet)
    } else {
        Err(packet.discard())
    }
}

/// Runs a parser over the linear part of a packet, and makes that longer where it falls short.
fn parse_with<V: Stack, T>(
    packet: &mut Packet<'_, V>,
    parse: impl Fn(&[u8], usize) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    loop {
        let bytes = packet.bytes();
        match parse(bytes, packet.len()) {
            Err(ParseError::Short(needed)) => {
                // A parser that is given what it asked for asks for more or not at all.
                if needed <= bytes.len() || !packet.pull(needed) {
                    return Err(ParseError::Short(needed));
                }
            }
            result => return result,
        }
    }
}
