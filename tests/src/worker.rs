//! A real worker in its own process.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;

use crate::api_server::{Build, built};
use crate::cluster::{kill_process, signal_process};
use crate::database::Database;
use crate::node_process::last_lines;
use crate::wait;

static LOGS: AtomicU32 = AtomicU32::new(0);

/// A running worker; it ends when dropped. A test that fails shows what its workers said last.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    name: String,
    log: Log,
}

/// What a worker says.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// Whether a test reads it, and removes it.
    is_read: bool,
}

impl Worker {
    /// Starts the worker of that name; what follows it is apart by spaces.
    pub fn start(database: &Database, name: &str) -> Result<Worker> {
        Worker::start_with(database, name, &[])
    }

    /// The same, with more variables.
    pub fn start_with(
        database: &Database,
        name: &str,
        settings: &[(&str, String)],
    ) -> Result<Worker> {
        Worker::start_as(database, name, Build::Debug, settings)
    }

    /// The same, built so.
    pub fn start_as(
        database: &Database,
        name: &str,
        build: Build,
        settings: &[(&str, String)],
    ) -> Result<Worker> {
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let file = format!("worker-{}-{number}.log", std::process::id());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
        std::fs::create_dir_all(&folder)?;
        let log = Log {
            path: folder.join(file),
            is_read: false,
        };
        Worker::spawn(command(database, name, build, settings)?, name, log)
    }

    /// The same, whose log is kept in a file.
    pub fn start_heard(
        database: &Database,
        name: &str,
        settings: &[(&str, String)],
        log: &Path,
    ) -> Result<Worker> {
        let mut command = command(database, name, Build::Debug, settings)?;
        command.env("RUST_LOG", "info");
        let log = Log {
            path: log.to_owned(),
            is_read: true,
        };
        Worker::spawn(command, name, log)
    }

    fn spawn(mut command: Command, name: &str, log: Log) -> Result<Worker> {
        let said = File::create(&log.path)?;
        let process = command.stdout(said.try_clone()?).stderr(said).spawn()?;
        Ok(Worker {
            process,
            name: name.to_owned(),
            log,
        })
    }

    /// Whether it has ended by itself; gives whether it ended well.
    pub fn has_ended(&mut self) -> Result<Option<bool>> {
        Ok(self.process.try_wait()?.map(|status| status.success()))
    }

    /// Waits until it has ended by itself, badly, as it does at a fault point.
    pub async fn dies_at(&mut self, point: &str) {
        let worker = RefCell::new(self);
        wait::until(&format!("the worker died at {point}"), async || {
            let ended = worker.borrow_mut().has_ended().expect("asked");
            assert_ne!(ended, Some(true), "{point}");
            ended.is_some()
        })
        .await;
    }

    /// Waits until it stands still, as it does once at the place that `EXCHANGE_STOP_POINT` names.
    pub async fn stands_at(&self, point: &str) {
        let path = format!("/proc/{}/stat", self.process.id());
        wait::until(&format!("the worker stands at {point}"), async || {
            let stat = std::fs::read_to_string(&path).unwrap_or_default();
            // After the program's name, which is in brackets: the state.
            stat.rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
        })
        .await;
    }

    /// Lets it go on.
    pub fn goes_on(&self) {
        signal_process(self.process.id(), "CONT");
    }

    /// Asks it to end, as an operator does.
    pub fn shall_end(&self) {
        signal_process(self.process.id(), "TERM");
    }

    /// Panics where it has ended.
    pub fn assert_alive(&mut self, what: &str) {
        assert_eq!(self.has_ended().expect("asked"), None, "{what} has ended");
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        kill_process(self.process.id());
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already, which is as well.
        let _ = self.kill();
        if std::thread::panicking() {
            println!("{}: {}", self.name, last_lines(&self.log.path));
        }
        if !self.log.is_read {
            let _ = std::fs::remove_file(&self.log.path);
        }
    }
}

fn command(
    database: &Database,
    name: &str,
    build: Build,
    settings: &[(&str, String)],
) -> Result<Command> {
    let mut command = Command::new(built("workers", build)?);
    command
        .args(name.split(' '))
        .env("DATABASE_URL", database.url("exchange_worker"))
        .env("RUST_LOG", "warn")
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null());
    Ok(command)
}

/// Runs the command to its end and gives what it said.
pub fn run(database: &Database, arguments: &[&str], settings: &[(&str, String)]) -> Result<Output> {
    let output = Command::new(built("workers", Build::Debug)?)
        .args(arguments)
        .env("DATABASE_URL", database.url("exchange_worker"))
        .env("RUST_LOG", "info")
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .output()?;
    Ok(output)
}
