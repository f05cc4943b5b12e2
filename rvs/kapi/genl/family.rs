// SPDX-License-Identifier: GPL-2.0-only

//! Registration of a family and its operations.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

use core::ptr;

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full as FullOrder,
            Release, //
        },
        rcu as kernel_rcu, //
    },
    types::Opaque, //
};

use crate::{
    bindings,
    kapi::{
        net::Net,
        sync::rcu, //
    },
    logic::uapi::Rule, //
};

use super::{
    message::{
        Full,
        Message, //
    },
    policy::{
        Policies,
        Table, //
    },
    request::{
        Dumper,
        Refusal,
        Request, //
    },
};

/// Who may call an operation.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Permission {
    /// Everybody.
    Anyone,
    /// Those with `CAP_NET_ADMIN` in the user namespace that owns the network namespace
    /// (`GENL_UNS_ADMIN_PERM`).
    NetAdmin,
    /// Those with `CAP_NET_ADMIN` in the first user namespace, whoever owns the network namespace
    /// (`GENL_ADMIN_PERM`).
    InitialNetAdmin,
}

impl Permission {
    /// What has the kernel ask for it, before it calls the operation.
    fn flags(self) -> u8 {
        match self {
            Self::Anyone => 0,
            Self::NetAdmin => bindings::GENL_UNS_ADMIN_PERM as u8,
            Self::InitialNetAdmin => bindings::GENL_ADMIN_PERM as u8,
        }
    }
}

/// How the requests of a family are validated.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Validation {
    /// Each attribute is one that the policy of the operation lists, and as it says.
    Strict,
    /// As families from before Linux 5.2 have it: attributes that the policy does not list are passed
    /// over, longer ones taken, and nests need no flag. Those of a dump are not validated at all.
    Liberal,
}

impl Validation {
    /// What the kernel is told about the operation of the form "do".
    fn of_do(self) -> u8 {
        match self {
            Self::Strict => 0,
            Self::Liberal => bindings::genl_validate_flags_GENL_DONT_VALIDATE_STRICT as u8,
        }
    }

    /// What the kernel is told about the operation of the form "dump".
    fn of_dump(self) -> u8 {
        match self {
            Self::Strict => 0,
            Self::Liberal => {
                (bindings::genl_validate_flags_GENL_DONT_VALIDATE_DUMP
                    | bindings::genl_validate_flags_GENL_DONT_VALIDATE_DUMP_STRICT)
                    as u8
            }
        }
    }
}

/// What a family is.
pub(crate) struct Description {
    /// Name, of less than `GENL_NAMSIZ` bytes.
    pub(crate) name: &'static str,
    /// Version, in `struct genlmsghdr`.
    pub(crate) version: u8,
    /// How requests are validated.
    pub(crate) validation: Validation,
    /// The operations, in ascending order of their commands, "do" before "dump".
    pub(crate) operations: &'static [Operation],
    /// The names of its multicast groups, of less than `GENL_NAMSIZ` bytes.
    pub(crate) groups: &'static [&'static str],
    /// Where it is while it is registered.
    pub(crate) place: RegisteredPlace,
}

/// Where a family is registered, if it is.
///
/// # Invariants
///
/// The pointer is null, or to a family that is registered, and stays for a grace period after this is null.
pub(crate) struct RegisteredPlace(Atomic<*mut bindings::genl_family>);

impl RegisteredPlace {
    /// Nowhere.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }
}

