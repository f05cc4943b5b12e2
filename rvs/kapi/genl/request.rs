// SPDX-License-Identifier: GPL-2.0-only

//! What an operation is asked, and how it refuses.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h) (`struct genl_info`)

use kernel::{
    fmt,
    prelude::*,
    str::{
        CStrExt,
        CString, //
    },
};

use crate::{
    bindings,
    kapi::net::Net,
    logic::service_rank::Rank, //
};

use super::{
    attribute::{
        Attribute,
        Attributes, //
    },
    message::{
        Full,
        Message, //
    },
};

/// Why an operation was refused: an errno, a sentence, and the attribute at fault.
pub(crate) struct Refusal {
    errno: Error,
    text: Text,
    place: Place,
}

enum Text {
    Static(&'static CStr),
    Made(CString),
}

enum Place {
    Nowhere,
    At(*const bindings::nlattr),
    Missing {
        nest: *const bindings::nlattr,
        attribute_type: u16,
    },
}

impl Refusal {
    /// A refusal for which no attribute is to blame.
    pub(crate) fn new(errno: Error, text: &'static CStr) -> Self {
        Self {
            errno,
            text: Text::Static(text),
            place: Place::Nowhere,
        }
    }

    /// A refusal whose sentence is made for it, of at most 79 bytes; `or` is said where memory is short.
    pub(crate) fn made(errno: Error, text: fmt::Arguments<'_>, or: &'static CStr) -> Self {
        let text = CString::try_from_fmt(text).map_or(Text::Static(or), Text::Made);
        Self {
            errno,
            text,
            place: Place::Nowhere,
        }
    }

    /// Names the attribute to blame.
    pub(crate) fn at(self, attribute: Option<Attribute<'_>>) -> Self {
        match attribute {
            Some(attribute) => Self {
                place: Place::At(attribute.as_ptr()),
                ..self
            },
            None => self,
        }
    }

    /// Tells that an attribute is missing from a request or nest (EINVAL).
    pub(crate) fn missing(
        attributes: Attributes<'_>,
        attribute_type: u16,
        text: &'static CStr,
    ) -> Self {
        let nest = attributes
            .nest()
            .map_or(core::ptr::null(), Attribute::as_ptr);
        Self {
            errno: EINVAL,
            text: Text::Static(text),
            place: Place::Missing {
                nest,
                attribute_type,
            },
        }
    }

    /// Fills the extended acknowledgement and returns the errno.
    ///
    /// # Safety
    ///
    /// `extack` must be null or that of the request whose attributes the refusal was made of.
    pub(super) unsafe fn report(self, extack: *mut bindings::netlink_ext_ack) -> c_int {
        let at = match self.place {
            Place::At(attribute) => attribute,
            Place::Nowhere | Place::Missing { .. } => core::ptr::null(),
        };
        // SAFETY: By the requirement; a text that is not copied is static, and the attributes live until
        // the answer is sent, as they are part of the request.
        unsafe {
            match (&self.text, self.place) {
                (
                    Text::Static(text),
                    Place::Missing {
                        nest,
                        attribute_type,
                    },
                ) => bindings::helper_extack_set_missing(
                    extack,
                    text.as_char_ptr(),
                    nest,
                    attribute_type.into(),
                ),
                (Text::Static(text), _) => {
                    bindings::helper_extack_set(extack, text.as_char_ptr(), at)
                }
                (Text::Made(text), _) => {
                    bindings::helper_extack_set_copied(extack, text.as_char_ptr(), at)
                }
            }
        }
        self.errno.to_errno()
    }
}

impl From<Error> for Refusal {
    /// For what the kernel itself could not do.
    fn from(errno: Error) -> Self {
        Self::new(errno, c"the kernel could not do this; memory may be short")
    }
}

impl From<kernel::alloc::AllocError> for Refusal {
    fn from(_: kernel::alloc::AllocError) -> Self {
        Self::from(ENOMEM)
    }
}

impl From<Full> for Refusal {
    fn from(_: Full) -> Self {
        Self::from(EMSGSIZE)
    }
}

/// A request that is being served.
///
/// # Invariants
///
/// `info` is valid, `attributes` are its attributes.
pub(crate) struct Request<'a> {
    info: *mut bindings::genl_info,
    attributes: Attributes<'a>,
    family: *const bindings::genl_family,
    command: u8,
}

impl<'a> Request<'a> {
    /// Makes a request of what the kernel passes to `doit`.
    ///
    /// # Safety
    ///
    /// `info` must be valid for `'a`, for an operation with `max` as highest attribute.
    pub(super) unsafe fn from_raw(info: *mut bindings::genl_info, max: usize, command: u8) -> Self {
        // SAFETY: By the requirement; the kernel sizes the table by the operation's policy.
        let (attributes, family) = unsafe {
            (
                Attributes::from_table((*info).attrs.cast_const().cast(), max.wrapping_add(1)),
                (*info).family,
            )
        };
        // INVARIANT: By the requirement.
        Self {
            info,
            attributes,
            family,
            command,
        }
    }

