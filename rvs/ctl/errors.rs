// SPDX-License-Identifier: GPL-2.0-only

//! Refusals in words.

use kernel::prelude::*;

use crate::{
    kapi::genl::Refusal,
    logic::{
        addr::Family,
        tunnel, //
    },
    svc::ConfigError, //
};

/// Address family not supported (`EAFNOSUPPORT`).
pub(super) fn eafnosupport() -> Error {
    Error::from_errno(-97)
}

/// Protocol not supported (`EPROTONOSUPPORT`).
pub(super) fn eprotonosupport() -> Error {
    Error::from_errno(-93)
}

/// Address already in use (`EADDRINUSE`).
pub(super) fn eaddrinuse() -> Error {
    Error::from_errno(-98)
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::ServiceExists => Self::new(EEXIST, c"the service exists already"),
            ConfigError::NoService => Self::new(ESRCH, c"there is no such service"),
            ConfigError::DestExists => {
                Self::new(EEXIST, c"the service has this destination already")
            }
            ConfigError::NoDest => Self::new(ENOENT, c"the service has no such destination"),
            ConfigError::NoForward => Self::new(
                EINVAL,
                c"neither the destination nor the service names a forward method",
            ),
            ConfigError::RangeOverlaps(range) => Self::made(
                EEXIST,
                fmt!(
                    "its ports overlap those of the service of ports {}-{}",
                    range.first(),
                    range.last()
                ),
                c"its ports overlap those of another service",
            ),
            ConfigError::MixedFamilies => Self::new(
                EINVAL,
                c"only tunnels and full NAT reach a server of another address family than its service",
            ),
            ConfigError::PortMapping => Self::new(
                EINVAL,
                c"only the forward methods nat, fullnat and enat map the port of the service to another",
            ),
            ConfigError::PortMapped => Self::new(
                EINVAL,
                c"only the forward methods dr and tun leave packets their port",
            ),
            ConfigError::NoTunnel => {
                Self::new(EINVAL, c"only the forward method tun has a tunnel")
            }
            ConfigError::Tunnel(tunnel::Refusal::NoPort) => {
                Self::new(EINVAL, c"a tunnel of gue needs a port")
            }
            ConfigError::Tunnel(tunnel::Refusal::Port) => {
                Self::new(EINVAL, c"only a tunnel of gue has a port")
            }
            ConfigError::Tunnel(tunnel::Refusal::Checksum) => Self::new(
                EINVAL,
                c"the tunnel has no such checksum: ipip has none, and only gue leaves one to the other end",
            ),
            ConfigError::NoFullNat => Self::new(
                EOPNOTSUPP,
                c"the forward method fullnat is of services of TCP and UDP",
            ),
            ConfigError::NoPool => Self::new(
                EINVAL,
                c"the forward methods fullnat and enat need a pool of local addresses: the service names none",
            ),
            ConfigError::NoEnat => Self::new(
                EOPNOTSUPP,
                c"the forward method enat is of services of TCP, in whose options the client is told; use fullnat",
            ),
            ConfigError::NotInPool => Self::new(
                EINVAL,
                c"the forward method enat takes ports of the service's address, which its pool does not have",
            ),
            ConfigError::NoLocalAddress(Family::V4) => Self::new(
                EINVAL,
                c"the server has an IPv4 address, and the pool of the service has none",
            ),
            ConfigError::NoLocalAddress(Family::V6) => Self::new(
                EINVAL,
                c"the server has an IPv6 address, and the pool of the service has none",
            ),
            ConfigError::Thresholds => {
                Self::new(EINVAL, c"the lower threshold is higher than the upper one")
            }
            ConfigError::DestsLackAddress(Family::V4) => Self::new(
                EINVAL,
                c"a server of the service has an IPv4 address, and the pool has none",
            ),
            ConfigError::DestsLackAddress(Family::V6) => Self::new(
                EINVAL,
                c"a server of the service has an IPv6 address, and the pool has none",
            ),
            ConfigError::UnknownPool => Self::new(ENOENT, c"there is no such pool"),
            ConfigError::PoolNeeded => Self::new(
                EINVAL,
                c"servers of the service are reached by fullnat or enat, which need a pool of local addresses",
            ),
            ConfigError::NoSchedulerFlags => Self::new(EINVAL, c"only sh and mh have flags"),
            ConfigError::TooManyDests => {
                Self::new(EINVAL, c"the scheduler does not serve as many destinations")
            }
            ConfigError::Memory => Self::new(ENOMEM, c"memory is short"),
        }
    }
}
