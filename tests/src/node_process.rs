//! A node's own process, in a folder of its own: gone, the folder too, with the test that started
//! it. It must never touch a node that it did not start.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};

use crate::cluster::{is_running, kill_process, signal_process};
use crate::wait;

static NODES: AtomicU32 = AtomicU32::new(0);

/// A folder for a node's files; removed when dropped.
#[derive(Debug)]
pub(crate) struct NodeFolder {
    path: PathBuf,
}

impl NodeFolder {
    pub(crate) fn make(kind: &str) -> Result<NodeFolder> {
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let name = format!("{kind}-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target/tmp")
            .join(name);
        std::fs::create_dir_all(&path)?;
        let path = path.canonicalize()?;
        Ok(NodeFolder { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for NodeFolder {
    fn drop(&mut self) {
        // What stays is in the target folder, and does no harm.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A running program. Should this process die, its keeper, who waits for the end of a pipe, ends
/// it.
#[derive(Debug)]
pub(crate) struct NodeProcess {
    keeper: Child,
    id: u32,
}

impl NodeProcess {
    /// Starts it; what it says goes to `log` in the folder.
    pub(crate) fn start(folder: &NodeFolder, program: &Path, arguments: &[String]) -> Result<Self> {
        const SCRIPT: &str = r#"
            folder="$1"; shift
            "$@" </dev/null >>"$folder/log" 2>&1 &
            node=$!
            echo $node
            read -r _
            kill -KILL $node
            wait $node
            [ -e "$folder/keep" ] || rm -rf "$folder"
        "#;
        let mut keeper = Command::new("setsid")
            .args(["sh", "-c", SCRIPT, "keeper"])
            .arg(folder.path())
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // A node that is only stopped leaves its files for the next start.
        std::fs::write(folder.path().join("keep"), "")?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().context("no pipe")?).read_line(&mut line)?;
        let id = line.trim().parse()?;
        Ok(NodeProcess { keeper, id })
    }

    pub(crate) fn is_running(&self) -> bool {
        is_running(self.id)
    }

    /// Asks it to stop, and waits until it has: it writes down what it knows.
    pub(crate) fn stop(&self) {
        signal_process(self.id, "TERM");
        wait::until_blocking("the node has stopped", || !self.is_running());
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(&self) {
        kill_process(self.id);
        wait::until_blocking("the node is gone", || !self.is_running());
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Whatever it says, nothing better can be done here.
        let _ = self.keeper.wait();
    }
}

/// Where a node's program is: on the path, else where `scripts/nodes.sh` puts it.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let cached = cache()?.join("bin");
    for folder in std::env::split_paths(&folders).chain([cached]) {
        let program = folder.join(name);
        if program.is_file() {
            return Ok(program);
        }
    }
    bail!("there is no {name}: run scripts/nodes.sh (make test does)")
}

/// Where `scripts/nodes.sh` keeps what it installs.
pub(crate) fn cache() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("EXCHANGE_CACHE_DIR") {
        return Ok(chosen.into());
    }
    let home = std::env::var_os("HOME").context("no HOME")?;
    Ok(PathBuf::from(home).join(".cache/exchange"))
}

pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// The end of what it said, for messages.
pub(crate) fn log_tail(folder: &NodeFolder) -> String {
    last_lines(&folder.path().join("log"))
}

/// The last lines of a log.
pub(crate) fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
