// SPDX-License-Identifier: GPL-2.0-only

//! Routes.
//!
//! C headers: [`include/net/route.h`](srctree/include/net/route.h),
//! [`include/net/dst.h`](srctree/include/net/dst.h)

use core::{
    net::Ipv4Addr,
    ptr::NonNull, //
};

use kernel::prelude::*;

use crate::bindings;

use super::Net;

/// A route to a destination.
///
/// # Invariants
///
/// The pointer is to a `dst_entry` of an IPv4 route on which this object owns a reference.
pub(crate) struct Route(NonNull<bindings::dst_entry>);

impl Route {
    /// Looks up the route this host would take to `destination` (`ip_route_output_key()`).
    /// ENETUNREACH and EHOSTUNREACH among others when there is none.
    ///
    /// As with IPVS the mark of the packet takes no part in it: marks are used to bring packets to
    /// the director, and would bring them back.
    pub(crate) fn output(net: &Net, destination: Ipv4Addr) -> Result<Self> {
        let destination = u32::from_ne_bytes(destination.octets());
        // SAFETY: The namespace is valid by its borrow.
        let dst = unsafe { bindings::helper_route_output4(net.as_ptr(), destination) };
        // The C side encodes errors in the pointer.
        let dst = kernel::error::from_err_ptr(dst)?;
        // INVARIANT: The lookup returned a reference.
        Ok(Self(NonNull::new(dst).ok_or(ENOENT)?))
    }

    /// Returns whether the destination is this host.
    pub(crate) fn is_local(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_route_is_local(self.0.as_ptr()) }
    }

    /// Returns the path MTU, in bytes from the IP header on.
    pub(crate) fn mtu(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_dst_mtu(self.0.as_ptr()) }
    }

    /// Gives the reference away.
    pub(super) fn into_raw(self) -> *mut bindings::dst_entry {
        let dst = self.0.as_ptr();
        core::mem::forget(self);
        dst
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_dst_release(self.0.as_ptr()) };
    }
}
