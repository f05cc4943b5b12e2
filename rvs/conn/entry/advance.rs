// SPDX-License-Identifier: GPL-2.0-only

//! What packets do to the state of their connection.

use kernel::sync::atomic::Relaxed;

use crate::{
    conn::Defences,
    logic::{
        packet::{
            sctp,
            tcp::TcpFlags,
            TransportHeader, //
        },
        protocol::Protocol,
        state::{
            self,
            tcp,
            Direction,
            State,
            Tracked, //
        },
    },
    svc::Dest,
};

use super::{
    word,
    Conn,
    Forwarding, //
};

/// What a packet did to the state of its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// The timeout stays or gets longer: nobody has to be told.
    Unhurried,
    /// The timeout got shorter: the wheel must look at the connection earlier.
    Hastened,
    /// The other end was heard of for the first time.
    Assured,
}

/// What the word of a connection says, whose protocol is known where this is called.
#[inline(always)]
fn tracked_of(protocol: Protocol, word: u32) -> Tracked {
    Tracked::of(protocol, (word & word::STATE) as u8)
}

impl Conn {
    /// Notes that a packet was seen at `now` (jiffies).
    #[inline]
    fn touch(&self, now: u32) {
        // A store would take the line from other CPUs; once in a tick is enough.
        if self.last_seen.load(Relaxed) != now {
            self.last_seen.store(now, Relaxed);
            Dest::note_activity(&self.dest);
        }
    }

    /// Notes that a packet was seen at `now` (jiffies), and changes the state as it demands.
    #[inline(always)]
    pub(crate) fn advance(
        &self,
        direction: Direction,
        header: TransportHeader,
        now: u32,
        defences: &Defences,
    ) -> Transition {
        match header {
            TransportHeader::Tcp(header) => {
                self.advance_tcp(direction, header.flags, now, defences)
            }
            // UDP has one state.
            TransportHeader::Udp(_) => {
                self.touch(now);
                if direction == Direction::OriginalOnly && self.assure() {
                    return Transition::Assured;
                }
                Transition::Unhurried
            }
            TransportHeader::Sctp(event) => self.advance_sctp(direction, event, now),
        }
    }

    /// Notes that the other end was heard of: an answer, or, where answers do not pass the director,
    /// another packet of the client. True when that is new.
    #[inline(always)]
    pub(crate) fn assure(&self) -> bool {
        !self.is_assured() && self.become_assured()
    }

    /// Returns whether the other end was heard of.
    #[inline(always)]
    pub(crate) fn is_assured(&self) -> bool {
        self.word.load(Relaxed) & word::ASSURED != 0
    }

    #[cold]
    #[inline(never)]
    fn become_assured(&self) -> bool {
        let mut old = self.word.load(Relaxed);
        while let Err(current) = self.word.cmpxchg(old, old | word::ASSURED, Relaxed) {
            old = current;
        }
        old & word::ASSURED == 0
    }

    #[inline(always)]
    fn advance_tcp(
        &self,
        direction: Direction,
        flags: TcpFlags,
        now: u32,
        defences: &Defences,
    ) -> Transition {
        let old = self.word.load(Relaxed);
        let tracked = tracked_of(Protocol::Tcp, old);
        let next = tracked.next(direction, flags);
        // Of what changes nothing only a SYN means another thing for a defence.
        if word::after(old, next) != old || old & word::DEAD != 0 || flags.syn {
            return self.change_tcp(direction, flags, now, defences);
        }
        if tracked.is_prolonged(next) {
            self.touch(now);
        } else {
            Dest::note_activity(&self.dest);
        }
        Transition::Unhurried
    }

