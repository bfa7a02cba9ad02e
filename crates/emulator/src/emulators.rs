//! Starts ministack and moto on free loopback ports and ends them with all they started.

mod process;
mod run_directory;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

pub use run_directory::RunDirectory;

use crate::settings::Settings;
use crate::venv::Venv;
use process::Emulator;

/// Hosts that are called without the gateway as proxy.
pub(crate) const NO_PROXY: &str = "127.0.0.1,localhost";

/// Names the directory, if any, to which is written which requests AWS's services would refuse by their own models.
const CHECK_REQUESTS: &str = "BACKSTOP_CHECK_REQUESTS";

/// Both emulators, healthy.
#[derive(Debug)]
pub struct Emulators {
    ministack: Emulator,
    moto: Emulator,
    directory: RunDirectory,
}

impl Emulators {
    /// Starts both and waits until they answer. Functions will call `endpoint_url`.
    pub async fn start(
        venv: &Venv,
        directory: RunDirectory,
        settings: &Settings,
        endpoint_url: &str,
    ) -> Result<Self, EmulatorError> {
        let (ministack_address, moto_address) = free_addresses()?;
        let ministack_port = ministack_address.port().to_string();
        let moto_port = moto_address.port().to_string();
        let wait_scale = settings.wait_scale.to_string();
        let no_docker = format!("unix://{}", directory.path().join("no-docker").display());

        let environment = [
            ("AUTH", "true"),
            ("MINISTACK_ACCOUNT_ID", &settings.account_id),
            ("MINISTACK_REGION", &settings.region),
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &ministack_port),
            // What the functions get, so that their calls are recorded and can fail.
            ("AWS_ENDPOINT_URL", endpoint_url),
            // S3 Control's host begins with the account and is no address: the gateway takes such calls as a proxy.
            ("HTTP_PROXY", endpoint_url),
            ("NO_PROXY", NO_PROXY),
            ("SFN_WAIT_SCALE", &wait_scale),
            ("LAMBDA_EXECUTOR", "local"),
            // Nothing but this process tree may be touched: ministack tidies containers and opens ports otherwise.
            ("DOCKER_HOST", &no_docker),
            ("SFTP_ENABLED", "0"),
            ("IOT_MTLS_ENABLED", "0"),
        ];
        let checked = std::env::var(CHECK_REQUESTS).unwrap_or_default();
        let environment = [&environment[..], &[(CHECK_REQUESTS, checked.as_str())]].concat();
        let ministack = Emulator::spawn(
            "ministack",
            venv,
            &["ministack"],
            &environment,
            ministack_address,
            &directory,
        )?;
        let moto = Emulator::spawn(
            "moto",
            venv,
            &["moto", &moto_port],
            &[("MOTO_ACCOUNT_ID", &settings.account_id)],
            moto_address,
            &directory,
        )?;

        let mut emulators = Self {
            ministack,
            moto,
            directory,
        };
        let timeout = settings.start_timeout;
        tokio::try_join!(
            emulators.ministack.healthy("/_ministack/health", timeout),
            emulators.moto.healthy("/moto-api/", timeout),
        )?;
        Ok(emulators)
    }

    /// Where ministack listens.
    pub fn ministack_address(&self) -> SocketAddr {
        self.ministack.address()
    }

    /// Where moto listens.
    pub fn moto_address(&self) -> SocketAddr {
        self.moto.address()
    }

    /// The run's directory with both logs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Ends both process groups, waits for them, and removes the run's directory.
    pub async fn shutdown(self) -> Result<(), EmulatorError> {
        self.end().await?.remove()
    }

    /// Ends both process groups and waits for them; the run's directory stays.
    pub async fn end(mut self) -> Result<RunDirectory, EmulatorError> {
        self.ministack.end().await?;
        self.moto.end().await?;
        Ok(self.directory)
    }
}

/// Two ports at once, so that they differ; another process may still take one, which then shows at the start.
fn free_addresses() -> Result<(SocketAddr, SocketAddr), EmulatorError> {
    let reserve = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (one, other) = (
        reserve().map_err(EmulatorError::Port)?,
        reserve().map_err(EmulatorError::Port)?,
    );
    Ok((
        one.local_addr().map_err(EmulatorError::Port)?,
        other.local_addr().map_err(EmulatorError::Port)?,
    ))
}

/// Why the emulators don't run, or couldn't be ended.
#[derive(Debug, Error)]
pub enum EmulatorError {
    /// No free loopback port.
    #[error("finding a free loopback port")]
    Port(#[source] io::Error),
    /// The run's directory could not be made or removed.
    #[error("keeping a run's files in `{path}`")]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The process could not be started.
    #[error("starting {name}")]
    Spawn {
        /// Which emulator.
        name: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It ended before it answered.
    #[error("{name} ended while starting ({status}); its log is `{log}`", log = log.display())]
    Ended {
        /// Which emulator.
        name: &'static str,
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
    },
    /// It runs but doesn't answer.
    #[error("{name} did not answer within {}s; its log is `{log}`", timeout.as_secs(), log = log.display())]
    Unhealthy {
        /// Which emulator.
        name: &'static str,
        /// How long it was given.
        timeout: Duration,
        /// Its log.
        log: PathBuf,
    },
    /// It could not be ended.
    #[error("ending {name} (process {pid})")]
    End {
        /// Which emulator.
        name: &'static str,
        /// Its process id.
        pid: u32,
        /// Why not.
        source: io::Error,
    },
}
