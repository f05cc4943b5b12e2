// SPDX-License-Identifier: GPL-2.0-only

//! Extended acknowledgements.
//!
//! C header: `include/uapi/linux/netlink.h` (`enum nlmsgerr_attrs`)

use netlink_packet_core::DecodeError;
use netlink_packet_core::NetlinkBuffer;
use netlink_packet_core::NLMSG_ALIGNTO;
use netlink_packet_core::NLM_F_ACK_TLVS;
use netlink_packet_core::NLM_F_CAPPED;
use rustix::io::Errno;

use super::Attribute;
use super::Missing;
use super::Refusal;

const NLMSGERR_ATTR_MSG: u16 = 1;
const NLMSGERR_ATTR_OFFS: u16 = 2;
const NLMSGERR_ATTR_MISS_TYPE: u16 = 5;
const NLMSGERR_ATTR_MISS_NEST: u16 = 6;

/// Length of `struct nlmsghdr`.
const MESSAGE_HEADER: usize = 16;
/// Length of `struct nlmsghdr` with `struct genlmsghdr`: where attributes begin.
const HEADERS: usize = MESSAGE_HEADER + 4;

/// Makes a refusal of an `NLMSG_ERROR`, whose payload after the error number
/// is the header of our request, then, unless capped, the rest of it, then the
/// extended acknowledgement.
pub(super) fn of_error(
    errno: Errno,
    flags: u16,
    payload: &[u8],
    request: &[u8],
) -> Result<Refusal, DecodeError> {
    let skip = if flags & NLM_F_CAPPED != 0 {
        MESSAGE_HEADER
    } else {
        let length = NetlinkBuffer::new_checked(payload).map(|echo| echo.length() as usize);
        length
            .unwrap_or(payload.len())
            .next_multiple_of(NLMSG_ALIGNTO as usize)
    };
    of_done(errno, flags, payload.get(skip..).unwrap_or(&[]), request)
}

/// Makes a refusal of an `NLMSG_DONE`, whose payload after the error number is
/// the extended acknowledgement alone.
pub(super) fn of_done(
    errno: Errno,
    flags: u16,
    extack: &[u8],
    request: &[u8],
) -> Result<Refusal, DecodeError> {
    let mut refusal = Refusal {
        errno,
        message: None,
        attribute: None,
        missing: None,
    };
    if flags & NLM_F_ACK_TLVS == 0 {
        return Ok(refusal);
    }
    let mut missing = None;
    let mut nest = None;
    for attribute in Attribute::parse_all(extack)? {
        match attribute.number() {
            NLMSGERR_ATTR_MSG => refusal.message = Some(attribute.to_text()?),
            NLMSGERR_ATTR_OFFS => refusal.attribute = index_of(request, attribute.to_u32()?),
            NLMSGERR_ATTR_MISS_TYPE => missing = Some(attribute.to_u32()?),
            NLMSGERR_ATTR_MISS_NEST => nest = index_of(request, attribute.to_u32()?),
            _ => {}
        }
    }
    refusal.missing = missing.map(|number| Missing { number, nest });
    Ok(refusal)
}

/// The attribute of `request`, counted from 0, within which `offset` lies.
/// What is nested belongs to the attribute that holds it.
fn index_of(request: &[u8], offset: u32) -> Option<usize> {
    let offset = usize::try_from(offset).ok()?;
    if offset < HEADERS || offset >= request.len() {
        return None;
    }
    let mut start = HEADERS;
    let mut index = 0;
    loop {
        let length: [u8; 2] = request.get(start..start + 2)?.try_into().ok()?;
        let end = start + usize::from(u16::from_ne_bytes(length)).next_multiple_of(4);
        if offset < end {
            return Some(index);
        }
        if end == start {
            return None;
        }
        start = end;
        index += 1;
    }
}
