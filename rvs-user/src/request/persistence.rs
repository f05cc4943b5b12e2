// SPDX-License-Identifier: GPL-2.0-only

//! Persistence as it is typed.

use rvs_logic::logic::addr::Family;
use rvs_logic::logic::persistence::Engine;
use rvs_logic::logic::persistence::Mask;

use super::number::decimal;
use crate::error::Error;
use crate::model::Persistence;
use crate::model::ServiceKey;

/// The longest timeout; `docs/netlink.md`, attributes of `persistence`.
const MAX_TIMEOUT: u32 = rvs_logic::logic::persistence::Persistence::MAX_TIMEOUT;

/// Reads `--persistent`: `300`, `300/24`, `300/255.255.255.0`, any of them with `,sip`, or `off`, which is none inside.
pub(super) fn of_service(
    key: &ServiceKey,
    text: Option<&str>,
) -> Result<Option<Option<Persistence>>, Error> {
    let Some(text) = text else { return Ok(None) };
    if text == "off" {
        return Ok(Some(None));
    }
    let family = if key.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    };
    let (clients, engine) = match text.split_once(',') {
        Some((clients, engine)) => (clients, Some(engine)),
        None => (text, None),
    };
    let (seconds, mask) = match clients.split_once('/') {
        Some((seconds, mask)) => (seconds, Some(mask)),
        None => (clients, None),
    };
    let wrong = |what: &str, hint: String| {
        Error::usage(format!("not a {what}"))
            .argument(format!("--persistent {text}"))
            .hint(hint)
    };
    let timeout = decimal(seconds)
        .filter(|timeout| (1..=MAX_TIMEOUT).contains(timeout))
        .ok_or_else(|| {
            wrong(
                "timeout",
                format!("write 1 to {MAX_TIMEOUT} seconds, or off"),
            )
        })?;
    let mask = match mask {
        None => Persistence::each(family),
        Some(mask) => read_mask(family, mask).ok_or_else(|| {
            wrong(
                "mask",
                match family {
                    Family::V4 => "write 1 to 32 bits, or a mask such as 255.255.255.0",
                    Family::V6 => "write 1 to 128 bits",
                }
                .to_owned(),
            )
        })?,
    };
    let engine = match engine {
        None => None,
        Some(name) => {
            let known = Engine::from_name(name.as_bytes());
            Some(known.ok_or_else(|| wrong("persistence engine", "there is: sip".to_owned()))?)
        }
    };
    Ok(Some(Some(Persistence {
        timeout,
        mask,
        engine,
    })))
}

fn read_mask(family: Family, text: &str) -> Option<Mask> {
    match family {
        Family::V4 => match decimal(text) {
            Some(0) => None,
            Some(bits) => Mask::of_prefix4(bits),
            None => text.parse().ok().map(Mask::V4),
        },
        Family::V6 => Mask::of_prefix6(decimal(text)?),
    }
}
