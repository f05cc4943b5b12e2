// SPDX-License-Identifier: GPL-2.0-only

//! Requests and their answers.

use std::fmt::Debug;
use std::ops::ControlFlow;

use netlink_packet_core::DecodeError;
use netlink_packet_core::Emitable;
use netlink_packet_core::NetlinkHeader;
use netlink_packet_core::NetlinkMessage;
use netlink_packet_core::NetlinkPayload;
use netlink_packet_core::ParseableParametrized;
use netlink_packet_core::NLMSG_ALIGNTO;
use netlink_packet_core::NLM_F_ACK;
use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_core::NLM_F_DUMP_INTR;
use netlink_packet_core::NLM_F_REQUEST;
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::nlas::McastGrpAttrs;
use netlink_packet_generic::ctrl::GenlCtrl;
use netlink_packet_generic::ctrl::GenlCtrlCmd;
use netlink_packet_generic::GenlFamily;
use netlink_packet_generic::GenlHeader;
use netlink_packet_generic::GenlMessage;
use rustix::io::Errno;

use super::extack;
use super::Error;
use super::Payload;
use super::Transport;

/// How often a dump is repeated that the kernel marked as inconsistent.
const DUMP_ATTEMPTS: usize = 5;

/// A connection to the family `rvs`.
pub struct Connection<T> {
    transport: T,
    family: u16,
    /// The numbers of its multicast groups, by their names.
    groups: Vec<(String, u32)>,
    sequence: u32,
}

/// What a multicast group is told.
pub enum Event {
    /// This.
    Told(Payload),
    /// Something that was not read soon enough.
    Lost,
}

/// The messages of one answer.
struct Answer<P> {
    messages: Vec<P>,
    interrupted: bool,
}

/// What one message is to an exchange.
enum Step<P> {
    /// A part of the answer.
    Part(P),
    /// Nothing that matters.
    Other,
    /// The end of the answer.
    Last,
}

