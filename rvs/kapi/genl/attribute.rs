// SPDX-License-Identifier: GPL-2.0-only

//! Attributes of a request.
//!
//! The kernel, or [`Attributes::follow`], has validated them against a policy before they are read,
//! so a reader that finds less than it expects reports the attribute as not there. Where attributes
//! are validated liberally they may be longer; what is beyond counts for nothing.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h)

use core::slice;

use crate::{
    bindings,
    logic::{
        liberal,
        uapi::Rule, //
    },
};

/// One attribute of a request.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a>(&'a bindings::nlattr);

impl<'a> Attribute<'a> {
    /// Makes an attribute of the kernel's pointer; none of a null one.
    ///
    /// # Safety
    ///
    /// `attribute` must be null or point to a valid attribute, payload included, that lives for
    /// `'a`.
    unsafe fn from_raw(attribute: *const bindings::nlattr) -> Option<Self> {
        // SAFETY: By the requirement.
        unsafe { attribute.as_ref() }.map(Self)
    }

    pub(super) fn as_ptr(self) -> *const bindings::nlattr {
        self.0
    }

    /// Returns the type, without flags.
    fn kind(self) -> u16 {
        self.0.nla_type & bindings::NLA_TYPE_MASK as u16
    }

    /// Returns the payload.
    pub(crate) fn bytes(self) -> &'a [u8] {
        // SAFETY: The attribute is valid, so its payload of `nla_len()` bytes follows it.
        unsafe {
            let len = bindings::helper_nla_len(self.0);
            let data = bindings::helper_nla_data(self.0);
            slice::from_raw_parts(data.cast(), len.max(0) as usize)
        }
    }

    /// Returns the first bytes of the payload, zeros in place of those it does not have
    /// (`nla_memcpy()`).
    pub(crate) fn padded<const LEN: usize>(self) -> [u8; LEN] {
        let mut padded = [0; LEN];
        for (to, from) in padded.iter_mut().zip(self.bytes()) {
            *to = *from;
        }
        padded
    }

    /// Returns an 8-bit payload.
    pub(crate) fn u8(self) -> Option<u8> {
        self.bytes().first().copied()
    }

    /// Returns a 16-bit payload in host byte order.
    pub(crate) fn u16(self) -> Option<u16> {
        self.bytes().first_chunk().copied().map(u16::from_ne_bytes)
    }

    /// Returns a 32-bit payload in host byte order.
    pub(crate) fn u32(self) -> Option<u32> {
        self.bytes().first_chunk().copied().map(u32::from_ne_bytes)
    }

    /// Returns a 16-bit payload in network byte order.
    pub(crate) fn be16(self) -> Option<u16> {
        self.bytes().first_chunk().copied().map(u16::from_be_bytes)
    }

    /// Returns a string payload without what follows its first NUL.
    pub(crate) fn str(self) -> &'a [u8] {
        let bytes = self.bytes();
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
    }

    /// Returns the attributes inside of this one.
    pub(crate) fn nested(self) -> Attributes<'a> {
        Attributes::Nested(self)
    }
}

