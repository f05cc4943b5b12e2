// SPDX-License-Identifier: GPL-2.0-only

//! Attributes of a request.
//!
//! The kernel has validated them against the operation's policy before a handler sees them, so a
//! reader that finds another length than it expects reports the attribute as not there.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h)

use core::slice;

use crate::bindings;

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

    /// Returns the payload.
    pub(crate) fn bytes(self) -> &'a [u8] {
        // SAFETY: The attribute is valid, so its payload of `nla_len()` bytes follows it.
        unsafe {
            let len = bindings::helper_nla_len(self.0);
            let data = bindings::helper_nla_data(self.0);
            slice::from_raw_parts(data.cast(), len.max(0) as usize)
        }
    }

    /// Returns a 32-bit payload in host byte order.
    pub(crate) fn u32(self) -> Option<u32> {
        self.bytes().try_into().ok().map(u32::from_ne_bytes)
    }

    /// Returns a 16-bit payload in network byte order.
    pub(crate) fn be16(self) -> Option<u16> {
        self.bytes().try_into().ok().map(u16::from_be_bytes)
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
}

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
            Self::Nested(nest) => find_nested(nest, attribute_type),
        }
    }

    /// The nest these are in, none at the top level.
    pub(super) fn nest(self) -> Option<Attribute<'a>> {
        match self {
            Self::Table(_) => None,
            Self::Nested(nest) => Some(nest),
        }
    }
}

/// Walks a nest; each step proves that a whole attribute lies within the payload.
fn find_nested(nest: Attribute<'_>, attribute_type: u16) -> Option<Attribute<'_>> {
    const HEADER: usize = size_of::<bindings::nlattr>();
    let mut found = None;
    let mut rest = nest.bytes();
    while let Some((header, _)) = rest.split_at_checked(HEADER) {
        let len = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & bindings::NLA_TYPE_MASK as u16;
        if len < HEADER || len > rest.len() {
            break;
        }
        if kind == attribute_type {
            // SAFETY: A header and the payload its length tells lie within `rest`; netlink keeps
            // attributes aligned to 4 bytes, as the steps below do.
            found = unsafe { Attribute::from_raw(rest.as_ptr().cast()) };
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}
