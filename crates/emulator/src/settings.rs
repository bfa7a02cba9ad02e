//! What a caller may choose about a disposable account.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Settings of one disposable account; [`Settings::default`] suits a drill.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the virtual environment and the runs' files live.
    pub home: PathBuf,
    /// Twelve digits.
    pub account_id: String,
    /// The region of every client and function.
    pub region: String,
    /// Factor for the waits of state machines: 0.1 makes a wait of ten seconds last one.
    pub wait_scale: f64,
    /// How long the emulators may take to answer their first request.
    pub start_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            home: home(),
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            wait_scale: 1.0,
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// `BACKSTOP_HOME`, else `.backstop` in the workspace around the current directory, else in that directory.
fn home() -> PathBuf {
    if let Some(chosen) = env::var_os("BACKSTOP_HOME").filter(|value| !value.is_empty()) {
        return PathBuf::from(chosen);
    }
    let here = env::current_dir().unwrap_or_else(|_| env::temp_dir());
    let workspace = here.ancestors().find(|directory| is_workspace(directory));
    workspace.unwrap_or(&here).join(".backstop")
}

fn is_workspace(directory: &Path) -> bool {
    // Cargo writes its lock file at a workspace's root only.
    directory.join("Cargo.lock").is_file()
}
