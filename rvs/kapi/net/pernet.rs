// SPDX-License-Identifier: GPL-2.0-only

//! Data for each network namespace, and hooks that come and go with need.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::{
    prelude::*,
    sync::{
        new_mutex,
        Arc,
        Mutex, //
    },
    types::Opaque, //
};

use crate::{
    bindings,
    kapi::sync::rcu, //
};

use super::{
    netfilter::{
        HookSet,
        HookSpec, //
    },
    proc::{
        ProcFile,
        ProcFiles, //
    },
    sysctl::{
        Sysctl,
        SysctlTable, //
    },
    Net,
};

/// What a module keeps in each namespace.
pub(crate) trait PernetData: Sized + Send + Sync + 'static {
    /// The hooks of the module, in groups that come and go as a whole: each packet pays for each
    /// hook that is there, whatever it does. Groups are named by their place.
    const HOOKS: &'static [&'static [HookSpec<Self>]];

    /// Where its settings are below `/proc/sys`.
    const SYSCTL_PATH: &'static CStr;

    /// Its settings.
    const SYSCTLS: &'static [Sysctl<Self>];

    /// What it may have besides, under names that may be those of another module.
    const FILES: Files<Self>;

    /// Returns where the kernel's handle for this type is kept: always the same place, that of no
    /// other type.
    fn storage() -> &'static Storage;

    /// Makes the data of a new namespace, which may never need it. `home` stays in it.
    fn new(net: &Net, home: Home) -> Result<Arc<Self>>;

    /// Returns whether a grace period may have to pass until all is gone that the data have held of the namespace.
    fn is_used(&self) -> bool;

    /// Puts settings that were written into effect. An error is that of the write.
    fn settings_changed(namespace: &Namespace<Self>) -> Result;
}

/// The namespace of the data that this is a part of.
///
/// # Invariants
///
/// The namespace is there as long as this object: its data are dropped before it is gone.
pub(crate) struct Home(*mut bindings::net);

// SAFETY: The pointer gives away a `&Net` only, which may go anywhere.
unsafe impl Send for Home {}
// SAFETY: As above.
unsafe impl Sync for Home {}

impl Home {
    /// Returns the same for another part of the data.
    pub(crate) fn again(&self) -> Self {
        // INVARIANT: As of this one.
        Self(self.0)
    }

    /// Returns the namespace.
    pub(crate) fn net(&self) -> &Net {
        // SAFETY: By the type invariant.
        unsafe { Net::from_raw(self.0) }
    }
}

/// Files that [`Subsystem::show_files`] makes in each namespace.
pub(crate) struct Files<D: 'static> {
    /// Where further settings are below `/proc/sys`.
    pub(crate) sysctl_path: &'static CStr,
    /// These settings.
    pub(crate) sysctls: &'static [Sysctl<D>],
    /// Files in `/proc/net`.
    pub(crate) proc: &'static [ProcFile<D>],
}

/// Those of one namespace; they are dropped in this order.
struct ShownFiles<D: PernetData> {
    _proc: ProcFiles<D>,
    _sysctls: SysctlTable<D>,
}

/// Place for the kernel's handle of one [`PernetData`] type.
pub(crate) struct Storage {
    id: Opaque<c_uint>,
    operations: Opaque<bindings::pernet_operations>,
    file_operations: Opaque<bindings::pernet_operations>,
}

// SAFETY: Written by `Subsystem` and by the kernel, before any namespace is set up.
unsafe impl Sync for Storage {}

impl Storage {
    /// Makes an empty place, for a `static`.
    pub(crate) const fn new() -> Self {
        Self {
            id: Opaque::zeroed(),
            operations: Opaque::zeroed(),
            file_operations: Opaque::zeroed(),
        }
    }
}

/// A namespace with the data of `T` in it.
#[pin_data]
pub(crate) struct Namespace<T: PernetData> {
    data: Arc<T>,
    net: *mut bindings::net,
    /// A place for each group.
    #[pin]
    hooks: Mutex<KVec<Option<HookSet<T>>>>,
    #[pin]
    sysctls: Mutex<Option<SysctlTable<T>>>,
    #[pin]
    files: Mutex<Option<ShownFiles<T>>>,
}

impl<T: PernetData> Namespace<T> {
    /// Returns the data that `net` has.
    pub(crate) fn of(net: &Net) -> &Self {
        // SAFETY: The pointer was stored when the namespace or the module came up, and is taken
        // back when either goes away. Who holds a `&Net` got it of a hook or a request, which end
        // before that.
        unsafe { &**slot::<T>(net.as_ptr()) }
    }

