// SPDX-License-Identifier: GPL-2.0-only

//! Operations on daemons that synchronise connections between directors. There are none yet.
//!
//! C: `ip_vs_genl_new_daemon()`, `ip_vs_genl_del_daemon()`

use core::net::Ipv4Addr;

use kernel::prelude::*;

use crate::{
    ctl::errors::eprotonosupport,
    kapi::genl::{
        Attribute,
        Attributes,
        Do,
        Dump,
        Dumper,
        Permission,
        Refusal,
        Request,
        Room, //
    },
    logic::{
        ipvs_abi::{
            attribute,
            command,
            daemon,
            daemon_state,
            policy, //
        },
        uapi::Rule,
    },
};

use super::key;

/// Refuses to start a daemon, after what is wrong with the request itself.
pub(super) struct New;

impl Do for New {
    const COMMAND: u8 = command::NEW_DAEMON;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        let nest = read(request, &mut room)?;
        for attribute_type in [daemon::STATE, daemon::MCAST_IFN, daemon::SYNC_ID] {
            if nest.get(attribute_type).is_none() {
                return Err(Refusal::missing(
                    nest,
                    attribute_type,
                    c"state, interface or number of the group are missing",
                ));
            }
        }
        check_group(nest)?;
        check_state(nest)?;
        Err(Refusal::new(
            eprotonosupport(),
            c"connections cannot be synchronised yet",
        ))
    }
}

/// Refuses to stop a daemon, as none runs.
pub(super) struct Del;

impl Do for Del {
    const COMMAND: u8 = command::DEL_DAEMON;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let mut room = Room::default();
        check_state(read(request, &mut room)?)?;
        Err(Refusal::new(ESRCH, c"no daemon is running"))
    }
}

/// Answers with the daemons that run.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::GET_DAEMON;
    const REPLY: u8 = command::NEW_DAEMON;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(_: &mut Dumper<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn read<'a>(request: &Request<'a>, room: &'a mut Room<'a>) -> Result<Attributes<'a>, Refusal> {
    key::nest(
        request.attributes(),
        attribute::DAEMON,
        policy::DAEMON,
        c"the daemon is missing or malformed",
        room,
    )
}

fn check_state(nest: Attributes<'_>) -> Result<(), Refusal> {
    let state = nest.get(daemon::STATE);
    match state.and_then(Attribute::u32) {
        Some(daemon_state::MASTER | daemon_state::BACKUP) => Ok(()),
        _ => Err(Refusal::new(EINVAL, c"the state is neither master nor backup").at(state)),
    }
}

fn check_group(nest: Attributes<'_>) -> Result<(), Refusal> {
    let (group, is_multicast) = match nest.get(daemon::MCAST_GROUP) {
        Some(group) => (group, Ipv4Addr::from(group.padded::<4>()).is_multicast()),
        None => match nest.get(daemon::MCAST_GROUP6) {
            Some(group) => (group, group.bytes().first() == Some(&0xff)),
            None => return Ok(()),
        },
    };
    if is_multicast {
        return Ok(());
    }
    Err(Refusal::new(EINVAL, c"the group is not a multicast address").at(Some(group)))
}
