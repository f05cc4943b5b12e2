// SPDX-License-Identifier: GPL-2.0-only

//! The state of a connection, through any segments from any side.

use rvs_logic::logic::{
    packet::{
        sctp::Event,
        tcp::TcpFlags, //
    },
    protocol::Protocol,
    state::{
        Direction,
        State,
        Tracked, //
    }, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    for protocol in Protocol::ALL {
        let mut state = Tracked::new(State::initial(protocol));
        for byte in data {
            state = match protocol {
                Protocol::Tcp | Protocol::Udp => state.next(direction(*byte), flags(*byte)),
                Protocol::Sctp => {
                    state.next_sctp(direction(*byte), EVENTS[usize::from(*byte & 15) % 10])
                }
            };
            holds(state, protocol);
        }
    }
    // Whatever number is kept, it is a state's or none.
    for byte in data {
        if let Some(state) = Tracked::from_u8(*byte) {
            assert_eq!(state.to_u8(), byte & Tracked::MASK);
        }
        if let Some(state) = State::from_uapi(u32::from(*byte)) {
            assert_eq!(state.to_uapi(), u32::from(*byte));
        }
    }
}

/// All of SCTP.
const EVENTS: [Event; 10] = [
    Event::Data,
    Event::Init,
    Event::InitAck,
    Event::CookieEcho,
    Event::CookieAck,
    Event::Shutdown,
    Event::ShutdownAck,
    Event::ShutdownComplete,
    Event::Error,
    Event::Abort,
];

fn direction(byte: u8) -> Direction {
    match byte >> 4 & 3 {
        0 => Direction::Original,
        1 => Direction::Reply,
        _ => Direction::OriginalOnly,
    }
}

fn flags(byte: u8) -> TcpFlags {
    TcpFlags {
        syn: byte & 1 != 0,
        ack: byte & 2 != 0,
        fin: byte & 4 != 0,
        rst: byte & 8 != 0,
    }
}

fn holds(state: Tracked, protocol: Protocol) {
    assert_eq!(
        Tracked::from_u8(state.to_u8()),
        Some(state),
        "what is kept is what was put there"
    );
    assert_eq!(Tracked::of(protocol, state.to_u8()), state);
    assert_eq!(
        State::from_uapi(state.state().to_uapi()),
        Some(state.state())
    );
    assert_eq!(State::from_u8(state.state().to_u8()), Some(state.state()));
    let of = match state.state() {
        State::Tcp(_) => Protocol::Tcp,
        State::Udp => Protocol::Udp,
        State::Sctp(_) => Protocol::Sctp,
    };
    assert_eq!(of, protocol);
    assert!(!state.state().is_open() || state.state().is_active());
    assert!(!state.state().name().is_empty());
}
