// SPDX-License-Identifier: GPL-2.0-only

//! Putting packets into others (RFC 2003), and taking apart those that stand for several before.
//!
//! C headers: [`include/net/ip_tunnels.h`](srctree/include/net/ip_tunnels.h),
//! [`include/net/gso.h`](srctree/include/net/gso.h)

use core::{
    marker::PhantomData,
    ptr,
    slice, //
};

use crate::{
    bindings,
    logic::{
        packet::{
            gre,
            gue, //
        },
        protocol::Protocol,
        tunnel::{
            Checksum,
            Kind,
            Tunnel, //
        },
    },
};

use super::{
    Net,
    Packet,
    Route,
    Stack,
    Verdict, //
};

/// What the outer header of a tunnel takes over from the inner one.
pub(crate) struct Outer {
    /// Time to live.
    pub(crate) ttl: u8,
    /// DSCP and ECN, which is encapsulated by RFC 6040.
    pub(crate) tos: u8,
    /// Whether routers on the way must not fragment.
    pub(crate) dont_fragment: bool,
}

/// A packet of the version `V` with room for the headers of a tunnel of the version `O`: whatever may fail is behind it,
/// nothing of it has changed.
///
/// # Invariants
///
/// There are `O::MIN_HEADER_LEN` bytes and those of the headers of `tunnel` before the network header, and
/// `V::MIN_HEADER_LEN` linear bytes from it on that no clone shares; the packet is in no tunnel, or is no GSO packet.
/// `left` is where a checksum is that is left to others, in the linear part, if the tunnel is not [`Tunnel::IPIP`].
pub(crate) struct Roomy<'r, 'a, V: Stack, O: Stack> {
    packet: Packet<'a, V>,
    route: &'r Route<O>,
    tunnel: Tunnel,
    left: Option<gue::RemoteChecksum>,
}

impl<'a, V: Stack, O: Stack> Roomy<'_, 'a, V, O> {
    /// Returns the packet as it was.
    pub(crate) fn into_packet(self) -> Packet<'a, V> {
        self.packet
    }

    /// Returns the fixed part of the packet's header.
    #[inline(always)]
    pub(crate) fn header(&mut self) -> &mut [u8] {
        // SAFETY: By the type invariants; `&mut self` keeps other borrows away.
        unsafe {
            slice::from_raw_parts_mut(
                bindings::helper_skb_network_header(self.packet.skb),
                V::MIN_HEADER_LEN,
            )
        }
    }

    /// Puts the packet into another one to the destination of the route.
    #[inline(always)]
    pub(crate) fn encapsulate(self, outer: Outer) -> Packet<'a, O> {
        if self.tunnel.is_ipip() {
            // SAFETY: By the type invariants.
            unsafe { O::tunnel_begin_ipip(self.packet.skb, V::AS_PAYLOAD) };
            self.push_ip(outer, V::AS_PAYLOAD)
        } else {
            self.encapsulate_with_header(outer)
        }
    }

    /// As [`Roomy::encapsulate`], with another header before that.
    #[inline(never)]
    fn encapsulate_with_header(mut self, outer: Outer) -> Packet<'a, O> {
        match self.tunnel.kind() {
            Kind::Ipip => {}
            Kind::Gre => self.push_gre(),
            Kind::Gue => self.push_gue(),
        }
        let protocol = match self.tunnel.kind() {
            Kind::Ipip => V::AS_PAYLOAD,
            Kind::Gre => gre::PROTOCOL,
            Kind::Gue => Protocol::Udp.number(),
        };
        self.push_ip(outer, protocol)
    }

    /// Puts a header of GRE before the packet.
    #[inline(always)]
    fn push_gre(&mut self) {
        let has_checksum = self.tunnel.checksum() != Checksum::None;
        // SAFETY: By the type invariants.
        unsafe {
            bindings::helper_tunnel_begin_gre(
                self.packet.skb,
                V::AS_PAYLOAD,
                V::ETHERNET_TYPE,
                has_checksum,
            );
        }
        // It is as long as is written.
        let _ = gre::write::<V>(self.push(), has_checksum);
        if has_checksum {
            // SAFETY: By the type invariants; the header is there.
            unsafe { bindings::helper_gre_checksum(self.packet.skb) };
        }
    }

    /// Puts headers of UDP and GUE before the packet.
    #[inline(always)]
    fn push_gue(&mut self) {
        let inner_len = self.packet.len();
        let has_checksum = self.tunnel.checksum() != Checksum::None;
        let remote = self
            .left
            .filter(|_| self.tunnel.checksum() == Checksum::Remote);
        // SAFETY: By the type invariants, and the borrow of the namespace.
        let src_port = unsafe {
            let net = self.packet.net().as_ptr();
            let port = bindings::helper_udp_flow_src_port(net, self.packet.skb);
            let is_remote = remote.is_some();
            O::tunnel_begin_gue(self.packet.skb, V::AS_PAYLOAD, has_checksum, is_remote);
            u16::from_be(port)
        };
        let dst_port = self.tunnel.port();
        // It is as long as is written.
        let _ = gue::write::<V>(self.push(), inner_len, src_port, dst_port, remote);
        if has_checksum {
            // SAFETY: By the type invariants; the header is there.
            unsafe { O::udp_checksum(self.packet.skb, self.route.endpoints()) };
        }
    }

    /// Returns room for what stands between the packet and the outer header, before the packet.
    #[inline(always)]
    fn push(&mut self) -> &mut [u8] {
        let len = self.tunnel.header_len(self.left.is_some());
        // SAFETY: By the type invariants there is as much room, which nobody else refers to. It holds bytes of
        // before, whatever they are.
        unsafe {
            let header = bindings::helper_tunnel_push(self.packet.skb, len as u32);
            slice::from_raw_parts_mut(header, len)
        }
    }

    /// Puts the outer header before what is there.
    #[inline(always)]
    fn push_ip(self, outer: Outer, protocol: u8) -> Packet<'a, O> {
        let (skb, state) = (self.packet.skb, self.packet.state());
        // SAFETY: By the type invariants there is room; the packet is in a hook, which is under RCU. It was that of this
        // object, which is given up, and has a network header of the other version now.
        unsafe {
            if V::NUMBER != O::NUMBER {
                bindings::helper_skb_set_protocol(skb, O::ETHERNET_TYPE);
            }
            O::tunnel_push_ip(
                self.packet.net().as_ptr(),
                skb,
                self.route.as_ptr(),
                self.route.endpoints(),
                protocol,
                outer.ttl,
                outer.tos,
                outer.dont_fragment,
            );
            Packet::from_raw(skb, state)
        }
    }
}

