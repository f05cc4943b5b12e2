// SPDX-License-Identifier: GPL-2.0-only

//! Bytes that are seldom more than a few: an allocation for each attribute would be what the list of
//! millions of connections spends its time with.

use std::ops::Deref;

/// What is kept in place: the longest payload but strings and nests, an IPv6 address.
const SHORT: usize = 16;

/// Owned bytes.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    /// So many of these.
    Short(u8, [u8; SHORT]),
    /// More than fit above.
    Long(Vec<u8>),
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(bytes);
                Self::Short(length, short)
            }
            _ => Self::Long(bytes.to_vec()),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(length, short) => short.get(..usize::from(*length)).unwrap_or(short),
            Self::Long(long) => long,
        }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_what_they_are() {
        let all: Vec<u8> = (0..40).collect();
        for length in 0..all.len() {
            let bytes = Bytes::from(&all[..length]);
            assert_eq!(*bytes, all[..length]);
            assert_eq!(matches!(bytes, Bytes::Short(..)), length <= SHORT);
        }
    }
}
