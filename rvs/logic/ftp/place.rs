// SPDX-License-Identifier: GPL-2.0-only

//! Where a payload says that data are to go.

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    lines::{
        behind,
        lines,
        single_replies, //
    },
    number::{
        take_byte,
        take_port, //
    },
};

use crate::logic::addr::Addr;

/// An end of a control connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// Who sends commands.
    Client,
    /// Who replies.
    Server,
}

/// How an end writes down where it listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `192,0,2,10,25,46`: address and port, byte by byte. IPv4 only.
    Bytes,
    /// `|1|192.0.2.10|6446|`, with whatever stands for the bars.
    Bars(u8),
    /// `|||6446|`: the address is that of the control connection.
    Port(u8),
}

/// What an end says about where it listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where in the payload the text begins that says so.
    pub begin: usize,
    /// Where it ends.
    pub end: usize,
    /// How it is written.
    pub form: Form,
    /// The address, if it is said.
    pub addr: Option<Addr>,
    /// The port, which is not 0.
    pub port: u16,
}

/// Finds where the payload of a segment says that its sender listens for data: the first such line. The payload has
/// to begin with a line.
pub fn find(sender: Sender, payload: &[u8]) -> Option<Place> {
    match sender {
        Sender::Client => lines(payload).find_map(|(at, line)| command(line)?.moved(at)),
        Sender::Server => single_replies(payload).find_map(|(at, line)| reply(line)?.moved(at)),
    }
}

impl Place {
    /// The same, of what begins at `by`.
    fn moved(self, by: usize) -> Option<Self> {
        Some(Self {
            begin: self.begin.checked_add(by)?,
            end: self.end.checked_add(by)?,
            ..self
        })
    }

    /// The text from where `line` has `all` on up to where it has `rest`, which is the end of `all`.
    fn of(line: &[u8], all: &[u8], rest: &[u8], form: Form, addr: Option<Addr>, port: u16) -> Self {
        // `all` and `rest` are ends of the line.
        Self {
            begin: line.len().saturating_sub(all.len()),
            end: line.len().saturating_sub(rest.len()),
            form,
            addr,
            port,
        }
    }
}

fn command(line: &[u8]) -> Option<Place> {
    if let Some((_, text)) = behind(line, b"PORT") {
        let (addr, port, rest) = bytes(text)?;
        return rest
            .is_empty()
            .then(|| Place::of(line, text, rest, Form::Bytes, Some(addr), port));
    }
    let (_, text) = behind(line, b"EPRT")?;
    let (bar, addr, port, rest) = bars(text)?;
    rest.is_empty()
        .then(|| Place::of(line, text, rest, Form::Bars(bar), Some(addr), port))
}

/// The text is wherever the first six numbers are that could be it: servers differ in what they write before and
/// behind (RFC 1123 section 4.1.2.6).
fn reply(line: &[u8]) -> Option<Place> {
    if let Some((_, text)) = behind(line, b"227") {
        let mut before = b' ';
        return (0..text.len()).find_map(|at| {
            let here = text.get(at..)?;
            let is_within = before.is_ascii_digit() || before == b',';
            before = *here.first()?;
            let (addr, port, rest) = bytes(here).filter(|_| !is_within)?;
            let is_more = matches!(rest.first(), Some(b','));
            (!is_more).then(|| Place::of(line, here, rest, Form::Bytes, Some(addr), port))
        });
    }
    let (_, text) = behind(line, b"229")?;
    let open = text.iter().position(|byte| *byte == b'(')?;
    let inside = text.get(open.checked_add(1)?..)?;
    // The address shall not be said, but some servers do.
    let (bar, addr, port, rest) = match port_alone(inside) {
        Some((bar, port, rest)) => (bar, None, port, rest),
        None => {
            let (bar, addr, port, rest) = bars(inside)?;
            (bar, Some(addr), port, rest)
        }
    };
    matches!(rest.first(), Some(b')'))
        .then(|| Place::of(line, inside, rest, Form::Port(bar), addr, port))
}

/// `192,0,2,10,25,46`
fn bytes(text: &[u8]) -> Option<(Addr, u16, &[u8])> {
    let mut rest = text;
    let mut six = [0u8; 6];
    for (number, byte) in six.iter_mut().enumerate() {
        if number > 0 {
            rest = rest.strip_prefix(b",")?;
        }
        (*byte, rest) = take_byte(rest)?;
    }
    let [a, b, c, d, high, low] = six;
    let port = u16::from_be_bytes([high, low]);
    (port != 0).then_some((Addr::V4(Ipv4Addr::new(a, b, c, d)), port, rest))
}

/// `|1|192.0.2.10|6446|`, or `|2|2001:db8::1|6446|`.
fn bars(text: &[u8]) -> Option<(u8, Addr, u16, &[u8])> {
    let (bar, text) = bar(text)?;
    let (family, text) = text.split_first()?;
    let text = text.strip_prefix(&[bar])?;
    let len = text.iter().position(|byte| *byte == bar)?;
    let (addr, text) = text.split_at_checked(len)?;
    let addr = core::str::from_utf8(addr).ok()?;
    let addr = match family {
        b'1' => Addr::V4(addr.parse::<Ipv4Addr>().ok()?),
        b'2' => Addr::V6(addr.parse::<Ipv6Addr>().ok()?),
        _ => return None,
    };
    let (port, rest) = take_port(text.strip_prefix(&[bar])?)?;
    Some((bar, addr, port, rest.strip_prefix(&[bar])?))
}

/// `|||6446|`
fn port_alone(text: &[u8]) -> Option<(u8, u16, &[u8])> {
    let (bar, text) = bar(text)?;
    let text = text.strip_prefix(&[bar, bar])?;
    let (port, rest) = take_port(text)?;
    Some((bar, port, rest.strip_prefix(&[bar])?))
}

/// What stands for the bars: any character that can be seen (RFC 2428 section 2), and is no part of an address or port.
fn bar(text: &[u8]) -> Option<(u8, &[u8])> {
    let (bar, rest) = text.split_first()?;
    let is_one =
        bar.is_ascii_graphic() && !bar.is_ascii_hexdigit() && !matches!(bar, b'.' | b':' | b'%');
    is_one.then_some((*bar, rest))
}
