//! A private PostgreSQL cluster: made, started, stopped, killed, copied to a standby, and gone with
//! the process that made it. It must never touch a cluster that it did not make.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::wait;

/// Where Debian keeps the programs of the version that the extension is built for.
const BIN: &str = "/usr/lib/postgresql/15/bin";
/// Whom the server runs as when the tests run as root, which PostgreSQL refuses to run as.
const UNPRIVILEGED: &str = "postgres";

static CLUSTERS: AtomicU32 = AtomicU32::new(0);

/// What a cluster is made for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether what is committed must survive a crash of the machine.
    pub durable: bool,
    /// `exchange.max_markets`: one place a market and database that is touched.
    pub max_markets: u32,
    /// `exchange.max_open_orders` of each market.
    pub max_open_orders: u32,
    /// Further lines of postgresql.conf.
    pub extra: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            durable: false,
            max_markets: 1024,
            max_open_orders: 2048,
            extra: "",
        }
    }
}

/// One server of a cluster: the primary, or a standby made by [`Cluster::standby`].
#[derive(Debug)]
pub struct Server {
    data: PathBuf,
    port: u16,
}

/// A cluster; dropped, it is stopped and removed. Should the process die, so is the cluster: its
/// keeper waits for the end of a pipe.
#[derive(Debug)]
pub struct Cluster {
    base: PathBuf,
    settings: Settings,
    primary: Server,
    keeper: Child,
}

impl Cluster {
    /// Makes and starts a cluster.
    pub fn start(settings: Settings) -> Result<Cluster> {
        ensure_extension()?;
        let base = make_base()?;
        let keeper = spawn_keeper(&base)?;
        let data = base.join("primary");
        run(program("initdb")
            .args(["--auth=trust", "--username=postgres", "--no-sync"])
            .args([
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--pgdata",
                path_text(&data),
            ]))?;
        write_as_server(
            &data.join("postgresql.auto.conf"),
            &configuration(&settings),
        )?;
        let primary = Server::launch(data)?;
        Ok(Cluster {
            base,
            settings,
            primary,
            keeper,
        })
    }

    /// The server that takes writes (until a standby is promoted).
    pub fn primary(&self) -> &Server {
        &self.primary
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Makes a standby by base backup, and starts it.
    pub fn standby(&self) -> Result<Server> {
        let data = self.base.join("standby");
        run(program("pg_basebackup")
            .args(["--write-recovery-conf", "--checkpoint=fast"])
            .args([
                "--no-sync",
                "--wal-method=stream",
                "--host=127.0.0.1",
                "--username=postgres",
                "--port",
                &self.primary.port.to_string(),
                "--pgdata",
                path_text(&data),
            ]))?;
        Server::launch(data)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Whatever it says, nothing better can be done here.
        let _ = self.keeper.wait();
    }
}

impl Server {
    fn launch(data: PathBuf) -> Result<Server> {
        // Another program may take the port between the look and the start: then look again.
        let mut server = Server { data, port: 0 };
        for _ in 0..5 {
            server.port = free_port()?;
            if server.start().is_ok() {
                return Ok(server);
            }
        }
        bail!(
            "the server does not start; its log says:\n{}",
            server.log_tail()
        )
    }

    /// Port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How to connect, for libpq and `tokio_postgres`.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it after [`Server::stop`] or [`Server::kill`]; returns when it takes connections.
    pub fn start(&self) -> Result<()> {
        let options = format!("-c port={} -c listen_addresses=127.0.0.1", self.port);
        let log = self.log();
        run(program("pg_ctl")
            .args(["start", "--wait", "--silent", "--timeout=120", "--pgdata"])
            .arg(&self.data)
            .args(["--log", path_text(&log), "--options", &options]))
        .with_context(|| self.log_tail())?;
        Ok(())
    }

    /// Stops it cleanly.
    pub fn stop(&self) -> Result<()> {
        run(program("pg_ctl")
            .args(["stop", "--mode=fast", "--silent", "--pgdata"])
            .arg(&self.data))?;
        Ok(())
    }

    /// Kills the postmaster and all its processes by SIGKILL, as a crash of the machine would, and
    /// returns when none is left.
    pub fn kill(&self) -> Result<()> {
        let postmaster = self.postmaster()?;
        // Stopped first, so that it starts nothing new while the others are counted.
        signal_process(postmaster, "STOP");
        let mut processes = children(postmaster);
        processes.push(postmaster);
        for process in &processes {
            kill_process(*process);
        }
        wait::until_blocking("all processes of the server are gone", || {
            processes.iter().all(|process| !is_running(*process))
        });
        // Where nobody collects dead processes, their numbers look taken, and a new postmaster
        // would believe its lock file.
        run(as_server("rm")
            .arg("-f")
            .arg(self.data.join("postmaster.pid")))?;
        Ok(())
    }

    /// Stops all its processes where they stand: connections stay open, nothing is answered.
    pub fn freeze(&self) -> Result<()> {
        self.signal_all("STOP")
    }

    /// Lets them go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal_all("CONT")
    }

    fn signal_all(&self, name: &str) -> Result<()> {
        // The postmaster first, so that it starts nothing new while the others are counted.
        let postmaster = self.postmaster()?;
        signal_process(postmaster, name);
        for process in children(postmaster) {
            signal_process(process, name);
        }
        Ok(())
    }

    /// Takes the place of a primary whose standby it is, at its port.
    pub fn take_over(&mut self, primary: &Server) -> Result<()> {
        // A clean stop sends the standby all that was committed.
        primary.stop()?;
        self.stop()?;
        self.port = primary.port;
        self.start()?;
        self.promote()
    }

