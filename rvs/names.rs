// SPDX-License-Identifier: GPL-2.0-only

//! Whose the names of IPVS are: the netlink family `IPVS`, the files in `/proc/net` and the settings
//! `net.ipv4.vs`.
//!
//! Only one module can have them. That C `ip_vs` has them shows at the family, which the kernel gives
//! away once without a complaint: for the files it would warn. So the family comes first, and the
//! files only where that was to be had. C `ip_vs` asks the other way round, and would bring a warning
//! upon the machine: as long as the names are ours it is refused before it begins.

use kernel::prelude::*;

use crate::{
    ctl,
    director::Director,
    kapi::{
        genl::Family,
        module::Refused,
        net::pernet::Subsystem, //
    },
};

/// The module that the names were made for.
const OTHER_OWNER: &CStr = c"ip_vs";

/// Keeps the other module from being loaded, as long as what is returned lives.
pub(crate) fn refuse_other_owner() -> Result<Refused> {
    Refused::new(
        OTHER_OWNER,
        "its names are those of rvs; unload rvs, or load it with compat=0",
    )
}

/// Takes the names, if nobody has them; the log tells when somebody has. The other module is to be
/// refused meanwhile, and until the namespaces have been cleared.
pub(crate) fn take(
    module: &'static ThisModule,
    subsystem: &mut Subsystem<Director>,
) -> Result<Option<Family>> {
    match ctl::ipvs::register(module) {
        Ok(family) => {
            subsystem.show_files()?;
            Ok(Some(family))
        }
        Err(errno) if errno == EEXIST => {
            pr_info!("the names of IPVS belong to ip_vs: only the netlink family rvs is served\n");
            Ok(None)
        }
        Err(errno) => Err(errno),
    }
}
