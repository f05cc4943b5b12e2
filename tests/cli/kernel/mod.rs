// SPDX-License-Identifier: GPL-2.0-only

//! A kernel for `rvsadm`, which answers what a test tells it to.
//!
//! Its messages are put together here, by the layout of netlink(7) and the
//! numbers of `include/uapi/linux/{netlink,genetlink,rvs}.h`, with the codec of
//! netlink-packet-core; nothing of `rvsadm`'s own encoding is used.

#![allow(dead_code)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use netlink_packet_core::DefaultNla;
use netlink_packet_core::Emitable;
use netlink_packet_core::NetlinkBuffer;
use netlink_packet_core::NetlinkHeader;
use netlink_packet_core::NLA_F_NESTED;
use netlink_packet_core::NLM_F_ACK_TLVS;
use netlink_packet_core::NLM_F_CAPPED;
use netlink_packet_core::NLM_F_MULTIPART;
use rvsadm::netlink::Transport;

/// The family id that the kernel gives out.
pub(crate) const FAMILY: u16 = 0x2a;

/// The number that it gives to the multicast group `pools`.
pub(crate) const GROUP: u32 = 7;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const GENL_ID_CTRL: u16 = 0x10;
const CTRL_CMD_NEWFAMILY: u8 = 1;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

/// An answer: a datagram for the sequence number and bytes of the request.
type Answer = Box<dyn Fn(u32, &[u8]) -> Vec<u8>>;

/// What was sent, for a look after the run.
pub(crate) type Sent = Rc<RefCell<Vec<Vec<u8>>>>;

#[derive(Default)]
pub(crate) struct Kernel {
    answers: VecDeque<Answer>,
    pending: VecDeque<Vec<u8>>,
    events: Vec<Vec<u8>>,
    // Nothing comes any more.
    ends: bool,
    pub(crate) joined: Rc<RefCell<Vec<u32>>>,
    pub(crate) sent: Sent,
}

impl Kernel {
    /// A kernel with the module loaded.
    pub(crate) fn new() -> Self {
        Self::default().then(|seq, request| {
            let group = [
                string(CTRL_ATTR_MCAST_GRP_NAME, "pools"),
                number(CTRL_ATTR_MCAST_GRP_ID, GROUP),
            ];
            let id = [
                attribute(CTRL_ATTR_FAMILY_ID, &FAMILY.to_ne_bytes()),
                nest(CTRL_ATTR_MCAST_GROUPS, &[nest(1, &group)]),
            ];
            let mut answer = generic(GENL_ID_CTRL, 0, seq, CTRL_CMD_NEWFAMILY, &id);
            answer.extend(ack(seq, request));
            answer
        })
    }

    /// A kernel without it.
    pub(crate) fn without_module() -> Self {
        Self::default().refuse(2, &[])
    }

    /// Answers the next request.
    pub(crate) fn then(mut self, answer: impl Fn(u32, &[u8]) -> Vec<u8> + 'static) -> Self {
        self.answers.push_back(Box::new(answer));
        self
    }

    /// Acknowledges the next request.
    pub(crate) fn accept(self) -> Self {
        self.then(ack)
    }

    /// Acknowledges the next request, after a refusal of some earlier one.
    pub(crate) fn accept_after_leftover(self) -> Self {
        self.then(|seq, request| {
            let mut payload = (-22i32).to_ne_bytes().to_vec();
            payload.extend(&request[..16]);
            let mut answer = message(NLMSG_ERROR, NLM_F_CAPPED, seq - 1, &payload);
            answer.extend(ack(seq, request));
            answer
        })
    }

    /// Answers the next request with one message.
    pub(crate) fn reply(self, command: u8, attributes: Vec<DefaultNla>) -> Self {
        self.then(move |seq, request| {
            let mut answer = generic(FAMILY, 0, seq, command, &attributes);
            answer.extend(ack(seq, request));
            answer
        })
    }

    /// Tells who has joined the group.
    pub(crate) fn tell(mut self, command: u8, attributes: &[DefaultNla]) -> Self {
        self.events.push(generic(FAMILY, 0, 0, command, attributes));
        self
    }

