//! `make bench`: measures in one run, prints a table, writes target/bench.json.
//!
//! `--quick` runs everything briefly, to see that it runs; its figures mean little. Names of parts
//! (core, rebuild, rates, risk, snapshot, plain, http, logins, kyc, proof, chains) limit the run to
//! them, and then no file is written.

use std::path::Path;

use anyhow::{Result, bail};
use tests::bench::run::{FULL, Part, QUICK, run};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let mut plan = FULL;
    let mut parts = Vec::new();
    for argument in std::env::args().skip(1) {
        match Part::ALL.iter().find(|part| part.name() == argument) {
            Some(part) => parts.push(*part),
            None if argument == "--quick" => plan = QUICK,
            None => bail!("unknown argument {argument}"),
        }
    }
    if parts.is_empty() {
        let report = run(&plan, &Part::ALL).await?;
        return report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json"));
    }
    run(&plan, &parts).await.map(drop)
}
