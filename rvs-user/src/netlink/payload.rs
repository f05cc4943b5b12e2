// SPDX-License-Identifier: GPL-2.0-only

//! Messages of the family `rvs`.

use netlink_packet_core::DecodeError;
use netlink_packet_core::Emitable;
use netlink_packet_core::ParseableParametrized;
use netlink_packet_generic::GenlFamily;
use netlink_packet_generic::GenlHeader;
use rvs_logic::logic::uapi;

use super::Attribute;

/// A command with its attributes, to or from the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// One of [`uapi::command`].
    pub command: u8,
    /// In the order of the message.
    pub attributes: Vec<Attribute>,
}

impl GenlFamily for Payload {
    fn family_name() -> &'static str {
        uapi::FAMILY_NAME
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        uapi::FAMILY_VERSION
    }
}

impl Emitable for Payload {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Payload {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            command: header.cmd,
            attributes: Attribute::parse_all(bytes)?,
        })
    }
}
