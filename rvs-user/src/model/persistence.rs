// SPDX-License-Identifier: GPL-2.0-only

//! How clients of a service keep their server.

use std::fmt;

use rvs_logic::logic::addr::Family;
use rvs_logic::logic::persistence::Engine;
use rvs_logic::logic::persistence::Mask;
use serde::Serialize;
use serde::Serializer;

/// Seconds, and which clients are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persistence {
    /// For how long a client keeps its server after its last connection.
    pub timeout: u32,
    /// Which bits of their addresses clients that are one have in common.
    pub mask: Mask,
    /// What else they have in common.
    pub engine: Option<Engine>,
}

impl Persistence {
    /// The mask by which each client is one of its own.
    pub const fn each(family: Family) -> Mask {
        match family {
            Family::V4 => Mask::EACH_V4,
            Family::V6 => Mask::EACH_V6,
        }
    }

    /// The mask as it is typed: the number of leading bits, or what is no such mask in full.
    pub fn mask(&self) -> String {
        match (self.mask.prefix(), self.mask) {
            (None, Mask::V4(mask)) => mask.to_string(),
            (Some(bits), _) => bits.to_string(),
            (None, Mask::V6(bits)) => bits.to_string(),
        }
    }
}

impl fmt::Display for Persistence {
    /// `300/24`, `300/32,sip`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.timeout, self.mask())?;
        match self.engine {
            None => Ok(()),
            Some(engine) => write!(f, ",{}", engine.name()),
        }
    }
}

impl Serialize for Persistence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members {
            timeout: u32,
            mask: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            engine: Option<&'static str>,
        }
        Members {
            timeout: self.timeout,
            mask: self.mask(),
            engine: self.engine.map(Engine::name),
        }
        .serialize(serializer)
    }
}
