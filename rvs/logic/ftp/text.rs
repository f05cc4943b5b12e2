// SPDX-License-Identifier: GPL-2.0-only

//! How another place is written in the form of one.

use core::fmt::{
    self,
    Write, //
};

use super::Form;

use crate::logic::addr::{
    Addr,
    Endpoint, //
};

/// Bytes of the longest text: `|2|`, an IPv6 address, a bar, a port and a bar are 49.
const MOST: usize = 56;

/// A text that says where data are to go.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    bytes: [u8; MOST],
    len: usize,
}

impl Text {
    /// That of a place. None where the form has no way to write it: IPv6 addresses byte by byte.
    pub fn of(form: Form, to: Endpoint) -> Option<Self> {
        let mut text = Self {
            bytes: [0; MOST],
            len: 0,
        };
        text.put(form, to).ok()?;
        Some(text)
    }

    /// The bytes of it.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn put(&mut self, form: Form, to: Endpoint) -> fmt::Result {
        match (form, to.addr) {
            (Form::Bytes, Addr::V4(addr)) => {
                let [a, b, c, d] = addr.octets();
                let [high, low] = to.port.to_be_bytes();
                write!(self, "{a},{b},{c},{d},{high},{low}")
            }
            (Form::Bytes, Addr::V6(_)) => Err(fmt::Error),
            (Form::Bars(bar), addr) => {
                let family = match addr {
                    Addr::V4(_) => 1,
                    Addr::V6(_) => 2,
                };
                let bar = char::from(bar);
                write!(self, "{bar}{family}{bar}{addr}{bar}{}{bar}", to.port)
            }
            (Form::Port(bar), _) => {
                let bar = char::from(bar);
                write!(self, "{bar}{bar}{bar}{}{bar}", to.port)
            }
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let end = self.len.checked_add(more.len()).ok_or(fmt::Error)?;
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(more.as_bytes());
        self.len = end;
        Ok(())
    }
}
