//! Waiting until a worker has looked: what it has not done by then it does not do.

use tokio_postgres::Client;

use crate::arrivals::ask;
use crate::database::Database;
use crate::wait;

/// Returns once the only worker that pays has taken a whole look at what is there now.
pub async fn payments_have_looked(database: &Database) {
    // A look begins with this question.
    let gate = Gate::before(database, "chain.payments", "chain.reopen_attempts").await;
    gate.let_through(2).await;
}

/// Returns once the only watcher has taken a whole look at the node as it is now.
pub async fn watcher_has_looked(database: &Database) {
    // A look asks it a second time where the node has another chain.
    Gate::amid_a_look_of_the_watcher(database)
        .await
        .let_through(4)
        .await;
}

/// A table that can be shut to whoever calls a function that reads it.
pub struct Gate {
    session: Client,
    watching: Client,
    shut: String,
    line: String,
    function: &'static str,
}

impl Gate {
    /// Where the watcher knows how high the node stands, and has asked it about no block yet.
    pub async fn amid_a_look_of_the_watcher(database: &Database) -> Gate {
        Gate::before(database, "chain.blocks", "chain.last_blocks").await
    }

    async fn before(database: &Database, table: &str, function: &'static str) -> Gate {
        Gate {
            session: database.owner().await,
            watching: database.owner().await,
            shut: format!("begin; lock table {table} in access exclusive mode"),
            line: format!(
                "select bool_or(a.query like '%{function}(%')::text
                 from pg_locks l join pg_stat_activity a on a.pid = l.pid
                 where not l.granted and l.relation = '{table}'::regclass
                     and a.datname = current_database()"
            ),
            function,
        }
    }

    /// Returns when the function's caller stands before it; everybody else is let through.
    pub async fn shut(&self) {
        wait::until(&format!("{} is called", self.function), async || {
            let shut = self.session.batch_execute(&self.shut).await;
            shut.expect("it is shut");
            let is_called = self.stands().await;
            if !is_called {
                self.open().await;
            }
            is_called
        })
        .await;
    }

    /// Lets go who stands before it.
    pub async fn open(&self) {
        let open = self.session.batch_execute("rollback").await;
        open.expect("it is open");
    }

    /// Waits until somebody stands before it; gives whether it is who is wanted.
    async fn stands(&self) -> bool {
        wait::until("somebody asks for the table", async || {
            !ask(&self.watching, &self.line).await.is_empty()
        })
        .await;
        ask(&self.watching, &self.line).await == "true"
    }

    async fn let_through(&self, times: u32) {
        for _ in 0..times {
            self.shut().await;
            self.open().await;
        }
    }
}
