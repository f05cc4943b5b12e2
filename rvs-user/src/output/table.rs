// SPDX-License-Identifier: GPL-2.0-only

//! Columns.

/// Blanks between columns.
const GAP: usize = 2;

/// Rows of one form, of which each column is as wide as its widest cell.
#[derive(Default)]
pub(super) struct Columns {
    widths: Vec<usize>,
}

impl Columns {
    /// Makes room for a row.
    pub(super) fn fit(&mut self, row: &[String]) {
        self.widths.resize(self.widths.len().max(row.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }

    /// Gives the first columns of two forms the same width.
    pub(super) fn align_first(&mut self, other: &mut Columns) {
        if let (Some(a), Some(b)) = (self.widths.first_mut(), other.widths.first_mut()) {
            let widest = (*a).max(*b);
            *a = widest;
            *b = widest;
        }
    }

    /// The row as a line, without blanks at its end.
    pub(super) fn line(&self, row: &[String]) -> String {
        let mut line = String::with_capacity(self.widths.iter().sum::<usize>() + GAP * row.len());
        for (width, cell) in self.widths.iter().zip(row) {
            line.push_str(cell);
            let blanks = (width + GAP).saturating_sub(cell.chars().count());
            line.extend(std::iter::repeat_n(' ', blanks));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}
