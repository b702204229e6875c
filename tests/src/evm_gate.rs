//! The way to a test's anvil. Anvil 1.7.1 stands still for ever where it traces while it mines:
//! its tracing takes one lock for reading twice, and in between a block may have begun to wait for
//! it. A test mines as fast as no chain does, so here call trees wait for blocks and blocks for
//! call trees; everything else passes.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Methods that another node answers.
pub type Elsewhere = &'static [&'static str];

/// All gates of the process: a test's own runtime rests while the test does.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Builder::new_multi_thread();
    let built = runtime.worker_threads(1).enable_all().build();
    built.expect("a runtime")
});

/// It closes when dropped.
#[derive(Debug)]
pub struct EvmGate {
    port: u16,
    nodes: Arc<Nodes>,
    task: JoinHandle<()>,
}

/// The nodes behind it, by their ports.
#[derive(Debug)]
struct Nodes {
    own: u16,
    other: u16,
    /// What the other is asked, and how often it was.
    elsewhere: Elsewhere,
    count: AtomicUsize,
    blocks: RwLock<()>,
}

impl EvmGate {
    /// To the node at a port of this machine, whether it runs or not.
    pub(crate) fn to(node: u16) -> Result<EvmGate> {
        EvmGate::between(node, node, &[])
    }

    /// The same, but some methods are asked of another node, as of one address with two nodes.
    pub(crate) fn between(own: u16, other: u16, elsewhere: Elsewhere) -> Result<EvmGate> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let nodes = Arc::new(Nodes {
            own,
            other,
            elsewhere,
            count: AtomicUsize::new(0),
            blocks: RwLock::new(()),
        });
        let shared = Arc::clone(&nodes);
        let task = RUNTIME.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((caller, _)) = listener.accept().await {
                let nodes = Arc::clone(&shared);
                // Whoever hangs up, or finds no node, sees that for himself.
                tokio::spawn(async move { pass(caller, &nodes).await.ok() });
            }
        });
        Ok(EvmGate { port, nodes, task })
    }

    /// What goes into `EXCHANGE_EVM_URL`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How often the other node has answered.
    pub fn asked_elsewhere(&self) -> usize {
        self.nodes.count.load(Ordering::Relaxed)
    }
}

impl Drop for EvmGate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes one request on, and the answer back, each on a connection of its own.
async fn pass(mut caller: TcpStream, nodes: &Nodes) -> Result<()> {
    let (head, body) = request(&mut caller).await?;
    let (_alone, _together);
    if MINES.iter().any(|method| body.contains(method)) {
        _alone = nodes.blocks.write().await;
    } else if body.contains(TRACES) {
        _together = nodes.blocks.read().await;
    }
    let asks = |method: &&str| body.contains(&format!("\"{method}\""));
    let is_elsewhere = nodes.elsewhere.iter().any(asks);
    let port = if is_elsewhere { nodes.other } else { nodes.own };
    let mut node = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!("{head}\r\nconnection: close\r\n\r\n{body}");
    node.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // To its end, also where the caller has gone: until then the node is at it.
    node.read_to_end(&mut answer).await?;
    caller.write_all(&answer).await?;
    if is_elsewhere {
        nodes.count.fetch_add(1, Ordering::Relaxed);
    }
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
