// SPDX-License-Identifier: GPL-2.0-only

//! The state of a connection, through any segments from any side.

use rvs_logic::logic::{
    packet::tcp::TcpFlags,
    protocol::Protocol,
    state::{
        Direction,
        State,
        Tracked, //
    }, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut state = Tracked::new(State::initial(protocol));
        for byte in data {
            state = state.next(direction(*byte), flags(*byte));
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
    assert_eq!(
        State::from_uapi(state.state().to_uapi()),
        Some(state.state())
    );
    assert_eq!(State::from_u8(state.state().to_u8()), Some(state.state()));
    assert_eq!(
        matches!(state.state(), State::Udp),
        protocol == Protocol::Udp
    );
    assert!(!state.state().is_open() || state.state().is_active());
    assert!(!state.state().name().is_empty());
}
