// SPDX-License-Identifier: GPL-2.0-only

//! Validation of attributes as families from before Linux 5.2 have it: payloads may be longer than
//! their type says, and what follows them counts for nothing.
//!
//! C: `validate_nla()` of `lib/nlattr.c` with `NL_VALIDATE_LIBERAL`.

use super::uapi::Kind;

/// Whether a payload is valid for an attribute of this kind. Limits of numbers are not looked at, nor
/// what a nest holds.
pub fn is_valid(kind: Kind, payload: &[u8]) -> bool {
    let len = payload.len();
    match kind {
        Kind::U8 => len >= 1,
        Kind::U16 => len >= 2,
        Kind::U32 | Kind::U32Max(_) | Kind::U32Mask(_) => len >= 4,
        Kind::Uint => len == 4 || len == 8,
        Kind::Exact(wanted) => len == usize::from(wanted),
        Kind::AtMost(most) => len <= usize::from(most),
        Kind::AtLeast(least) => len >= usize::from(least),
        Kind::Str(most) => is_string(payload, most.into()),
        // An empty nest is a nest.
        Kind::Nested(_) | Kind::Nest => len == 0 || len >= 4,
    }
}

/// Whether a string ends within `most` bytes, and what follows its NUL is not too long either.
fn is_string(payload: &[u8], most: usize) -> bool {
    let ends = payload.iter().take(most + 1).any(|byte| *byte == 0);
    let len = match payload {
        [rest @ .., 0] => rest.len(),
        all => all.len(),
    };
    ends && len <= most
}
