// SPDX-License-Identifier: GPL-2.0-only

//! Work that runs again and again, and is certainly over when its owner goes away.
//!
//! `kernel::workqueue` cannot cancel, which a module that can be unloaded needs.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::{
    marker::PhantomPinned,
    mem::offset_of,
    ops::Deref, //
};

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

/// What a [`Worker`] does.
pub(crate) trait Work: Send + Sync + 'static {
    /// Runs in process context, never twice at a time. Returns the jiffies until the next run, or
    /// none to sleep until [`Worker::wake`].
    fn run(&self) -> Option<u32>;
}

/// A delayed work item and the object it works on.
///
/// # Invariants
///
/// `work` is initialised with `trampoline::<T>`, and is queued only while the worker is in place.
#[pin_data(PinnedDrop)]
pub(crate) struct Worker<T: Work> {
    #[pin]
    work: Opaque<bindings::delayed_work>,
    object: T,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: The work item is made for use from all contexts, and `T` is `Send` and `Sync`.
unsafe impl<T: Work> Send for Worker<T> {}
// SAFETY: As above.
unsafe impl<T: Work> Sync for Worker<T> {}

impl<T: Work> Worker<T> {
    /// Makes a worker that sleeps until it is woken.
    pub(crate) fn new(object: T) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Initialised here, in its final place.
            work <- Opaque::ffi_init(|work| {
                // SAFETY: `work` is valid memory for a work item.
                unsafe { bindings::helper_init_delayed_work(work, Some(trampoline::<T>)) }
            }),
            object,
            _pin: PhantomPinned,
        })
    }

    /// Runs the work in `jiffies`, unless it is to run already (`queue_delayed_work()`).
    pub(crate) fn wake_in(&self, jiffies: u32) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_queue_delayed_work(self.work.get(), jiffies as c_ulong) };
    }

    /// Runs the work as soon as possible (`mod_delayed_work()`).
    pub(crate) fn wake(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_mod_delayed_work(self.work.get(), 0) };
    }
}

impl<T: Work> Deref for Worker<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

#[pinned_drop]
impl<T: Work> PinnedDrop for Worker<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant. Waits for a run under way, and ends the queueing that the
        // run itself may do.
        unsafe { bindings::cancel_delayed_work_sync(self.work.get()) };
    }
}

/// Runs the work of a [`Worker<T>`].
///
/// # Safety
///
/// `work` must be part of the `work` field of a `Worker<T>` in place.
unsafe extern "C" fn trampoline<T: Work>(work: *mut bindings::work_struct) {
    // SAFETY: By the requirement `work` is part of a delayed work item.
    let delayed = unsafe { bindings::helper_to_delayed_work(work) };
    let offset = offset_of!(Worker<T>, work);
    // SAFETY: By the requirement that item lies `offset` bytes into a worker, which its drop keeps
    // in place until this function returns.
    let worker = unsafe { &*delayed.cast::<u8>().sub(offset).cast::<Worker<T>>() };
    if let Some(jiffies) = worker.object.run() {
        worker.wake_in(jiffies);
    }
}