    /// As [`Conn::advance_tcp`], for a segment that may change the state. Apart, as few do.
    #[inline(never)]
    fn change_tcp(
        &self,
        direction: Direction,
        flags: TcpFlags,
        now: u32,
        defences: &Defences,
    ) -> Transition {
        let mut old = self.word.load(Relaxed);
        loop {
            if old & word::DEAD != 0 {
                // A packet that found it just before its end.
                Dest::note_activity(&self.dest);
                return Transition::Unhurried;
            }
            let tracked = tracked_of(Protocol::Tcp, old);
            let next = if self.says_nothing(tracked, direction, flags) {
                tracked
            } else {
                tracked.next(direction, flags)
            };
            // Before the state, which may have a shorter timeout.
            if tracked.is_prolonged(next) {
                self.touch(now);
            } else {
                Dest::note_activity(&self.dest);
            }
            let next = if defences.secures_tcp() {
                // The first packet tells nothing of the server, wherever answers pass.
                let direction = match tracked.state() {
                    State::Tcp(tcp::State::None) => self.request_direction(),
                    _ => direction,
                };
                if self.says_nothing(tracked, direction, flags) {
                    tracked
                } else {
                    tracked.next_secure(direction, flags)
                }
            } else {
                next
            };
            match self.enter(old, tracked, next) {
                Ok(transition) => return transition,
                Err(current) => old = current,
            }
        }
    }

    /// Whether a segment of the server means nothing for the connection: by full NAT its acknowledgment opens none that is half
    /// open. It may be that of another client's, which had the local endpoint before, and was half open, too.
    #[inline]
    fn says_nothing(&self, tracked: Tracked, direction: Direction, flags: TcpFlags) -> bool {
        matches!(self.forwarding, Forwarding::Fullnat)
            && direction == Direction::Reply
            && matches!(
                tracked.state(),
                State::Tcp(tcp::State::SynRecv | tcp::State::SynAck)
            )
            && tcp::Event::from_flags(flags) == Some(tcp::Event::Ack)
    }

    /// As [`Conn::advance_tcp`], of SCTP.
    #[inline(never)]
    fn advance_sctp(&self, direction: Direction, event: sctp::Event, now: u32) -> Transition {
        let mut old = self.word.load(Relaxed);
        loop {
            if old & word::DEAD != 0 {
                Dest::note_activity(&self.dest);
                return Transition::Unhurried;
            }
            let tracked = tracked_of(Protocol::Sctp, old);
            // The first packet tells nothing of the server, wherever answers pass.
            let direction = match (tracked.state(), direction) {
                (State::Sctp(state::sctp::State::None), Direction::Original) => {
                    self.request_direction()
                }
                _ => direction,
            };
            self.touch(now);
            match self.enter(old, tracked, tracked.next_sctp(direction, event)) {
                Ok(transition) => return transition,
                Err(current) => old = current,
            }
        }
    }

    /// Enters a state from the one of the word `old`; the word that the connection has instead if it is another one.
    #[inline(always)]
    fn enter(&self, old: u32, left: Tracked, next: Tracked) -> Result<Transition, u32> {
        let new = word::after(old, next);
        if new == old {
            return Ok(Transition::Unhurried);
        }
        let active = next.state().is_active();
        let new = if next.state().is_open() {
            new | word::ASSURED
        } else {
            new
        };
        self.word.cmpxchg(old, new, Relaxed)?;
        // Who changed the word counts the change, so it is counted once.
        match (old & word::ACTIVE != 0, active) {
            (false, true) => self.dest.connection_activates(),
            (true, false) => self.dest.connection_deactivates(),
            _ => {}
        }
        let heard = new & !old & word::ASSURED != 0;
        Ok(self.after(left.state(), next.state(), heard))
    }

    /// Tells whether the timeout of the state that was entered is shorter, or else whether the other end
    /// was `heard` of for the first time. Apart, as few packets change the state.
    #[inline(never)]
    fn after(&self, left: State, entered: State, heard: bool) -> Transition {
        let shared = self.dest.shared();
        if shared.timeout(entered) < shared.timeout(left) {
            Transition::Hastened
        } else if heard {
            Transition::Assured
        } else {
            Transition::Unhurried
        }
    }
}
