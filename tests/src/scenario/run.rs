//! Runs a scenario on an exchange, and looks after every line whether all is well inside it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::render::{self, Names};
use super::{Action, Exchange, Labelled, Scenario, Step, command};

/// Runs it and gives, for each step that answers, its line number and the answer. Fails where an
/// invariant does; comparing with what was expected is the caller's.
pub async fn run(scenario: &Scenario, exchange: &mut impl Exchange) -> Result<Vec<Answer>> {
    let mut names = Names::default();
    let mut answers = Vec::new();
    for (index, step) in scenario.steps.iter().enumerate() {
        let place = || format!("scenario {:?}, line {}", scenario.name, step.line);
        let lines = match &step.action {
            Action::Setup(setup) => match exchange.set_up(setup).await {
                Ok(()) => Vec::new(),
                Err(error) => vec![format!("error {error}")],
            },
            Action::Submit(batch) => submit(batch, exchange, &mut names)
                .await
                .with_context(place)?,
            Action::Book(market) => {
                let levels = exchange.book(market).await.with_context(place)?;
                levels.iter().map(render::level).collect()
            }
            Action::Balances => {
                let balances = exchange.balances().await.with_context(place)?;
                balances.iter().map(render::balance).collect()
            }
        };
        // A run of setup lines is one step as far as invariants go.
        let is_setup = |step: &Step| matches!(step.action, Action::Setup(_));
        let goes_on = scenario.steps.get(index + 1).is_some_and(is_setup);
        if !(is_setup(step) && goes_on) {
            let violations = exchange.violations().await.with_context(place)?;
            ensure!(violations.is_empty(), "{}: {violations:#?}", place());
        }
        answers.push(Answer {
            line: step.line,
            lines,
        });
    }
    Ok(answers)
}

/// What a line answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The line that asked.
    pub line: usize,
    /// The lines that should be indented below it.
    pub lines: Vec<String>,
}

async fn submit(
    batch: &[Labelled],
    exchange: &mut impl Exchange,
    names: &mut Names,
) -> Result<Vec<String>> {
    let before = exchange.balances().await?;
    let number = |called: &str| names.number(called).or_else(|| exchange.account(called));
    let commands = batch
        .iter()
        .map(|labelled| command::resolve(&labelled.command, &number))
        .collect::<Result<Vec<Value>>>()?;
    let outcomes = exchange.submit(&commands).await?;
    ensure!(
        outcomes.len() == batch.len(),
        "{} outcomes: {outcomes:?}",
        outcomes.len()
    );
    for (labelled, outcome) in batch.iter().zip(&outcomes) {
        if let (Some(label), Some(order)) = (&labelled.label, render::placed_order(outcome)) {
            names.learn(label, order);
        }
    }
    let facts = exchange.new_facts().await?;
    if outcomes
        .iter()
        .all(|outcome| outcome.get("reject").is_some())
    {
        ensure!(facts.is_empty(), "a reject wrote {facts:?}");
        ensure!(
            exchange.balances().await? == before,
            "a reject changed balances"
        );
    }
    let mut lines: Vec<String> = outcomes
        .iter()
        .map(|outcome| render::outcome(outcome, names))
        .collect();
    lines.extend(facts.iter().map(|fact| render::fact(fact, names)));
    Ok(lines)
}
