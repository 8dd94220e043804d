//! One throw-away PostgreSQL for the whole test binary, and a schema of its own for each test: to whoever opens its
//! address it looks like an empty database, but costs no copy of a thousand files.
//!
//! Nothing has to be running or configured: the server's binaries are enough. It listens on a Unix socket in a
//! temporary folder, keeps nothing safe, and dies with the test process however that ends.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::{fs, process, thread};

use sqlx::{Connection, Executor, PgConnection};

const FOLDER: &str = "seconder-pg-";
const MISSING: &str = "no PostgreSQL server binaries in PATH or /usr/lib/postgresql/*/bin, and these tests need them: \
                       apt-get install postgresql";

/// Nobody mourns what a test has stored.
const UNSAFE: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// The address of an empty database that nobody else uses.
pub(crate) async fn database() -> String {
    static CREATED: AtomicU32 = AtomicU32::new(0);

    let server = server();
    let name = format!("test_{}", CREATED.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server).await.expect("the server that was started accepts connections");
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"))).await.expect("a schema can be created");
    admin.close().await.expect("the connection closes");
    format!("{server}&options[search_path]={name}")
}

/// The address of the server, which is started when it is first asked for.
pub(crate) fn server() -> String {
    static SERVER: OnceLock<Result<PathBuf, String>> = OnceLock::new();

    match SERVER.get_or_init(|| start(&UNSAFE)) {
        Ok(folder) => address(folder),
        Err(why) => panic!("{why}"),
    }
}

/// The address of a server by the folder of its socket.
pub(crate) fn address(folder: &Path) -> String {
    format!("postgres://postgres@localhost/postgres?host={}", folder.display())
}

/// Starts the server, with these settings besides, and gives the folder of its socket.
pub(crate) fn start(settings: &[&str]) -> Result<PathBuf, String> {
    let binaries = find_binaries().ok_or(MISSING)?;
    // Beside the tests: removing files takes its time.
    thread::spawn(sweep);
    let folder = std::env::temp_dir().join(format!("{FOLDER}{}", process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(|error| error.to_string())?;
    let account = Account::find(&folder)?;

    let data = folder.join("data");
    let mut initdb = account.command(&binaries.join("initdb"), None);
    initdb.args(["-A", "trust", "-U", "postgres", "--no-sync", "--locale=C", "-E", "UTF8", "-D"]).arg(&data);
    let made = initdb.output().map_err(|error| format!("initdb could not be run: {error}"))?;
    if !made.status.success() {
        return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
    }

    let mut server = account.command(&binaries.join("postgres"), Some("INT"));
    server.arg("-D").arg(&data).arg("-k").arg(&folder);
    for setting in ["listen_addresses=", "autovacuum=off", "max_connections=300"].iter().chain(settings) {
        server.args(["-c", setting]);
    }
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    keep(server)?;
    Ok(folder)
}

/// Starts the server from a thread that lives as long as the process, and waits until it is ready.
///
/// The signal that ends the server comes when the *thread* ends that started it, and test threads end early.
fn keep(mut server: Command) -> Result<(), String> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let ended = match server.spawn() {
            Ok(mut child) => follow(&mut child, &tell),
            Err(error) => format!("postgres could not be run: {error}"),
        };
        tell.send(Err(ended)).ok();
    });
    told.recv().map_err(|error| error.to_string())?
}

/// Reads the server's log to its end, or the server would stall on a full pipe; gives what it said.
fn follow(child: &mut Child, tell: &Sender<Result<(), String>>) -> String {
    let mut said = String::from("postgres ended:");
    let Some(log) = child.stderr.take() else { return said };
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if line.contains("ready to accept connections") {
            tell.send(Ok(())).ok();
        }
        said.push('\n');
        said.push_str(&line);
    }
    child.wait().ok();
    said
}

/// The account that the server runs under: PostgreSQL refuses to be root.
enum Account {
    Own,
    Postgres,
}

impl Account {
    fn find(folder: &Path) -> Result<Self, String> {
        // The folder that was just made belongs to whoever runs the tests.
        let owner = fs::metadata(folder).map_err(|error| error.to_string())?.uid();
        if owner != 0 {
            return Ok(Self::Own);
        }
        let given = Command::new("chown").arg("postgres:").arg(folder).output().map_err(|error| error.to_string())?;
        if !given.status.success() {
            return Err(format!(
                "tests run as root need the account `postgres`, which comes with apt-get install postgresql: {}",
                String::from_utf8_lossy(&given.stderr)
            ));
        }
        Ok(Self::Postgres)
    }

    /// A command under this account that gets `signal` when the thread that started it is gone.
    fn command(&self, program: &Path, signal: Option<&str>) -> Command {
        let mut command = Command::new("setpriv");
        if let Self::Postgres = self {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        // Set last: a change of account would clear it.
        if let Some(signal) = signal {
            command.arg(format!("--pdeathsig={signal}"));
        }
        command.arg("--").arg(program).current_dir("/");
        command
    }
}

/// The folder with `initdb` and `postgres`. Wrappers in PATH count too; of several versions, the newest.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut packaged: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    packaged.sort_by_key(|bin| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok());
    let is_whole = |bin: &PathBuf| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    std::env::split_paths(&path).chain(packaged.into_iter().rev()).find(is_whole)
}

/// Removes what earlier test processes left behind.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(FOLDER)).filter(|pid| pid.parse::<u32>().is_ok());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}
