//! Every scenario, on everything that claims to be an exchange, against what its file expects.
//!
//! `EXCHANGE_BLESS=1` writes what the naive model answers into the files, for a person to review.
//! `EXCHANGE_SCENARIO` limits the run to scenarios whose name holds that text.

use std::fs;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use tests::database::Database;
use tests::scenario::{
    Answer, Form, ModelExchange, PostgresExchange, Scenario, book_core, naive_core, read, run,
};

/// How many scenarios run at once on Postgres.
const AT_ONCE: usize = 4;

fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "standard.txt"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("the file is text");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn all() -> Vec<Scenario> {
    let read = |(path, text): (PathBuf, String)| {
        read(&text).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()))
    };
    let wanted = std::env::var("EXCHANGE_SCENARIO").unwrap_or_default();
    let scenarios = files().into_iter().flat_map(read);
    scenarios
        .filter(|scenario| scenario.name.contains(&wanted))
        .collect()
}

/// What differs from what the file expects, in words.
fn differences(scenario: &Scenario, answers: &[Answer]) -> Vec<String> {
    let mut differences = Vec::new();
    for (step, answer) in scenario.steps.iter().zip(answers) {
        if step.expected != answer.lines {
            differences.push(format!(
                "scenario {:?}, line {}\n  expected {:#?}\n  answered {:#?}",
                scenario.name, step.line, step.expected, answer.lines
            ));
        }
    }
    differences
}

fn assert_none(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// The text with the answers in place of what it expected.
fn blessed(text: &str, answers: &[Answer]) -> String {
    let mut result = String::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with(' ') {
            continue;
        }
        result.push_str(line);
        result.push('\n');
        for answer in answers.iter().filter(|answer| answer.line == index + 1) {
            for line in &answer.lines {
                result.push_str(&format!("  {line}\n"));
            }
        }
    }
    result
}

#[tokio::test]
async fn scenarios_hold_on_the_naive_model() {
    let bless = std::env::var_os("EXCHANGE_BLESS").is_some();
    let mut found = Vec::new();
    for (path, text) in files() {
        let scenarios = read(&text).unwrap_or_else(|error| panic!("{path:?}: {error:#}"));
        let mut all_answers = Vec::new();
        for scenario in scenarios {
            let mut exchange = ModelExchange::new(naive_core());
            let answers = run(&scenario, &mut exchange)
                .await
                .expect("the scenario runs");
            found.extend(differences(&scenario, &answers));
            all_answers.extend(answers);
        }
        if bless {
            fs::write(&path, blessed(&text, &all_answers)).expect("the file can be written");
        }
    }
    if !bless {
        assert_none(&found);
    }
}

#[tokio::test]
async fn scenarios_hold_on_the_book_in_memory() {
    let mut found = Vec::new();
    for scenario in all() {
        let mut exchange = ModelExchange::new(book_core());
        let answers = run(&scenario, &mut exchange)
            .await
            .expect("the scenario runs");
        found.extend(differences(&scenario, &answers));
    }
    assert_none(&found);
}

async fn on_postgres(form: Form) {
    let found: Vec<Vec<String>> = futures::stream::iter(all())
        .map(|scenario| async move {
            let database = Database::fresh().await;
            let exchange = PostgresExchange::new(&database, form).await;
            let mut exchange = exchange.expect("an empty exchange");
            let answers = run(&scenario, &mut exchange).await;
            drop(exchange);
            database.drop().await;
            match answers {
                Ok(answers) => differences(&scenario, &answers),
                Err(error) => vec![format!("{error:#}")],
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert_none(&found.concat());
}

#[tokio::test]
async fn scenarios_hold_on_postgres_in_batches() {
    on_postgres(Form::Batch).await;
}

#[tokio::test]
async fn scenarios_hold_on_postgres_by_single_forms() {
    on_postgres(Form::Single).await;
}