impl<T: Transport> Connection<T> {
    /// Resolves the family.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] when the module is not loaded.
    pub fn new(transport: T) -> Result<Self, Error> {
        let mut connection = Self {
            transport,
            family: 0,
            groups: Vec::new(),
            sequence: 0,
        };
        let query = GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(Payload::family_name().to_owned())],
        };
        let answer = match connection.exchange(query, NLM_F_ACK) {
            Err(Error::Refused(refusal)) if refusal.errno == Errno::NOENT => {
                return Err(Error::NoFamily)
            }
            other => other?,
        };
        connection.family = answer
            .messages
            .iter()
            .flat_map(|message| &message.nlas)
            .find_map(|attribute| match attribute {
                GenlCtrlAttrs::FamilyId(id) => Some(*id),
                _ => None,
            })
            .ok_or_else(|| DecodeError::from("no family id"))?;
        connection.groups = answer
            .messages
            .iter()
            .flat_map(|message| &message.nlas)
            .filter_map(|attribute| match attribute {
                GenlCtrlAttrs::McastGroups(groups) => Some(groups),
                _ => None,
            })
            .flatten()
            .filter_map(|group| named_group(group))
            .collect();
        Ok(connection)
    }

    /// Sends a request and waits for its acknowledgement; the answers before it
    /// are returned.
    pub fn request(&mut self, request: Payload) -> Result<Vec<Payload>, Error> {
        Ok(self.exchange(request, NLM_F_ACK)?.messages)
    }

    /// Reads a whole table, of one moment as far as the kernel can tell.
    pub fn dump(&mut self, request: Payload) -> Result<Vec<Payload>, Error> {
        for _ in 0..DUMP_ATTEMPTS {
            let answer = self.exchange(request.clone(), NLM_F_DUMP)?;
            if !answer.interrupted {
                return Ok(answer.messages);
            }
        }
        Err(Error::Interrupted)
    }

    /// Reads a table that may be too long to be held: each message is handed over as it comes, until
    /// `each` breaks. The connection is of no use after a break, as more messages may be on their
    /// way.
    pub fn dump_each(
        &mut self,
        request: Payload,
        each: impl FnMut(Payload) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        // What was handed over cannot be taken back, so there is no second attempt.
        match self.exchange_each(request, NLM_F_DUMP, each)? {
            false => Ok(()),
            true => Err(Error::Interrupted),
        }
    }

    /// Hands over what a multicast group of the family is told, until `each` breaks. The connection is of
    /// no use for anything else from then on.
    pub fn listen(
        &mut self,
        group: &str,
        mut each: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut groups = self.groups.iter();
        let (_, number) = groups
            .find(|(name, _)| name == group)
            .ok_or_else(|| DecodeError::from(format!("no multicast group {group}")))?;
        self.transport.join(*number)?;
        loop {
            let datagram = match self.transport.receive() {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {
                    match each(Event::Lost) {
                        ControlFlow::Continue(()) => continue,
                        ControlFlow::Break(()) => return Ok(()),
                    }
                }
                other => other?,
            };
            let mut rest = datagram.as_slice();
            while !rest.is_empty() {
                let message = NetlinkMessage::<GenlMessage<Payload>>::deserialize(rest)?;
                let length = message.header.length.next_multiple_of(NLMSG_ALIGNTO.into());
                rest = rest.get(length as usize..).unwrap_or(&[]);
                if let NetlinkPayload::InnerMessage(message) = message.payload {
                    if each(Event::Told(message.into_parts().1)).is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn exchange<P>(&mut self, payload: P, flags: u16) -> Result<Answer<P>, Error>
    where
        P: GenlFamily + Emitable + ParseableParametrized<[u8], GenlHeader> + Debug,
    {
        let mut messages = Vec::new();
        let interrupted = self.exchange_each(payload, flags, |message| {
            messages.push(message);
            ControlFlow::Continue(())
        })?;
        Ok(Answer {
            messages,
            interrupted,
        })
    }

    /// Returns whether the kernel marked the answer as inconsistent.
    fn exchange_each<P>(
        &mut self,
        payload: P,
        flags: u16,
        mut each: impl FnMut(P) -> ControlFlow<()>,
    ) -> Result<bool, Error>
    where
        P: GenlFamily + Emitable + ParseableParametrized<[u8], GenlHeader> + Debug,
    {
        let request = self.encode(payload, flags);
        self.transport.send(&request)?;
        let mut interrupted = false;
        loop {
            let datagram = self.transport.receive()?;
            let mut rest = datagram.as_slice();
            while !rest.is_empty() {
                let message = NetlinkMessage::<GenlMessage<P>>::deserialize(rest)?;
                let length = message.header.length.next_multiple_of(NLMSG_ALIGNTO.into());
                rest = rest.get(length as usize..).unwrap_or(&[]);
                // What is left of an earlier exchange.
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                interrupted |= message.header.flags & NLM_F_DUMP_INTR != 0;
                let over = match step(message, &request)? {
                    Step::Part(part) => each(part).is_break(),
                    Step::Other => false,
                    Step::Last => true,
                };
                if over {
                    return Ok(interrupted);
                }
            }
        }
    }

    fn encode<P>(&mut self, payload: P, flags: u16) -> Vec<u8>
    where
        P: GenlFamily + Emitable + Debug,
    {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut message = GenlMessage::from_payload(payload);
        message.set_resolved_family_id(self.family);
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }
}

/// The name and number of a multicast group.
fn named_group(attributes: &[McastGrpAttrs]) -> Option<(String, u32)> {
    let name = attributes.iter().find_map(|attribute| match attribute {
        McastGrpAttrs::Name(name) => Some(name.clone()),
        _ => None,
    })?;
    let number = attributes.iter().find_map(|attribute| match attribute {
        McastGrpAttrs::Id(number) => Some(*number),
        _ => None,
    })?;
    Some((name, number))
}

/// Takes one message of the answer to `request` in.
fn step<P: Debug>(
    message: NetlinkMessage<GenlMessage<P>>,
    request: &[u8],
) -> Result<Step<P>, Error> {
    let (header, payload) = message.into_parts();
    let flags = header.flags;
    match payload {
        NetlinkPayload::InnerMessage(message) => Ok(Step::Part(message.into_parts().1)),
        NetlinkPayload::Error(error) => match errno(error.raw_code()) {
            None => Ok(Step::Last),
            Some(errno) => Err(Error::Refused(extack::of_error(
                errno,
                flags,
                &error.header,
                request,
            )?)),
        },
        NetlinkPayload::Done(done) => match errno(done.code) {
            None => Ok(Step::Last),
            Some(errno) => Err(Error::Refused(extack::of_done(
                errno,
                flags,
                &done.extended_ack,
                request,
            )?)),
        },
        NetlinkPayload::Overrun(_) => Err(DecodeError::from("overrun").into()),
        _ => Ok(Step::Other),
    }
}

/// The error in a code of the kernel, which is its negative, or 0 for none.
fn errno(code: i32) -> Option<Errno> {
    (code < 0).then(|| Errno::from_raw_os_error(code.wrapping_neg()))
}