impl<'a, V: Stack> Packet<'a, V> {
    /// Makes room for the headers of a tunnel along `route`. The packet, as good as before, when memory is
    /// short, or it is one that [`Packet::segments`] is for.
    #[inline(always)]
    pub(crate) fn make_room<O: Stack>(
        mut self,
        route: &Route<O>,
        tunnel: Tunnel,
    ) -> Result<Roomy<'_, 'a, V, O>, Self> {
        let (headers, left) = if tunnel.is_ipip() {
            (0, None)
        } else {
            match self.room_for(tunnel) {
                Some(room) => room,
                None => return Err(self),
            }
        };
        // SAFETY: By the type invariants; the packet is in a hook, which is under RCU.
        let errno = unsafe {
            let (outer, inner) = (O::MIN_HEADER_LEN as u32, V::MIN_HEADER_LEN as u32);
            bindings::helper_tunnel_make_room(self.skb, route.as_ptr(), outer + headers, inner)
        };
        if errno != 0 {
            return Err(self);
        }
        // INVARIANT: The C side has just seen to it. Where it has completed the checksum, a packet is one of a
        // tunnel, of which `room_for` says that none is left.
        Ok(Roomy {
            packet: self,
            route,
            tunnel,
            left,
        })
    }

    /// How many bytes a tunnel puts between the packet and the outer header, and where a checksum is that is left to
    /// others. None when that is not in memory, or memory is short.
    #[inline(never)]
    fn room_for(&mut self, tunnel: Tunnel) -> Option<(u32, Option<gue::RemoteChecksum>)> {
        // Of CRC32c nothing can be known beforehand, as of the other kind.
        self.complete_crc()?;
        let left = if self.leaves_checksum() {
            let (mut start, mut field) = (0, 0);
            // SAFETY: By the type invariant.
            let errno = unsafe { bindings::helper_skb_csum_left(self.skb, &mut start, &mut field) };
            if errno != 0 {
                return None;
            }
            Some(gue::RemoteChecksum {
                start: u16::try_from(start).ok()?,
                field: u16::try_from(field).ok()?,
            })
        } else {
            None
        };
        Some((tunnel.header_len(left.is_some()) as u32, left))
    }

