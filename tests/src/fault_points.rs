//! The named places of the workers at which tests end a process, read out of the source: a test
//! asks for all of a part, so that a new place is hit by it, or fails it, as soon as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is killed together, by one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who reads a chain.
    Watcher,
    /// Who signs.
    Signer,
    /// The operator's commands for the cold wallet.
    Refill,
    /// Withdrawals on Bitcoin.
    BitcoinPayment,
    /// What else leaves our addresses there.
    BitcoinSweep,
    /// Withdrawals on Ethereum.
    EvmPayment,
    /// What else leaves our addresses there.
    EvmSweep,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 7] = [
        Part::Watcher,
        Part::Signer,
        Part::Refill,
        Part::BitcoinPayment,
        Part::BitcoinSweep,
        Part::EvmPayment,
        Part::EvmSweep,
    ];

    /// Its source, below `workers/src`.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Part::Watcher => &["watch/watcher.rs"],
            Part::Signer => &["signer.rs"],
            Part::Refill => &["cold.rs"],
            Part::BitcoinPayment => &["payments/bitcoin/plan.rs", "payments/bitcoin/follow.rs"],
            Part::BitcoinSweep => &["payments/bitcoin/sweep.rs"],
            Part::EvmPayment => &[
                "payments/evm/plan.rs",
                "payments/evm/carry.rs",
                "payments/evm/follow.rs",
                "payments/evm/bump.rs",
            ],
            Part::EvmSweep => &["payments/evm/sweep.rs"],
        }
    }

    /// Its places, in the order of the source.
    pub fn points(self) -> Vec<String> {
        let source = in_source();
        let of = |file: &&str| source.get(*file).cloned().unwrap_or_default();
        self.files().iter().flat_map(of).collect()
    }
}

/// Every place that is named in the workers' source, by file.
pub fn in_source() -> BTreeMap<String, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workers/src");
    let mut named = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("source is text");
            let points: Vec<String> = text
                .split("fault_point(\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .map(str::to_owned)
                .collect();
            if !points.is_empty() {
                let file = path.strip_prefix(&root).expect("below the root");
                named.insert(file.display().to_string(), points);
            }
        }
    }
    named
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the source");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}
