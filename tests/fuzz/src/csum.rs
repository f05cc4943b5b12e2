// SPDX-License-Identifier: GPL-2.0-only

//! Checksums that are brought up to date: the same as one made anew.

use rvs_logic::logic::{
    addr::Addr,
    csum::{
        self,
        Delta, //
    },
};

use crate::input::{
    checksum,
    Input, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let (old, new, at) = (input.addr(), input.addr(), input.word());
    let (old_word, new_word) = (input.word(), input.word());
    let bytes = input.rest();
    assert_eq!(csum::sum(bytes), !checksum(bytes));
    let even = &bytes[..bytes.len() & !1];
    assert_eq!(csum::of(&[even, even]), checksum(&[even, even].concat()));
    if bytes.len().is_multiple_of(2) {
        assert_eq!(csum::of(&[bytes]), checksum(bytes));
    }

    let of = |addr: Addr, word: u16| {
        let mut all = match addr {
            Addr::V4(addr) => addr.octets().to_vec(),
            Addr::V6(addr) => addr.octets().to_vec(),
        };
        all.extend(word.to_be_bytes());
        all.extend(bytes);
        checksum(&all)
    };
    let delta = Delta::new()
        .addr(old, new)
        .and(Delta::new().word(old_word, new_word));
    let (before, after) = (of(old, old_word), of(new, new_word));
    same(delta.apply(before), after);
    if before != 0 {
        let udp = delta.apply_udp(before);
        assert_ne!(udp, 0, "one that was made is not absent");
        same(udp, after);
    }
    assert_eq!(delta.apply_udp(0), 0);
    // The sum, not complemented.
    same(delta.apply_partial(!before), !after);

    let decrement = at.max(1);
    if let Some(less) = old_word.checked_sub(decrement) {
        let whole = Delta::new().word(old_word, less);
        let fast = csum::after_decrement(before.to_be_bytes(), decrement.to_be_bytes());
        assert_eq!(u16::from_be_bytes(fast), whole.apply(before));
    }
}

/// Both forms of zero are the same number.
fn same(one: u16, other: u16) {
    assert_eq!(one % 0xffff, other % 0xffff);
}
