// SPDX-License-Identifier: GPL-2.0-only

//! In which order packets find what was given towards a server, and a worker forgets it: each step is one for all CPUs.

use super::Refusal;

/// Where packets look for a server.
pub trait Place {
    /// What is found there.
    type Server;
    /// A port that was taken.
    type Taken;
    /// Why there is no memory.
    type Error;

    /// Finds the server, or begins to know of it.
    fn find_or_add(&mut self) -> Result<Self::Server, Self::Error>;

    /// Takes a port of it.
    fn take(&mut self, server: &Self::Server) -> Result<Self::Taken, Refusal<Self::Error>>;

    /// Ends it, if all of it is free; whether it has ended.
    fn end_when_free(&mut self, server: &Self::Server) -> bool;

    /// Forgets it, if it is what would be found.
    fn remove(&mut self, server: &Self::Server);
}

/// A port that was taken, with `S`, or why none was.
pub type Found<S, P> = Result<(S, <P as Place>::Taken), Refusal<<P as Place>::Error>>;

/// How often a server is looked for that has not ended meanwhile. It ends when nobody has had a port of it for a
/// while.
const ATTEMPTS: usize = 4;

/// Takes a port of a server that is found, with that server; [`Refusal::Ended`] when it has ended each time.
#[cold]
pub fn take<P: Place>(place: &mut P) -> Found<P::Server, P> {
    for _ in 0..ATTEMPTS {
        let server = place.find_or_add().map_err(Refusal::Room)?;
        match place.take(&server) {
            Ok(taken) => return Ok((server, taken)),
            // Whoever has ended it may be about to.
            Err(Refusal::Ended) => place.remove(&server),
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Ended)
}

/// As [`take`], first of a server that is `known` as somebody has found it before. Then no server comes with the port, and the worker
/// need not be woken: who has found it has done that, and the worker does not sleep as long as it has not ended.
#[inline(always)]
pub fn take_of_known<P: Place>(
    place: &mut P,
    known: Option<&P::Server>,
) -> Found<Option<P::Server>, P> {
    match known.map(|server| place.take(server)) {
        None | Some(Err(Refusal::Ended)) => {
            let (server, taken) = take(place)?;
            Ok((Some(server), taken))
        }
        Some(taken) => Ok((None, taken?)),
    }
}

/// Forgets a server of which all is free; whether it has.
pub fn sweep<P: Place>(place: &mut P, server: &P::Server) -> bool {
    let has_ended = place.end_when_free(server);
    if has_ended {
        place.remove(server);
    }
    has_ended
}

/// A worker that sleeps while there is nothing to look after.
pub trait Sleeper {
    /// Whether it was said to be awake.
    fn is_awake(&mut self) -> bool;

    /// Says that it is; whether it was said before. In order with all else.
    fn rouse(&mut self) -> bool;

    /// Says that it is not.
    fn doze(&mut self);

    /// Whether there is anything to look after.
    fn has_work(&mut self) -> bool;
}

/// Whether the worker has to be woken by who has just made work for it.
#[inline]
pub fn has_to_wake<S: Sleeper>(sleeper: &mut S) -> bool {
    !sleeper.is_awake() && !sleeper.rouse()
}

/// Whether the worker, which has seen nothing to do, may sleep until it is woken.
pub fn may_sleep<S: Sleeper>(sleeper: &mut S) -> bool {
    sleeper.doze();
    // Whoever has made work before that may have believed it awake.
    !sleeper.has_work() || sleeper.rouse()
}
