// SPDX-License-Identifier: GPL-2.0-only

//! What a lookup looks at.

use super::{
    bucket::{
        Bucket,
        Slots,
        Tag, //
    },
    Word,
};

/// The handles in a chain of buckets whose entries have a certain tag.
pub struct Handles<'a, W> {
    buckets: &'a [Bucket<W>],
    tag: Tag,
    bucket: Option<&'a Bucket<W>>,
    slots: Slots,
    next: Option<usize>,
}

impl<'a, W: Word> Handles<'a, W> {
    /// Begins at a bucket of `buckets`.
    #[inline(always)]
    pub(super) fn new(buckets: &'a [Bucket<W>], tag: Tag, first: Option<&'a Bucket<W>>) -> Self {
        let (slots, next) = first.map_or((Slots::NONE, None), |bucket| bucket.look(tag));
        Self {
            buckets,
            tag,
            bucket: first,
            slots,
            next,
        }
    }
}

impl<W: Word> Iterator for Handles<'_, W> {
    type Item = u64;

    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        loop {
            let bucket = self.bucket?;
            for slot in &mut self.slots {
                // Zero is an entry that was removed meanwhile.
                match bucket.handle(slot) {
                    0 => {}
                    handle => return Some(handle),
                }
            }
            let next = self.buckets.get(self.next?)?;
            (self.slots, self.next) = next.look(self.tag);
            self.bucket = Some(next);
        }
    }
}
