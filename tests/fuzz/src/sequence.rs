// SPDX-License-Identifier: GPL-2.0-only

//! Sequence numbers of a stream in which text gets longer or shorter: who acknowledges what the other end has sent is
//! understood.

use rvs_logic::logic::sequence::Shift;

use crate::input::Input;

/// Numbers are before or behind each other within this.
const NEAR: u32 = 1 << 20;

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let mut shift = Shift::new();
    let mut at = input.double_word();
    let mut total = 0i32;
    while !input.rest().is_empty() {
        assert_eq!(Shift::from_words(shift.to_words()), shift);
        // A text behind the one before, which becomes one of another length.
        let begin = at.wrapping_add(input.word().into());
        let len = u32::from(input.byte());
        let growth = i32::from(input.byte() as i8).max(-(len as i32));
        let end = begin.wrapping_add(len);
        let before = shift;
        shift = shift.replaced(begin, end, growth);
        if len == 0 && shift == before {
            // Nothing was replaced where the last text ended.
            continue;
        }
        total = total.wrapping_add(growth);
        at = end;
        // Once more, as when it is sent again.
        if len > 0 {
            assert_eq!(shift.replaced(begin, end, growth), shift);
        }
        for distance in [0, 1, u32::from(input.word()), NEAR] {
            behind(&shift, end.wrapping_add(distance), total);
            before_it(&shift, begin, begin.wrapping_sub(distance), total - growth);
        }
        if len > 0 {
            within(&shift, begin, len, growth);
        }
    }
}

/// What is behind the last text is moved by all that was added.
fn behind(shift: &Shift, number: u32, total: i32) {
    let told = shift.forth(number);
    assert_eq!(told, number.wrapping_add_signed(total));
    assert_eq!(shift.back(told), number);
    assert!(!shift.is_cut_by(number, 1));
}

/// What is before it by what was added before.
fn before_it(shift: &Shift, begin: u32, number: u32, before: i32) {
    if number == begin {
        // An acknowledgment of this number is that of all before the text.
        return;
    }
    let told = shift.forth(number);
    assert_eq!(told, number.wrapping_add_signed(before));
    assert_eq!(shift.back(told), number);
}

/// Who acknowledges a part of the new text acknowledges what was before it.
fn within(shift: &Shift, begin: u32, len: u32, growth: i32) {
    let new_begin = shift.forth(begin);
    for part in 1..len.saturating_add_signed(growth) {
        assert_eq!(shift.back(new_begin.wrapping_add(part)), begin);
    }
    for part in 1..len {
        let number = begin.wrapping_add(part);
        assert!(shift.is_cut_by(begin, part) && shift.is_cut_by(number, len));
    }
    assert!(!shift.is_cut_by(begin, len), "all of it is not cut");
}
