//! Style of Rust files.

use super::source::{Source, assert_none, with_ending};

const FORBIDDEN_MODULES: [&str; 5] = ["utils", "common", "shared", "helpers", "misc"];
const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 70;
const LONGEST_LINE: usize = 100;

/// What each file of Rust breaks, by a rule of its own.
fn check(rule: &str, find: impl Fn(&Source) -> Vec<String>) {
    let find = |source: &Source| {
        let place = |finding| format!("{}: {finding}", source.path);
        find(source).into_iter().map(place).collect::<Vec<_>>()
    };
    assert_none(
        rule,
        &with_ending(".rs").iter().flat_map(find).collect::<Vec<_>>(),
    );
}

#[test]
fn every_file_says_first_what_it_is() {
    check("a file opens with 1 to 6 lines of //!", |source| {
        let count = source
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        if (1..=6).contains(&count) {
            vec![]
        } else {
            vec![format!("{count} lines")]
        }
    });
}

#[test]
fn files_functions_and_lines_are_short() {
    check(
        "at most 500 lines a file, 70 a function, 100 characters a line",
        |source| {
            let mut findings = long_functions(source);
            let length = source.text.lines().count();
            if length > LONGEST_FILE {
                findings.push(format!("{length} lines"));
            }
            for (number, line) in source.lines() {
                if line.chars().count() > LONGEST_LINE {
                    findings.push(format!("line {number} is {} long", line.chars().count()));
                }
            }
            findings
        },
    );
}

/// A function ends at the first line that closes a brace at the depth of its `fn`; rustfmt, which
/// CI runs, puts it there.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let starts = trimmed.split(' ').take(6).any(|word| word == "fn")
            && !trimmed.starts_with("//")
            && !trimmed.contains('"');
        if !starts || trimmed.ends_with(';') {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        let Some(length) = lines[index..].iter().position(|line| *line == end) else {
            continue;
        };
        if length + 1 > LONGEST_FUNCTION {
            findings.push(format!(
                "line {}: a function of {} lines",
                index + 1,
                length + 1
            ));
        }
    }
    findings
}

#[test]
fn modules_are_named_after_what_they_hold() {
    check(
        "no module is called utils, common, shared, helpers or misc",
        |source| {
            let parts = source
                .path
                .split('/')
                .map(|part| part.trim_end_matches(".rs"));
            parts
                .filter(|part| FORBIDDEN_MODULES.contains(part))
                .map(String::from)
                .collect()
        },
    );
    check("modules are foo.rs and foo/, not foo/mod.rs", |source| {
        if source.name() == "mod.rs" {
            vec!["rename".into()]
        } else {
            vec![]
        }
    });
}

#[test]
fn unsafe_stays_in_its_folder_with_its_reason() {
    check(
        "unsafe is only under extension/src/pg/, each block with SAFETY above it",
        |source| {
            let lines: Vec<&str> = source.text.lines().collect();
            let mut findings = Vec::new();
            for (index, line) in lines.iter().enumerate() {
                let code = code_of(line);
                if !code.contains("unsafe ") || code.contains("unsafe_") {
                    continue;
                }
                if !source.is_under("extension/src/pg") {
                    findings.push(format!("line {}: unsafe", index + 1));
                } else if code.contains("unsafe {") && !has_safety(&lines[..=index]) {
                    findings.push(format!("line {}: no SAFETY", index + 1));
                }
            }
            findings
        },
    );
}

/// Whether the comment directly above the statement that ends `lines` says SAFETY.
fn has_safety(lines: &[&str]) -> bool {
    let near = lines.iter().rev().take(12);
    let mut seen_statement_end = false;
    for (distance, line) in near.enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("// SAFETY") || line.contains("// SAFETY") {
            return true;
        }
        seen_statement_end |= distance > 0 && (trimmed.ends_with(';') || trimmed == "}");
        if seen_statement_end {
            return false;
        }
    }
    false
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    const RULE: &str = "tests wait for conditions: only tests/src/wait.rs sleeps";
    check(RULE, |source| {
        let mut is_test = source.is_under("tests/") || source.path.contains("/tests/");
        let mut findings = Vec::new();
        for (number, line) in source.lines() {
            // In a crate's own files, tests come last.
            is_test |= line.starts_with("#[cfg(test)]");
            let code = code_of(line);
            let sleeps = code.contains(&["sleep", "("].concat());
            let is_ignored = code.trim_start().starts_with(&["#[", "ignore"].concat());
            if is_ignored || (sleeps && is_test && source.path != "tests/src/wait.rs") {
                findings.push(format!("line {number}"));
            }
        }
        findings
    });
}

#[test]
fn no_code_is_commented_out() {
    const ENDS: [&str; 3] = [";", " {", "},"];
    const STARTS: [&str; 8] = [
        "let ", "fn ", "pub ", "use ", "if ", "return ", "for ", "#[",
    ];
    check("comments are sentences, not code", |source| {
        let is_code = |line: &str| {
            let Some(comment) = line.trim_start().strip_prefix("// ") else {
                return false;
            };
            ENDS.iter().any(|end| comment.ends_with(end))
                && (STARTS.iter().any(|start| comment.starts_with(start)) || comment.contains("("))
        };
        let lines = source.lines().filter(|(_, line)| is_code(line));
        lines
            .map(|(number, line)| format!("line {number}: {}", line.trim()))
            .collect()
    });
}

/// The line without its comment and what is quoted.
fn code_of(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect::<Vec<_>>().join("")
}
