//! `migrations [seed] [demo]`: migrates the database at `DATABASE_URL`; `seed` then makes assets
//! and markets, `demo` (which seeds too) makes two funded accounts and prints `email password` a
//! line. `migrations schema` prints the schema's dump instead; `migrations admin <email> <name>`
//! makes the exchange's first administrator, once, and prints the invitation.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: DATABASE_URL=postgres://… migrations \
    [seed] [demo] | schema | admin <email> <name>";

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
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let ["admin", email, name] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return administrator(email, name).await;
    }
    let (mut seed, mut demo, mut schema) = (false, false, false);
    for argument in arguments {
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
    let url = database_url()?;
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

/// Standard output is the invitation alone, so that a script can hand it on.
async fn administrator(email: &str, name: &str) -> Result<()> {
    let url = database_url()?;
    let invited = migrations::administrator::invite(&url, email, name).await?;
    eprintln!(
        "{email} is the first administrator. Within a day, POST /api/admin/accept-invitation with \
         this token and a password, then log in with a code: docs/accounts.md"
    );
    println!("{invited}");
    Ok(())
}

fn database_url() -> Result<String> {
    env::var("DATABASE_URL").context("DATABASE_URL is not set")
}
