//! One emulator as a process group that can't outlive us.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::{EmulatorError, RunDirectory};
use crate::venv::Venv;

const POLL: Duration = Duration::from_millis(50);

/// The child's standard input is its lifeline: when our end closes, however we die, the launcher kills its group.
#[derive(Debug)]
pub(super) struct Emulator {
    name: &'static str,
    address: SocketAddr,
    log: PathBuf,
    child: Child,
    group: Option<Pid>,
}

impl Emulator {
    pub(super) fn spawn(
        name: &'static str,
        venv: &Venv,
        arguments: &[&str],
        environment: &[(&str, &str)],
        address: SocketAddr,
        directory: &RunDirectory,
    ) -> Result<Self, EmulatorError> {
        let failed = |source| EmulatorError::Spawn { name, source };
        let log = directory.path().join(format!("{name}.log"));
        let output = File::create(&log).map_err(failed)?;
        let child = Command::new(venv.python())
            .arg(directory.launcher())
            .args(arguments)
            // Functions inherit this environment: none of the person's AWS settings may be in it.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.path())
            .env("TMPDIR", directory.path())
            .env("PYTHONUNBUFFERED", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Ok(Self {
            name,
            address,
            log,
            child,
            group,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns when `path` answers 200.
    pub(super) async fn healthy(&mut self, path: &str, timeout: Duration) -> Result<(), EmulatorError> {
        let deadline = Instant::now() + timeout;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                let status = status.to_string();
                return Err(EmulatorError::Ended {
                    name: self.name,
                    status,
                    log: self.log.clone(),
                });
            }
            if answers(self.address, path).await.unwrap_or(false) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(EmulatorError::Unhealthy {
            name: self.name,
            timeout,
            log: self.log.clone(),
        })
    }

    /// Kills the group and waits for its leader.
    pub(super) async fn end(&mut self) -> Result<(), EmulatorError> {
        let pid = self.child.id().unwrap_or_default();
        self.kill();
        match self.child.wait().await {
            Ok(_) => Ok(()),
            Err(source) => Err(EmulatorError::End {
                name: self.name,
                pid,
                source,
            }),
        }
    }

    fn kill(&mut self) {
        // Only while the leader is ours to wait for: afterwards its number may be another process's.
        if matches!(self.child.try_wait(), Ok(None))
            && let Some(group) = self.group.take()
        {
            // It may just have ended; then there is nothing to kill.
            let _has_ended = kill_process_group(group, Signal::KILL).is_err();
        }
        drop(self.child.stdin.take());
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn answers(address: SocketAddr, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0_u8; 12];
    stream.read_exact(&mut start).await?;
    Ok(start.ends_with(b" 200"))
}
