// SPDX-License-Identifier: GPL-2.0-only

//! The rows of `bench/results/latest.json`.

use std::{
    error::Error,
    fs, //
};

use plotters::style::RGBColor;
use serde::Deserialize;

/// A row, as far as it is drawn.
#[derive(Deserialize)]
struct Row {
    kernel: String,
    mitigations: String,
    case: String,
    backend: Option<String>,
    path: Option<String>,
    table_bits: Option<u32>,
    flows: Option<u32>,
    conntrack: bool,
    instructions: Option<f64>,
    floor: Option<f64>,
}

/// Who forwarded the packets.
pub(crate) struct Balancer {
    pub(crate) label: &'static str,
    pub(crate) color: RGBColor,
    backend: &'static str,
    path: &'static str,
    table_bits: Option<u32>,
}

/// All that are drawn, in the order of the legend; colours that the colour blind tell apart (Okabe and Ito).
pub(crate) const BALANCERS: [Balancer; 4] = [
    Balancer {
        label: "C ip_vs",
        color: RGBColor(213, 94, 0),
        backend: "ip_vs",
        path: "slow",
        table_bits: None,
    },
    Balancer {
        label: "C ip_vs, conn_tab_bits=20",
        color: RGBColor(230, 159, 0),
        backend: "ip_vs",
        path: "slow",
        table_bits: Some(20),
    },
    Balancer {
        label: "RVS, slow path",
        color: RGBColor(0, 114, 178),
        backend: "rvs",
        path: "slow",
        table_bits: None,
    },
    Balancer {
        label: "RVS, fast path",
        color: RGBColor(0, 158, 115),
        backend: "rvs",
        path: "fast",
        table_bits: None,
    },
];

/// What was measured on the stock kernel with `mitigations=off` and without conntrack.
pub(crate) struct Results(Vec<Row>);

impl Results {
    pub(crate) fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let rows: Vec<Row> =
            serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        let drawn = |row: &Row| {
            (row.kernel.as_str(), row.mitigations.as_str(), row.conntrack)
                == ("stock", "off", false)
        };
        Ok(Self(rows.into_iter().filter(drawn).collect()))
    }

    /// Instructions a packet above the floor.
    pub(crate) fn cost(&self, case: &str, flows: u32, balancer: &Balancer) -> Option<f64> {
        let row = self.0.iter().find(|row| {
            row.case == case
                && row.flows == Some(flows)
                && row.backend.as_deref() == Some(balancer.backend)
                && row.path.as_deref() == Some(balancer.path)
                && row.table_bits == balancer.table_bits
        })?;
        Some(row.instructions? - row.floor?)
    }
}
