// SPDX-License-Identifier: GPL-2.0-only

//! Control connections of FTP (RFC 959): the lines in which an end says where data are to go.
//!
//! | line | of | RFC |
//! |---|---|---|
//! | `PORT h1,h2,h3,h4,p1,p2` | the client, who listens there | 959, section 4.1.2 |
//! | `EPRT \|1\|192.0.2.10\|6446\|` | the client, who listens there | 2428, section 2 |
//! | `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)` | the server, which listens there | 959, 1123 section 4.1.2.6 |
//! | `229 Entering Extended Passive Mode (\|\|\|6446\|)` | the server, which listens there | 2428, section 3 |
//!
//! What it takes to change such a line in a stream is in [`crate::logic::sequence`] and [`crate::logic::nat`].

mod lines;
mod number;
mod place;
mod text;

pub use self::{
    place::{
        find,
        Form,
        Place,
        Sender, //
    },
    text::Text,
};
