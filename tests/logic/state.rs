// SPDX-License-Identifier: GPL-2.0-only

//! The whole TCP state machine against the table of IPVS, written down a second time.

use rvs_logic::logic::{
    packet::tcp::TcpFlags,
    protocol::Protocol,
    state::{
        longest,
        sctp as sctp_state,
        tcp::{
            self as tcp_state,
            next,
            next_secure,
            Event, //
        },
        Direction,
        State,
        Timeouts,
        TimeoutsChange,
        Tracked, //
    }, //
};

/// Columns: the state that is left. Cells: the state that follows.
const TRANSITIONS: &str = "
| dir/event   | NO | ES | SS | SR | FW | TW | CL | CW | LA | LI | SA |
|-------------|----|----|----|----|----|----|----|----|----|----|----|
| IN syn      | SR | ES | ES | SR | SR | SR | SR | SR | SR | SR | SR |
| IN fin      | CL | CW | SS | TW | TW | TW | CL | CW | LA | LI | TW |
| IN ack      | ES | ES | SS | ES | FW | TW | CL | CW | CL | LI | ES |
| IN rst      | CL | CL | CL | SR | CL | CL | CL | CL | LA | LI | SR |
| OUT syn     | SS | ES | SS | SR | SS | SS | SS | SS | SS | LI | SR |
| OUT fin     | TW | FW | SS | TW | FW | TW | CL | TW | LA | LI | TW |
| OUT ack     | ES | ES | SS | ES | FW | TW | CL | CW | LA | ES | ES |
| OUT rst     | CL | CL | SS | CL | CL | TW | CL | CL | CL | CL | CL |
| IN-ONLY syn | SR | ES | ES | SR | SR | SR | SR | SR | SR | SR | SR |
| IN-ONLY fin | CL | FW | SS | TW | FW | TW | CL | CW | LA | LI | TW |
| IN-ONLY ack | ES | ES | SS | ES | FW | TW | CL | CW | CL | LI | ES |
| IN-ONLY rst | CL | CL | CL | SR | CL | CL | CL | CL | LA | LI | CL |
";

/// The same while the director defends itself (`secure_tcp`).
const SECURE_TRANSITIONS: &str = "
| dir/event   | NO | ES | SS | SR | FW | TW | CL | CW | LA | LI | SA |
|-------------|----|----|----|----|----|----|----|----|----|----|----|
| IN syn      | SR | ES | ES | SR | SR | SR | SR | SR | SR | SR | SA |
| IN fin      | CL | CW | SS | TW | TW | TW | CL | CW | LA | LI | SA |
| IN ack      | ES | ES | SS | SR | FW | TW | CL | CW | CL | LI | SA |
| IN rst      | CL | CL | CL | SR | CL | CL | CL | CL | LA | LI | CL |
| OUT syn     | SS | ES | SS | SA | SS | SS | SS | SS | SS | LI | SA |
| OUT fin     | TW | FW | SS | TW | FW | TW | CL | TW | LA | LI | TW |
| OUT ack     | ES | ES | SS | ES | FW | TW | CL | CW | LA | ES | ES |
| OUT rst     | CL | CL | SS | CL | CL | TW | CL | CL | CL | CL | CL |
| IN-ONLY syn | SA | ES | ES | SR | SA | SA | SA | SA | SA | SA | SA |
| IN-ONLY fin | CL | FW | SS | TW | FW | TW | CL | CW | LA | LI | TW |
| IN-ONLY ack | ES | ES | SS | ES | FW | TW | CL | CW | CL | LI | ES |
| IN-ONLY rst | CL | CL | CL | SR | CL | CL | CL | CL | LA | LI | CL |
";

/// Abbreviation, printed name, timeout in seconds, whether the connection counts as active.
const STATES: [(&str, &str, u32, bool); 11] = [
    ("NO", "NONE", 2, false),
    ("ES", "ESTABLISHED", 900, true),
    ("SS", "SYN_SENT", 120, true),
    ("SR", "SYN_RECV", 60, true),
    ("FW", "FIN_WAIT", 120, false),
    ("TW", "TIME_WAIT", 120, false),
    ("CL", "CLOSE", 10, false),
    ("CW", "CLOSE_WAIT", 60, false),
    ("LA", "LAST_ACK", 30, false),
    ("LI", "LISTEN", 120, false),
    ("SA", "SYNACK", 120, true),
];

