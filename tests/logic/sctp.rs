// SPDX-License-Identifier: GPL-2.0-only

//! The states of SCTP associations against the table of IPVS, written down a second time, and reading chunks.

use rvs_logic::logic::{
    packet::{
        sctp::{
            parse,
            Event, //
        },
        ParseError,
        Segment, //
    },
    protocol::Protocol,
    state::{
        sctp::{
            next,
            State, //
        },
        Direction,
        State as AnyState,
        Tracked, //
    },
};

/// Columns: the state that is left, in the order of [`STATES`]. Cells: the state that follows; a dot where it stays.
const TRANSITIONS: &str = "
                  NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL
IN data           ES .  .  .  .  .  .  .  .  .  .  .  .  .
IN init           I1 IN .  .  .  .  .  .  .  .  .  .  IN IN
IN init-ack       CW CW CW .  .  CO .  .  .  .  .  .  .  .
IN cookie-echo    CR IN .  CR .  .  .  .  .  .  .  .  .  .
IN cookie-ack     ES .  .  .  .  .  .  ES .  .  .  .  .  .
IN shutdown       SR .  .  .  .  .  .  .  SR .  .  .  .  .
IN shutdown-ack   CL IN .  .  .  .  .  .  .  CL .  CL .  .
IN complete       CL CL CL .  .  .  .  .  .  .  .  CL .  .
IN error          CL .  .  .  .  .  .  CL .  .  .  .  .  .
IN abort          CL CL CL CL CL RJ CL CL CL CL CL CL CL CL
OUT data          ES .  .  .  .  .  .  .  .  .  .  .  .  .
OUT init          CW CW CW CW CW CW CW CW ES CW CW CW CW CW
OUT init-ack      CS CS CS CS .  .  .  .  .  .  .  .  .  .
OUT cookie-echo   CE CE CE CE CE CE CE CE .  .  .  .  .  .
OUT cookie-ack    ES ES ES ES ES ES ES ES .  .  .  .  .  .
OUT shutdown      SS SS SS SS SS SS SS SS SS SS .  .  .  .
OUT shutdown-ack  SA SA SA SA SA .  .  .  .  SA SA SA .  .
OUT complete      CL .  .  .  .  .  .  .  .  .  .  .  .  .
OUT error         CL CL CL CL CL .  .  .  .  .  .  .  .  .
OUT abort         CL RJ CL CL CL CL CL CL CL CL CL CL CL CL
ONLY data         ES .  .  .  .  ES .  .  .  .  .  .  .  .
ONLY init         I1 IN IN IN IN IN .  .  .  .  .  .  IN IN
ONLY init-ack     CE CE CE CE CE CE .  .  .  .  .  .  .  .
ONLY cookie-echo  ES ES ES ES ES ES .  .  .  .  .  .  .  .
ONLY cookie-ack   ES .  .  ES ES .  ES ES .  .  .  .  .  .
ONLY shutdown     SR .  .  .  .  .  .  .  SR .  .  .  .  .
ONLY shutdown-ack CL IN .  .  .  .  .  .  CL CL .  CL .  .
ONLY complete     CL CL CL CL CL .  .  .  .  .  CL CL .  .
ONLY error        CL .  .  .  .  .  .  .  .  .  .  .  .  .
ONLY abort        CL CL CL CL CL RJ CL CL CL CL CL CL CL CL
";

/// Abbreviation, printed name, timeout in seconds.
const STATES: [(&str, &str, u32); 14] = [
    ("NO", "NONE", 2),
    ("I1", "INIT1", 4),
    ("IN", "INIT", 61),
    ("CS", "C-SENT", 61),
    ("CR", "C-REPLIED", 61),
    ("CW", "C-WAIT", 61),
    ("CO", "COOKIE", 61),
    ("CE", "C-ECHOED", 61),
    ("ES", "ESTABLISHED", 900),
    ("SS", "S-SENT", 61),
    ("SR", "S-RECEIVED", 61),
    ("SA", "S-ACK-SENT", 61),
    ("RJ", "REJECTED", 4),
    ("CL", "CLOSED", 61),
];

/// Chunk type by name (RFC 9260 section 3.2), and the event that it is.
const CHUNKS: [(&str, u8, Event); 10] = [
    ("data", 0, Event::Data),
    ("init", 1, Event::Init),
    ("init-ack", 2, Event::InitAck),
    ("cookie-echo", 10, Event::CookieEcho),
    ("cookie-ack", 11, Event::CookieAck),
    ("shutdown", 7, Event::Shutdown),
    ("shutdown-ack", 8, Event::ShutdownAck),
    ("complete", 14, Event::ShutdownComplete),
    ("error", 9, Event::Error),
    ("abort", 6, Event::Abort),
];

