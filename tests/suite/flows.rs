//! Flows through the real API, each on a fresh exchange. `EXCHANGE_BLESS=1` writes the answers into
//! the files, for a person to review.

use std::fs;
use std::path::Path;

use tests::database::Database;
use tests::flow::{Answered, run};

#[tokio::test]
async fn the_api_answers_what_the_flows_say() {
    let bless = std::env::var_os("EXCHANGE_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let mut differences = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("the file is text");
        let database = Database::fresh().await;
        let answered = run(&text, &database).await;
        let answered = answered.unwrap_or_else(|error| panic!("{path:?}: {error:#}"));
        database.drop().await;
        let shown = blessed(&text, &answered);
        if bless {
            fs::write(&path, shown).expect("the file can be written");
        } else if shown != text {
            let lines = text
                .lines()
                .zip(shown.lines())
                .filter(|(expected, got)| expected != got);
            let lines: Vec<String> = lines
                .take(5)
                .map(|(expected, got)| format!("- {expected}\n+ {got}"))
                .collect();
            differences.push(format!("{}\n{}", path.display(), lines.join("\n")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn blessed(text: &str, answered: &[Answered]) -> String {
    let mut result = String::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with(' '))
    {
        result.push_str(line);
        result.push('\n');
        for (_, answer) in answered.iter().filter(|(number, _)| *number == index + 1) {
            result.push_str(&format!("  {answer}\n"));
        }
    }
    result
}