    /// Returns the attributes of the request.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        self.attributes
    }

    /// Returns the network namespace of the requesting socket.
    pub(crate) fn net(&self) -> &'a Net {
        // SAFETY: By the type invariant; the socket keeps its namespace for the request's time.
        unsafe { Net::from_raw(bindings::helper_genl_info_net(self.info)) }
    }

    /// Answers with one message, which `fill` makes.
    pub(crate) fn reply(
        &self,
        fill: impl FnOnce(&mut Message<'_>) -> Result<(), Full>,
    ) -> Result<(), Refusal> {
        const ROOM: usize = 4096;
        // SAFETY: An FFI call without requirements.
        let skb = unsafe { bindings::helper_genlmsg_new(ROOM) };
        if skb.is_null() {
            return Err(ENOMEM.into());
        }
        // SAFETY: By the type invariant; `skb` is a fresh message buffer.
        let filled = unsafe {
            Message::build(
                skb,
                (*self.info).snd_portid,
                (*self.info).snd_seq,
                self.family,
                0,
                self.command,
                |message| fill(message),
            )
        };
        if let Err(Full) = filled {
            // SAFETY: `skb` is owned here and not used again.
            unsafe { bindings::helper_nlmsg_free(skb) };
            return Err(EMSGSIZE.into());
        }
        // SAFETY: `genlmsg_reply` takes the buffer, also when it fails.
        to_result(unsafe { bindings::helper_genlmsg_reply(skb, self.info) })?;
        Ok(())
    }
}

/// Where a dump goes on in its next part, kept by the kernel in between; all zero at the start.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Cursor {
    /// Position in the outer list, or the first part of another kind of position.
    pub(crate) outer: u64,
    /// Position in the inner list, or the second part.
    pub(crate) inner: u64,
    rank: [u64; 3],
}

impl Cursor {
    /// Returns the rank of the service that was told last.
    pub(crate) fn rank(&self) -> Rank {
        Rank::from_words(self.rank)
    }

    /// Goes to a service, at the beginning of its inner list.
    pub(crate) fn go_to(&mut self, rank: Rank) {
        self.rank = rank.to_words();
        self.inner = 0;
    }
}

/// A dump under way: a request and the buffer for its next messages.
pub(crate) struct Dumper<'a> {
    callback: *mut bindings::netlink_callback,
    skb: *mut bindings::sk_buff,
    request: Request<'a>,
    sequence: u32,
}

impl<'a> Dumper<'a> {
    /// Makes a dumper of what the kernel passes to `dumpit`.
    ///
    /// # Safety
    ///
    /// Both pointers must be valid for `'a`, for an operation with `max` as highest attribute.
    pub(super) unsafe fn from_raw(
        skb: *mut bindings::sk_buff,
        callback: *mut bindings::netlink_callback,
        max: usize,
        command: u8,
    ) -> Self {
        // SAFETY: By the requirement; `info` is of the same request.
        let (mut request, is_parsed) = unsafe {
            let info = bindings::helper_genl_info_dump(callback).cast_mut();
            (
                Request::from_raw(info, max, command),
                !(*info).attrs.is_null(),
            )
        };
        if !is_parsed {
            // SAFETY: The message of the request, whose header the kernel has checked, is kept until
            // the dump ends; attributes begin at a multiple of 4 in it.
            request.attributes = unsafe {
                let len = bindings::helper_netlink_callback_attributes_len(callback);
                let start = bindings::helper_netlink_callback_attributes(callback);
                Attributes::from_bytes(start.cast(), len.max(0) as usize)
            };
        }
        // SAFETY: By the requirement.
        let sequence = unsafe { (*request.info).snd_seq };
        Self {
            callback,
            skb,
            request,
            sequence,
        }
    }

    /// Returns the request.
    pub(crate) fn request(&self) -> &Request<'a> {
        &self.request
    }

    /// Returns the cursor as the last part of the dump left it.
    pub(crate) fn cursor(&mut self) -> &mut Cursor {
        const {
            assert!(size_of::<Cursor>() <= bindings::NETLINK_CTX_SIZE as usize);
        }
        // SAFETY: The context is zeroed at the start of a dump, aligned for a `long`, large
        // enough as checked above, and used by nobody else.
        unsafe { &mut *bindings::helper_netlink_callback_ctx(self.callback).cast() }
    }

    /// Tells the generation of what is being dumped. When it changes between two parts, the
    /// reader gets `NLM_F_DUMP_INTR` and can ask again.
    pub(crate) fn set_generation(&mut self, generation: u32) {
        // SAFETY: The callback is valid. Zero would mean "no check" to the kernel.
        unsafe { bindings::helper_netlink_callback_set_seq(self.callback, generation.max(1)) };
    }

    /// Ends a part of the dump, in which all messages have been added, or as many as fit into it.
    pub(crate) fn end_part(&self, added: Result<(), Full>) -> Result<(), Refusal> {
        match added {
            Ok(()) => Ok(()),
            Err(Full) => self.part_is_full(),
        }
    }

    /// Ends a part of the dump. EMSGSIZE when not even one message fitted into it.
    pub(crate) fn part_is_full(&self) -> Result<(), Refusal> {
        // SAFETY: The buffer is the one of this dump.
        if unsafe { bindings::helper_skb_len(self.skb) } == 0 {
            return Err(Full.into());
        }
        Ok(())
    }

    /// Adds a message; [`Full`] when the buffer has no room for it, which ends this part.
    pub(crate) fn message(
        &mut self,
        fill: impl FnOnce(&mut Message<'_>) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let callback = self.callback;
        // SAFETY: The buffer is the one of this dump; header and callback belong together.
        unsafe {
            Message::build(
                self.skb,
                bindings::helper_netlink_callback_portid(callback),
                self.sequence,
                self.request.family,
                bindings::NLM_F_MULTI as c_int,
                self.request.command,
                |message| {
                    bindings::helper_genl_dump_check_consistent(callback, message.header());
                    fill(message)
                },
            )
        }
    }
}

fn to_result(errno: c_int) -> Result {
    kernel::error::to_result(errno)
}