fn state_of(abbreviation: &str) -> State {
    let place = STATES
        .iter()
        .position(|(short, _, _)| *short == abbreviation);
    State::ALL[place.expect("a state")]
}

#[test]
fn each_transition_is_that_of_ipvs() {
    let mut rows = 0;
    for line in TRANSITIONS.lines().skip(2) {
        let mut words = line.split_whitespace();
        let direction = match words.next().expect("a direction") {
            "IN" => Direction::Original,
            "OUT" => Direction::Reply,
            _ => Direction::OriginalOnly,
        };
        let name = words.next().expect("an event");
        let chunk = CHUNKS.iter().find(|(chunk, _, _)| *chunk == name);
        let (_, _, event) = *chunk.expect("a chunk");
        let cells: Vec<_> = words.collect();
        assert_eq!(cells.len(), State::ALL.len(), "{line}");
        for (from, cell) in State::ALL.into_iter().zip(cells) {
            let expected = match cell {
                "." => from,
                other => state_of(other),
            };
            assert_eq!(next(from, direction, event), expected, "{line}: {from:?}");
        }
        rows += 1;
    }
    assert_eq!(rows, 3 * CHUNKS.len());
}

#[test]
fn states_have_the_names_and_timeouts_of_ipvs() {
    for (state, (_, name, timeout)) in State::ALL.into_iter().zip(STATES) {
        assert_eq!((state.name(), state.timeout()), (name, timeout));
        assert_eq!(state.is_active(), state == State::Established);
    }
}

/// A packet of chunks of these types and lengths, each length without the padding.
fn packet(chunks: &[(u8, u16)]) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    for (chunk, len) in chunks {
        let begin = bytes.len();
        bytes.extend([*chunk, 0]);
        bytes.extend(len.to_be_bytes());
        bytes.resize(begin + usize::from(*len).max(4).next_multiple_of(4), 0);
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<Event, ParseError> {
    let segment = Segment {
        offset: 0,
        end: bytes.len(),
        whole: true,
    };
    parse(segment, bytes)
}

#[test]
fn the_first_chunk_tells_the_event() {
    for (name, chunk, event) in CHUNKS {
        assert_eq!(read(&packet(&[(chunk, 4)])), Ok(event), "{name}");
        let expected = if matches!(event, Event::CookieEcho | Event::CookieAck) {
            Event::Abort
        } else {
            event
        };
        for len in [4, 5, 8, 61] {
            assert_eq!(
                read(&packet(&[(chunk, len), (6, 4)])),
                Ok(expected),
                "{name}, {len}"
            );
        }
    }
    for other in [3, 4, 5, 12, 13, 15, 64, 128, 192, 255] {
        assert_eq!(read(&packet(&[(other, 4)])), Ok(Event::Data), "{other}");
    }
}

#[test]
fn lengths_that_lie_are_no_way_out_of_the_packet() {
    for len in [0, 1, 3, 5, 100, u16::MAX] {
        let mut bytes = packet(&[(10, 4)]);
        bytes[14..16].copy_from_slice(&len.to_be_bytes());
        assert_eq!(read(&bytes), Ok(Event::CookieEcho), "{len}");
    }
    assert!(read(&packet(&[])).is_err());
    assert!(read(&[]).is_err());
}

#[test]
fn what_is_not_there_yet_is_asked_for() {
    let bytes = packet(&[(11, 4), (6, 4)]);
    let segment = Segment {
        offset: 0,
        end: bytes.len(),
        whole: true,
    };
    assert_eq!(parse(segment, &bytes[..10]), Err(ParseError::Short(16)));
    assert_eq!(parse(segment, &bytes[..16]), Err(ParseError::Short(20)));
    assert_eq!(parse(segment, &bytes), Ok(Event::Abort));
}

/// States are kept in five bits, those of all protocols apart.
#[test]
fn numbers_of_states_are_no_other_protocols() {
    let mut seen = std::collections::HashSet::new();
    for state in State::ALL {
        let kept = Tracked::new(AnyState::Sctp(state));
        let number = kept.to_u8();
        assert!(number < 32 && seen.insert(number));
        assert_eq!(Tracked::from_u8(number), Some(kept));
        assert_eq!(Tracked::of(Protocol::Sctp, number), kept);
        assert_eq!(
            AnyState::from_uapi(kept.state().to_uapi()),
            Some(kept.state())
        );
        let first = |protocol| Tracked::new(AnyState::initial(protocol));
        assert_eq!(Tracked::of(Protocol::Tcp, number), first(Protocol::Tcp));
        assert_eq!(Tracked::of(Protocol::Udp, number), first(Protocol::Udp));
    }
    assert_eq!(
        Tracked::of(Protocol::Sctp, 1),
        Tracked::new(AnyState::initial(Protocol::Sctp))
    );
}
