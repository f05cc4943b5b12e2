// SPDX-License-Identifier: GPL-2.0-only

//! Errors that tell a client which packets a path takes, once the option is in them.

use crate::logic::{
    csum::Delta,
    nat::ChecksumState,
    packet::{
        chunk_at,
        chunk_at_mut,
        icmp,
        ip::Version,
        put_word_at,
        word_at,
        ParseError, //
    },
};

/// Where an error tells of the MTU.
const MTU_OFFSET: usize = 4;

/// The MTU that an error tells of, as it stands there, and as it is for packets that get `by` bytes longer. None when it
/// tells of none, or of one that no packet can be small enough for then.
fn lowered<V: Version>(
    error: &icmp::Error<V>,
    packet: &[u8],
    by: u32,
) -> Result<Option<(u32, u32)>, ParseError> {
    let offset = error.icmp_offset.saturating_add(MTU_OFFSET);
    let told = u32::from_be_bytes(*chunk_at(packet, offset)?);
    Ok(
        V::reported_mtu(error.error_type, error.code, told).and_then(|mtu| {
            let new = mtu.checked_sub(by)?;
            // The rest of the word is nobody's, or extensions' (RFC 4884): it stays.
            (new >= V::MIN_MTU).then(|| (told, told.wrapping_sub(by)))
        }),
    )
}

/// Whether an error says that a packet is too large, of which one as small as can be would be, too, with the `by` bytes that
/// it gets longer by.
pub fn leaves_no_room<V: Version>(
    error: &icmp::Error<V>,
    packet: &[u8],
    by: u32,
) -> Result<bool, ParseError> {
    let offset = error.icmp_offset.saturating_add(MTU_OFFSET);
    let told = u32::from_be_bytes(*chunk_at(packet, offset)?);
    let is_told = V::reported_mtu(error.error_type, error.code, told).is_some();
    Ok(is_told && lowered(error, packet, by)?.is_none())
}

/// Makes the MTU that an error tells of smaller by so many bytes, if it tells of one and there is room for that. `packet` is
/// the error, whose checksum holds this.
pub fn lower_mtu<V: Version>(
    error: &icmp::Error<V>,
    packet: &mut [u8],
    by: u32,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let Some((old, new)) = lowered(error, packet, by)? else {
        return Ok(());
    };
    let at = error.icmp_offset.saturating_add(icmp::CHECKSUM_OFFSET);
    let sum = word_at(packet, at)?;
    let field: &mut [u8; 4] = chunk_at_mut(packet, error.icmp_offset.saturating_add(MTU_OFFSET))?;
    *field = new.to_be_bytes();
    match checksum {
        ChecksumState::Complete => {
            put_word_at(packet, at, Delta::new().double_word(old, new).apply(sum))
        }
        ChecksumState::Partial => Ok(()),
    }
}
