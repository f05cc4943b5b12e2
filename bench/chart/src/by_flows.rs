// SPDX-License-Identifier: GPL-2.0-only

//! Direct routing with more and more flows, as lines.

use plotters::prelude::*;

use crate::{
    results::{
        Results,
        BALANCERS, //
    },
    Area,
    Done, //
};

const CASE: &str = "dr";
const FLOWS: [u32; 4] = [1, 1_000, 100_000, 1_000_000];
const TOP: f64 = 7000.0;

pub(crate) fn draw(results: &Results, area: &Area<'_>) -> Done {
    let mut chart = ChartBuilder::on(area)
        .caption("DR, by number of flows", ("sans-serif", 14))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d((1u32..2_000_000).log_scale(), 0.0..TOP)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|flows| flows.to_string())
        .y_label_formatter(&|cost| format!("{cost:.0}"))
        .draw()?;

    for balancer in &BALANCERS {
        let cost = |flows| Some((flows, results.cost(CASE, flows, balancer)?));
        let points: Vec<_> = FLOWS.into_iter().filter_map(cost).collect();
        if points.is_empty() {
            continue;
        }
        let style = balancer.color.stroke_width(2);
        chart
            .draw_series(LineSeries::new(points, style).point_size(3))?
            .label(balancer.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 12, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .draw()?;
    Ok(())
}
