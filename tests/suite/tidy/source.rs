//! The files that style is asked of: what git knows or would add, and nothing that was built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the project.
pub(super) struct Source {
    /// From the root of the project.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Numbered lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    pub(super) fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All text files.
pub(super) fn all() -> Vec<Source> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed = String::from_utf8(output.stdout).expect("paths are text");
    let read = |path: &str| {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some(Source {
            path: path.into(),
            text,
        })
    };
    let sources: Vec<Source> = listed.lines().filter_map(read).collect();
    assert!(sources.len() > 20, "only {} files found", sources.len());
    sources
}

/// The files of that ending.
pub(super) fn with_ending(ending: &str) -> Vec<Source> {
    all()
        .into_iter()
        .filter(|source| source.path.ends_with(ending))
        .collect()
}

/// Fails with one line a finding.
pub(super) fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
