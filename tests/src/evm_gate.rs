//! The way to a test's anvil. Anvil 1.7.1 stands still for ever where it traces while it mines:
//! its tracing takes one lock for reading twice, and in between a block may have begun to wait for
//! it. A test mines as fast as no chain does, so here call trees wait for blocks and blocks for
//! call trees; everything else passes.

use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

/// What makes or undoes blocks.
const MINES: [&str; 3] = ["anvil_mine", "anvil_reorg", "evm_revert"];
/// What asks for call trees.
const TRACES: &str = "\"debug_trace";
/// Bytes of a request at most: some transactions in hex.
const LONGEST: usize = 16 << 20;

/// All gates of the process: a test's own runtime rests while the test does.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Builder::new_multi_thread();
    let built = runtime.worker_threads(1).enable_all().build();
    built.expect("a runtime")
});

/// It closes when dropped.
#[derive(Debug)]
pub(crate) struct EvmGate {
    port: u16,
    task: JoinHandle<()>,
}

impl EvmGate {
    /// To the node at a port of this machine, whether it runs or not.
    pub(crate) fn to(node: u16) -> Result<EvmGate> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let blocks = Arc::new(RwLock::new(()));
        let task = RUNTIME.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((caller, _)) = listener.accept().await {
                let blocks = Arc::clone(&blocks);
                // Whoever hangs up, or finds no node, sees that for himself.
                tokio::spawn(async move { pass(caller, node, &blocks).await.ok() });
            }
        });
        Ok(EvmGate { port, task })
    }

    /// Where it is.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for EvmGate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes one request on, and the answer back, each on a connection of its own.
async fn pass(mut caller: TcpStream, node: u16, blocks: &RwLock<()>) -> Result<()> {
    let (head, body) = request(&mut caller).await?;
    let (_alone, _together);
    if MINES.iter().any(|method| body.contains(method)) {
        _alone = blocks.write().await;
    } else if body.contains(TRACES) {
        _together = blocks.read().await;
    }
    let mut node = TcpStream::connect((Ipv4Addr::LOCALHOST, node)).await?;
    let request = format!("{head}\r\nconnection: close\r\n\r\n{body}");
    node.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // To its end, also where the caller has gone: until then the node is at it.
    node.read_to_end(&mut answer).await?;
    caller.write_all(&answer).await?;
    Ok(())
}

/// A request's head, without the empty line after it, and its body.
async fn request(caller: &mut TcpStream) -> Result<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        if caller.read_buf(&mut bytes).await? == 0 || bytes.len() > LONGEST {
            bail!("no whole request");
        }
        let text = std::str::from_utf8(&bytes).context("no text")?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.context("no length")? {
            return Ok((head.to_owned(), body.to_owned()));
        }
    }
}
