// SPDX-License-Identifier: GPL-2.0-only

//! Settings of a namespace below `/proc/sys/net`.
//!
//! Who has `CAP_NET_ADMIN` in the user namespace that owns the network namespace may write them
//! (`net_ctl_permissions()` of `net/sysctl_net.c`).
//!
//! C header: [`include/linux/sysctl.h`](srctree/include/linux/sysctl.h)

use core::ptr::NonNull;

use kernel::{
    prelude::*,
    str::CStrExt,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

use crate::bindings;

use super::Net;

/// A setting that is 0 or 1. A write of anything else is refused with EINVAL.
pub(crate) struct Switch(Atomic<u32>);

impl Switch {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(on: bool) -> Self {
        Self(Atomic::new(on.into()))
    }

    /// Returns whether it is 1; one load.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}

/// The name of a setting, and where it is in the data of a namespace.
pub(crate) struct Sysctl<D: 'static> {
    name: &'static CStr,
    switch: fn(&D) -> &Switch,
}

impl<D> Sysctl<D> {
    /// Describes a setting.
    pub(crate) const fn new(name: &'static CStr, switch: fn(&D) -> &Switch) -> Self {
        Self { name, switch }
    }
}

/// The registered settings of one namespace; unregistered when dropped.
///
/// # Invariants
///
/// The header is of a registration of `entries`, of which each points into `data`; none where the
/// kernel has no settings at all.
pub(super) struct SysctlTable<D: Send + Sync + 'static> {
    header: Option<NonNull<bindings::ctl_table_header>>,
    entries: KVec<bindings::ctl_table>,
    data: Arc<D>,
}

impl<D: Send + Sync> SysctlTable<D> {
    /// Registers settings at `path` (`register_net_sysctl()`).
    ///
    /// # Safety
    ///
    /// The table must be dropped before the namespace is gone.
    pub(super) unsafe fn register(
        net: &Net,
        path: &'static CStr,
        sysctls: &[Sysctl<D>],
        data: Arc<D>,
    ) -> Result<Self> {
        let mut entries = KVec::with_capacity(sysctls.len(), GFP_KERNEL)?;
        for sysctl in sysctls {
            let mut entry = bindings::ctl_table::default();
            // SAFETY: The entry is valid for writes; the name is static.
            unsafe {
                bindings::helper_ctl_table_set_switch(
                    &mut entry,
                    sysctl.name.as_char_ptr(),
                    (sysctl.switch)(&data).0.as_ptr(),
                );
            }
            entries.push(entry, GFP_KERNEL)?;
        }
        if !cfg!(CONFIG_SYSCTL) {
            // INVARIANT: There is nothing to register with.
            return Ok(Self {
                header: None,
                entries,
                data,
            });
        }
        // SAFETY: The entries are complete and stay in place, as the vector is not touched again;
        // what they point to lives until they are unregistered, by the type's own reference. The
        // kernel writes it as one 32-bit number (`WRITE_ONCE()`), as others read it.
        let header = unsafe {
            bindings::helper_register_net_sysctl_sz(
                net.as_ptr(),
                path.as_char_ptr(),
                entries.as_mut_ptr(),
                entries.len(),
            )
        };
        // INVARIANT: Just registered.
        Ok(Self {
            header: Some(NonNull::new(header).ok_or(ENOMEM)?),
            entries,
            data,
        })
    }
}

impl<D: Send + Sync> Drop for SysctlTable<D> {
    fn drop(&mut self) {
        if let Some(header) = self.header {
            // SAFETY: By the type invariant; it waits for who is reading or writing a setting.
            unsafe { bindings::helper_unregister_net_sysctl_table(header.as_ptr()) };
        }
        // They had to stay until now.
        let _ = (&self.entries, &self.data);
    }
}
