// SPDX-License-Identifier: GPL-2.0-only

//! Decimal numbers.

/// Takes a number from the beginning of `bytes`, of up to `digits` digits and not more than `most`. Returns it, and
/// what is behind. None as well where another digit follows.
pub(super) fn take(bytes: &[u8], digits: usize, most: u32) -> Option<(u32, &[u8])> {
    let len = bytes
        .iter()
        .take(digits.saturating_add(1))
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if len == 0 || len > digits {
        return None;
    }
    let (number, rest) = bytes.split_at_checked(len)?;
    let value = number.iter().fold(0u32, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u32::from(digit & 0x0f))
    });
    (value <= most).then_some((value, rest))
}

/// As [`take`], of a byte.
pub(super) fn take_byte(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (value, rest) = take(bytes, 3, u8::MAX.into())?;
    Some((u8::try_from(value).ok()?, rest))
}

/// As [`take`], of a port that is one.
pub(super) fn take_port(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (value, rest) = take(bytes, 5, u16::MAX.into())?;
    Some((u16::try_from(value).ok().filter(|port| *port != 0)?, rest))
}
