// SPDX-License-Identifier: GPL-2.0-only

//! All interleavings of actors: each runs in a thread of its own and waits for its turn before each step.

use std::sync::{
    Condvar,
    Mutex, //
};

/// Whose turn it is: the actors still there, and the choices of this run.
pub(crate) struct Turns {
    state: Mutex<TurnState>,
    changed: Condvar,
}

struct TurnState {
    waiting: Vec<bool>,
    gone: Vec<bool>,
    turn: Option<usize>,
    /// Which of those that could go went, and of how many, at each step.
    choices: Vec<(usize, usize)>,
    step: usize,
}

impl Turns {
    /// So many actors, who go as these choices say, and beyond them the first that can.
    pub(crate) fn new(actors: usize, choices: Vec<(usize, usize)>) -> Self {
        Self {
            state: Mutex::new(TurnState {
                waiting: vec![false; actors],
                gone: vec![false; actors],
                turn: None,
                choices,
                step: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Gives the turn to one, once each actor waits or is gone.
    fn hand_on(state: &mut TurnState) {
        let all_wait = state
            .waiting
            .iter()
            .zip(&state.gone)
            .all(|(waiting, gone)| *waiting || *gone);
        if state.turn.is_some() || !all_wait {
            return;
        }
        let ready: Vec<_> = (0..state.waiting.len())
            .filter(|actor| state.waiting[*actor])
            .collect();
        if ready.is_empty() {
            return;
        }
        if state.step == state.choices.len() {
            state.choices.push((0, ready.len()));
        }
        let (choice, of) = state.choices[state.step];
        assert_eq!(of, ready.len(), "the same choices lead to the same place");
        state.step += 1;
        state.turn = Some(ready[choice]);
    }

    /// Takes one step, when it is this actor's turn.
    pub(crate) fn step<T>(&self, actor: usize, step: impl FnOnce() -> T) -> T {
        let mut state = self.state.lock().unwrap();
        state.waiting[actor] = true;
        Self::hand_on(&mut state);
        self.changed.notify_all();
        while state.turn != Some(actor) {
            state = self.changed.wait(state).unwrap();
        }
        let result = step();
        state.waiting[actor] = false;
        state.turn = None;
        result
    }

    /// This actor goes no more.
    pub(crate) fn leave(&self, actor: usize) {
        let mut state = self.state.lock().unwrap();
        state.gone[actor] = true;
        Self::hand_on(&mut state);
        self.changed.notify_all();
    }

    /// The choices that were made.
    pub(crate) fn choices(&self) -> Vec<(usize, usize)> {
        self.state.lock().unwrap().choices.clone()
    }
}

/// The next order, as one counts with digits; none after the last.
pub(crate) fn next(mut choices: Vec<(usize, usize)>) -> Option<Vec<(usize, usize)>> {
    while let Some((choice, of)) = choices.pop() {
        if choice + 1 < of {
            choices.push((choice + 1, of));
            return Some(choices);
        }
    }
    None
}
