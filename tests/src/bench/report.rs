//! Figures: collected, printed as a table, written as json. The only place with floating point.

#![allow(clippy::float_arithmetic, reason = "figures are for people")]

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

/// What was measured so far.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<(String, f64, &'static str)>,
}

impl Report {
    /// Adds a whole figure and prints it.
    pub fn add(&mut self, name: &str, value: u64, unit: &'static str) {
        self.push(name, value as f64, unit);
    }

    /// Adds a duration.
    pub fn add_duration(&mut self, name: &str, value: Duration) {
        self.push(name, (value.as_secs_f64() * 1e3).round() / 1e3, "s");
    }

    /// Adds what `part` is of `whole`, in hundredths.
    pub fn add_ratio(&mut self, name: &str, part: u64, whole: u64) {
        let ratio = part as f64 / (whole as f64).max(1.0);
        self.push(name, (ratio * 100.0).round() / 100.0, "ratio");
    }

    /// A figure that was added before.
    pub fn get(&self, name: &str) -> u64 {
        let found = self.figures.iter().find(|(known, _, _)| known == name);
        found.map_or(0, |(_, value, _)| *value as u64)
    }

    fn push(&mut self, name: &str, value: f64, unit: &'static str) {
        println!("{name:<44} {value:>14} {unit}");
        self.figures.push((name.into(), value, unit));
    }

    /// Writes everything as a list of `{name, value, unit}`.
    pub fn write(&self, path: &Path) -> Result<()> {
        let entry = |figure: &(String, f64, &str)| {
            let (name, value, unit) = figure;
            json!({ "name": name, "value": value, "unit": unit })
        };
        let list: Vec<_> = self.figures.iter().map(entry).collect();
        Ok(std::fs::write(path, serde_json::to_string_pretty(&list)?)?)
    }
}
