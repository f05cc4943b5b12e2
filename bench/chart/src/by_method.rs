// SPDX-License-Identifier: GPL-2.0-only

//! The forward methods side by side, as bars.

use plotters::prelude::*;

use crate::{
    results::{
        Results,
        BALANCERS, //
    },
    Area,
    Done, //
};

/// Case and label of each group of bars.
const CASES: [(&str, &str); 9] = [
    ("dr", "DR"),
    ("nat-in", "NAT in"),
    ("nat-reply", "NAT reply"),
    ("tun", "TUN"),
    ("gre", "GRE"),
    ("gue", "GUE"),
    ("ipv6-dr", "IPv6 DR"),
    ("ipv6-nat-in", "NAT in"),
    ("ipv6-nat-reply", "NAT reply"),
];
const FLOWS: u32 = 1;
const TOP: f64 = 7000.0;

pub(crate) fn draw(results: &Results, area: &Area<'_>) -> Done {
    let mut chart = ChartBuilder::on(area)
        .caption("one flow, established", ("sans-serif", 14))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d((0..CASES.len() - 1).into_segmented(), 0.0..TOP)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|at| match at {
            SegmentValue::CenterOf(case) => CASES.get(*case).map_or("", |case| case.1).to_owned(),
            _ => String::new(),
        })
        .y_label_formatter(&|cost| format!("{cost:.0}"))
        .draw()?;

    let shown: Vec<_> = BALANCERS
        .iter()
        .filter(|balancer| results.cost(CASES[0].0, FLOWS, balancer).is_some())
        .collect();
    let group = chart.plotting_area().dim_in_pixel().0 / CASES.len() as u32;
    for (index, balancer) in shown.iter().enumerate() {
        let bars = CASES.iter().enumerate().filter_map(|(at, (case, _))| {
            let cost = results.cost(case, FLOWS, balancer)?;
            Some(bar(
                at,
                cost,
                slot(group, index, shown.len()),
                balancer.color,
            ))
        });
        chart
            .draw_series(bars)?
            .label(balancer.label)
            .legend(|(x, y)| {
                Rectangle::new([(x, y - 5), (x + 12, y + 5)], balancer.color.filled())
            });
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .draw()?;
    Ok(())
}

type Point = (SegmentValue<usize>, f64);

/// Where bar `index` of `count` stands in a group of so many pixels: distances from left and right.
fn slot(group: u32, index: usize, count: usize) -> (u32, u32) {
    let gap = group / 8;
    let width = (group - 2 * gap) / count as u32;
    let left = gap + width * index as u32;
    (left, group - left - width + 3)
}

/// A bar in group `at`.
fn bar(at: usize, cost: f64, (left, right): (u32, u32), color: RGBColor) -> Rectangle<Point> {
    let corners = [
        (SegmentValue::Exact(at), cost),
        (SegmentValue::Exact(at + 1), 0.0),
    ];
    let mut bar = Rectangle::new(corners, color.filled());
    bar.set_margin(0, 0, left, right);
    bar
}
