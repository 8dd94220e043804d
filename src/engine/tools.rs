//! The catalogue of AI tools in use: the embedded one, and the server's own files over it, read again when they change.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::Engine;
use crate::gate::detect::Catalogue;
use crate::gate::policy::diagnostic::Diagnostic;
use crate::gate::yaml::MAX_BYTES;

/// Why the server's own tools cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// A file could not be opened or read as text: mend its path, permissions or encoding.
    #[error("agents.files: cannot read {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why. Not named as a source: whoever prints a whole chain would say it twice.
        why: io::Error,
    },
    /// The files do not make a catalogue: mend what the findings say. At least one is an error.
    #[error("agents.files: the tools cannot be used:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Diagnostic>),
}

/// The catalogue, and the files that it is read from.
#[derive(Debug)]
pub struct Tools {
    files: Vec<PathBuf>,
    loaded: RwLock<Arc<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    texts: Vec<String>,
    catalogue: Arc<Catalogue>,
    warnings: Vec<Diagnostic>,
}

impl Tools {
    /// Reads the files.
    pub fn load(files: Vec<PathBuf>) -> Result<Self, ToolsError> {
        let loaded = RwLock::new(Arc::new(Loaded::of(&files, texts(&files)?)?));
        Ok(Self { files, loaded })
    }

    fn loaded(&self) -> Arc<Loaded> {
        // A poisoned lock still holds the last whole value: it is replaced, never changed in place.
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The catalogue in use.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.loaded().catalogue)
    }

    /// What in the files is worth a look.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.loaded().warnings.clone()
    }

    /// What there is to say when it is taken into use.
    pub(super) fn say(&self) {
        let loaded = self.loaded();
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        for tool in loaded.catalogue.switched_off() {
            tracing::warn!(tool = tool.id, "this tool is switched off: its marks are no evidence");
        }
    }

    /// Reads the files again. Whether the catalogue is another one now.
    fn reload(&self) -> Result<bool, ToolsError> {
        let before = self.loaded();
        let texts = texts(&self.files)?;
        if texts == before.texts {
            return Ok(false);
        }
        let loaded = Loaded::of(&self.files, texts)?;
        let is_another = loaded.catalogue.digest() != before.catalogue.digest();
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(is_another)
    }
}

impl Loaded {
    fn of(files: &[PathBuf], texts: Vec<String>) -> Result<Self, ToolsError> {
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        let given: Vec<_> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let (catalogue, warnings) = Catalogue::with(&given).map_err(ToolsError::Invalid)?;
        Ok(Self { texts, catalogue: Arc::new(catalogue), warnings })
    }
}

/// The texts of these files.
fn texts(files: &[PathBuf]) -> Result<Vec<String>, ToolsError> {
    let text = |path: &PathBuf| text(path).map_err(|why| ToolsError::Unreadable { path: path.clone(), why });
    files.iter().map(text).collect()
}

/// One byte more than is taken shows that there is more; some files never end.
fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

impl Engine {
    /// The catalogue in use now. Whoever judges takes it once, so that one verdict rests on one catalogue.
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        self.tools.catalogue()
    }

    /// Reads the files of AI tools again. A catalogue that makes sense is taken over and every open change is judged anew;
    /// one that does not is logged, and the one in use stays.
    pub async fn reload_agents(&self) {
        match self.tools.reload() {
            Ok(true) => {
                self.tools.say();
                self.judge_all_anew("the catalogue of AI tools has changed", self.clock.now()).await;
            }
            Ok(false) => {}
            Err(error) => tracing::error!("the AI tools were not reloaded; those in use stay: {error}"),
        }
    }
}