fn state(abbreviation: &str) -> tcp_state::State {
    let (_, name, ..) = STATES
        .into_iter()
        .find(|(short, ..)| *short == abbreviation)
        .unwrap_or_else(|| panic!("no state {abbreviation}"));
    tcp_state::State::ALL
        .into_iter()
        .find(|state| state.name() == name)
        .unwrap_or_else(|| panic!("no state {name}"))
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_transition_is_that_of_ipvs() {
    agrees(TRANSITIONS, next);
}

#[test]
fn every_transition_of_a_defence_is_that_of_ipvs() {
    agrees(SECURE_TRANSITIONS, next_secure);
}

/// Compares each transition to a cell of `table`.
fn agrees(table: &str, next: fn(tcp_state::State, Direction, Event) -> tcp_state::State) {
    let mut lines = table.trim().lines().map(cells);
    let heading = lines.next().unwrap();
    let rows: Vec<_> = lines.skip(1).collect();
    assert_eq!(rows.len(), 12);
    for row in rows {
        let (direction, event) = row[0].split_once(' ').unwrap();
        let direction = match direction {
            "IN" => Direction::Original,
            "OUT" => Direction::Reply,
            "IN-ONLY" => Direction::OriginalOnly,
            other => panic!("no direction {other}"),
        };
        let event = match event.trim() {
            "syn" => Event::Syn,
            "fin" => Event::Fin,
            "ack" => Event::Ack,
            "rst" => Event::Rst,
            other => panic!("no event {other}"),
        };
        assert_eq!(row.len(), 1 + STATES.len());
        for (from, to) in heading.iter().zip(&row).skip(1) {
            let reached = next(state(from), direction, event);
            assert_eq!(reached, state(to), "{direction:?} {event:?} in {from}");
        }
    }
}

#[test]
fn names_timeouts_and_activity_are_those_of_ipvs() {
    assert_eq!(tcp_state::State::ALL.len(), STATES.len());
    for (abbreviation, name, timeout, active) in STATES {
        let state = State::Tcp(state(abbreviation));
        assert_eq!(state.name(), name);
        assert_eq!(Timeouts::new().of(state), timeout, "{name}");
        assert_eq!(state.is_active(), active, "{name}");
    }
    assert_eq!(State::Udp.name(), "UDP");
    assert_eq!(Timeouts::new().of(State::Udp), 300);
    assert!(!State::Udp.is_active());
}

#[test]
fn numbers_of_the_netlink_family_are_those_of_ipvs() {
    let tcp = tcp_state::State::ALL.map(State::Tcp);
    let sctp = sctp_state::State::ALL.map(State::Sctp);
    let numbered = (0..).zip(tcp).chain([(16, State::Udp)]);
    for (number, state) in numbered.chain((17..).zip(sctp)) {
        assert_eq!(state.to_uapi(), number);
        assert_eq!(State::from_uapi(number), Some(state));
    }
    for number in [11, 15, 31, 0x100, u32::MAX] {
        assert_eq!(State::from_uapi(number), None);
    }
}

#[test]
fn three_timeouts_are_configurable() {
    let timeouts = Timeouts {
        tcp_established: 1,
        tcp_fin_wait: 2,
        udp: 3,
    };
    for (abbreviation, _, timeout, _) in STATES {
        let expected = match abbreviation {
            "ES" => 1,
            "FW" => 2,
            _ => timeout,
        };
        let state = State::Tcp(state(abbreviation));
        assert_eq!(timeouts.of(state), expected, "{abbreviation}");
        assert_eq!(Timeouts::default().of(state), timeout, "{abbreviation}");
    }
    assert_eq!(timeouts.of(State::Udp), 3);
    assert_eq!(Timeouts::default().of(State::Udp), 300);
}

#[test]
fn timeouts_of_a_service_go_before_those_of_its_namespace() {
    let namespace = Timeouts {
        tcp_established: 100,
        tcp_fin_wait: 200,
        udp: 300,
    };
    assert_eq!(namespace.with(&Timeouts::NONE), namespace);
    let own = Timeouts::NONE.changed(&TimeoutsChange {
        tcp_fin_wait: Some(7),
        ..TimeoutsChange::default()
    });
    let both = namespace.with(&own);
    assert_eq!(
        both,
        Timeouts {
            tcp_fin_wait: 7,
            ..namespace
        }
    );
    assert!(both.is_shorter_than(&namespace));
    assert!(!namespace.is_shorter_than(&both));
    assert!(!namespace.is_shorter_than(&namespace));
    // Back to that of the namespace.
    let none = own.changed(&TimeoutsChange {
        tcp_fin_wait: Some(0),
        ..TimeoutsChange::default()
    });
    assert_eq!(none, Timeouts::NONE);
    // One that is shorter counts, whatever the others are.
    let mixed = Timeouts {
        tcp_established: 1000,
        tcp_fin_wait: 1000,
        udp: 299,
    };
    assert!(mixed.is_shorter_than(&namespace));
}

#[test]
fn longest_timeout_fits_into_31_bits_of_ticks() {
    for hz in [100, 250, 300, 1000] {
        let most = u64::from(longest(hz)) * u64::from(hz);
        assert!(
            most <= i32::MAX as u64 && most + u64::from(hz) > i32::MAX as u64,
            "{hz}"
        );
    }
    assert_eq!(longest(0), 0);
}

#[test]
fn of_several_flags_rst_goes_before_syn_before_fin_before_ack() {
    for bits in 0..16 {
        let [ack, fin, syn, rst] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
        let flags = TcpFlags { syn, ack, fin, rst };
        let expected = match bits {
            8.. => Some(Event::Rst),
            4.. => Some(Event::Syn),
            2.. => Some(Event::Fin),
            1 => Some(Event::Ack),
            _ => None,
        };
        assert_eq!(Event::from_flags(flags), expected, "{flags:?}");
    }
}

#[test]
fn a_number_means_one_state() {
    let mut states: Vec<_> = tcp_state::State::ALL.into_iter().map(State::Tcp).collect();
    states.push(State::Udp);
    states.extend(sctp_state::State::ALL.map(State::Sctp));
    for state in &states {
        assert_eq!(State::from_u8(state.to_u8()), Some(*state));
    }
    let numbers = (0..=u8::MAX).filter(|number| State::from_u8(*number).is_some());
    assert_eq!(numbers.count(), states.len());
}

#[test]
fn a_connection_through_the_director_opens_and_closes() {
    let flags = |letters: &str| TcpFlags {
        syn: letters.contains('S'),
        ack: letters.contains('A'),
        fin: letters.contains('F'),
        rst: letters.contains('R'),
    };
    let mut state = State::initial(Protocol::Tcp);
    for (direction, letters, name) in [
        (Direction::Original, "S", "SYN_RECV"),
        (Direction::Reply, "SA", "SYN_RECV"),
        (Direction::Original, "A", "ESTABLISHED"),
        (Direction::Reply, "A", "ESTABLISHED"),
        (Direction::Original, "FA", "CLOSE_WAIT"),
        (Direction::Reply, "FA", "TIME_WAIT"),
        (Direction::Original, "A", "TIME_WAIT"),
        (Direction::Original, "S", "SYN_RECV"),
        (Direction::Reply, "RA", "CLOSE"),
        // Nothing that an end would accept.
        (Direction::Original, "", "CLOSE"),
    ] {
        state = state.next(direction, flags(letters));
        assert_eq!(state.name(), name, "after {letters:?} from {direction:?}");
    }
}

#[test]
fn udp_has_one_state() {
    let syn = TcpFlags {
        syn: true,
        ..TcpFlags::default()
    };
    let state = State::initial(Protocol::Udp);
    assert_eq!(state, State::Udp);
    for direction in [
        Direction::Original,
        Direction::Reply,
        Direction::OriginalOnly,
    ] {
        assert_eq!(state.next(direction, syn), State::Udp);
    }
}

fn flags(letters: &str) -> TcpFlags {
    TcpFlags {
        syn: letters.contains('S'),
        ack: letters.contains('A'),
        fin: letters.contains('F'),
        rst: letters.contains('R'),
    }
}

/// What becomes of a connection in `start` by these segments, `>` from the client and `<` from the
/// server, or `-` from the client of a connection whose replies are not seen.
fn tracked(start: &str, segments: &str) -> Tracked {
    let start = Tracked::new(State::Tcp(state(start)));
    segments.split_whitespace().fold(start, |state, segment| {
        let direction = match &segment[..1] {
            ">" => Direction::Original,
            "<" => Direction::Reply,
            "-" => Direction::OriginalOnly,
            other => panic!("no direction {other}"),
        };
        let next = state.next(direction, flags(&segment[1..]));
        assert_eq!(Tracked::from_u8(next.to_u8()), Some(next));
        assert_eq!(next.to_u8() & !Tracked::MASK, 0);
        let is_over = matches!(
            next.state(),
            State::Tcp(tcp_state::State::TimeWait | tcp_state::State::Close)
        );
        assert_eq!(Tracked::is_over(next.to_u8()), is_over);
        next
    })
}

/// Where RVS goes on and IPVS does not: an open connection that was reset, as either end sends.
#[test]
fn open_connection_goes_on_after_a_reset_that_was_none() {
    for (start, segments, end) in [
        ("ES", ">R <A", "ESTABLISHED"),
        ("ES", ">R >A", "ESTABLISHED"),
        ("ES", "<R >A", "ESTABLISHED"),
        ("ES", "<RA <A", "ESTABLISHED"),
        ("ES", "-R -A", "ESTABLISHED"),
        // As if there had been no reset.
        ("ES", ">R <FA", "FIN_WAIT"),
        ("ES", ">R >FA", "CLOSE_WAIT"),
        ("ES", "-R -FA", "FIN_WAIT"),
        ("FW", ">R <A", "FIN_WAIT"),
        ("FW", ">R >FA", "TIME_WAIT"),
        ("CW", ">R <A", "CLOSE_WAIT"),
        ("CW", ">R <FA", "TIME_WAIT"),
        // However often.
        ("ES", ">R >R <R <A", "ESTABLISHED"),
        ("ES", ">R <A >R <A >R", "CLOSE"),
    ] {
        assert_eq!(
            tracked(start, segments).state().name(),
            end,
            "{start} {segments}"
        );
    }
}

#[test]
fn what_was_closed_otherwise_stays_closed() {
    for (start, segments, end) in [
        ("CL", ">A", "CLOSE"),
        ("CL", "<A", "CLOSE"),
        ("SR", "<RA <A", "CLOSE"),
        ("NO", ">R >A", "CLOSE"),
        ("LA", "<R <A", "CLOSE"),
        ("TW", ">R <A", "CLOSE"),
        ("TW", ">A <A", "TIME_WAIT"),
        // One that has come back is remembered no more.
        ("ES", ">R <A >FA <FA >R <A", "CLOSE"),
        // A SYN begins another one, of which nothing is remembered.
        ("ES", ">R >S", "SYN_RECV"),
        ("ES", ">R >S <R <A", "CLOSE"),
        // No end accepts this.
        ("ES", ">R >", "CLOSE"),
    ] {
        assert_eq!(
            tracked(start, segments).state().name(),
            end,
            "{start} {segments}"
        );
    }
}

/// But for what follows a reset, all is as in the table.
#[test]
fn what_is_remembered_changes_no_other_transition() {
    for from in tcp_state::State::ALL {
        for direction in [
            Direction::Original,
            Direction::Reply,
            Direction::OriginalOnly,
        ] {
            for letters in ["S", "SA", "F", "FA", "A", "R", "RA", ""] {
                let from = State::Tcp(from);
                let next = Tracked::new(from).next(direction, flags(letters));
                let expected = from.next(direction, flags(letters));
                assert_eq!(next.state(), expected, "{from:?} {direction:?} {letters}");
            }
        }
    }
}

#[test]
fn closed_connection_is_not_prolonged() {
    let closed = tracked("ES", ">R");
    assert!(Tracked::new(State::Tcp(state("ES"))).is_prolonged(closed));
    for segment in [">R", "<R", "<RA", ">"] {
        let direction = if segment.starts_with('>') {
            Direction::Original
        } else {
            Direction::Reply
        };
        let next = closed.next(direction, flags(&segment[1..]));
        assert!(!closed.is_prolonged(next), "{segment}");
    }
    assert!(closed.is_prolonged(closed.next(Direction::Reply, flags("A"))));
    let waiting = Tracked::new(State::Tcp(state("TW")));
    assert!(waiting.is_prolonged(waiting));
}

/// Resets are told from others as ever: what goes on after one goes on.
#[test]
fn a_defence_forgets_no_reset() {
    let flags = |syn, ack, rst| TcpFlags {
        syn,
        ack,
        rst,
        ..TcpFlags::default()
    };
    let open = Tracked::new(State::Tcp(tcp_state::State::Established));
    let reset = open.next_secure(Direction::Original, flags(false, true, true));
    assert_eq!(
        reset,
        open.next(Direction::Original, flags(false, true, true))
    );
    assert_eq!(reset.state(), State::Tcp(tcp_state::State::Close));
    let again = reset.next_secure(Direction::Reply, flags(false, true, true));
    assert_eq!(again, reset);
    let goes_on = again.next_secure(Direction::Reply, flags(false, true, false));
    assert_eq!(goes_on, open);
    // A new connection where that one was.
    let new = reset.next_secure(Direction::Original, flags(true, false, false));
    assert_eq!(new.state(), State::Tcp(tcp_state::State::SynRecv));
    let answered = new.next_secure(Direction::Reply, flags(true, true, false));
    assert_eq!(answered.state(), State::Tcp(tcp_state::State::SynAck));
}