impl Description {
    /// Tells the members of a group in a namespace what `fill` fills, if there are any and memory is not short
    /// (`genlmsg_multicast_netns()`).
    pub(crate) fn multicast(
        &'static self,
        net: &Net,
        group: usize,
        command: u8,
        fill: impl FnOnce(&mut Message<'_>) -> Result<(), Full>,
    ) {
        const ROOM: usize = 512;
        let Ok(group) = c_uint::try_from(group) else {
            return;
        };
        let _guard = kernel_rcu::Guard::new();
        let family = self.place.0.load(Acquire);
        if family.is_null() || group as usize >= self.groups.len() {
            return;
        }
        // SAFETY: By the type invariant of the place the family is registered, or was when the section of the guard
        // began, and is there until it ends. It has so many groups.
        let has_listeners =
            unsafe { bindings::helper_genl_has_listeners(family, net.as_ptr(), group) };
        if !has_listeners {
            return;
        }
        // SAFETY: An FFI call without requirements.
        let skb = unsafe { bindings::helper_genlmsg_new_nowait(ROOM) };
        if skb.is_null() {
            return;
        }
        // SAFETY: `skb` is a fresh message buffer; the family as above.
        let filled =
            unsafe { Message::build(skb, 0, 0, family, 0, command, |message| fill(message)) };
        match filled {
            // SAFETY: As above; the buffer is given away, also where nobody gets it.
            Ok(()) => unsafe {
                bindings::helper_genlmsg_multicast(family, net.as_ptr(), skb, group);
            },
            // SAFETY: `skb` is owned here and not used again.
            Err(Full) => unsafe { bindings::helper_nlmsg_free(skb) },
        }
    }
}

/// An operation that answers one request.
pub(crate) trait Do {
    /// Number of the command.
    const COMMAND: u8;
    /// Number of the command in answers.
    const REPLY: u8 = Self::COMMAND;
    /// Who may call it.
    const PERMISSION: Permission;
    /// The attributes it accepts.
    const POLICY: &'static [Rule];

    /// Serves a request.
    fn run(request: &Request<'_>) -> Result<(), Refusal>;
}

/// An operation that answers with many messages.
pub(crate) trait Dump {
    /// Number of the command.
    const COMMAND: u8;
    /// Number of the command in answers.
    const REPLY: u8 = Self::COMMAND;
    /// Who may call it.
    const PERMISSION: Permission;
    /// The attributes it accepts.
    const POLICY: &'static [Rule];

    /// Adds messages until all are out or the buffer is full, and leaves the cursor where the
    /// next part is to go on.
    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal>;
}

/// An operation, ready for registration.
pub(crate) struct Operation {
    command: u8,
    entry: fn(Validation, Table) -> bindings::genl_split_ops,
    policy: &'static [Rule],
}

impl Operation {
    /// An operation of the form "do".
    pub(crate) const fn of_do<D: Do>() -> Self {
        Self {
            command: D::COMMAND,
            entry: do_entry::<D>,
            policy: D::POLICY,
        }
    }