    /// Returns whether a checksum within the packet may be left to the end of a tunnel. Not that of the packet of a tunnel, which
    /// is made before; nor those of one that stands for several: a router that takes these apart once more makes them,
    /// and the end would break them (`__skb_udp_tunnel_segment()` after GRO).
    #[inline]
    pub(crate) fn leaves_checksum(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe {
            bindings::helper_skb_csum_is_left_alone(self.skb)
                && !bindings::helper_skb_is_encapsulated(self.skb)
        }
    }

    /// Returns whether the packet stands for several that have to be taken apart before they go into
    /// a tunnel: those of another tunnel, those that GRO has put in a list as they came, and those of SCTP.
    #[inline(always)]
    pub(crate) fn is_burst_of_tunnel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_burst_of_tunnel(self.skb) }
    }

    /// Takes a packet that stands for several apart (`skb_gso_segment()`), on its way along `route`.
    /// The verdict is that of one for which memory is short, or whose headers do not fit together.
    pub(crate) fn segments<O: Stack>(self, route: &Route<O>) -> Result<Segments<'a, V>, Verdict> {
        // SAFETY: By the type invariant of the route; the packet is in a hook, which is under RCU.
        unsafe { self.segments_along(route.as_ptr()) }
    }

    /// As [`Packet::segments`], before the packet has another route than the one by which it is here.
    #[cold]
    pub(crate) fn segments_as_routed(self) -> Result<Segments<'a, V>, Verdict> {
        let dst = self.dst();
        if dst.is_null() {
            return Err(self.discard());
        }
        // SAFETY: The packet has it as long as it is there.
        unsafe { self.segments_along(dst) }
    }

    /// # Safety
    ///
    /// `dst` must be a valid route.
    unsafe fn segments_along(
        self,
        dst: *mut bindings::dst_entry,
    ) -> Result<Segments<'a, V>, Verdict> {
        // SAFETY: By the type invariants and the requirement; the packet is in a hook, which is under RCU. It is left to
        // the C side unless that fails.
        let first = unsafe { bindings::helper_skb_segment(self.skb, dst) };
        match kernel::error::from_err_ptr(first) {
            // INVARIANT: Just made.
            Ok(first) if !first.is_null() => Ok(Segments {
                first,
                state: self.state(),
                _state: PhantomData,
            }),
            _ => Err(self.discard()),
        }
    }
}

/// The packets that another one stood for.
///
/// # Invariants
///
/// `first` is null or the first packet of a list that belongs to this object; each has a
/// network header of this version in its linear part. `state` is that of a hook which runs for `'a`.
pub(crate) struct Segments<'a, V: Stack> {
    first: *mut bindings::sk_buff,
    state: *const bindings::nf_hook_state,
    _state: PhantomData<(&'a Net, V)>,
}

impl<'a, V: Stack> Segments<'a, V> {
    /// Sends each by `send`; one that `send` does not have taken by anybody ends here.
    pub(crate) fn send_each(mut self, mut send: impl FnMut(Packet<'a, V>) -> Verdict) -> Verdict {
        while !self.first.is_null() {
            let skb = self.first;
            // SAFETY: By the type invariant. INVARIANT: What is behind it stays in the list.
            self.first = unsafe { bindings::helper_skb_list_next(skb) };
            // SAFETY: By the type invariant; it is not in the list any more.
            let packet = unsafe { Packet::from_raw(skb, self.state) };
            if !send(packet).is_stolen() {
                // SAFETY: The object that had the packet is gone without giving it away.
                unsafe { bindings::helper_kfree_skb(skb) };
            }
        }
        Verdict::stolen()
    }
}

impl<V: Stack> Drop for Segments<'_, V> {
    fn drop(&mut self) {
        let rest = core::mem::replace(&mut self.first, ptr::null_mut());
        // SAFETY: By the type invariant; NULL is an empty list.
        unsafe { bindings::helper_kfree_skb_list(rest) };
    }
}
