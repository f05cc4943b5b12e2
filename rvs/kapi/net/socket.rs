// SPDX-License-Identifier: GPL-2.0-only

//! The sockets of this host, as far as they take packets for themselves.
//!
//! C headers: [`include/net/inet_hashtables.h`](srctree/include/net/inet_hashtables.h),
//! [`include/net/udp.h`](srctree/include/net/udp.h)

use kernel::sync::rcu;

use crate::{
    bindings,
    logic::{
        protocol::Protocol,
        tuple::Tuple, //
    }, //
};

use super::{
    Net,
    Packet,
    Stack, //
};

/// The socket that would get a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalSocket {
    /// None that is known before the packet is delivered.
    None,
    /// One of UDP that takes packets of anybody.
    Open,
    /// One that is connected to the sender: of TCP one that is neither closed nor only waiting.
    Connected,
}

impl Net {
    /// Returns whether a socket of this host, in this namespace, may have this local port: a quick question, which tells of
    /// most ports that there is none.
    #[inline(always)]
    pub(crate) fn may_have_local_socket(&self, protocol: Protocol, port: u16) -> bool {
        let net = self.as_ptr();
        // SAFETY: By the borrow of the namespace.
        unsafe {
            match protocol {
                Protocol::Tcp => bindings::helper_tcp_port_may_be_taken(net, port),
                Protocol::Udp => bindings::helper_udp_port_may_be_taken(net, port),
                // Only its module knows.
                Protocol::Sctp => false,
            }
        }
    }

    /// Returns whether a socket of this host, in this namespace, has this local port, towards whomever.
    pub(crate) fn has_local_socket(
        &self,
        protocol: Protocol,
        port: u16,
        _guard: &rcu::Guard,
    ) -> bool {
        let net = self.as_ptr();
        // SAFETY: By the borrow of the namespace, and within the critical section of the guard.
        unsafe {
            match protocol {
                Protocol::Tcp => bindings::helper_tcp_port_is_taken(net, port),
                Protocol::Udp => bindings::helper_udp_port_is_taken(net, port),
                Protocol::Sctp => false,
            }
        }
    }
}

impl<V: Stack> Packet<'_, V> {
    /// As [`Net::may_have_local_socket`], in the namespace of the packet.
    #[inline(always)]
    pub(crate) fn may_have_local_socket(&self, protocol: Protocol, port: u16) -> bool {
        self.net().may_have_local_socket(protocol, port)
    }

    /// Finds the socket of this host that would get the packet, which is at LOCAL_IN and has this
    /// tuple, in its namespace and in its VRF (`__inet_lookup_established()`,
    /// `__udp4_lib_lookup()`, and those of IPv6).
    #[cold]
    #[inline(never)]
    pub(crate) fn local_socket(&self, _guard: &rcu::Guard, tuple: &Tuple) -> LocalSocket {
        let Some((src, dst)) = V::addrs(tuple.addrs) else {
            return LocalSocket::None;
        };
        let (src, dst) = ((src, tuple.src_port.to_be()), (dst, tuple.dst_port.to_be()));
        let (net, skb) = (self.net().as_ptr(), self.as_ptr());
        match tuple.protocol {
            Protocol::Tcp => {
                // SAFETY: By the type invariant, and the borrow of the namespace; the reference on
                // the socket is given back by the helper.
                if unsafe { V::tcp_is_connected(net, skb, src, dst) } {
                    LocalSocket::Connected
                } else {
                    LocalSocket::None
                }
            }
            Protocol::Udp => {
                // SAFETY: As above; the socket is looked at under the guard only.
                match unsafe { V::udp_socket(net, skb, src, dst) } {
                    0 => LocalSocket::None,
                    1 => LocalSocket::Open,
                    _ => LocalSocket::Connected,
                }
            }
            Protocol::Sctp => LocalSocket::None,
        }
    }
}
