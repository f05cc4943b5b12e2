// SPDX-License-Identifier: GPL-2.0-only

//! Settings of a namespace below `/proc/sys/net`.
//!
//! Who has `CAP_NET_ADMIN` in the user namespace that owns the network namespace may write them
//! (`net_ctl_permissions()` of `net/sysctl_net.c`).
//!
//! C header: [`include/linux/sysctl.h`](srctree/include/linux/sysctl.h)

use core::{
    marker::PhantomData,
    ops::RangeInclusive,
    ptr::{
        self,
        NonNull, //
    },
};

use kernel::{
    prelude::*,
    str::CStrExt,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SetOnce, //
    },
};

use crate::{
    bindings,
    kapi::time, //
};

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

/// A setting that is a number within bounds, not below 0. A write of anything else is refused with EINVAL.
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

/// A setting that is an integer of any sign.
pub(crate) struct Integer(Atomic<i32>);

impl Integer {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(value: i32) -> Self {
        Self(Atomic::new(value))
    }

    /// Returns the integer; one load.
    #[inline(always)]
    pub(crate) fn get(&self) -> i32 {
        self.0.load(Relaxed)
    }

    /// Puts another integer in place of `old`, unless somebody has set it meanwhile.
    pub(crate) fn replace(&self, old: i32, new: i32) {
        // Who has set it has put that into effect, too.
        let _ = self.0.cmpxchg(old, new, Relaxed);
    }

    /// Returns whether it is anything but 0; one load.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.get() != 0
    }
}

/// Two settings behind one name, such as `3 50`.
pub(crate) struct Pair([Integer; 2]);

impl Pair {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(first: i32, second: i32) -> Self {
        Self([Integer::new(first), Integer::new(second)])
    }
}

/// A setting that is a time: users read and write seconds.
pub(crate) struct Time(Integer);

impl Time {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(seconds: u32) -> Self {
        let jiffies = seconds.saturating_mul(time::hz());
        Self(Integer::new(i32::try_from(jiffies).unwrap_or(i32::MAX)))
    }

    /// Returns the time in jiffies, 0 for one below.
    pub(crate) fn jiffies(&self) -> u32 {
        self.0.get().max(0).unsigned_abs()
    }
}

/// A setting that is a number as large as the machine has them.
pub(crate) struct Long(Atomic<usize>);

impl Long {
    /// Makes one, as it is before anybody sets it.
    pub(crate) fn new(value: usize) -> Self {
        Self(Atomic::new(value))
    }
}

/// A setting that is a list of CPUs, such as `0-3,8`.
pub(crate) struct CpuList(SetOnce<KVec<Atomic<usize>>>);

impl CpuList {
    /// Makes one that is all CPUs on which threads of the kernel may run.
    pub(crate) fn new() -> Self {
        Self(SetOnce::new())
    }
}

/// Which values of an integer are accepted.
pub(crate) type Accepts = fn(i32) -> bool;

/// Who may do what with a setting of a namespace that belongs to a user namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    /// What the machine's own administrators may.
    Write,
    /// Read it.
    Read,
    /// They do not see it.
    Nothing,
}

/// The name of a setting, where it is in the data of a namespace, and what it may be.
pub(crate) struct Sysctl<D: 'static> {
    name: &'static CStr,
    place: Place<D>,
    strangers: Strangers,
}

enum Place<D: 'static> {
    Switch(fn(&D) -> &Switch),
    Number(fn(&D) -> &Number, RangeInclusive<u32>),
    Integer(fn(&D) -> &Integer, Accepts),
    Pair(fn(&D) -> &Pair, fn([i32; 2]) -> bool),
    Time(fn(&D) -> &Time),
    Long(fn(&D) -> &Long),
    CpuList(fn(&D) -> &CpuList),
}

impl<D> Sysctl<D> {
    const fn new(name: &'static CStr, place: Place<D>) -> Self {
        Self {
            name,
            place,
            strangers: Strangers::Write,
        }
    }

    /// Describes a switch.
    pub(crate) const fn switch(name: &'static CStr, place: fn(&D) -> &Switch) -> Self {
        Self::new(name, Place::Switch(place))
    }

    /// Describes a number from `least` to `most`, which is not above `i32::MAX`.
    pub(crate) const fn number(
        name: &'static CStr,
        place: fn(&D) -> &Number,
        least: u32,
        most: u32,
    ) -> Self {
        assert!(least <= most && most <= i32::MAX as u32);
        Self::new(name, Place::Number(place, least..=most))
    }

    /// Describes an integer. Where it is not accepted a write is refused with EINVAL.
    pub(crate) const fn integer(
        name: &'static CStr,
        place: fn(&D) -> &Integer,
        accepts: Accepts,
    ) -> Self {
        Self::new(name, Place::Integer(place, accepts))
    }