    /// An operation of the form "dump".
    pub(crate) const fn of_dump<D: Dump>() -> Self {
        Self {
            command: D::COMMAND,
            entry: dump_entry::<D>,
            policy: D::POLICY,
        }
    }
}

/// A registered family; unregistered when dropped.
///
/// # Invariants
///
/// `family` is registered; what it points to lives in the other fields.
pub(crate) struct Family {
    family: KBox<Opaque<bindings::genl_family>>,
    place: &'static RegisteredPlace,
    _groups: KVec<bindings::genl_multicast_group>,
    _operations: KVec<bindings::genl_split_ops>,
    _policies: Policies,
}

// SAFETY: The family is only touched by the kernel, and by `drop`.
unsafe impl Send for Family {}
// SAFETY: As above.
unsafe impl Sync for Family {}

impl Family {
    /// Registers a family (`genl_register_family()`). EEXIST when the name is taken.
    pub(crate) fn register(
        module: &'static ThisModule,
        description: &'static Description,
    ) -> Result<Self> {
        let validation = description.validation;
        let list = description.operations;
        let mut policies = Policies::new();
        let mut operations = KVec::with_capacity(list.len(), GFP_KERNEL)?;
        let mut max_attribute = 0;
        for operation in list {
            let table = policies.table(operation.policy)?;
            max_attribute = max_attribute.max(table.max);
            operations.push((operation.entry)(validation, table), GFP_KERNEL)?;
        }

        let mut groups = KVec::with_capacity(description.groups.len(), GFP_KERNEL)?;
        for name in description.groups {
            let mut group = bindings::genl_multicast_group::default();
            copy_name(&mut group.name, name);
            groups.push(group, GFP_KERNEL)?;
        }

        let mut family = bindings::genl_family {
            version: description.version.into(),
            module: module.as_ptr().cast(),
            split_ops: operations.as_ptr(),
            n_split_ops: u8::try_from(operations.len())?,
            mcgrps: groups.as_ptr(),
            n_mcgrps: u8::try_from(groups.len())?,
            ..Default::default()
        };
        if validation == Validation::Liberal {
            family.maxattr = max_attribute;
            // Operations from this one on would have to be strict.
            let last = list.last().map_or(0, |operation| operation.command);
            family.resv_start_op = last.saturating_add(1);
        }
        copy_name(&mut family.name, description.name);
        family.set_netnsok(1);
        family.set_parallel_ops(1);

        let family = KBox::new(Opaque::new(family), GFP_KERNEL)?;
        // SAFETY: The family and what it points to are complete, and stay in place until it is
        // unregistered: the heap blocks of `KBox` and `KVec` do not move with their owners.
        kernel::error::to_result(unsafe { bindings::genl_register_family(family.get()) })?;
        // INVARIANT: Just registered. `drop` takes it away, and waits for a grace period.
        description.place.0.store(family.get(), Release);
        // INVARIANT: As above.
        Ok(Self {
            family,
            place: &description.place,
            _groups: groups,
            _operations: operations,
            _policies: policies,
        })
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.place.0.xchg(ptr::null_mut(), FullOrder);
        rcu::synchronize();
        // SAFETY: By the type invariant. Waits for operations under way.
        unsafe { bindings::genl_unregister_family(self.family.get()) };
    }
}

/// Copies a name, of which the last byte stays the NUL.
fn copy_name<const LEN: usize>(to: &mut [c_char; LEN], name: &str) {
    let room = LEN.saturating_sub(1);
    for (to, from) in to.iter_mut().take(room).zip(name.bytes()) {
        *to = from;
    }
}

fn do_entry<D: Do>(validation: Validation, table: Table) -> bindings::genl_split_ops {
    let mut entry = bindings::genl_split_ops {
        cmd: D::COMMAND,
        validate: validation.of_do(),
        flags: bindings::GENL_CMD_CAP_DO as u8 | D::PERMISSION.flags(),
        policy: table.policy,
        maxattr: table.max,
        ..Default::default()
    };
    entry.__bindgen_anon_1.__bindgen_anon_1.doit = Some(doit::<D>);
    entry
}

fn dump_entry<D: Dump>(validation: Validation, table: Table) -> bindings::genl_split_ops {
    let mut entry = bindings::genl_split_ops {
        cmd: D::COMMAND,
        validate: validation.of_dump(),
        flags: bindings::GENL_CMD_CAP_DUMP as u8 | D::PERMISSION.flags(),
        ..Default::default()
    };
    // Without one the kernel does not look at the attributes, and `Dumper` has them as they came.
    if validation == Validation::Strict {
        entry.policy = table.policy;
        entry.maxattr = table.max;
    }
    entry.__bindgen_anon_1.__bindgen_anon_2.dumpit = Some(dumpit::<D>);
    entry
}

const fn max_attribute(rules: &[Rule]) -> usize {
    let mut max = 0;
    let mut i = 0;
    while i < rules.len() {
        if rules[i].attribute > max {
            max = rules[i].attribute;
        }
        i += 1;
    }
    max as usize
}

/// # Safety
///
/// To be called by the kernel only, for the operation that `do_entry::<D>` described.
unsafe extern "C" fn doit<D: Do>(
    _skb: *mut bindings::sk_buff,
    info: *mut bindings::genl_info,
) -> c_int {
    // SAFETY: By the requirement `info` is valid during the call and was parsed by this policy.
    let request = unsafe { Request::from_raw(info, max_attribute(D::POLICY), D::REPLY) };
    match D::run(&request) {
        Ok(()) => 0,
        // SAFETY: `info` is valid, and the refusal is about its attributes.
        Err(refusal) => unsafe { refusal.report((*info).extack) },
    }
}

/// # Safety
///
/// To be called by the kernel only, for the operation that `dump_entry::<D>` described.
unsafe extern "C" fn dumpit<D: Dump>(
    skb: *mut bindings::sk_buff,
    callback: *mut bindings::netlink_callback,
) -> c_int {
    // SAFETY: By the requirement both are valid during the call.
    let mut dumper = unsafe { Dumper::from_raw(skb, callback, max_attribute(D::POLICY), D::REPLY) };
    match D::run(&mut dumper) {
        // The length tells the kernel whether to send and to call again, or that all are out.
        // SAFETY: `skb` is valid.
        Ok(()) => unsafe { bindings::helper_skb_len(skb) },
        // SAFETY: The refusal is about the attributes of this request.
        Err(refusal) => unsafe {
            refusal.report(bindings::helper_netlink_callback_extack(callback))
        },
    }
}
