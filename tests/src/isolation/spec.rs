//! Reads the text of a spec.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// Steps by session, and the orders to run them in.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// Statements that the fresh exchange is prepared with, as superuser.
    pub setup: String,
    /// The role of each session.
    pub sessions: BTreeMap<String, String>,
    /// Statements by `session.step`.
    pub steps: BTreeMap<String, String>,
    /// What to run.
    pub permutations: Vec<Permutation>,
}

/// Steps in one order.
#[derive(Clone, Debug)]
pub struct Permutation {
    /// Where it is written.
    pub line: usize,
    /// Names of steps.
    pub steps: Vec<String>,
    /// The lines indented below it.
    pub expected: Vec<String>,
}

/// Reads `setup <sql>`, `session <name> as <role>`, `step <session>.<step> <sql>` and
/// `permutation <steps>`; indented lines under a permutation are what it is expected to show.
pub fn read(text: &str) -> Result<Spec> {
    let mut spec = Spec::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            let words: Vec<&str> = line.split_whitespace().collect();
            let last = spec.permutations.last_mut();
            last.with_context(|| format!("line {number}"))?
                .expected
                .push(words.join(" "));
            continue;
        }
        let (verb, rest) = line
            .split_once(' ')
            .with_context(|| format!("line {number}"))?;
        match verb {
            "setup" => {
                spec.setup.push_str(rest);
                spec.setup.push_str(";\n");
            }
            "session" => {
                let (name, role) = rest.split_once(" as ").unwrap_or((rest, "exchange_api"));
                spec.sessions.insert(name.into(), role.into());
            }
            "step" => {
                let (name, sql) = rest
                    .split_once(' ')
                    .with_context(|| format!("line {number}"))?;
                spec.steps.insert(name.into(), sql.into());
            }
            "permutation" => spec.permutations.push(Permutation {
                line: number,
                steps: rest.split_whitespace().map(String::from).collect(),
                expected: Vec::new(),
            }),
            other => anyhow::bail!("line {number}: unknown word {other}"),
        }
    }
    Ok(spec)
}
