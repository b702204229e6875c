//! One database a test, copied from a template that was migrated once a cluster.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

use crate::cluster::{Cluster, Server, Settings};

const TEMPLATE: &str = "exchange_template";

static SHARED: OnceLock<Cluster> = OnceLock::new();
static SHARED_TEMPLATE: OnceCell<()> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Where a test's exchange lives.
#[derive(Clone, Debug)]
pub struct Database {
    port: u16,
    name: String,
}

impl Database {
    /// A migrated, empty exchange in the cluster that all tests of this process share.
    pub async fn fresh() -> Database {
        let cluster = SHARED.get_or_init(|| {
            Cluster::start(Settings::default()).expect("the shared cluster starts")
        });
        let port = cluster.primary().port();
        SHARED_TEMPLATE
            .get_or_init(|| async {
                let template = Database {
                    port,
                    name: TEMPLATE.into(),
                };
                template.make().await.expect("the migrations run");
            })
            .await;
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let database = Database {
            port,
            name: format!("exchange_{number}"),
        };
        let text = format!("create database {} template {TEMPLATE}", database.name);
        database
            .maintain(&text)
            .await
            .expect("the database is copied");
        database
    }

    /// A migrated, empty exchange on a server that is the test's own.
    pub async fn on(server: &Server) -> Result<Database> {
        Database::named(server, "exchange").await
    }

    /// A migrated, empty exchange of that name on a server that is the caller's own.
    pub async fn named(server: &Server, name: &str) -> Result<Database> {
        let database = Database::existing(server, name);
        database.make().await?;
        Ok(database)
    }

    /// The database of that name on a server, which must exist.
    pub fn existing(server: &Server, name: &str) -> Database {
        Database {
            port: server.port(),
            name: name.into(),
        }
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to connect.
    pub fn url(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{}", self.port, self.name)
    }

    /// A session of that role.
    pub async fn connect(&self, role: &str) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.url(role), NoTls)
            .await
            .with_context(|| format!("connecting to {}", self.url(role)))?;
        // It ends with the client, or when the server is killed, which the client then reports.
        tokio::spawn(connection);
        Ok(client)
    }

    /// A session that may do everything.
    pub async fn owner(&self) -> Client {
        self.connect("postgres")
            .await
            .expect("the server takes connections")
    }

    /// A session of the API's role.
    pub async fn trader(&self) -> Client {
        self.connect("exchange_api")
            .await
            .expect("the server takes connections")
    }

    /// Runs a statement on the maintenance database of the same server.
    pub async fn maintain(&self, text: &str) -> Result<()> {
        let maintenance = Database {
            port: self.port,
            name: "postgres".into(),
        };
        maintenance
            .connect("postgres")
            .await?
            .batch_execute(text)
            .await?;
        Ok(())
    }

    /// Drops it; what was in the book's memory stays there until the server restarts.
    pub async fn drop(self) {
        let text = format!("drop database {} with (force)", self.name);
        self.maintain(&text).await.expect("the database is dropped");
    }

    async fn make(&self) -> Result<()> {
        self.maintain(&format!("create database {}", self.name))
            .await?;
        migrations::migrate(&self.url("postgres")).await?;
        Ok(())
    }
}
