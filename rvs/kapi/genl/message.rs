// SPDX-License-Identifier: GPL-2.0-only

//! Messages to user space.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h)

use core::ptr::NonNull;

use kernel::prelude::*;

use crate::bindings;

/// The buffer has no room left for what was to be put into it.
pub(crate) struct Full;

/// A message that is being filled.
///
/// # Invariants
///
/// `skb` is a valid netlink buffer whose last, open message begins at `header`.
pub(crate) struct Message<'a> {
    skb: &'a mut bindings::sk_buff,
    header: NonNull<c_void>,
}

impl Message<'_> {
    /// Appends a message to `skb`; without room for all of it, nothing stays of it.
    ///
    /// # Safety
    ///
    /// `skb` must be a valid netlink buffer, `family` a registered family.
    pub(super) unsafe fn build(
        skb: *mut bindings::sk_buff,
        portid: u32,
        sequence: u32,
        family: *const bindings::genl_family,
        flags: c_int,
        command: u8,
        fill: impl FnOnce(&mut Message<'_>) -> Result<(), Full>,
    ) -> Result<(), Full> {
        // SAFETY: By the requirement.
        let header =
            unsafe { bindings::genlmsg_put(skb, portid, sequence, family, flags, command) };
        let header = NonNull::new(header).ok_or(Full)?;
        // SAFETY: By the requirement; nobody else uses the buffer meanwhile.
        let buffer = unsafe { &mut *skb };
        // INVARIANT: The message was just opened.
        let mut message = Message {
            skb: buffer,
            header,
        };
        let filled = fill(&mut message);
        // SAFETY: By the type invariant of `Message`.
        unsafe {
            match filled {
                Ok(()) => bindings::helper_genlmsg_end(skb, header.as_ptr()),
                Err(Full) => bindings::helper_genlmsg_cancel(skb, header.as_ptr()),
            }
        }
        filled
    }

    pub(super) fn header(&self) -> *mut c_void {
        self.header.as_ptr()
    }

    /// Puts a payload of bytes (`nla_put()`).
    pub(crate) fn bytes(&mut self, attribute_type: u16, bytes: &[u8]) -> Result<(), Full> {
        let len = c_int::try_from(bytes.len()).map_err(|_| Full)?;
        // SAFETY: By the type invariant; `bytes` is valid for reads of its length.
        let errno = unsafe {
            bindings::nla_put(self.skb, attribute_type.into(), len, bytes.as_ptr().cast())
        };
        if errno == 0 {
            Ok(())
        } else {
            Err(Full)
        }
    }

    /// Puts an 8-bit payload.
    pub(crate) fn u8(&mut self, attribute_type: u16, value: u8) -> Result<(), Full> {
        self.bytes(attribute_type, &[value])
    }

    /// Puts a 16-bit payload in host byte order.
    pub(crate) fn u16(&mut self, attribute_type: u16, value: u16) -> Result<(), Full> {
        self.bytes(attribute_type, &value.to_ne_bytes())
    }

    /// Puts a 64-bit payload in host byte order, aligned to 8 bytes by an attribute of type
    /// `padding` where the machine cannot read it otherwise (`nla_put_u64_64bit()`).
    pub(crate) fn u64(
        &mut self,
        attribute_type: u16,
        value: u64,
        padding: u16,
    ) -> Result<(), Full> {
        let bytes = value.to_ne_bytes();
        // SAFETY: By the type invariant; `bytes` is valid for reads of its length.
        let errno = unsafe {
            bindings::nla_put_64bit(
                self.skb,
                attribute_type.into(),
                bytes.len() as c_int,
                bytes.as_ptr().cast(),
                padding.into(),
            )
        };
        if errno == 0 {
            Ok(())
        } else {
            Err(Full)
        }
    }

    /// Puts a 32-bit payload in host byte order.
    pub(crate) fn u32(&mut self, attribute_type: u16, value: u32) -> Result<(), Full> {
        self.bytes(attribute_type, &value.to_ne_bytes())
    }

    /// Puts a 16-bit payload in network byte order.
    pub(crate) fn be16(&mut self, attribute_type: u16, value: u16) -> Result<(), Full> {
        self.bytes(attribute_type, &value.to_be_bytes())
    }

    /// Puts a number of 4 bytes where they are enough, else of 8 (`nla_put_uint()`).
    pub(crate) fn uint(&mut self, attribute_type: u16, value: u64) -> Result<(), Full> {
        // SAFETY: By the type invariant.
        let errno =
            unsafe { bindings::helper_nla_put_uint(self.skb, attribute_type.into(), value) };
        if errno == 0 {
            Ok(())
        } else {
            Err(Full)
        }
    }

    /// Puts a string with its NUL.
    pub(crate) fn str(&mut self, attribute_type: u16, text: &str) -> Result<(), Full> {
        let len = c_int::try_from(text.len() + 1).map_err(|_| Full)?;
        // SAFETY: By the type invariant.
        let room = unsafe { bindings::nla_reserve(self.skb, attribute_type.into(), len) };
        let room = NonNull::new(room).ok_or(Full)?;
        // SAFETY: The attribute's payload has room for the text and its NUL.
        unsafe {
            let data = bindings::helper_nla_data(room.as_ptr())
                .cast::<u8>()
                .cast_mut();
            data.copy_from_nonoverlapping(text.as_ptr(), text.len());
            data.add(text.len()).write(0);
        }
        Ok(())
    }

    /// Puts a nest that `fill` fills.
    pub(crate) fn nest(
        &mut self,
        attribute_type: u16,
        fill: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        self.plain_nest(attribute_type | bindings::NLA_F_NESTED as u16, fill)
    }

    /// Puts a nest that `fill` fills, without the flag that tells that it is one
    /// (`nla_nest_start_noflag()`).
    pub(crate) fn plain_nest(
        &mut self,
        attribute_type: u16,
        fill: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        // SAFETY: By the type invariant.
        let start = unsafe { bindings::helper_nla_nest_start(self.skb, attribute_type.into()) };
        let start = NonNull::new(start).ok_or(Full)?;
        // On failure the whole message is cancelled, the open nest with it.
        fill(self)?;
        // SAFETY: `start` was opened above in the same message.
        unsafe { bindings::helper_nla_nest_end(self.skb, start.as_ptr()) };
        Ok(())
    }
}