    /// Makes a standby take writes; returns when it does.
    pub fn promote(&self) -> Result<()> {
        run(program("pg_ctl")
            .args(["promote", "--wait", "--silent", "--pgdata"])
            .arg(&self.data))?;
        Ok(())
    }

    /// Runs a client program such as `pg_dump` against this server and gives what it printed.
    pub fn client_program(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let port = self.port.to_string();
        let place = ["--host=127.0.0.1", "--username=postgres", "--port", &port];
        let output = run(program(name).args(place).args(arguments))?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs a script of SQL in a database by `psql`, which must not meet an error.
    pub fn run_script(&self, database: &str, script: &str) -> Result<()> {
        let port = self.port.to_string();
        let mut psql = Command::new(format!("{BIN}/psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--host=127.0.0.1",
            ])
            .args(["--username=postgres", "--port", &port, "--dbname", database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        psql.stdin
            .take()
            .context("no pipe")?
            .write_all(script.as_bytes())?;
        let output = psql.wait_with_output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// The process id of the postmaster.
    pub fn postmaster(&self) -> Result<u32> {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid"))
            .context("the server is not running")?;
        Ok(text
            .lines()
            .next()
            .context("postmaster.pid is empty")?
            .trim()
            .parse()?)
    }

    /// The end of the server's log, for messages.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }
}

/// Ends one process, at once, by SIGKILL.
pub fn kill_process(process: u32) {
    signal_process(process, "KILL");
}

/// Sends one process a signal.
pub fn signal_process(process: u32, name: &str) {
    // It may be gone already, which is what was wanted.
    let _ = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .output();
}

fn configuration(settings: &Settings) -> String {
    let durable = if settings.durable { "on" } else { "off" };
    format!(
        "shared_preload_libraries = 'exchange'\n\
         exchange.max_markets = {}\n\
         exchange.max_open_orders = {}\n\
         fsync = {durable}\n\
         full_page_writes = {durable}\n\
         synchronous_commit = on\n\
         max_connections = 120\n\
         max_prepared_transactions = 4\n\
         max_wal_senders = 4\n\
         wal_level = replica\n\
         unix_socket_directories = ''\n\
         log_line_prefix = '%m [%p] %d '\n\
         log_min_duration_statement = '1s'\n\
         jit = off\n\
         max_locks_per_transaction = 256\n\
         shared_buffers = '256MB'\n\
         {}\n",
        settings.max_markets, settings.max_open_orders, settings.extra
    )
}

/// The extension must be where the server looks for it: `make test` puts it there.
fn ensure_extension() -> Result<()> {
    let output = run(program("pg_config").arg("--pkglibdir"))?;
    let library = Path::new(String::from_utf8(output.stdout)?.trim()).join("exchange.so");
    ensure!(
        library.exists(),
        "{library:?} is missing: run `make install` (or `make test`) first"
    );
    Ok(())
}

/// A fresh directory that the server's user can reach and owns: under target/tmp, else under the
/// system's temporary directory. `EXCHANGE_TEST_DIR` overrides.
fn make_base() -> Result<PathBuf> {
    let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
    let name = format!("exchange-{}-{number}", std::process::id());
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    let mut parents = vec![target, std::env::temp_dir()];
    if let Some(chosen) = std::env::var_os("EXCHANGE_TEST_DIR") {
        parents.insert(0, chosen.into());
    }
    for parent in parents {
        let base = parent.join(&name);
        if std::fs::create_dir_all(&base).is_err() {
            continue;
        }
        let base = base.canonicalize()?;
        if is_root() {
            run(Command::new("chown").arg(UNPRIVILEGED).arg(&base))?;
        }
        if run(as_server("test").arg("-w").arg(&base)).is_ok() {
            return Ok(base);
        }
        std::fs::remove_dir(&base)?;
    }
    bail!("user {UNPRIVILEGED} can reach no directory for the cluster; set EXCHANGE_TEST_DIR")
}

/// A process that stops the servers and removes their files when its standard input ends.
fn spawn_keeper(base: &Path) -> Result<Child> {
    const SCRIPT: &str = r#"
        read -r _
        base="$1"; bin="$2"; shift 2
        for data in "$base"/*/; do
            # A test that failed while its server stood still cannot have let it go on.
            postmaster=$(head -n 1 "$data/postmaster.pid") &&
                kill -CONT "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children")
            "$@" "$bin"/pg_ctl stop --mode=immediate --silent --wait --pgdata "$data"
        done
        rm -rf "$base"
    "#;
    let mut keeper = Command::new("setsid");
    keeper
        .args(["sh", "-c", SCRIPT, "keeper"])
        .arg(base)
        .arg(BIN)
        .args(server_prefix());
    keeper
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(keeper.spawn()?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// What makes a command run as the server's user.
fn server_prefix() -> &'static [&'static str] {
    const PREFIX: &[&str] = &[
        "setpriv",
        "--reuid",
        UNPRIVILEGED,
        "--regid",
        UNPRIVILEGED,
        "--clear-groups",
        "--",
    ];
    if is_root() { PREFIX } else { &[] }
}

/// A command run as the server's user.
fn as_server(name: &str) -> Command {
    let words = [server_prefix(), &[name]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn program(name: &str) -> Command {
    as_server(&format!("{BIN}/{name}"))
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}

fn write_as_server(path: &Path, text: &str) -> Result<()> {
    let mut tee = as_server("tee")
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    tee.stdin
        .take()
        .context("no pipe")?
        .write_all(text.as_bytes())?;
    ensure!(tee.wait()?.success(), "cannot write {path:?}");
    Ok(())
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}

/// Whether it still runs; one that ended and waits for its parent to look does not.
pub(crate) fn is_running(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next());
    !matches!(state, None | Some("Z" | "X"))
}
