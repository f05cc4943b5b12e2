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
        tuple::{
            AddrPair,
            Tuple, //
        }, //
    },
};

use super::Packet;

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

impl Packet<'_> {
    /// Finds the socket of this host that would get the packet, which is at LOCAL_IN and has this
    /// tuple, in its namespace and in its VRF (`__inet_lookup_established()`,
    /// `__udp4_lib_lookup()`).
    pub(crate) fn local_socket(&self, _guard: &rcu::Guard, tuple: &Tuple) -> LocalSocket {
        let AddrPair::V4 { src, dst } = tuple.addrs else {
            return LocalSocket::None;
        };
        let (src, dst) = (
            u32::from_ne_bytes(src.octets()),
            u32::from_ne_bytes(dst.octets()),
        );
        let (src_port, dst_port) = (tuple.src_port.to_be(), tuple.dst_port.to_be());
        let (net, skb) = (self.net().as_ptr(), self.as_ptr());
        match tuple.protocol {
            Protocol::Tcp => {
                // SAFETY: By the type invariant, and the borrow of the namespace; the reference on
                // the socket is given back by the helper.
                let connected = unsafe {
                    bindings::helper_tcp_is_connected(net, skb, src, src_port, dst, dst_port)
                };
                if connected {
                    LocalSocket::Connected
                } else {
                    LocalSocket::None
                }
            }
            Protocol::Udp => {
                // SAFETY: As above; the socket is looked at under the guard only.
                match unsafe { bindings::helper_udp_socket(net, skb, src, src_port, dst, dst_port) }
                {
                    0 => LocalSocket::None,
                    1 => LocalSocket::Open,
                    _ => LocalSocket::Connected,
                }
            }
        }
    }
}
