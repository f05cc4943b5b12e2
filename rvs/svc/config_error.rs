// SPDX-License-Identifier: GPL-2.0-only

//! Why the configuration is not changed.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::logic::{
    addr::Family,
    scheduler::PlanError,
    service_key::PortRange,
    tunnel, //
};

/// Why a change was refused. Nothing has changed then.
pub(crate) enum ConfigError {
    /// There is a service with this key.
    ServiceExists,
    /// There is no service with this key.
    NoService,
    /// The service has this destination.
    DestExists,
    /// The service has no such destination.
    NoDest,
    /// Neither the destination nor its service names a forward method.
    NoForward,
    /// The service's ports overlap this range of another one of its address.
    RangeOverlaps(PortRange),
    /// The destination is of another address family than the service, which its forward method cannot bridge.
    MixedFamilies,
    /// The destination has another port than the service, which its forward method cannot map.
    PortMapping,
    /// The forward method maps ports: packets do not keep theirs.
    PortMapped,
    /// The forward method is no tunnel.
    NoTunnel,
    /// There is no such tunnel.
    Tunnel(tunnel::Refusal),
    /// Full NAT is of TCP and UDP.
    NoFullNat,
    /// The forward method needs a pool of local addresses, which the service has not.
    NoPool,
    /// The pool has no address of the family that the destination is of, and the service is not.
    NoLocalAddress(Family),
    /// ENAT is of TCP.
    NoEnat,
    /// ENAT takes ports of the virtual address, which the pool of the service does not have.
    NotInPool,
    /// The lower threshold is higher than the upper one.
    Thresholds,
    /// There is no pool of this name.
    UnknownPool,
    /// Destinations of the service need a pool.
    PoolNeeded,
    /// Destinations of the service are of this family, and the service is not: they need a pool that has an address of it.
    DestsLackAddress(Family),
    /// The scheduler does not have such flags.
    NoSchedulerFlags,
    /// The scheduler does not serve as many destinations.
    TooManyDests,
    /// Memory is short.
    Memory,
}

impl From<PlanError<AllocError>> for ConfigError {
    fn from(error: PlanError<AllocError>) -> Self {
        match error {
            PlanError::TooManyDestinations => Self::TooManyDests,
            PlanError::Room(_) => Self::Memory,
        }
    }
}

impl From<tunnel::Refusal> for ConfigError {
    fn from(refusal: tunnel::Refusal) -> Self {
        Self::Tunnel(refusal)
    }
}

impl From<AllocError> for ConfigError {
    fn from(_: AllocError) -> Self {
        Self::Memory
    }
}

impl From<Error> for ConfigError {
    fn from(_: Error) -> Self {
        Self::Memory
    }
}
