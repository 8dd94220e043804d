//! Where a result goes: standard output, or a file that is there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::gate::policy::diagnostic::harmless;

/// A place to write to.
pub(super) enum Place {
    Stdout(BufWriter<io::StdoutLock<'static>>),
    File(Beside),
}

/// A file that is being written beside the one that it will replace.
pub(super) struct Beside {
    /// `None` once it is where it belongs.
    file: Option<BufWriter<File>>,
    written: PathBuf,
    target: PathBuf,
}

impl Place {
    /// Standard output, unless there is a file to write.
    pub(super) fn open(target: Option<&Path>) -> anyhow::Result<Self> {
        let Some(target) = target else { return Ok(Self::Stdout(BufWriter::new(io::stdout().lock()))) };
        let shown = harmless(&target.to_string_lossy());
        if target.is_dir() {
            bail!("--output: {shown} is a folder; name a file in it");
        }
        let Some(name) = target.file_name() else { bail!("--output: {shown} names no file") };
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.part", std::process::id()));
        let written = target.with_file_name(beside);
        let file = File::create_new(&written).with_context(|| format!("--output: {shown} cannot be written"))?;
        Ok(Self::File(Beside { file: Some(BufWriter::new(file)), written, target: target.to_owned() }))
    }

    /// All is written.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        let Self::File(beside) = &mut self else { return Ok(()) };
        let shown = harmless(&beside.target.to_string_lossy());
        fs::rename(&beside.written, &beside.target).with_context(|| format!("--output: {shown} cannot be written"))?;
        beside.file = None;
        Ok(())
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(Beside { file: Some(file), .. }) => file.write(bytes),
            Self::File(_) => Err(io::Error::other("it is written already")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(beside) => beside.file.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nobody can be told, and whoever looks sees that it is a part.
            let _ = fs::remove_file(&self.written);
        }
    }
}