    /// Answers the next request with a dump; `flags` are set in each message.
    pub(crate) fn dump(self, flags: u16, command: u8, entries: Vec<Vec<DefaultNla>>) -> Self {
        self.then(move |seq, _| {
            let flags = flags | NLM_F_MULTIPART;
            let mut answer = Vec::new();
            for attributes in &entries {
                answer.extend(generic(FAMILY, flags, seq, command, attributes));
            }
            answer.extend(message(NLMSG_DONE, flags, seq, &0i32.to_ne_bytes()));
            answer
        })
    }

    /// Refuses the next request.
    pub(crate) fn refuse(self, errno: i32, extack: &[DefaultNla]) -> Self {
        let extack = extack.to_vec();
        self.then(move |seq, request| {
            let mut payload = (-errno).to_ne_bytes().to_vec();
            payload.extend(&request[..16]);
            payload.extend(attributes(&extack));
            message(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, seq, &payload)
        })
    }

    /// Refuses the next request, with all of it in the answer.
    pub(crate) fn refuse_uncapped(self, errno: i32, extack: &[DefaultNla]) -> Self {
        let extack = extack.to_vec();
        self.then(move |seq, request| {
            let mut payload = (-errno).to_ne_bytes().to_vec();
            payload.extend(request);
            payload.extend(attributes(&extack));
            message(NLMSG_ERROR, NLM_F_ACK_TLVS, seq, &payload)
        })
    }

    /// Ends the next dump with an error.
    pub(crate) fn fail_dump(self, errno: i32, extack: &[DefaultNla]) -> Self {
        let extack = extack.to_vec();
        self.then(move |seq, _| {
            let mut payload = (-errno).to_ne_bytes().to_vec();
            payload.extend(attributes(&extack));
            let flags = NLM_F_MULTIPART | NLM_F_ACK_TLVS;
            message(NLMSG_DONE, flags, seq, &payload)
        })
    }
}

impl Transport for Kernel {
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let header = NetlinkBuffer::new_checked(request).expect("a netlink message");
        assert_eq!(header.length() as usize, request.len());
        let answer = self.answers.pop_front().expect("no more requests");
        self.pending
            .push_back(answer(header.sequence_number(), request));
        self.sent.borrow_mut().push(request.to_vec());
        Ok(())
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.joined.borrow_mut().push(group);
        self.pending.extend(self.events.drain(..));
        self.ends = true;
        Ok(())
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let answer = self.pending.pop_front();
        if self.ends && answer.is_none() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(answer.expect("waits for an answer that the kernel never gives"))
    }
}

pub(crate) fn attribute(number: u16, payload: &[u8]) -> DefaultNla {
    DefaultNla::new(number, payload.to_vec())
}

pub(crate) fn string(number: u16, text: &str) -> DefaultNla {
    attribute(number, &[text.as_bytes(), &[0]].concat())
}

pub(crate) fn nest(number: u16, content: &[DefaultNla]) -> DefaultNla {
    DefaultNla::new(number | NLA_F_NESTED, attributes(content))
}

pub(crate) fn number(number: u16, value: u32) -> DefaultNla {
    attribute(number, &value.to_ne_bytes())
}

/// Text of a refusal.
pub(crate) fn extack_message(text: &str) -> DefaultNla {
    string(1, text)
}

/// Offset of the attribute at fault.
pub(crate) fn extack_offset(offset: u32) -> DefaultNla {
    number(2, offset)
}

/// Number of the attribute that is missing.
pub(crate) fn extack_missing(kind: u32) -> DefaultNla {
    number(5, kind)
}

/// Offset of the nest in which it is missing.
pub(crate) fn extack_missing_nest(offset: u32) -> DefaultNla {
    number(6, offset)
}

fn attributes(attributes: &[DefaultNla]) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}

fn generic(kind: u16, flags: u16, seq: u32, command: u8, content: &[DefaultNla]) -> Vec<u8> {
    let mut payload = vec![command, 1, 0, 0];
    payload.extend(attributes(content));
    message(kind, flags, seq, &payload)
}

fn ack(seq: u32, request: &[u8]) -> Vec<u8> {
    let mut payload = 0i32.to_ne_bytes().to_vec();
    payload.extend(&request[..16]);
    message(NLMSG_ERROR, NLM_F_CAPPED, seq, &payload)
}

fn message(kind: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.length = 16 + payload.len() as u32;
    header.message_type = kind;
    header.flags = flags;
    header.sequence_number = seq;
    let mut bytes = vec![0; 16];
    header.emit(&mut bytes);
    bytes.extend(payload);
    bytes
}
