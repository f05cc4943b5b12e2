// SPDX-License-Identifier: GPL-2.0-only

//! Schedulers: which destination gets a new connection.
//!
//! A scheduler sees the destinations of a service as a slice in the order of IPVS, the newest
//! first, and chooses as IPVS does. What it knows of them is made once, when the configuration
//! changes (the plan); what changes with every choice fits in 64 bits (the state), so that a
//! compare-and-exchange advances it and no lock is needed.
//!
//! `lc`, `wlc`, `sed` and `nq` want the least loaded of all ([`mod@least`]). With many destinations
//! they compare them in [`Groups`], and look again only into those where something happened
//! ([`LoadEvents`]). `fo` and `ovf` want the heaviest, and go by [`Ranks`].
//!
//! `tests/logic/vectors` holds what the C schedulers chose for the same destinations and clients.

mod client_table;
mod destination;
pub mod events;
mod flags;
mod gcd;
mod groups;
mod kind;
mod least;
pub mod locality;
mod plan;
mod ranks;
pub mod remembered;
mod request;
mod settings;

mod dh;
mod fo;
mod lblc;
mod lblcr;
mod lc;
pub mod mh;
mod nq;
mod ovf;
pub mod rr;
mod sed;
pub mod sh;
mod twos;
mod wlc;
pub mod wrr;

pub use destination::Destination;
pub use events::LoadEvents;
pub use flags::Flags;
pub use groups::{
    emptiest,
    Groups, //
};
pub use kind::Kind;
pub use plan::{
    Plan,
    PlanError, //
};
pub use ranks::Ranks;
pub use request::{
    Request,
    Surroundings, //
};
pub use settings::Settings;
