// SPDX-License-Identifier: GPL-2.0-only

//! Other modules.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use kernel::{
    prelude::*,
    str::CStrExt,
    types::Opaque, //
};

use crate::bindings;

/// As long as this lives the module of one name cannot be loaded: it is refused with EBUSY before it
/// has done anything.
///
/// # Invariants
///
/// The block is registered.
pub(crate) struct Refused(KBox<Block>);

#[repr(C)]
struct Block {
    // First, so that a pointer to it is one to the whole.
    block: Opaque<bindings::notifier_block>,
    name: &'static CStr,
    reason: &'static str,
}

// SAFETY: The block is the kernel's until it is unregistered, the rest is never written.
unsafe impl Send for Refused {}
// SAFETY: As above.
unsafe impl Sync for Refused {}

impl Refused {
    /// Begins to refuse a module (`register_module_notifier()`); the log tells the reason when it
    /// happens.
    pub(crate) fn new(name: &'static CStr, reason: &'static str) -> Result<Self> {
        let block = bindings::notifier_block {
            notifier_call: Some(notified),
            ..Default::default()
        };
        let block = KBox::new(
            Block {
                block: Opaque::new(block),
                name,
                reason,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The block is complete, and stays where it is until it is unregistered.
        kernel::error::to_result(unsafe { bindings::register_module_notifier(block.block.get()) })?;
        // INVARIANT: Just registered.
        Ok(Self(block))
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. Waits for who is being notified.
        unsafe { bindings::unregister_module_notifier(self.0.block.get()) };
    }
}

/// # Safety
///
/// To be called by the kernel only, for the block of a [`Refused`], with a module.
unsafe extern "C" fn notified(
    block: *mut bindings::notifier_block,
    event: c_ulong,
    module: *mut c_void,
) -> c_int {
    // SAFETY: By the requirement; the block is the first field, and is alive while it is registered.
    let refused = unsafe { &*block.cast::<Block>() };
    // SAFETY: By the requirement; the name is static.
    if !unsafe { bindings::helper_module_comes(event, module, refused.name.as_char_ptr()) } {
        return 0;
    }
    pr_err!("{} cannot be loaded: {}\n", refused.name, refused.reason);
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_notifier_from_errno(EBUSY.to_errno()) }
}
