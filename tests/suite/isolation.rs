//! Isolation specs, each permutation on a fresh exchange. `EXCHANGE_BLESS=1` writes what they show
//! into the files, for a person to review.

use std::fs;
use std::path::{Path, PathBuf};

use tests::database::Database;
use tests::isolation::{Permutation, Transcript, read, run};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("isolation");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn sessions_see_of_each_other_what_the_specs_say() {
    let bless = std::env::var_os("EXCHANGE_BLESS").is_some();
    let mut differences = Vec::new();
    for path in files() {
        let text = fs::read_to_string(&path).expect("the file is text");
        let spec = read(&text).unwrap_or_else(|error| panic!("{path:?}: {error:#}"));
        let mut shown: Vec<(&Permutation, Transcript)> = Vec::new();
        for permutation in &spec.permutations {
            let database = Database::fresh().await;
            let place = format!("{}, line {}", path.display(), permutation.line);
            let transcript = run(&spec, permutation, &database).await;
            let transcript = transcript.unwrap_or_else(|error| panic!("{place}: {error:#}"));
            database.drop().await;
            if transcript != permutation.expected {
                differences.push(format!(
                    "{place}\n  expected {:#?}\n  showed {transcript:#?}",
                    permutation.expected
                ));
            }
            shown.push((permutation, transcript));
        }
        if bless {
            fs::write(&path, blessed(&text, &shown)).expect("the file can be written");
        }
    }
    assert!(
        bless || differences.is_empty(),
        "{}",
        differences.join("\n")
    );
}

fn blessed(text: &str, shown: &[(&Permutation, Transcript)]) -> String {
    let mut result = String::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with(' '))
    {
        result.push_str(line);
        result.push('\n');
        for (_, lines) in shown
            .iter()
            .filter(|(permutation, _)| permutation.line == index + 1)
        {
            lines
                .iter()
                .for_each(|line| result.push_str(&format!("  {line}\n")));
        }
    }
    result
}
