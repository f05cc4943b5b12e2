// SPDX-License-Identifier: GPL-2.0-only

//! Names of pools.

use core::{
    cmp::Ordering,
    fmt,
    str, //
};

/// The name of a pool: 1 to 31 letters, digits, `.`, `_` and `-`, of which the first is a letter or a digit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; Name::MAX_LEN],
    len: u8,
}

impl Name {
    /// The length of the longest.
    pub const MAX_LEN: usize = 31;

    /// The name of these characters, if they are one.
    pub fn new(text: &str) -> Option<Self> {
        let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let first = text.as_bytes().first()?;
        if !first.is_ascii_alphanumeric() || !text.as_bytes().iter().all(is_inner) {
            return None;
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        Some(Self {
            bytes,
            len: text.len() as u8,
        })
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len.into()).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