/// The attributes of a request, or of a nest within one.
#[derive(Clone, Copy)]
pub(crate) enum Attributes<'a> {
    /// Parsed by the kernel into a table, indexed by type.
    Table(&'a [*const bindings::nlattr]),
    /// Within this attribute, one after the other.
    Nested(Attribute<'a>),
    /// In a request that the kernel has not parsed, one after the other.
    Listed(&'a [u8]),
    /// Of this nest, by type, as [`Attributes::parse`] has found them.
    Parsed(Attribute<'a>, &'a Room<'a>),
}

/// How many types of attributes a nest has that is parsed.
const TYPES: usize = 16;

/// Room for the attributes of a nest.
#[derive(Default)]
pub(crate) struct Room<'a>([Option<Attribute<'a>>; TYPES]);

impl<'a> Attributes<'a> {
    /// Makes the attributes of the kernel's table for a request.
    ///
    /// # Safety
    ///
    /// `table` must be null or have `len` entries that are null or valid attributes, all living
    /// for `'a`.
    pub(super) unsafe fn from_table(table: *const *mut bindings::nlattr, len: usize) -> Self {
        if table.is_null() {
            return Self::Table(&[]);
        }
        // SAFETY: By the requirement.
        Self::Table(unsafe { slice::from_raw_parts(table.cast(), len) })
    }

    /// Returns the attribute of this type, the last one where a nest holds several.
    pub(crate) fn get(self, attribute_type: u16) -> Option<Attribute<'a>> {
        match self {
            Self::Table(table) => {
                let attribute = *table.get(usize::from(attribute_type))?;
                // SAFETY: By the requirement of `from_table`.
                unsafe { Attribute::from_raw(attribute) }
            }
            Self::Nested(nest) => last_of(nest.bytes(), attribute_type),
            Self::Listed(bytes) => last_of(bytes, attribute_type),
            Self::Parsed(_, room) => *room.0.get(usize::from(attribute_type))?,
        }
    }

    /// Finds the attributes of a nest that `rules` name, in one walk, if all of them are as
    /// [`Attributes::follow`] has it. Those of types from [`TYPES`] on are not found.
    pub(crate) fn parse(
        nest: Attribute<'a>,
        rules: &[Rule],
        room: &'a mut Room<'a>,
    ) -> Option<Self> {
        for attribute in each(nest.bytes()) {
            if !follows(attribute, rules) {
                return None;
            }
            if let Some(place) = room.0.get_mut(usize::from(attribute.kind())) {
                *place = Some(attribute);
            }
        }
        Some(Self::Parsed(nest, room))
    }

    /// Makes the attributes that these bytes hold.
    ///
    /// # Safety
    ///
    /// `start` must be valid for reads of `len` bytes for `'a` and aligned to 4 bytes.
    pub(super) unsafe fn from_bytes(start: *const u8, len: usize) -> Self {
        // SAFETY: By the requirement.
        Self::Listed(unsafe { slice::from_raw_parts(start, len) })
    }

    /// Returns whether all that `rules` name are what the kernel takes for valid where it validates
    /// liberally (`nla_parse_deprecated()`). What no rule names may be anything.
    pub(crate) fn follow(self, rules: &[Rule]) -> bool {
        let is_valid = |attribute| follows(attribute, rules);
        match self {
            // What is in a table the kernel has validated.
            Self::Table(_) => true,
            Self::Nested(nest) | Self::Parsed(nest, _) => each(nest.bytes()).all(is_valid),
            Self::Listed(bytes) => each(bytes).all(is_valid),
        }
    }

    /// The nest these are in, none at the top level.
    pub(super) fn nest(self) -> Option<Attribute<'a>> {
        match self {
            Self::Table(_) | Self::Listed(_) => None,
            Self::Nested(nest) | Self::Parsed(nest, _) => Some(nest),
        }
    }
}

/// Returns whether an attribute is as these rules have it.
fn follows(attribute: Attribute<'_>, rules: &[Rule]) -> bool {
    let kind = attribute.kind();
    // Most often they are one for each type, from 1 on.
    let place = usize::from(kind).wrapping_sub(1);
    let found = rules.get(place).filter(|rule| rule.attribute == kind);
    match found.or_else(|| rules.iter().find(|rule| rule.attribute == kind)) {
        Some(rule) => liberal::is_valid(rule.kind, attribute.bytes()),
        None => true,
    }
}

/// Returns the last attribute of this type.
fn last_of(bytes: &[u8], attribute_type: u16) -> Option<Attribute<'_>> {
    each(bytes)
        .filter(|attribute| attribute.kind() == attribute_type)
        .last()
}

/// Walks attributes that lie one after the other, from a place that is aligned to 4 bytes; each step
/// proves that a whole attribute lies within what is left. Ends where none does.
fn each(bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    const HEADER: usize = size_of::<bindings::nlattr>();
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let len = usize::from(rest.first_chunk().copied().map(u16::from_ne_bytes)?);
        if len < HEADER || len > rest.len() {
            return None;
        }
        // SAFETY: A header and the payload its length tells lie within `rest`; netlink keeps
        // attributes aligned to 4 bytes, as the step below does.
        let attribute = unsafe { Attribute::from_raw(rest.as_ptr().cast()) };
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        attribute
    })
}
