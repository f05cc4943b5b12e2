// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels on the command line.

use rvs_logic::logic::tunnel::Checksum;
use rvs_logic::logic::tunnel::Kind;

use super::number::decimal;
use crate::cli::TunnelArguments;
use crate::error::Error;
use crate::model::checksum_from_name;
use crate::model::checksum_name;
use crate::model::kind_from_name;
use crate::model::kind_name;
use crate::model::Forward;
use crate::model::TunnelSettings;

/// Reads what is set on a tunnel, for a server of this forward method, if it is named.
pub(super) fn settings(
    arguments: &TunnelArguments,
    forward: Option<Forward>,
) -> Result<TunnelSettings, Error> {
    let settings = TunnelSettings {
        kind: arguments.tun_type.as_deref().and_then(kind_from_name),
        port: arguments.tun_port.as_deref().map(port).transpose()?,
        checksum: arguments
            .tun_checksum
            .as_deref()
            .and_then(checksum_from_name),
    };
    match forward {
        Some(method) if method != Forward::Tun && settings != TunnelSettings::default() => {
            Err(Error::usage("only --tun has a tunnel").argument(method.option()))
        }
        _ => check(settings),
    }
}

fn port(text: &str) -> Result<u16, Error> {
    let port: Option<u16> = decimal(text);
    port.filter(|port| *port != 0).ok_or_else(|| {
        Error::usage("not a port")
            .argument(format!("--tun-port {text}"))
            .hint("write 1 to 65535")
    })
}

/// Refuses what no kind of tunnel has that is named. Where none is, the kernel knows which it is.
fn check(settings: TunnelSettings) -> Result<TunnelSettings, Error> {
    let Some(kind) = settings.kind else {
        return Ok(settings);
    };
    if let (Kind::Ipip | Kind::Gre, Some(port)) = (kind, settings.port) {
        return Err(Error::usage(format!("{} has no port", kind_name(kind)))
            .argument(format!("--tun-port {port}"))
            .hint("only gue has one"));
    }
    let has = match settings.checksum {
        None | Some(Checksum::None) => true,
        Some(Checksum::Full) => kind != Kind::Ipip,
        Some(Checksum::Remote) => kind == Kind::Gue,
    };
    if !has {
        let name = checksum_name(settings.checksum.unwrap_or(Checksum::None));
        return Err(
            Error::usage(format!("{} has no such checksum", kind_name(kind)))
                .argument(format!("--tun-checksum {name}"))
                .hint("ipip has none, gre none or full, gue none, full or remote"),
        );
    }
    Ok(settings)
}
