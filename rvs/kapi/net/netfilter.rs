// SPDX-License-Identifier: GPL-2.0-only

//! Netfilter hooks.
//!
//! C header: [`include/linux/netfilter.h`](srctree/include/linux/netfilter.h)

use kernel::{
    prelude::*,
    sync::{
        rcu,
        Arc, //
    }, //
};

use crate::bindings;

use super::{
    skb::{
        Glance,
        Packet,
        Verdict, //
    },
    Net,
    Stack, //
};

/// Where in the stack of a version of IP a hook sits.
#[derive(Clone, Copy)]
pub(crate) enum HookPoint {
    /// Packets that were received, before they are routed.
    PreRouting,
    /// Packets for this host.
    LocalIn,
    /// Packets for other hosts.
    Forward,
    /// Packets of this host.
    LocalOut,
}

impl HookPoint {
    const fn number(self) -> c_uint {
        match self {
            Self::PreRouting => bindings::nf_inet_hooks_NF_INET_PRE_ROUTING,
            Self::LocalIn => bindings::nf_inet_hooks_NF_INET_LOCAL_IN,
            Self::Forward => bindings::nf_inet_hooks_NF_INET_FORWARD,
            Self::LocalOut => bindings::nf_inet_hooks_NF_INET_LOCAL_OUT,
        }
    }
}

/// A function that sees the packets at one point.
pub(crate) trait Hook {
    /// What all hooks of a namespace share.
    type Data: Send + Sync + 'static;
    /// Of which version of IP the packets are.
    type Version: Stack;
    /// Where it sits.
    const POINT: HookPoint;
    /// Its place among the hooks there; `NF_IP_PRI_*` are those of the kernel.
    const PRIORITY: i32;

    /// Whether a packet may be of any concern; one that is not goes on. Each packet that passes is
    /// asked, so it is worth its own function, which looks at as little as it can.
    fn concerns(data: &Self::Data, packet: &Glance<'_, Self::Version>) -> bool;

    /// Decides on a packet that may be of concern. Runs with bottom halves off or in process context (LOCAL_OUT).
    fn run(
        data: &Self::Data,
        packet: Packet<'_, Self::Version>,
        net: &Net,
        guard: &rcu::Guard,
    ) -> Verdict;
}

/// A hook, ready for registration.
pub(crate) struct HookSpec<D: 'static> {
    function: unsafe extern "C" fn(
        *mut c_void,
        *mut bindings::sk_buff,
        *const bindings::nf_hook_state,
    ) -> c_uint,
    family: u32,
    point: HookPoint,
    priority: i32,
    _data: core::marker::PhantomData<fn(&D)>,
}

impl<D: Send + Sync> HookSpec<D> {
    /// Describes the hook `H`.
    pub(crate) const fn of<H: Hook<Data = D>>() -> Self {
        Self {
            function: trampoline::<H>,
            family: H::Version::HOOKS,
            point: H::POINT,
            priority: H::PRIORITY,
            _data: core::marker::PhantomData,
        }
    }
}

/// Registered hooks of one namespace; unregistered when dropped.
///
/// # Invariants
///
/// `operations` are registered in `net`, with the address of `data` as their private pointer.
pub(super) struct HookSet<D: Send + Sync + 'static> {
    net: *mut bindings::net,
    operations: KVec<bindings::nf_hook_ops>,
    data: Arc<D>,
}

// SAFETY: The hooks are unregistered from whatever thread drops them, in process context.
unsafe impl<D: Send + Sync> Send for HookSet<D> {}

