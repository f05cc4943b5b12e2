// SPDX-License-Identifier: GPL-2.0-only

//! What goes to standard output.

mod connections;
mod json;
mod pools;
mod rates;
mod save;
mod show;
mod stats;
mod table;
mod templates;
mod timeouts;

use crate::model::Info;
use crate::model::Server;
use crate::model::Service;

pub use connections::{connections, ConnectionWriter};
pub use json::to_json;
pub use pools::{pool_event_to_json, pool_event_to_text, pools_to_json, pools_to_text};
pub use rates::rates_to_text;
pub use save::{configuration_to_json, configuration_to_text, Configuration};
pub use show::to_text;
pub use stats::{stats_to_json, stats_to_text};
pub use templates::{templates_to_json, templates_to_text};
pub use timeouts::{timeouts_to_json, timeouts_to_text};

/// Services as they are shown.
pub struct Listing {
    /// Each service, with its servers where they were asked for.
    pub services: Vec<(Service, Option<Vec<Server>>)>,
    /// State of the namespace, where asked for.
    pub info: Option<Info>,
}
