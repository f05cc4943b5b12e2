// SPDX-License-Identifier: GPL-2.0-only

//! Address families in requests and answers.

use crate::{
    kapi::{
        genl::{
            Attribute,
            Refusal, //
        },
        net::Net,
    },
    logic::addr::Family,
};

use super::errors::eafnosupport;

/// Returns the number of a family: `AF_INET` or `AF_INET6`.
pub(super) const fn number(family: Family) -> u16 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

/// Returns the family of a number.
pub(super) fn of_number(found: u32) -> Option<Family> {
    [Family::V4, Family::V6]
        .into_iter()
        .find(|family| u32::from(number(*family)) == found)
}

/// Checks that packets of a family are balanced.
pub(super) fn check(family: Family, attribute: Option<Attribute<'_>>) -> Result<(), Refusal> {
    match family {
        Family::V6 if !Net::kernel_has_ipv6() => {
            Err(Refusal::new(eafnosupport(), c"this kernel does not speak IPv6").at(attribute))
        }
        Family::V4 | Family::V6 => Ok(()),
    }
}

/// Reads a family whose packets are balanced.
pub(super) fn read(attribute: Attribute<'_>, found: Option<u32>) -> Result<Family, Refusal> {
    match found.and_then(of_number) {
        Some(family) => check(family, Some(attribute)).map(|()| family),
        None => Err(Refusal::new(
            eafnosupport(),
            c"the address family is neither IPv4 nor IPv6",
        )
        .at(Some(attribute))),
    }
}