    /// Returns the data.
    pub(crate) fn data(&self) -> &T {
        &self.data
    }

    /// Registers the hooks of a group, if they are not. EINVAL when there is no such group.
    pub(crate) fn enable_hooks(&self, group: usize) -> Result {
        let mut hooks = self.hooks.lock();
        let (Some(place), Some(specs)) = (hooks.get_mut(group), T::HOOKS.get(group)) else {
            return Err(EINVAL);
        };
        if place.is_none() {
            // SAFETY: The namespace is alive while it has this object.
            let net = unsafe { Net::from_raw(self.net) };
            // SAFETY: The set is dropped in `exit` at the latest, before the namespace is gone.
            *place = Some(unsafe { HookSet::register(net, specs, self.data.clone()) }?);
        }
        Ok(())
    }

    /// Returns whether the hooks of a group are registered.
    pub(crate) fn has_hooks(&self, group: usize) -> bool {
        self.hooks.lock().get(group).is_some_and(Option::is_some)
    }

    /// Unregisters the hooks of a group and waits until no packet is in one.
    pub(crate) fn disable_hooks(&self, group: usize) {
        let hooks = self.hooks.lock().get_mut(group).and_then(Option::take);
        drop(hooks);
    }

    /// Unregisters all hooks and waits until no packet is in one.
    pub(crate) fn disable_all_hooks(&self) {
        for group in 0..T::HOOKS.len() {
            self.disable_hooks(group);
        }
    }
}

/// A registration for all namespaces; undone in each when dropped.
///
/// # Invariants
///
/// The operations in the storage of `T` are registered, those of files where `shows_files`.
pub(crate) struct Subsystem<T: PernetData> {
    shows_files: bool,
    _of: PhantomData<T>,
}

impl<T: PernetData> Subsystem<T> {
    /// Sets up `T` in all namespaces of now and later (`register_pernet_subsys()`). To be called
    /// once for a type.
    pub(crate) fn register() -> Result<Self> {
        let operations = T::storage().operations.get();
        // SAFETY: The place is static and not used yet.
        unsafe {
            operations.write(bindings::pernet_operations {
                init: Some(init::<T>),
                exit: Some(exit::<T>),
                id: T::storage().id.get(),
                size: size_of::<*mut Namespace<T>>(),
                ..Default::default()
            });
        }
        // SAFETY: The operations are complete and static.
        kernel::error::to_result(unsafe { bindings::register_pernet_subsys(operations) })?;
        // INVARIANT: Just registered.
        Ok(Self {
            shows_files: false,
            _of: PhantomData,
        })
    }

    /// Makes the files of all namespaces of now and later, if they are not there.
    pub(crate) fn show_files(&mut self) -> Result {
        if self.shows_files {
            return Ok(());
        }
        let operations = T::storage().file_operations.get();
        // SAFETY: The place is static and not used.
        unsafe {
            operations.write(bindings::pernet_operations {
                init: Some(init_files::<T>),
                exit: Some(exit_files::<T>),
                ..Default::default()
            });
        }
        // SAFETY: The operations are complete and static. Registered after those of the data, they
        // are called after them when a namespace comes, and before them when it goes.
        kernel::error::to_result(unsafe { bindings::register_pernet_subsys(operations) })?;
        // INVARIANT: Just registered.
        self.shows_files = true;
        Ok(())
    }
}

impl<T: PernetData> Drop for Subsystem<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; files go before the data that they tell of.
        unsafe {
            if self.shows_files {
                bindings::unregister_pernet_subsys(T::storage().file_operations.get());
            }
            bindings::unregister_pernet_subsys(T::storage().operations.get());
        }
    }
}

/// The place in a namespace where the pointer to the data is kept.
///
/// # Safety
///
/// `T` must be registered and `net` valid.
unsafe fn slot<T: PernetData>(net: *mut bindings::net) -> *mut *mut Namespace<T> {
    // SAFETY: The kernel wrote the id at registration, and made room for one pointer.
    unsafe { bindings::helper_net_generic(net, *T::storage().id.get()).cast() }
}

