// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels in attributes of destinations.

use crate::{
    kapi::genl::{
        Attribute,
        Attributes,
        Full,
        Message,
        Refusal, //
    },
    logic::{
        tunnel::{
            self,
            Checksum,
            Kind,
            Tunnel,
            TunnelChange, //
        },
        uapi::{
            dest,
            tunnel as kind_number,
            tunnel_checksum as checksum_number, //
        },
    },
    svc::ConfigError,
};

/// Reads what is asked of a tunnel. The policy has let no other numbers pass.
pub(super) fn read(attributes: Attributes<'_>) -> TunnelChange {
    let number = |attribute_type| attributes.get(attribute_type).and_then(Attribute::u32);
    TunnelChange {
        kind: number(dest::TUNNEL).map(|number| match number {
            kind_number::GRE => Kind::Gre,
            kind_number::GUE => Kind::Gue,
            _ => Kind::Ipip,
        }),
        checksum: number(dest::TUNNEL_CHECKSUM).map(|number| match number {
            checksum_number::FULL => Checksum::Full,
            checksum_number::REMOTE => Checksum::Remote,
            _ => Checksum::None,
        }),
        port: attributes.get(dest::TUNNEL_PORT).and_then(Attribute::be16),
    }
}

/// The refusal of a tunnel, if the error is about one, at the attribute that is to blame.
pub(super) fn refusal(attributes: Attributes<'_>, error: &ConfigError) -> Option<Refusal> {
    let first_of = |types: &[u16]| types.iter().find_map(|number| attributes.get(*number));
    let (error, attribute) = match error {
        ConfigError::NoTunnel => (
            ConfigError::NoTunnel,
            first_of(&[dest::TUNNEL, dest::TUNNEL_PORT, dest::TUNNEL_CHECKSUM]),
        ),
        ConfigError::Tunnel(refusal) => {
            let types = match refusal {
                tunnel::Refusal::NoPort => [dest::TUNNEL_PORT, dest::TUNNEL],
                tunnel::Refusal::Port => [dest::TUNNEL_PORT, dest::TUNNEL],
                tunnel::Refusal::Checksum => [dest::TUNNEL_CHECKSUM, dest::TUNNEL],
            };
            (ConfigError::Tunnel(*refusal), first_of(&types))
        }
        _ => return None,
    };
    Some(Refusal::from(error).at(attribute))
}

/// Puts a tunnel.
pub(super) fn fill(message: &mut Message<'_>, tunnel: Tunnel) -> Result<(), Full> {
    let kind = match tunnel.kind() {
        Kind::Ipip => kind_number::IPIP,
        Kind::Gre => kind_number::GRE,
        Kind::Gue => kind_number::GUE,
    };
    message.u32(dest::TUNNEL, kind)?;
    if tunnel.port() != 0 {
        message.be16(dest::TUNNEL_PORT, tunnel.port())?;
    }
    let checksum = match tunnel.checksum() {
        Checksum::None => checksum_number::NONE,
        Checksum::Full => checksum_number::FULL,
        Checksum::Remote => checksum_number::REMOTE,
    };
    message.u32(dest::TUNNEL_CHECKSUM, checksum)
}
