//! A database server of a test's own that may die: what it has acknowledged survives.

use crate::cluster::{Cluster, Settings};
use crate::database::Database;

/// A server whose commits survive its death, and an exchange on it.
pub async fn durable() -> (Cluster, Database) {
    let settings = Settings {
        durable: true,
        max_markets: 8,
        ..Settings::default()
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    (cluster, database)
}

/// Ends all processes of the server by SIGKILL, and starts it again.
pub fn kill(cluster: &Cluster) {
    cluster.primary().kill().expect("killed");
    cluster.primary().start().expect("started");
}
