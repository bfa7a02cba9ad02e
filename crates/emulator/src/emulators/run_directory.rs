//! The files of one run: logs, and whatever the emulators and functions write.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ulid::Ulid;

use super::EmulatorError;

/// Runs whose files are kept for reading after they ended badly.
const KEPT_RUNS: usize = 3;

/// The script that runs an emulator, and what it needs beside it. Each run has its own, since another checkout may
/// share the virtual environment.
const LAUNCHER: &str = "launch.py";
const SCRIPTS: [(&str, &str); 7] = [
    (LAUNCHER, include_str!("../../python/launch.py")),
    ("access_gaps.py", include_str!("../../python/access_gaps.py")),
    ("alarms.py", include_str!("../../python/alarms.py")),
    (
        "credential_ages.py",
        include_str!("../../python/credential_ages.py"),
    ),
    (
        "ministack_gaps.py",
        include_str!("../../python/ministack_gaps.py"),
    ),
    ("moto_gaps.py", include_str!("../../python/moto_gaps.py")),
    (
        "request_shapes.py",
        include_str!("../../python/request_shapes.py"),
    ),
];

/// A directory that is ours while its lock is held.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    _held: File,
}

impl RunDirectory {
    /// A new directory under `home`; what ended runs left is removed, but for the last few.
    pub fn create(home: &Path) -> Result<Self, EmulatorError> {
        let runs = home.join("runs");
        let path = runs.join(Ulid::generate().to_string());
        let failed = |source| EmulatorError::Directory {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&path).map_err(failed)?;
        let held = File::create(lock_of(&path)).map_err(failed)?;
        held.lock().map_err(failed)?;
        remove_old(&runs);
        for (name, text) in SCRIPTS {
            fs::write(path.join(name), text).map_err(failed)?;
        }
        Ok(Self { path, _held: held })
    }

    /// Its absolute or home-relative path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn launcher(&self) -> PathBuf {
        self.path.join(LAUNCHER)
    }

    pub(super) fn remove(self) -> Result<(), EmulatorError> {
        fs::remove_dir_all(&self.path).map_err(|source| EmulatorError::Directory {
            path: self.path.clone(),
            source,
        })
    }
}

fn lock_of(run: &Path) -> PathBuf {
    run.join("running.lock")
}

/// Best effort: a run that can't be removed today will be tried again at the next start.
fn remove_old(runs: &Path) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    let mut ended: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|run| has_ended(run))
        .collect();
    // The names sort by time.
    ended.sort();
    let surplus = ended.len().saturating_sub(KEPT_RUNS);
    for run in ended.into_iter().take(surplus) {
        drop(fs::remove_dir_all(run));
    }
}

fn has_ended(run: &Path) -> bool {
    File::open(lock_of(run)).is_ok_and(|lock| lock.try_lock().is_ok())
}
