//! The real API in its own process, and requests to it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::account_keys;
use crate::cluster::{is_running, kill_process, signal_process};
use crate::database::Database;
use crate::token::Token;
use crate::wait;

/// The password of every account that [`open_account`] makes.
pub const PASSWORD: &str = "correct horse";

/// The master key of every server that the tests start.
const SECRETS_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Hashes at the least cost that there is: these passwords protect nothing. A test of the cost sets
/// its own.
const CHEAP: (&str, &str) = ("EXCHANGE_BCRYPT_COST", "4");

/// Longer than a loaded machine needs, so that no answer is a 503 for lack of time. A test of these
/// limits sets its own.
const PATIENT: [(&str, &str); 4] = [
    ("EXCHANGE_READ_WAIT_MS", "10000"),
    ("EXCHANGE_READ_LIMIT_MS", "10000"),
    ("EXCHANGE_QUEUE_WAIT_MS", "10000"),
    ("EXCHANGE_ANSWER_WAIT_MS", "10000"),
];

/// Starts, each on another port, before it is given up.
const ATTEMPTS: usize = 5;

/// A running API; it ends when dropped.
#[derive(Debug)]
pub struct ApiServer {
    process: Child,
    port: u16,
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Build {
    /// As the tests are.
    Debug,
    /// As it runs in earnest.
    Release,
}

impl Build {
    /// As this program was built itself, so that a bench builds nothing a second time.
    pub fn own() -> Build {
        match cfg!(debug_assertions) {
            true => Build::Debug,
            false => Build::Release,
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; null where it is no json.
    pub body: Value,
}

impl ApiServer {
    /// Starts it on a free port; returns when it is ready.
    pub async fn start(database: &Database) -> Result<ApiServer> {
        ApiServer::start_as(database, Build::Debug, &[]).await
    }

    /// The same, built so, with further settings.
    pub async fn start_as(
        database: &Database,
        build: Build,
        settings: &[(&str, &str)],
    ) -> Result<ApiServer> {
        // Another program may take the port between the look and the start: then look again.
        for _ in 0..ATTEMPTS {
            let server = ApiServer::launch(database, build, settings)?;
            let (port, id) = (server.port, server.process.id());
            wait::until("the API is ready, or has ended", async || {
                let ready = request(port, "GET", "/health", None, None).await;
                !is_running(id) || ready.is_ok_and(|answer| answer.status == 200)
            })
            .await;
            if is_running(id) {
                return Ok(server);
            }
        }
        bail!("the API does not start")
    }

    fn launch(database: &Database, build: Build, settings: &[(&str, &str)]) -> Result<ApiServer> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let process = Command::new(built("api", build)?)
            .env("DATABASE_URL", database.url("exchange_api"))
            .env("EXCHANGE_BIND", format!("127.0.0.1:{port}"))
            .env("EXCHANGE_SECRETS_KEY", SECRETS_KEY)
            .env("RUST_LOG", "error")
            .envs(PATIENT)
            .envs(Token::shared().settings())
            .envs([CHEAP])
            .envs(account_keys::settings(1)?)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(ApiServer { process, port })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it occupies of memory now.
    pub fn memory_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let figure = line.and_then(|line| line.split_whitespace().next());
        Ok(figure.context("no VmRSS")?.parse()?)
    }

    /// Asks it to stop, by SIGTERM.
    pub fn ask_to_stop(&self) {
        signal_process(self.process.id(), "TERM");
    }

    /// Whether it has ended by itself, and well.
    pub fn has_stopped(&mut self) -> Result<bool> {
        match self.process.try_wait()? {
            Some(status) => {
                ensure!(status.success(), "the API ended with {status}");
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        kill_process(self.process.id());
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        // It may be dead already, which is as well.
        let _ = self.kill();
    }
}

/// Opens an account that can log in by `<name>@example.com` and [`PASSWORD`].
pub async fn open_account(owner: &tokio_postgres::Client, name: &str) -> Result<i64> {
    // The lowest cost that there is: these passwords protect nothing.
    let hash = bcrypt::hash(PASSWORD, 4)?;
    let text = "select exchange.create_account($1 || '@example.com', $2)";
    Ok(owner.query_one(text, &[&name, &hash]).await?.get(0))
}

/// A bearer token.
pub async fn login(port: u16, name: &str) -> Result<String> {
    let body = serde_json::json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let answer = request(
        port,
        "POST",
        "/api/auth/login",
        None,
        Some(&body.to_string()),
    )
    .await?;
    let token = answer.body["token"].as_str();
    Ok(token
        .with_context(|| format!("no token: {answer:?}"))?
        .into())
}

/// What a request carries besides its address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// A bearer token.
    pub token: Option<&'a str>,
    /// An idempotency key.
    pub key: Option<&'a str>,
    /// Json.
    pub body: Option<&'a str>,
}

/// One request on a connection of its own.
pub async fn request(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Result<Answer> {
    let key = None;
    send(port, method, path, Request { token, key, body }).await
}

/// One request on a connection of its own.
pub async fn send(port: u16, method: &str, path: &str, request: Request<'_>) -> Result<Answer> {
    let Request { token, key, body } = request;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some(key) = key {
        text.push_str(&format!("idempotency-key: {key}\r\n"));
    }
    if let Some(body) = body {
        let length = body.len();
        text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {length}\r\n"
        ));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    stream.write_all(text.as_bytes()).await?;
    let mut bytes = Vec::new();
    let all = tokio::time::timeout(wait::PATIENCE, stream.read_to_end(&mut bytes)).await;
    all.with_context(|| format!("no end of the answer to {method} {path}"))??;
    let answer = String::from_utf8(bytes)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("the answer was cut off")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    Ok(Answer { status, body })
}

/// A package's binary, built once a run: a package's tests do not build another package's binary.
pub fn built(package: &'static str, build: Build) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<(&str, Build), PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(&(package, build)) {
        return Ok(path.clone());
    }
    let (options, profile): (&[&str], &str) = match build {
        // All programs at once: another selection has other features, and builds everything anew.
        Build::Debug => {
            const DEBUG: &[&str] = &[
                "-p",
                "api",
                "-p",
                "workers",
                "-p",
                "chain",
                "-p",
                "offline",
                "--bins",
                "--examples",
            ];
            (DEBUG, "debug")
        }
        Build::Release => (
            &[
                "--release",
                "-p",
                "api",
                "-p",
                "workers",
                "-p",
                "migrations",
            ],
            "release",
        ),
    };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let building = Command::new(cargo)
        .args(["build", "--quiet"])
        .args(options)
        .current_dir(root)
        .output()?;
    ensure!(
        building.status.success(),
        "{}",
        String::from_utf8_lossy(&building.stderr)
    );
    // This program's own path is <target>/<profile>/<name> or <target>/<profile>/deps/<name>.
    let own = std::env::current_exe()?;
    let mut folders = own.ancestors();
    let target = folders.find_map(|folder| {
        let is_profile = folder
            .file_name()
            .is_some_and(|name| name == "debug" || name == "release");
        is_profile.then(|| folder.parent()).flatten()
    });
    let path = target
        .context("no target directory")?
        .join(profile)
        .join(package);
    built.insert((package, build), path.clone());
    Ok(path)
}
