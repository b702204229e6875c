//! What the watchers of both families do: meet the node, find forks, read forward, let deposits be
//! credited, look at the mempool, sample fees. It decides nothing about money: the database does.
//!
//! Several of one network are harmless: what one hands over no longer fits when the other comes.

mod config;
mod failures;
mod node;
mod watcher;

pub use config::WatchConfig;
pub(crate) use node::{Node, Tip, Waiting};

use client::{Config, Listener, NETWORK_BELL, Pool, Ring};

use self::failures::Failures;
use self::watcher::{Progress, Watcher};

/// Watches until it is dropped. A node or a database that is away is waited for.
///
/// # Errors
/// The node is of another chain, or the database's address cannot be read.
pub(crate) async fn run<N: Node>(
    pool: &Pool,
    config: &Config,
    settings: &WatchConfig,
    node: N,
) -> anyhow::Result<()> {
    let mut listener = client::listen(config)?;
    let mut watcher = Watcher::new(node, settings.network.clone());
    let mut failures = Failures::new(settings.network.clone());
    loop {
        match watcher.round(pool).await {
            Ok(progress) => {
                failures.ended();
                if progress == Progress::Idle {
                    idle(&mut listener, watcher.bell(), settings).await;
                }
            }
            Err(trouble) => {
                watcher.start_over();
                let pause = failures.begun(trouble)?;
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Until the network's bell rings, or it is time to look anyway.
async fn idle(listener: &mut Listener, bell: Option<i32>, settings: &WatchConfig) {
    let rung = async {
        loop {
            match listener.next().await {
                Ring::Everything => return,
                Ring::Stream(number) if Some(number) == bell => return,
                Ring::Stream(_) => {}
            }
        }
    };
    tokio::select! {
        () = rung => {}
        () = tokio::time::sleep(settings.pause) => {}
    }
}

/// The bell of a network.
fn bell_of(network_id: i32) -> i32 {
    NETWORK_BELL + network_id
}
