//! Runs one permutation of a spec.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{Permutation, Spec};
use crate::database::Database;
use crate::{checks, fixture, wait};

/// Lines that a permutation showed.
pub type Transcript = Vec<String>;

struct Session {
    /// Absent while a step runs, which has it.
    client: Option<Client>,
    process: i32,
    running: Option<(String, JoinHandle<(Client, String)>)>,
}

/// Runs it on the exchange of [`fixture`] with two accounts, whose numbers stand where the steps
/// say `$1` and `$2`. Checks at the end that all is well.
pub async fn run(
    spec: &Spec,
    permutation: &Permutation,
    database: &Database,
) -> Result<Transcript> {
    let observer = database.connect("postgres").await?;
    let first = fixture::populate(&observer, 2).await;
    let fill = |sql: &str| {
        sql.replace("$1", &first.to_string())
            .replace("$2", &(first + 1).to_string())
    };
    observer
        .batch_execute(&fill(&spec.setup))
        .await
        .context("setup")?;
    let mut sessions = BTreeMap::new();
    for (name, role) in &spec.sessions {
        let client = database.connect(role).await?;
        let process = client
            .query_one("select pg_backend_pid()", &[])
            .await?
            .get(0);
        let session = Session {
            client: Some(client),
            process,
            running: None,
        };
        sessions.insert(name.as_str(), session);
    }
    let ours: Vec<i32> = sessions
        .values()
        .map(|session: &Session| session.process)
        .collect();
    let observer = Observer {
        client: observer,
        ours,
    };
    let mut transcript = Vec::new();
    for name in &permutation.steps {
        let sql = fill(
            spec.steps
                .get(name)
                .with_context(|| format!("no step {name}"))?,
        );
        let session = name.split('.').next().unwrap_or_default();
        let session = sessions
            .get_mut(session)
            .with_context(|| format!("no session {session}"))?;
        start(session, name, sql)?;
        if let Some(line) = settle(session, &observer).await {
            transcript.push(line);
        } else {
            transcript.push(format!("{name} waits"));
        }
        // A step may have freed others.
        for session in sessions.values_mut() {
            if let Some(line) = settle(session, &observer).await {
                transcript.push(format!("then {line}"));
            }
        }
    }
    drop(sessions);
    checks::assert_clean(&observer.client).await;
    Ok(transcript)
}

fn start(session: &mut Session, name: &str, sql: String) -> Result<()> {
    let client = session
        .client
        .take()
        .with_context(|| format!("{name}: its session waits"))?;
    let task = tokio::spawn(async move {
        let line = match client.simple_query(&sql).await {
            Ok(messages) => rows(&messages),
            Err(error) => match error.as_db_error() {
                Some(error) => format!("error {} {}", error.code().code(), error.message()),
                None => format!("error {error}"),
            },
        };
        (client, line)
    });
    session.running = Some((name.into(), task));
    Ok(())
}

/// Waits until the session's step has ended, whose line it gives, or waits for a lock.
async fn settle(session: &mut Session, observer: &Observer) -> Option<String> {
    let (name, task) = session.running.take()?;
    let process = session.process;
    wait::until("the step ends or waits for a lock", || async {
        task.is_finished() || observer.sees_blocked(process).await
    })
    .await;
    if !task.is_finished() {
        session.running = Some((name, task));
        return None;
    }
    let (client, line) = task.await.expect("the step does not panic");
    session.client = Some(client);
    Some(format!("{name} {line}").trim_end().into())
}

/// Looks at who waits for whom.
struct Observer {
    client: Client,
    /// Processes of the spec's sessions: a wait for anybody else's lock, such as the one that every
    /// NOTIFY of the cluster takes, ends by itself and is none of the spec's business.
    ours: Vec<i32>,
}

impl Observer {
    async fn sees_blocked(&self, process: i32) -> bool {
        let text = "select pg_blocking_pids($1) && $2";
        let row = self.client.query_one(text, &[&process, &self.ours]).await;
        row.expect("the observer can look").get(0)
    }
}

fn rows(messages: &[SimpleQueryMessage]) -> String {
    let mut lines = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            let values = (0..row.len()).map(|index| row.get(index).unwrap_or("null"));
            lines.push(values.collect::<Vec<_>>().join(" "));
        }
    }
    lines.join(" / ")
}
