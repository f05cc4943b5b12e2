// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)

use kernel::{
    sync::rcu,
    types::Opaque, //
};

use crate::{
    bindings,
    logic::{
        addr::Addr,
        packet::ip::{
            V4,
            V6, //
        },
    },
};

use super::Stack;

/// A network namespace (`struct net`).
#[repr(transparent)]
pub(crate) struct Net(Opaque<bindings::net>);

// SAFETY: `struct net` is used from all contexts; this type gives no access to its fields.
unsafe impl Sync for Net {}

/// What an address is, seen from a namespace.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum AddressType {
    /// An address of this host.
    Local,
    /// An address of another host.
    Unicast,
    /// Broadcast, multicast, unreachable or prohibited; of IPv6 also link-local.
    Other,
}

impl Net {
    /// Borrows the kernel's namespace.
    ///
    /// # Safety
    ///
    /// `net` must be valid for `'a`.
    pub(in crate::kapi) unsafe fn from_raw<'a>(net: *mut bindings::net) -> &'a Self {
        // SAFETY: By the requirement; the type is transparent.
        unsafe { &*net.cast::<Self>() }
    }

    pub(in crate::kapi) fn as_ptr(&self) -> *mut bindings::net {
        self.0.get()
    }

    /// Returns whether it belongs to the machine's own user namespace, not to one that a user has
    /// made.
    pub(crate) fn is_of_init_user_namespace(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_is_of_init_user_ns(self.as_ptr()) }
    }

    /// Returns whether it is the one that the machine has begun with.
    pub(crate) fn is_first(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_is_init_net(self.as_ptr()) }
    }

    /// Returns whether the source address of a packet may matter to its route: with rules of
    /// policy routing, or IPsec policies.
    #[inline]
    pub(crate) fn routes_by_source<V: Stack>(&self) -> bool {
        self.has_rules::<V>() || self.has_policies_out()
    }

    /// Returns whether forwarding takes more than a route: rules of policy routing, or IPsec
    /// policies.
    #[inline]
    pub(crate) fn forwards_by_policy<V: Stack>(&self) -> bool {
        self.has_policies_forward() || self.routes_by_source::<V>()
    }

    /// Returns whether IPsec policies have a say in which packets come in, or how they go out.
    #[inline]
    pub(crate) fn has_policies_of_hosts(&self) -> bool {
        self.has_policies_in() || self.has_policies_out()
    }

    /// Returns whether IPsec policies may change, or forbid, what this host sends.
    #[inline]
    pub(crate) fn restricts_output(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_restricts_output(self.as_ptr()) }
    }

    /// Returns whether there are rules of policy routing, or were.
    #[inline]
    pub(crate) fn has_rules<V: Stack>(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { V::has_rules(self.as_ptr()) }
    }

    /// Returns whether rules of policy routing look at more of a packet than the flow it is of, and DSCP: at
    /// marks, devices or tunnels.
    #[cold]
    #[inline(never)]
    pub(crate) fn rules_tell_packets_apart<V: Stack>(&self, _guard: &rcu::Guard) -> bool {
        // SAFETY: The namespace is valid by its borrow, its rules by the guard.
        unsafe { V::rules_tell_packets_apart(self.as_ptr()) }
    }

    /// Returns whether packets are forwarded, as far as that is not told by routes.
    #[inline]
    pub(crate) fn forwards<V: Stack>(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { V::forwards(self.as_ptr()) }
    }

    #[inline]
    fn has_policies_in(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_has_policies_in(self.as_ptr()) }
    }

    #[inline]
    fn has_policies_out(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_has_policies_out(self.as_ptr()) }
    }

    #[inline]
    fn has_policies_forward(&self) -> bool {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { bindings::helper_net_has_policies_forward(self.as_ptr()) }
    }

    /// Returns what the address of a real server is in this namespace (`ip_vs_new_dest()`). Process
    /// context.
    pub(crate) fn server_type(&self, address: Addr) -> AddressType {
        match address {
            Addr::V4(address) => self.address_type::<V4>(address),
            Addr::V6(address) => self.address_type::<V6>(address),
        }
    }

    /// Returns what `address` is in this namespace (`inet_addr_type()`). Of IPv6, what is routed to
    /// it is of this host.
    pub(crate) fn address_type<V: Stack>(&self, address: V::Addr) -> AddressType {
        // SAFETY: The namespace is valid by its borrow.
        let kind = unsafe { V::address_type(self.as_ptr(), address) };
        match kind {
            bindings::RTN_LOCAL => AddressType::Local,
            bindings::RTN_UNICAST => AddressType::Unicast,
            _ => AddressType::Other,
        }
    }

    /// Returns whether this kernel speaks IPv6 (`ipv6_mod_enabled()`).
    pub(crate) fn kernel_has_ipv6() -> bool {
        // SAFETY: An FFI call without requirements.
        unsafe { bindings::helper_ipv6_is_enabled() }
    }
}