impl<D: Send + Sync> HookSet<D> {
    /// Registers hooks (`nf_register_net_hooks()`).
    ///
    /// # Safety
    ///
    /// The set must be dropped before the namespace is gone.
    pub(super) unsafe fn register(net: &Net, hooks: &[HookSpec<D>], data: Arc<D>) -> Result<Self> {
        let mut operations = KVec::with_capacity(hooks.len(), GFP_KERNEL_ACCOUNT)?;
        let private: *const D = &*data;
        for hook in hooks {
            operations.push(
                bindings::nf_hook_ops {
                    hook: Some(hook.function),
                    priv_: private.cast_mut().cast(),
                    pf: hook.family as u8,
                    hooknum: hook.point.number(),
                    priority: hook.priority,
                    ..Default::default()
                },
                GFP_KERNEL_ACCOUNT,
            )?;
        }
        // SAFETY: The operations are complete and stay in place, as the vector is not touched
        // again; `data` lives until after they are unregistered.
        kernel::error::to_result(unsafe {
            bindings::nf_register_net_hooks(
                net.as_ptr(),
                operations.as_ptr(),
                operations.len() as c_uint,
            )
        })?;
        // INVARIANT: Just registered.
        Ok(Self {
            net: net.as_ptr(),
            operations,
            data,
        })
    }
}

impl<D: Send + Sync> Drop for HookSet<D> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant and the requirement of `register`.
        unsafe {
            bindings::nf_unregister_net_hooks(
                self.net,
                self.operations.as_ptr(),
                self.operations.len() as c_uint,
            );
        }
        // The kernel frees the list of hooks after a grace period but does not wait for it:
        // packets may still be in a hook, with the private pointer in hand.
        crate::kapi::sync::rcu::synchronize();
        let _ = &self.data;
    }
}

/// # Safety
///
/// To be called by netfilter only, with what a [`HookSet`] of `H` registered.
unsafe extern "C" fn trampoline<H: Hook>(
    private: *mut c_void,
    skb: *mut bindings::sk_buff,
    state: *const bindings::nf_hook_state,
) -> c_uint {
    // SAFETY: `nf_hook()` calls hooks in a read side critical section.
    let guard = unsafe { crate::kapi::sync::rcu::guard_of_caller() };
    // SAFETY: `private` is the `H::Data` of a hook set, which waits for a grace period before it
    // lets go of it.
    let data = unsafe { &*private.cast::<H::Data>() };
    // SAFETY: Netfilter passes a valid packet with a header of the version that the hook is registered for, which nobody
    // else has.
    if !H::concerns(data, &unsafe { Glance::from_raw(skb) }) {
        return bindings::NF_ACCEPT;
    }
    // SAFETY: The state is valid for the call, and so is its namespace.
    let net = unsafe { Net::from_raw(bindings::helper_nf_hook_state_net(state)) };
    // SAFETY: As above; the hook owns the packet until it gives its verdict.
    let packet = unsafe { Packet::from_raw(skb, state) };
    H::run(data, packet, net, guard).number()
}

impl<V: Stack> Packet<'_, V> {
    /// Shows a packet that has its route to the hooks of others where packets begin that this host
    /// sends (LOCAL_OUT), and returns it when they let it go as it is. `data` is what the hooks of this
    /// namespace share: it tells which hook is ours.
    #[inline(always)]
    pub(crate) fn pass_local_out<D>(self, data: &D, _guard: &rcu::Guard) -> Result<Self, Verdict> {
        let (net, private) = (self.net().as_ptr(), private_of(data));
        // SAFETY: By the type invariant, and the borrow of the namespace; called under RCU, which keeps the
        // hooks. The packet is not used when it has been taken.
        if unsafe { V::pass_local_out(net, self.as_ptr(), private) } {
            Ok(self)
        } else {
            Err(Verdict::stolen())
        }
    }

    /// Shows a packet to the hooks behind ours, at the point where it is, and returns it when they let it
    /// go as it is. `data` as for [`Packet::pass_local_out`].
    #[inline(always)]
    pub(crate) fn pass_followers<D>(self, data: &D, _guard: &rcu::Guard) -> Result<Self, Verdict> {
        let private = private_of(data);
        // SAFETY: By the type invariant; called under RCU, which keeps the hooks. The packet is not used
        // when it has been taken.
        match unsafe { V::pass_followers(self.as_ptr(), self.state(), private) } {
            1 => Ok(self),
            0 => Err(Verdict::stolen()),
            // Who called our hook goes on with those behind.
            _ => Err(self.accept()),
        }
    }
}

/// The private pointer of hooks that share `data`.
fn private_of<D>(data: &D) -> *const c_void {
    core::ptr::from_ref(data).cast()
}
