//! Builds the functions with Cargo and finds their binaries.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdout, Command};

use super::template::Function;
use crate::Progress;

/// Binaries by name.
pub type Binaries = BTreeMap<String, PathBuf>;

/// The functions can't be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Cargo can't be run.
    #[error("running `cargo build`; is Cargo on the PATH")]
    Cargo(#[from] std::io::Error),
    /// The code doesn't compile.
    #[error("`cargo build` failed:\n{0}")]
    Failed(String),
    /// Cargo built, but not this.
    #[error("`cargo build` made no binary `{0}`; the last part of its `CodeUri` must be a binary's name")]
    Missing(String),
}

/// One line of Cargo's `--message-format json`, as far as it is of use.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds the functions' binaries in the `dev` profile, in one go.
///
/// `--workspace` makes Cargo choose the features of shared dependencies as for every other command of the
/// workspace; `-p` for each function would compile the AWS SDK a second time.
pub async fn build_functions(
    root: &Path,
    functions: &[Function],
    progress: &dyn Progress,
) -> Result<Binaries, BuildError> {
    let mut command = cargo(root);
    command.args([
        "build",
        "--workspace",
        "--message-format",
        "json-render-diagnostics",
    ]);
    for function in functions {
        command.args(["--bin", &function.binary]);
    }
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (messages, told) = tokio::try_join!(messages(stdout), narrate(stderr, progress))?;
    if !child.wait().await?.success() {
        return Err(BuildError::Failed(told));
    }
    let built = binaries(&messages);
    functions
        .iter()
        .map(|Function { binary, .. }| match built.get(binary) {
            Some(path) => Ok((binary.clone(), path.clone())),
            None => Err(BuildError::Missing(binary.clone())),
        })
        .collect()
}

/// Cargo, without what an outer `cargo run` or `cargo test` says about its own package: build scripts that
/// watch those variables would run again, and everything above them would be compiled again.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn messages(stdout: Option<ChildStdout>) -> std::io::Result<String> {
    let mut text = String::new();
    if let Some(mut stdout) = stdout {
        stdout.read_to_string(&mut text).await?;
    }
    Ok(text)
}

/// Passes on what Cargo says, and keeps it for the error.
async fn narrate(stderr: Option<ChildStderr>, progress: &dyn Progress) -> std::io::Result<String> {
    let mut told = String::new();
    let Some(stderr) = stderr else { return Ok(told) };
    let mut lines = BufReader::new(stderr).lines();
    while let Some(line) = lines.next_line().await? {
        progress.detail(line.trim());
        told.push_str(&line);
        told.push('\n');
    }
    Ok(told)
}

fn binaries(messages: &str) -> Binaries {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde","kind":["lib"]},"executable":null}
{"reason":"build-script-executed","package_id":"x","out_dir":"/t/out"}
{"reason":"compiler-artifact","target":{"name":"intake","kind":["bin"]},"executable":"/t/debug/intake"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            binaries(messages),
            Binaries::from([("intake".into(), "/t/debug/intake".into())])
        );
    }
}