/// # Safety
///
/// To be called by the kernel only, for a new namespace.
unsafe extern "C" fn init<T: PernetData>(net: *mut bindings::net) -> c_int {
    // SAFETY: By the requirement. INVARIANT: `exit` drops the data.
    let data = T::new(unsafe { Net::from_raw(net) }, Home(net));
    let namespace = match data.and_then(|data| make::<T>(net, data)) {
        // SAFETY: The object stays where it is until it is taken back.
        Ok(namespace) => unsafe { Pin::into_inner_unchecked(namespace) },
        Err(errno) => return errno.to_errno(),
    };
    // SAFETY: By the requirement.
    unsafe { slot::<T>(net).write(KBox::into_raw(namespace)) };
    // From here on settings may be written, which wants the data in its place.
    // SAFETY: The namespace is valid by the requirement; the table is dropped in `exit`, before
    // it is gone.
    let registered =
        unsafe { SysctlTable::register(Net::from_raw(net), T::SYSCTL_PATH, T::SYSCTLS) };
    match registered {
        Ok(sysctls) => {
            // SAFETY: By the requirement, and as the data is in its place.
            let namespace = Namespace::<T>::of(unsafe { Net::from_raw(net) });
            *namespace.sysctls.lock() = Some(sysctls);
            0
        }
        Err(errno) => {
            // SAFETY: By the requirement; the kernel does not call `exit` where `init` has failed.
            unsafe { exit::<T>(net) };
            errno.to_errno()
        }
    }
}

/// Makes the data of a namespace, without hooks and settings.
fn make<T: PernetData>(net: *mut bindings::net, data: Arc<T>) -> Result<Pin<KBox<Namespace<T>>>> {
    let mut hooks = KVec::with_capacity(T::HOOKS.len(), GFP_KERNEL_ACCOUNT)?;
    for _ in T::HOOKS {
        hooks.push(None, GFP_KERNEL_ACCOUNT)?;
    }
    KBox::pin_init(
        pin_init!(Namespace {
            data,
            net,
            hooks <- new_mutex!(hooks, "rvs_hooks"),
            sysctls <- new_mutex!(None, "rvs_sysctls"),
            files <- new_mutex!(None, "rvs_files"),
        }),
        GFP_KERNEL_ACCOUNT,
    )
}

/// # Safety
///
/// To be called by the kernel only, for a namespace that `init` has set up.
unsafe extern "C" fn exit<T: PernetData>(net: *mut bindings::net) {
    // SAFETY: By the requirement.
    let place = unsafe { slot::<T>(net) };
    // First, so that nobody changes settings of what is going; it waits for who is at it.
    // SAFETY: The place holds what `init` has put there.
    let sysctls = unsafe { &**place }.sysctls.lock().take();
    drop(sysctls);
    // SAFETY: As above; the pointer is taken back once.
    let namespace = unsafe { KBox::from_raw(ptr::replace(place, ptr::null_mut())) };
    namespace.disable_all_hooks();
    let is_used = namespace.data().is_used();
    drop(namespace);
    if is_used {
        // Routes of IPv6 are counted where the kernel stops counting next.
        drop(rcu::Barrier);
    }
}

/// # Safety
///
/// To be called by the kernel only, for a namespace that `init` has set up.
unsafe extern "C" fn init_files<T: PernetData>(net: *mut bindings::net) -> c_int {
    // SAFETY: By the requirement.
    let net = unsafe { Net::from_raw(net) };
    // SAFETY: The files are dropped in `exit_files`, before the namespace and its data are gone.
    match unsafe { make_files::<T>(net) } {
        Ok(files) => {
            *Namespace::<T>::of(net).files.lock() = Some(files);
            0
        }
        Err(errno) => errno.to_errno(),
    }
}

/// # Safety
///
/// What is made must be dropped before the namespace and its data are gone.
unsafe fn make_files<T: PernetData>(net: &Net) -> Result<ShownFiles<T>> {
    // SAFETY: By the requirement.
    unsafe {
        let sysctls = SysctlTable::register(net, T::FILES.sysctl_path, T::FILES.sysctls)?;
        Ok(ShownFiles {
            _proc: ProcFiles::create(net, T::FILES.proc)?,
            _sysctls: sysctls,
        })
    }
}

/// # Safety
///
/// To be called by the kernel only, for a namespace that `init_files` has set up.
unsafe extern "C" fn exit_files<T: PernetData>(net: *mut bindings::net) {
    // SAFETY: By the requirement.
    let files = Namespace::<T>::of(unsafe { Net::from_raw(net) })
        .files
        .lock()
        .take();
    drop(files);
}
