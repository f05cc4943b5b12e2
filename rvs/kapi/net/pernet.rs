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

use crate::bindings;

use super::{
    netfilter::{
        HookSet,
        HookSpec, //
    },
    sysctl::{
        Sysctl,
        SysctlTable, //
    },
    Net,
};

/// What a module keeps in each namespace.
pub(crate) trait PernetData: Sized + Send + Sync + 'static {
    /// The hooks of the module.
    const HOOKS: &'static [HookSpec<Self>];

    /// Where its settings are below `/proc/sys`.
    const SYSCTL_PATH: &'static CStr;

    /// Its settings.
    const SYSCTLS: &'static [Sysctl<Self>];

    /// Returns where the kernel's handle for this type is kept: always the same place, that of no
    /// other type.
    fn storage() -> &'static Storage;

    /// Makes the data of a new namespace.
    fn new() -> Result<Arc<Self>>;
}

/// Place for the kernel's handle of one [`PernetData`] type.
pub(crate) struct Storage {
    id: Opaque<c_uint>,
    operations: Opaque<bindings::pernet_operations>,
}

// SAFETY: Written by `Subsystem::register` and by the kernel, before any namespace is set up.
unsafe impl Sync for Storage {}

impl Storage {
    /// Makes an empty place, for a `static`.
    pub(crate) const fn new() -> Self {
        Self {
            id: Opaque::zeroed(),
            operations: Opaque::zeroed(),
        }
    }
}

/// A namespace with the data of `T` in it.
#[pin_data]
pub(crate) struct Namespace<T: PernetData> {
    // First, so that nobody changes settings of what is going.
    _sysctls: SysctlTable<T>,
    data: Arc<T>,
    net: *mut bindings::net,
    #[pin]
    hooks: Mutex<Option<HookSet<T>>>,
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

    /// Registers the hooks, if they are not.
    pub(crate) fn enable_hooks(&self) -> Result {
        let mut hooks = self.hooks.lock();
        if hooks.is_none() {
            // SAFETY: The namespace is alive while it has this object.
            let net = unsafe { Net::from_raw(self.net) };
            // SAFETY: The set is dropped in `exit` at the latest, before the namespace is gone.
            *hooks = Some(unsafe { HookSet::register(net, T::HOOKS, self.data.clone()) }?);
        }
        Ok(())
    }

    /// Unregisters the hooks and waits until no packet is in one.
    pub(crate) fn disable_hooks(&self) {
        let hooks = self.hooks.lock().take();
        drop(hooks);
    }
}

/// A registration for all namespaces; undone in each when dropped.
///
/// # Invariants
///
/// The operations in the storage of `T` are registered.
pub(crate) struct Subsystem<T: PernetData>(PhantomData<T>);

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
        Ok(Self(PhantomData))
    }
}

impl<T: PernetData> Drop for Subsystem<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_pernet_subsys(T::storage().operations.get()) };
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
    let made = T::new().and_then(|data| {
        // SAFETY: By the requirement, the namespace is valid; the table is dropped in `exit`,
        // before it is gone.
        let sysctls = unsafe {
            SysctlTable::register(Net::from_raw(net), T::SYSCTL_PATH, T::SYSCTLS, data.clone())
        }?;
        KBox::pin_init(
            pin_init!(Namespace {
                _sysctls: sysctls,
                data,
                net,
                hooks <- new_mutex!(None, "rvs_hooks"),
            }),
            GFP_KERNEL,
        )
    });
    match made {
        Ok(namespace) => {
            // SAFETY: The object stays where it is until `exit` takes it back.
            let namespace = unsafe { Pin::into_inner_unchecked(namespace) };
            // SAFETY: By the requirement.
            unsafe { slot::<T>(net).write(KBox::into_raw(namespace)) };
            0
        }
        Err(errno) => errno.to_errno(),
    }
}

/// # Safety
///
/// To be called by the kernel only, for a namespace that `init` has set up.
unsafe extern "C" fn exit<T: PernetData>(net: *mut bindings::net) {
    // SAFETY: By the requirement; the pointer is taken back once.
    let namespace = unsafe { KBox::from_raw(ptr::replace(slot::<T>(net), ptr::null_mut())) };
    namespace.disable_hooks();
    drop(namespace);
}