    /// Describes a pair. Where it is not accepted a write is refused with EINVAL.
    pub(crate) const fn pair(
        name: &'static CStr,
        place: fn(&D) -> &Pair,
        accepts: fn([i32; 2]) -> bool,
    ) -> Self {
        Self::new(name, Place::Pair(place, accepts))
    }

    /// Describes a time.
    pub(crate) const fn time(name: &'static CStr, place: fn(&D) -> &Time) -> Self {
        Self::new(name, Place::Time(place))
    }

    /// Describes a number as large as the machine has them.
    pub(crate) const fn long(name: &'static CStr, place: fn(&D) -> &Long) -> Self {
        Self::new(name, Place::Long(place))
    }

    /// Describes a list of CPUs.
    pub(crate) const fn cpus(name: &'static CStr, place: fn(&D) -> &CpuList) -> Self {
        Self::new(name, Place::CpuList(place))
    }

    /// In a namespace that belongs to a user namespace the setting can only be read.
    pub(crate) const fn read_by_strangers(self) -> Self {
        Self {
            strangers: Strangers::Read,
            ..self
        }
    }

    /// In a namespace that belongs to a user namespace there is no such setting.
    pub(crate) const fn hidden_from_strangers(self) -> Self {
        Self {
            strangers: Strangers::Nothing,
            ..self
        }
    }
}

/// The registered settings of one namespace below one path; unregistered when dropped.
///
/// # Invariants
///
/// The header is of a registration of `entries`, of which each points to its [`Sysctl`]; none where
/// the kernel has no settings at all.
pub(super) struct SysctlTable<D: PernetData> {
    header: Option<NonNull<bindings::ctl_table_header>>,
    entries: KVec<bindings::ctl_table>,
    _of: PhantomData<&'static Sysctl<D>>,
}

// SAFETY: The settings are unregistered from whatever thread drops the table, in process context;
// the entries are the kernel's until then.
unsafe impl<D: PernetData> Send for SysctlTable<D> {}

impl<D: PernetData> SysctlTable<D> {
    /// Registers settings of a namespace (`register_net_sysctl()`), which has its data already.
    ///
    /// # Safety
    ///
    /// The table must be dropped before the namespace and its data are gone.
    pub(super) unsafe fn register(
        net: &Net,
        path: &'static CStr,
        sysctls: &'static [Sysctl<D>],
    ) -> Result<Self> {
        let of_strangers = !net.is_of_init_user_namespace();
        let mut entries = KVec::with_capacity(sysctls.len(), GFP_KERNEL_ACCOUNT)?;
        for sysctl in sysctls {
            let is_read_only = match sysctl.strangers {
                Strangers::Nothing if of_strangers => continue,
                Strangers::Read => of_strangers,
                Strangers::Nothing | Strangers::Write => false,
            };
            let mut entry = bindings::ctl_table::default();
            // SAFETY: The entry is valid for writes; name and description are static.
            unsafe {
                bindings::helper_ctl_table_set(
                    &mut entry,
                    sysctl.name.as_char_ptr(),
                    is_read_only,
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
                _of: PhantomData,
            });
        }
        // SAFETY: The entries are complete and stay in place, as the vector is not touched again.
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
            _of: PhantomData,
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
        let _ = &self.entries;
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
    // SAFETY: The entry is of a namespace that is there until the table was dropped, which waits
    // for this function.
    let net = unsafe { Net::from_raw(bindings::helper_ctl_table_net(entry)) };
    let namespace = Namespace::<D>::of(net);
    let access = Access {
        entry,
        write: write != 0,
        buffer,
        length,
        position,
    };
    // SAFETY: The arguments are the kernel's own, passed on.
    let done = unsafe { access.to(namespace.data(), sysctl) };
    let result = match done {
        Ok(()) if access.write => D::settings_changed(namespace),
        result => result,
    };
    match result {
        Ok(()) => 0,
        Err(errno) => errno.to_errno(),
    }
}

/// A read or write of one setting, as the kernel hands it over.
struct Access {
    entry: *const bindings::ctl_table,
    write: bool,
    buffer: *mut c_void,
    length: *mut usize,
    position: *mut bindings::loff_t,
}

impl Access {
    /// # Safety
    ///
    /// The arguments must be those of a call of a `proc_handler`.
    unsafe fn to<D>(&self, data: &D, sysctl: &Sysctl<D>) -> Result {
        // SAFETY: For all of them by the requirement.
        unsafe {
            match &sysctl.place {
                Place::Switch(place) => self.number(&place(data).0, &(0..=1)),
                Place::Number(place, range) => self.number(&place(data).0, range),
                Place::Integer(place, accepts) => {
                    self.integers([place(data)], |[value]| accepts(value))
                }
                Place::Pair(place, accepts) => {
                    let [first, second] = &place(data).0;
                    self.integers([first, second], accepts)
                }
                Place::Time(place) => self.time(&place(data).0),
                Place::Long(place) => self.long(&place(data).0),
                Place::CpuList(place) => self.cpus(place(data)),
            }
        }
    }

