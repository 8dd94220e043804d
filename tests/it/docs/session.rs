//! A shell for the commands of one page, in a folder that holds the files of that page.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::page::Block;
use forge::Forge;

mod forge;

/// What stands for anything in what a command prints.
const ANYTHING: &str = "…";

/// A folder with the files of a page, and a forge where one is asked for.
pub(super) struct Session {
    folder: tempfile::TempDir,
    forge: Option<Forge>,
}

/// A command that prints something else than the page says.
pub(super) struct Difference {
    pub(super) line: usize,
    command: String,
    said: String,
    /// Where the page says it.
    pub(super) range: Range<usize>,
    pub(super) printed: String,
    code: Option<i32>,
}

impl Difference {
    pub(super) fn message(&self) -> String {
        let Self { command, said, printed, code, .. } = self;
        format!("$ {command}\nends with {code:?}\n--- the page says\n{said}--- it prints\n{printed}---")
    }
}

/// A command of a block: its text, what it is said to print, and where that stands.
struct Step {
    line: usize,
    command: String,
    said: String,
    range: Range<usize>,
}

impl Session {
    pub(super) fn begin() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), forge: None }
    }

    pub(super) fn write(&mut self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Brings a sandbox GitHub, a server that works for it, and a configuration that names both.
    pub(super) async fn meet_forge(&mut self) {
        if self.forge.is_none() {
            self.forge = Some(Forge::start(self.folder.path()).await);
        }
    }

    pub(super) async fn end(self) {
        if let Some(forge) = self.forge {
            forge.stop().await;
        }
    }

    /// Runs the commands of a block, and says which of them print something else.
    pub(super) async fn run(&self, block: &Block) -> Vec<Difference> {
        let mut found = Vec::new();
        for step in steps(block) {
            let folder = self.folder.path().to_owned();
            let command = step.command.clone();
            let output = tokio::task::spawn_blocking(move || shell(&folder, &command)).await.unwrap();
            found.extend(difference(step, &output));
        }
        found
    }
}

fn difference(step: Step, output: &Output) -> Option<Difference> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = output.status.code();
    let told = step.command.split_once("# exits with ").map_or("0", |(_, code)| code.trim());
    let is_told = code.is_some_and(|code| code.to_string() == told) && matches(&step.said, &printed);
    let Step { line, command, said, range } = step;
    (!is_told).then_some(Difference { line, command, said, range, printed, code })
}

/// Whether this was printed, but for spaces at the ends of lines, and for what may be anything.
fn matches(said: &str, printed: &str) -> bool {
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
    let (said, printed) = (trimmed(said), trimmed(printed));
    let parts: Vec<String> = said.split(ANYTHING).map(regex::escape).collect();
    regex::Regex::new(&format!(r"\A{}\z", parts.join("(?s:.*)"))).unwrap().is_match(&printed)
}

/// Runs a command as a reader would, with nothing of this machine's environment.
fn shell(folder: &Path, command: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_seconder")).parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", program.display());
    Command::new("bash")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", folder.to_str().unwrap()), ("LANG", "C.UTF-8")])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The commands of a block, each a line behind `$`, and what is said to be printed up to the next.
fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = block.range.start;
    for (number, line) in block.text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.trim_end().to_owned();
            steps.push(Step { line: block.line + number, command, said: String::new(), range: end..end });
        } else if let Some(step) = steps.last_mut() {
            if step.command.ends_with('\\') && step.said.is_empty() {
                step.command = format!("{}{}", step.command.trim_end_matches('\\'), line.trim());
                step.range = end..end;
            } else {
                step.said.push_str(line);
                step.range.end = end;
            }
        }
        at = end;
    }
    steps
}

/// What is wrong with the syntax of a script that is not run.
pub(super) fn syntax(block: &Block) -> Option<Difference> {
    let output = Command::new("bash").args(["-n", "-c", &block.text]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| Difference {
        line: block.line,
        command: "bash -n".to_owned(),
        said: String::new(),
        range: block.range.end..block.range.end,
        printed,
        code: output.status.code(),
    })
}

/// The subcommands of `seconder` that these lines name.
pub(super) fn subcommands(text: &str) -> Vec<String> {
    let named = regex::Regex::new(r"(?m)(?:^|[|;&(] *|\$ |-- )seconder ([a-z]+(?: [a-z]+)?)").unwrap();
    named.captures_iter(text).map(|found| found[1].to_owned()).collect()
}
