// SPDX-License-Identifier: GPL-2.0-only

//! Sequence numbers of a TCP stream in which text was replaced by one of another length.
//!
//! The receiver of such a stream counts other numbers than its sender. What stands behind the text last replaced is
//! moved by the sum of all that was added, what stands before it by the sum without the last change: packets that are
//! sent again may still be from before it. More is not remembered: the end that sends control lines waits for the
//! answer to one before it says the next.

/// Whether a sequence number is behind another one, or the same (RFC 9293 section 3.4).
const fn is_from(number: u32, on: u32) -> bool {
    (number.wrapping_sub(on) as i32) >= 0
}

/// The text last replaced, in numbers of the sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Replaced {
    begin: u32,
    end: u32,
}

/// What numbers of the receiver are more than those of the sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The number of the receiver that is behind the text last replaced.
    pub from: u32,
    /// What was added to numbers before that one.
    pub before: u32,
    /// What was added to that one, and to those behind.
    pub after: u32,
}

/// How the sequence numbers of one direction of a connection are moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    last: Option<Replaced>,
    // What is added to numbers before the end of the text, and from there on.
    before: u32,
    after: u32,
}

impl Shift {
    /// Number of the words that a shift is made of.
    pub const WORDS: usize = 5;

    /// Nothing was replaced.
    pub const fn new() -> Self {
        Self {
            last: None,
            before: 0,
            after: 0,
        }
    }

    /// What a shift is made of, to be kept in as many variables.
    pub fn to_words(self) -> [u32; Self::WORDS] {
        let Replaced { begin, end } = self.last.unwrap_or(Replaced { begin: 0, end: 0 });
        let is_there = u32::from(self.last.is_some());
        [is_there, begin, end, self.before, self.after]
    }

    /// The shift of these words.
    pub fn from_words([is_there, begin, end, before, after]: [u32; Self::WORDS]) -> Self {
        Self {
            last: (is_there != 0).then_some(Replaced { begin, end }),
            before,
            after,
        }
    }

    /// What a firewall in front of the director is to know: from which number of the receiver on which sum is added, and
    /// which before.
    pub fn in_numbers_of_receiver(&self) -> Moved {
        let end = self.last.map_or(0, |last| last.end);
        Moved {
            from: end.wrapping_add(self.after),
            before: self.before,
            after: self.after,
        }
    }

    /// Whether no number is moved.
    pub const fn is_none(&self) -> bool {
        self.before == 0 && self.after == 0
    }

    /// The shift when the sender's text from `begin` up to `end` has got longer by `growth`. A text that was replaced
    /// before is sent again, and changes nothing.
    #[must_use]
    pub fn replaced(self, begin: u32, end: u32, growth: i32) -> Self {
        match self.last {
            Some(last) if !is_from(begin, last.end) => self,
            _ => Self {
                last: Some(Replaced { begin, end }),
                before: self.after,
                after: self.after.wrapping_add_signed(growth),
            },
        }
    }

    /// Whether a segment of `len` bytes from `sequence` on has a part of the text last replaced, and not the whole. No
    /// number tells the receiver which part.
    pub fn is_cut_by(&self, sequence: u32, len: u32) -> bool {
        let Some(last) = self.last else {
            return false;
        };
        let behind = sequence.wrapping_add(len);
        let cuts =
            |number| is_from(number, last.begin.wrapping_add(1)) && !is_from(number, last.end);
        // A segment that ends within the text, or begins within it.
        len > 0 && (cuts(sequence) || cuts(behind))
    }

    /// The number by which the receiver knows what the sender knows by `sequence`.
    pub fn forth(&self, sequence: u32) -> u32 {
        match self.last {
            Some(last) if is_from(sequence, last.end) => sequence.wrapping_add(self.after),
            _ => sequence.wrapping_add(self.before),
        }
    }

    /// The number by which the sender knows what the receiver acknowledges by `acknowledgment`. One within the text
    /// acknowledges what is before it.
    pub fn back(&self, acknowledgment: u32) -> u32 {
        let Some(last) = self.last else {
            return acknowledgment;
        };
        if is_from(acknowledgment, last.end.wrapping_add(self.after)) {
            return acknowledgment.wrapping_sub(self.after);
        }
        let number = acknowledgment.wrapping_sub(self.before);
        if is_from(number, last.begin) {
            last.begin
        } else {
            number
        }
    }
}
