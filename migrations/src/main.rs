//! `migrations [seed] [demo]`: migrates the database at `DATABASE_URL`; `seed` then makes assets
//! and markets, `demo` (which seeds too) makes two funded accounts and prints `email password` a
//! line. `migrations schema` prints the schema's dump instead.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: DATABASE_URL=postgres://… migrations [seed] [demo] | schema";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("migrations: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let (mut seed, mut demo, mut schema) = (false, false, false);
    for argument in env::args().skip(1) {
        match argument.trim_start_matches("--") {
            "seed" => seed = true,
            "demo" => demo = true,
            "schema" => schema = true,
            "help" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => bail!("unknown argument {argument}; {USAGE}"),
        }
    }
    let url = env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    if schema {
        print!("{}", migrations::schema::dump(&url)?);
        return Ok(());
    }
    migrations::migrate(&url).await?;
    if seed || demo {
        migrations::seed(&url).await?;
    }
    if demo {
        let file = env::var_os("DEMO_CREDENTIALS").map(PathBuf::from);
        for one in migrations::demo::demo(&url, file.as_deref()).await? {
            println!("{} {}", one.email, one.password);
        }
    }
    Ok(())
}
