//! The real API in its own process, and requests to it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cluster::kill_process;
use crate::database::Database;
use crate::wait;

/// The password of every account that [`open_account`] makes.
pub const PASSWORD: &str = "correct horse";

/// A running API; it ends when dropped.
#[derive(Debug)]
pub struct ApiServer {
    process: Child,
    port: u16,
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
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let process = Command::new(program()?)
            .env("DATABASE_URL", database.url("exchange_api"))
            .env("EXCHANGE_BIND", format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = ApiServer { process, port };
        wait::until("the API is ready", async || {
            request(port, "GET", "/health", None, None)
                .await
                .is_ok_and(|a| a.status == 200)
        })
        .await;
        Ok(server)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
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

/// One request on a connection of its own.
pub async fn request(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
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
    stream.read_to_end(&mut bytes).await?;
    let answer = String::from_utf8(bytes)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("the answer was cut off")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    Ok(Answer { status, body })
}

/// The API's binary, built once a run: a package's tests do not build another package's binary.
fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = PROGRAM.get() {
        return Ok(path);
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(cargo)
        .args(["build", "--quiet", "-p", "api"])
        .current_dir(root)
        .output()?;
    ensure!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    // The test's own path is <target>/<profile>/deps/<name>.
    let own = std::env::current_exe()?;
    let profile = own
        .parent()
        .and_then(Path::parent)
        .context("no target directory")?;
    Ok(PROGRAM.get_or_init(|| profile.join("api")))
}
