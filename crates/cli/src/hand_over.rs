//! Finds and starts `backstop-drill`, which has the emulators and the clients of many services that this program
//! does without.

use std::{
    env,
    ffi::OsStr,
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use backstop_terminal::{Exit, Signals};
use rustix::process::{Pid, Signal, kill_process};

use crate::command::CommandError;

const PROGRAM: &str = "backstop-drill";

/// The other program wasn't started, or didn't do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandOverError {
    #[error(
        "`{PROGRAM}` isn't there, neither beside `{}` nor on PATH: type `cargo drill` in a checkout of Backstop, or \
         install it from one with `cargo install --path crates/drill`",
        .0.display()
    )]
    NotThere(PathBuf),
    #[error("starting `{}`", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("waiting for `{}`", program.display())]
    Wait { program: PathBuf, source: io::Error },
    #[error("listening for signals")]
    Signals(#[source] io::Error),
    /// It has said why itself.
    #[error("`{PROGRAM}` ended with exit code {}", .0.code())]
    Ended(Exit),
    #[error("`{PROGRAM}` ended with {0}, which no command of Backstop's does: see what it said above")]
    Died(std::process::ExitStatus),
}

impl CommandError for HandOverError {
    fn exit(&self) -> Exit {
        match self {
            Self::Ended(exit) => *exit,
            _ => Exit::Failed,
        }
    }

    fn report(&self) -> Option<String> {
        match self {
            Self::Ended(_) => None,
            other => Some(backstop_core::words::with_causes(other)),
        }
    }
}

/// Becomes the other program: its output, its exit code and its answer to signals are this process's.
pub(crate) fn become_it<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> HandOverError {
    let program = program();
    let error = Command::new(&program).args(arguments).exec();
    not_started(program, error)
}

/// Runs the other program and gives what it writes to stdout; its stderr is this one's. A signal is passed on, so that
/// what it has started is torn down.
pub(crate) async fn output_of<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, HandOverError> {
    let mut signals = Signals::listen().map_err(HandOverError::Signals)?;
    let program = program();
    let child = Command::new(&program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    let child = child.map_err(|error| not_started(program.clone(), error))?;
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let mut waiting = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = loop {
        tokio::select! {
            ended = &mut waiting => break ended,
            _ = signals.next() => {
                if let Some(id) = id {
                    // Where it has ended meanwhile there is nothing to end.
                    kill_process(id, Signal::TERM).unwrap_or_default();
                }
            }
        }
    };
    let output = ended
        .unwrap_or_else(|panicked| Err(panicked.into()))
        .map_err(|source| HandOverError::Wait { program, source })?;
    match output.status.code().and_then(Exit::of_code) {
        Some(Exit::Done) => Ok(output.stdout),
        Some(exit) => Err(HandOverError::Ended(exit)),
        None => Err(HandOverError::Died(output.status)),
    }
}

/// Beside this program, else wherever PATH has it.
fn program() -> PathBuf {
    let beside = env::current_exe().ok().map(|own| own.with_file_name(PROGRAM));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PROGRAM.into())
}

fn not_started(program: PathBuf, source: io::Error) -> HandOverError {
    if source.kind() == io::ErrorKind::NotFound && program == Path::new(PROGRAM) {
        return HandOverError::NotThere(env::current_exe().unwrap_or_else(|_unknown| "backstop".into()));
    }
    HandOverError::Start { program, source }
}
