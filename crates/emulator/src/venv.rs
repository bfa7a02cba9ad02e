//! The emulators' own virtual environment, made on first use from a lock with hashes.

mod python;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::process::Command;
use tokio::task;

use crate::progress::Progress;
use python::find_python;

const LOCK: &str = include_str!("../python/requirements.lock");
const READY: &str = "backstop-ready";
/// Lines of a failed command's output that an error repeats.
const TAIL_LINES: usize = 12;

/// A complete virtual environment.
#[derive(Clone, Debug)]
pub struct Venv {
    root: PathBuf,
}

impl Venv {
    /// The environment under `home`, made if it isn't there; several processes may ask at once.
    pub async fn ready(home: &Path, progress: &dyn Progress) -> Result<Self, VenvError> {
        let root = home.join(format!("venv-{}", fingerprint()));
        let venv = Self { root };
        fs::create_dir_all(home).map_err(|source| VenvError::Write {
            path: home.to_owned(),
            source,
        })?;
        let _held = lock(venv.root.with_extension("lock")).await?;
        if !venv.is_complete() {
            venv.make(progress).await?;
        }
        Ok(venv)
    }

    /// The interpreter.
    pub fn python(&self) -> PathBuf {
        self.root.join("bin").join("python")
    }

    fn is_complete(&self) -> bool {
        self.root.join(READY).is_file()
    }

    /// Built in place, since scripts in it hold its path; the marker comes last, so half of one is never used.
    async fn make(&self, progress: &dyn Progress) -> Result<(), VenvError> {
        if self.root.exists() {
            fs::remove_dir_all(&self.root).map_err(|source| VenvError::Write {
                path: self.root.clone(),
                source,
            })?;
        }
        let python = find_python().await?;
        progress.detail("create a virtual environment");
        run(
            Command::new(python).args(["-m", "venv"]).arg(&self.root),
            "creating a virtual environment",
        )
        .await?;

        progress.detail("install the emulators from their lock (once; about half a minute)");
        let lock_file = self.root.join("requirements.lock");
        self.write(&lock_file, LOCK)?;
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            // The lock is the whole set: nothing is resolved, built or taken on trust.
            .args(["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement"])
            .arg(&lock_file);
        run(&mut pip, "installing the emulators").await?;
        self.write(&self.root.join(READY), "")
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), VenvError> {
        fs::write(path, text).map_err(|source| VenvError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

/// Twelve hex digits that change with the lock, so that a new lock makes a new environment.
fn fingerprint() -> String {
    let digest = Sha256::digest(LOCK.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Held until dropped; waits in a thread, because another process may be installing.
async fn lock(path: PathBuf) -> Result<File, VenvError> {
    let wait = {
        let path = path.clone();
        move || -> io::Result<File> {
            let file = File::create(path)?;
            file.lock()?;
            Ok(file)
        }
    };
    let held = task::spawn_blocking(wait)
        .await
        .map_err(io::Error::other)
        .and_then(|result| result);
    held.map_err(|source| VenvError::Write { path, source })
}

async fn run(command: &mut Command, doing: &'static str) -> Result<(), VenvError> {
    let command = command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(|source| VenvError::Run { doing, source })?;
    if output.status.success() {
        return Ok(());
    }
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Err(VenvError::Failed {
        doing,
        output: last_lines(&text),
    })
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines.into_iter().skip(from).collect::<Vec<_>>().join("\n")
}

/// Why the virtual environment is not there.
#[derive(Debug, Error)]
pub enum VenvError {
    /// No interpreter that the lock was made for.
    #[error("no python 3.11 or newer found (looked for {looked_for}); install one, with its `venv` module")]
    NoPython {
        /// The names tried.
        looked_for: String,
    },
    /// A command could not be run at all.
    #[error("{doing}")]
    Run {
        /// What we were doing.
        doing: &'static str,
        /// Why it didn't start.
        source: io::Error,
    },
    /// A command ended with a failure.
    #[error("{doing} failed; it said:\n{output}")]
    Failed {
        /// What we were doing.
        doing: &'static str,
        /// The last lines of its output.
        output: String,
    },
    /// The environment's files could not be written.
    #[error("writing `{path}`")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_in_the_lock_is_pinned_and_hashed_and_no_index_is_named() {
        let packages: Vec<&str> = LOCK
            .lines()
            .filter(|line| line.starts_with(char::is_alphanumeric))
            .collect();
        assert!(packages.len() > 50);
        assert!(
            packages
                .iter()
                .all(|line| line.contains("==") && line.ends_with('\\')),
            "{packages:?}"
        );
        assert_eq!(
            packages.len(),
            LOCK.replace("\\\n", "")
                .lines()
                .filter(|line| line.contains("--hash=sha256:"))
                .count()
        );
        assert!(!LOCK.contains("://"));
    }

    #[test]
    fn an_error_repeats_only_the_last_lines() {
        let text = (0..40).map(|line| format!("line {line}\n\n")).collect::<String>();
        let tail = last_lines(&text);
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.ends_with("line 39"));
    }
}
