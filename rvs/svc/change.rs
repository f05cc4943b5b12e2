// SPDX-License-Identifier: GPL-2.0-only

//! What the configuration is asked to become.

use crate::logic::{
    addr::{
        Endpoint,
        Family, //
    },
    persistence::{
        Mask,
        Persistence, //
    },
    pool::Name,
    removal::Removal,
    scheduler::{
        Flags,
        Kind,
        Settings, //
    },
    state::TimeoutsChange,
    thresholds::Thresholds,
    toa::Scope,
    tunnel::{
        Tunnel,
        TunnelChange, //
    }, //
};

use super::{
    ConfigError,
    Forward,
    ServiceKey, //
};

/// What the family `IPVS` was told of a service and nothing here goes by. It tells it again.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Told {
    /// Flags (`IP_VS_SVC_F_*`).
    pub(crate) flags: u32,
    /// Persistence timeout in seconds.
    pub(crate) timeout: u32,
    /// Netmask of persistence.
    pub(crate) netmask: [u8; 4],
}

impl Told {
    /// What `ipvsadm` tells of a service of this family where its user does not.
    pub(crate) const fn nothing(family: Family) -> Self {
        let mask = match family {
            Family::V4 => Mask::EACH_V4,
            Family::V6 => Mask::EACH_V6,
        };
        Self {
            flags: 0,
            timeout: 0,
            netmask: mask.to_bytes(),
        }
    }
}

/// What a new service is to be.
pub(crate) struct NewService {
    /// Its key.
    pub(crate) key: ServiceKey,
    /// Scheduler.
    pub(crate) scheduler: Settings,
    /// Forward method of destinations added without one.
    pub(crate) forward: Option<Forward>,
    /// Whether its packets may take the fast path.
    pub(crate) fast_path: bool,
    /// Whether each datagram is scheduled by itself.
    pub(crate) one_packet: bool,
    /// What becomes of connections whose destination is removed; none for what the namespace says.
    pub(crate) removal: Option<Removal>,
    /// Its own timeouts.
    pub(crate) timeouts: TimeoutsChange,
    /// How clients keep their server, if they do.
    pub(crate) persistence: Option<Persistence>,
    /// Where its connections have local addresses of, if they have any.
    pub(crate) pool: Option<Name>,
    /// Whose connections tell the real server of their client.
    pub(crate) toa: Scope,
    /// What only the family `IPVS` knows of.
    pub(crate) told: Told,
}

/// What a new destination is to be.
pub(crate) struct NewDest {
    /// Address and port of the real server.
    pub(crate) endpoint: Endpoint,
    /// Weight.
    pub(crate) weight: u32,
    /// Forward method; none for that of the service.
    pub(crate) forward: Option<Forward>,
    /// What is asked of the tunnel, where the forward method is one.
    pub(crate) tunnel: TunnelChange,
    /// Connection thresholds.
    pub(crate) thresholds: Thresholds,
    /// What becomes of another port than that of the service where nothing maps it.
    pub(crate) ports: PortCheck,
}

/// What to do about a port that the forward method does not map.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum PortCheck {
    /// The change is refused.
    Refuse,
    /// It is part of the name of the destination, and means nothing else: packets keep theirs. A forward method that maps ports is
    /// refused.
    Keep,
    /// As with IPVS: it is kept where the forward method does not map ports, whatever that is.
    Ignore,
}

/// What to change of a service; what is none stays.
#[derive(Default)]
pub(crate) struct ServiceChange {
    /// Scheduler.
    pub(crate) scheduler: Option<Kind>,
    /// Flags of the scheduler.
    pub(crate) scheduler_flags: Option<Flags>,
    /// Forward method of destinations added without one.
    pub(crate) forward: Option<Forward>,
    /// Whether its packets may take the fast path.
    pub(crate) fast_path: Option<bool>,
    /// Whether each datagram is scheduled by itself.
    pub(crate) one_packet: Option<bool>,
    /// Where its connections have local addresses of; inside none when they have none.
    pub(crate) pool: Option<Option<Name>>,
    /// Whose connections tell the real server of their client, of those that begin from then on.
    pub(crate) toa: Option<Scope>,
    /// How clients keep their server; inside none when they do not.
    pub(crate) persistence: Option<Option<Persistence>>,
    /// What becomes of connections whose destination is removed, as [`NewService::removal`].
    pub(crate) removal: Option<Option<Removal>>,
    /// What only the family `IPVS` knows of.
    pub(crate) told: Option<Told>,
    /// Its own timeouts; 0 for those of the namespace.
    pub(crate) timeouts: TimeoutsChange,
}

/// What to change of a destination; what is none stays.
pub(crate) struct DestChange {
    /// Weight.
    pub(crate) weight: Option<u32>,
    /// Forward method.
    pub(crate) forward: Option<Forward>,
    /// What to change of the tunnel, where the forward method is one.
    pub(crate) tunnel: TunnelChange,
    /// Upper connection threshold.
    pub(crate) upper_threshold: Option<u32>,
    /// Lower connection threshold.
    pub(crate) lower_threshold: Option<u32>,
    /// What becomes of another port than that of the service where nothing maps it.
    pub(crate) ports: PortCheck,
}

impl PortCheck {
    /// Only NAT, of whatever kind, reaches a real server on another port than that of the service.
    pub(super) fn check(
        self,
        key: &ServiceKey,
        endpoint: Endpoint,
        forward: Forward,
    ) -> Result<(), ConfigError> {
        let maps_ports = match forward {
            Forward::Nat | Forward::Fullnat | Forward::Enat => true,
            Forward::Dr | Forward::Tun => false,
        };
        match self {
            Self::Keep if maps_ports => Err(ConfigError::PortMapped),
            Self::Refuse if !maps_ports && endpoint.port != key.one_port().unwrap_or(0) => {
                Err(ConfigError::PortMapping)
            }
            Self::Refuse | Self::Keep | Self::Ignore => Ok(()),
        }
    }
}

/// Returns the tunnel of a destination after a change, if it is forwarded to by one. The method may be new: the tunnel is
/// one of IP in IP then, where nothing else is said.
pub(super) fn tunnel_after(
    change: &TunnelChange,
    before: Option<Tunnel>,
    forward: Forward,
) -> Result<Option<Tunnel>, ConfigError> {
    match forward {
        Forward::Tun => Ok(Some(before.unwrap_or(Tunnel::IPIP).changed(change)?)),
        _ if change.is_some() => Err(ConfigError::NoTunnel),
        Forward::Nat | Forward::Dr | Forward::Fullnat | Forward::Enat => Ok(None),
    }
}