    /// # Safety
    ///
    /// As for [`Access::to`].
    unsafe fn number(&self, place: &Atomic<u32>, range: &RangeInclusive<u32>) -> Result {
        // Those that are accepted are no greater, so none is lost.
        let value = Integer::new(i32::try_from(place.load(Relaxed)).unwrap_or(i32::MAX));
        let accepts =
            |[value]: [i32; 1]| u32::try_from(value).is_ok_and(|new| range.contains(&new));
        // SAFETY: By the requirement.
        unsafe { self.integers([&value], accepts) }?;
        if self.write {
            place.store(value.get().unsigned_abs(), Relaxed);
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Access::to`].
    unsafe fn integers<const N: usize>(
        &self,
        places: [&Integer; N],
        accepts: impl FnOnce([i32; N]) -> bool,
    ) -> Result {
        let mut values = places.map(|place| place.get());
        // SAFETY: By the requirement; the values are as many as is said.
        kernel::error::to_result(unsafe {
            bindings::helper_ctl_table_handle_ints(
                self.entry,
                values.as_mut_ptr(),
                N,
                self.write.into(),
                self.buffer,
                self.length,
                self.position,
            )
        })?;
        if !self.write {
            return Ok(());
        }
        if !accepts(values) {
            return Err(EINVAL);
        }
        for (place, value) in places.into_iter().zip(values) {
            place.0.store(value, Relaxed);
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Access::to`].
    unsafe fn time(&self, place: &Integer) -> Result {
        let mut jiffies = place.get();
        // SAFETY: By the requirement.
        kernel::error::to_result(unsafe {
            bindings::helper_ctl_table_handle_jiffies(
                self.entry,
                &mut jiffies,
                self.write.into(),
                self.buffer,
                self.length,
                self.position,
            )
        })?;
        if self.write {
            place.0.store(jiffies, Relaxed);
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Access::to`].
    unsafe fn long(&self, place: &Atomic<usize>) -> Result {
        let mut value = place.load(Relaxed);
        // SAFETY: By the requirement.
        kernel::error::to_result(unsafe {
            bindings::helper_ctl_table_handle_ulong(
                self.entry,
                &mut value,
                self.write.into(),
                self.buffer,
                self.length,
                self.position,
            )
        })?;
        if self.write {
            place.store(value, Relaxed);
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Access::to`].
    unsafe fn cpus(&self, list: &CpuList) -> Result {
        // SAFETY: By the requirement.
        let is_beginning = unsafe { *self.position == 0 && *self.length != 0 };
        if !is_beginning {
            // The rest of what was read or written at once.
            // SAFETY: By the requirement.
            unsafe { *self.length = 0 };
            return Ok(());
        }
        // SAFETY: An FFI call without requirements.
        let len = unsafe { bindings::helper_cpu_words() };
        let mut words = KVec::from_elem(0usize, len, GFP_KERNEL)?;
        if self.write {
            // SAFETY: By the requirement the buffer is text that ends in a zero byte; the words are
            // as many as all CPUs take.
            kernel::error::to_result(unsafe {
                bindings::helper_cpus_parse(self.buffer.cast(), words.as_mut_ptr())
            })?;
            list.replace(&words)?;
            // SAFETY: By the requirement.
            unsafe { *self.position += *self.length as bindings::loff_t };
            return Ok(());
        }
        match list.0.as_ref() {
            Some(set) => {
                for (word, of) in words.iter_mut().zip(set) {
                    *word = of.load(Relaxed);
                }
            }
            // SAFETY: The words are as many as all CPUs take.
            None => unsafe { bindings::helper_cpus_of_kernel_threads(words.as_mut_ptr()) },
        }
        // SAFETY: By the requirement the buffer has room for as much, and a zero byte behind.
        unsafe {
            *self.length =
                bindings::helper_cpus_print(self.buffer.cast(), *self.length + 1, words.as_ptr());
            *self.position += *self.length as bindings::loff_t;
        }
        Ok(())
    }
}

impl CpuList {
    /// Puts another list in place. Who reads meanwhile may see parts of both.
    fn replace(&self, words: &[usize]) -> Result {
        if self.0.as_ref().is_none() {
            let mut places = KVec::with_capacity(words.len(), GFP_KERNEL_ACCOUNT)?;
            for word in words {
                places.push(Atomic::new(*word), GFP_KERNEL_ACCOUNT)?;
            }
            if self.0.populate(places) {
                return Ok(());
            }
        }
        if let Some(places) = self.0.as_ref() {
            for (place, word) in places.iter().zip(words) {
                place.store(*word, Relaxed);
            }
        }
        Ok(())
    }
}
