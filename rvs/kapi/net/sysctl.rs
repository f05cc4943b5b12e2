// SPDX-License-Identifier: GPL-2.0-only

//! Settings of a namespace below `/proc/sys/net`.
//!
//! Who has `CAP_NET_ADMIN` in the user namespace that owns the network namespace may write them
//! (`net_ctl_permissions()` of `net/sysctl_net.c`).
//!
//! C header: [`include/linux/sysctl.h`](srctree/include/linux/sysctl.h)

use core::ptr::{
    self,
    NonNull, //
};

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

use super::{
    pernet::{
        Namespace,
        PernetData, //
    },
    Net, //
};

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

    /// Takes back what could not be put into effect.
    pub(crate) fn turn_off(&self) {
        self.0.store(0, Relaxed);
    }
}

/// A setting that is a number within bounds. A write of anything else is refused with EINVAL.
pub(crate) struct Number(Atomic<u32>);

impl Number {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(value: u32) -> Self {
        Self(Atomic::new(value))
    }

    /// Returns the number; one load.
    #[inline(always)]
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Puts another number in place of one that could not be put into effect.
    pub(crate) fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }
}

/// The name of a setting, where it is in the data of a namespace, and what it may be.
pub(crate) struct Sysctl<D: 'static> {
    name: &'static CStr,
    place: Place<D>,
    least: u32,
    most: u32,
}

enum Place<D: 'static> {
    Switch(fn(&D) -> &Switch),
    Number(fn(&D) -> &Number),
}

impl<D> Sysctl<D> {
    /// Describes a switch.
    pub(crate) const fn switch(name: &'static CStr, place: fn(&D) -> &Switch) -> Self {
        Self {
            name,
            place: Place::Switch(place),
            least: 0,
            most: 1,
        }
    }

    /// Describes a number from `least` to `most`, which is not above `i32::MAX`.
    pub(crate) const fn number(
        name: &'static CStr,
        place: fn(&D) -> &Number,
        least: u32,
        most: u32,
    ) -> Self {
        assert!(least <= most && most <= i32::MAX as u32);
        Self {
            name,
            place: Place::Number(place),
            least,
            most,
        }
    }

    /// Where the value is.
    fn value<'a>(&self, data: &'a D) -> &'a Atomic<u32> {
        match self.place {
            Place::Switch(place) => &place(data).0,
            Place::Number(place) => &place(data).0,
        }
    }
}

/// The registered settings of one namespace; unregistered when dropped.
///
/// # Invariants
///
/// The header is of a registration of `entries`, of which each points into `data` and to its
/// [`Sysctl`]; none where the kernel has no settings at all.
pub(super) struct SysctlTable<D: PernetData> {
    header: Option<NonNull<bindings::ctl_table_header>>,
    entries: KVec<bindings::ctl_table>,
    data: Arc<D>,
}

// SAFETY: The settings are unregistered from whatever thread drops the table, in process context;
// the entries are the kernel's until then.
unsafe impl<D: PernetData> Send for SysctlTable<D> {}

impl<D: PernetData> SysctlTable<D> {
    /// Registers the settings of a namespace (`register_net_sysctl()`), which has its data already.
    ///
    /// # Safety
    ///
    /// The table must be dropped before the namespace and its data are gone.
    pub(super) unsafe fn register(net: &Net) -> Result<Self> {
        let data = Namespace::<D>::of(net).shared_data();
        let mut entries = KVec::with_capacity(D::SYSCTLS.len(), GFP_KERNEL_ACCOUNT)?;
        for sysctl in D::SYSCTLS {
            let mut entry = bindings::ctl_table::default();
            // SAFETY: The entry is valid for writes; name and description are static.
            unsafe {
                bindings::helper_ctl_table_set(
                    &mut entry,
                    sysctl.name.as_char_ptr(),
                    sysctl.value(&data).as_ptr(),
                    net.as_ptr(),
                    ptr::from_ref(sysctl).cast(),
                    Some(handle::<D>),
                );
            }
            entries.push(entry, GFP_KERNEL_ACCOUNT)?;
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
                D::SYSCTL_PATH.as_char_ptr(),
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

impl<D: PernetData> Drop for SysctlTable<D> {
    fn drop(&mut self) {
        if let Some(header) = self.header {
            // SAFETY: By the type invariant; it waits for who is reading or writing a setting.
            unsafe { bindings::helper_unregister_net_sysctl_table(header.as_ptr()) };
        }
        // They had to stay until now.
        let _ = (&self.entries, &self.data);
    }
}

/// Reads or writes a setting, and puts what was written into effect.
///
/// # Safety
///
/// To be called by the kernel only, for an entry of a [`SysctlTable`] of `D`.
unsafe extern "C" fn handle<D: PernetData>(
    entry: *const bindings::ctl_table,
    write: c_int,
    buffer: *mut c_void,
    length: *mut usize,
    position: *mut bindings::loff_t,
) -> c_int {
    // SAFETY: By the requirement and the invariant of the table; descriptions are static.
    let sysctl = unsafe { &*bindings::helper_ctl_table_setting(entry).cast::<Sysctl<D>>() };
    // SAFETY: The arguments are the kernel's own, passed on; the bounds are within those of `int`.
    let errno = unsafe {
        bindings::helper_ctl_table_handle_number(
            entry,
            sysctl.least,
            sysctl.most,
            write,
            buffer,
            length,
            position,
        )
    };
    if write == 0 || errno != 0 {
        return errno;
    }
    // SAFETY: The entry is of a namespace that is there until the table was dropped, which waits
    // for this function.
    let net = unsafe { Net::from_raw(bindings::helper_ctl_table_net(entry)) };
    match D::settings_changed(Namespace::of(net)) {
        Ok(()) => 0,
        Err(errno) => errno.to_errno(),
    }
}
