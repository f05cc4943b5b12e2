// SPDX-License-Identifier: GPL-2.0-only

//! Strict decimal numbers: digits alone, no sign, no blanks.

/// The number, `None` when it is not one or does not fit.
pub(super) fn decimal<N: std::str::FromStr>(text: &str) -> Option<N> {
    // The standard parser takes a leading plus.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
