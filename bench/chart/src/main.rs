// SPDX-License-Identifier: GPL-2.0-only

//! Draws the results of the bench as an SVG file.
//!
//! usage: rvs-bench-chart RESULTS.JSON CHART.SVG

mod by_flows;
mod by_method;
mod results;

use std::error::Error;

use plotters::prelude::{
    DrawingArea,
    IntoDrawingArea,
    IntoFont,
    SVGBackend,
    WHITE, //
};

use results::Results;

const SIZE: (u32, u32) = (1200, 420);

/// What is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Nothing else can go wrong than input and output.
type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [json, svg] = arguments.as_slice() else {
        return Err("usage: rvs-bench-chart RESULTS.JSON CHART.SVG".into());
    };
    draw(&Results::read(json)?, svg)
}

fn draw(results: &Results, svg: &str) -> Done {
    let root = SVGBackend::new(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let title = "Instructions a packet under emulation, above the drop floor (stock kernel, mitigations=off)";
    let root = root.titled(title, ("sans-serif", 16).into_font())?;
    let (left, right) = root.split_horizontally(SIZE.0 * 2 / 3);
    by_method::draw(results, &left)?;
    by_flows::draw(results, &right)?;
    root.present()?;
    Ok(())
}
