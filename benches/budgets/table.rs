//! The table: one row for each promise.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::machine::Machine;

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    /// The version of this form.
    pub(crate) v: u32,
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
}

/// One promise, and what is true of it.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    what: String,
    /// What the best known peer was measured to need, on another machine.
    peer: Option<&'static str>,
    budget: Option<&'static str>,
    ours: String,
    /// `None` where nothing was promised.
    met: Option<bool>,
    /// The figures, under names with units.
    figures: BTreeMap<&'static str, f64>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, ours: impl Into<String>) -> Self {
        let (what, ours) = (what.into(), ours.into());
        Self { what, peer: None, budget: None, ours, met: None, figures: BTreeMap::new() }
    }

    pub(crate) fn peer(mut self, peer: &'static str) -> Self {
        self.peer = Some(peer);
        self
    }

    pub(crate) fn budget(mut self, budget: &'static str, met: bool) -> Self {
        (self.budget, self.met) = (Some(budget), Some(met));
        self
    }

    pub(crate) fn figure(mut self, name: &'static str, value: f64) -> Self {
        self.figures.insert(name, value);
        self
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.machine)?;
        writeln!(f, "| what | best known peer | budget | ours | met |\n| --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            let met = match row.met {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "",
            };
            let (peer, budget) = (row.peer.unwrap_or_default(), row.budget.unwrap_or_default());
            writeln!(f, "| {} | {peer} | {budget} | {} | {met} |", row.what, row.ours)?;
        }
        Ok(())
    }
}

/// The value below which this share of them lies. Sorts them.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "few")]
    let place = ((values.len().saturating_sub(1)) as f64 * share).round() as usize;
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// For division.
#[expect(clippy::cast_precision_loss, reason = "counts of a measurement are far below 2^52")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}
