//! A started account: the emulators, the gateway, and clients that reach them.

mod sdk;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use thiserror::Error;
use tokio::net::TcpListener;

use crate::answers::Findings;
use crate::emulators::{EmulatorError, Emulators, RunDirectory};
use crate::gateway::{Faults, Gateway};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::venv::{Venv, VenvError};
use crate::wire::{RecordedCall, Upstreams};

/// The disposable account. Dropping it ends everything at once; [`Account::shutdown`] also waits and tidies up.
#[derive(Debug)]
pub struct Account {
    settings: Settings,
    gateway: Gateway,
    emulators: Emulators,
}

impl Account {
    /// Sets up what is missing (on first use this takes half a minute), then starts everything.
    pub async fn start(mut settings: Settings, progress: &dyn Progress) -> Result<Self, AccountError> {
        // The emulators get it as HOME and TMPDIR, and run elsewhere.
        settings.home = std::path::absolute(&settings.home).map_err(AccountError::Home)?;
        progress.started("prepare the emulators");
        let venv = Venv::ready(&settings.home, progress).await?;
        progress.finished("prepare the emulators");

        progress.started("start the disposable account");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(AccountError::Listen)?;
        let address = listener.local_addr().map_err(AccountError::Listen)?;
        let directory = RunDirectory::create(&settings.home)?;
        let emulators = Emulators::start(&venv, directory, &settings, &endpoint(address)).await?;
        let upstreams = Upstreams::new(emulators.ministack_address(), emulators.moto_address());
        let gateway = Gateway::serve(listener, upstreams, &settings).map_err(AccountError::Listen)?;
        progress.finished("start the disposable account");
        Ok(Self {
            settings,
            gateway,
            emulators,
        })
    }

    /// The one URL for every service, e.g. `http://127.0.0.1:40123`; what `AWS_ENDPOINT_URL` takes.
    pub fn endpoint_url(&self) -> String {
        endpoint(self.gateway.address())
    }

    /// Where an HTTP API is that a stack puts out: `https://<id>.execute-api.…/<stage>` is no name here, so its id and
    /// stage stand in the path. The signature is of the path as it is sent, and what policies see is API Gateway's own.
    pub fn api_url(&self, api: &str) -> Option<String> {
        let (host, stage) = api.strip_prefix("https://")?.split_once('/')?;
        let (id, _) = host.split_once(".execute-api.")?;
        Some(format!("{}/_aws/execute-api/{id}/{stage}", self.endpoint_url()))
    }

    /// The account's twelve digits.
    pub fn account_id(&self) -> &str {
        &self.settings.account_id
    }

    /// The account's region.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// The account's root, which no policy limits: for setting up and looking, never for what a drill measures.
    pub fn root(&self) -> Credentials {
        sdk::root(&self.settings.account_id)
    }

    /// A configuration for any AWS client, calling the gateway as `credentials`.
    pub fn sdk_config(&self, credentials: Credentials) -> SdkConfig {
        sdk::config(&self.endpoint_url(), &self.settings.region, credentials)
    }

    /// The calls that have ended so far, in the order in which they began.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.gateway.calls()
    }

    /// Now, for [`Account::calls_since`].
    pub fn mark(&self) -> u64 {
        self.gateway.mark()
    }

    /// The calls that began since then and have ended, in the order in which they began.
    pub fn calls_since(&self, mark: u64) -> Vec<RecordedCall> {
        self.gateway.calls_since(mark)
    }

    /// The faults to inject; shared with the running gateway.
    pub fn faults(&self) -> &Faults {
        self.gateway.faults()
    }

    /// What GuardDuty and Security Hub have found in the account; shared with the running gateway.
    pub fn findings(&self) -> &Findings {
        self.gateway.findings()
    }

    /// What the account's alarms say after so long a time in which nothing happens, by their names. Those that begin to
    /// say `ALARM` tell whom they name.
    pub async fn alarms(&self, ahead: Duration) -> Result<BTreeMap<String, String>, AlarmsError> {
        let path = format!("/_backstop/alarms?ahead={}", ahead.as_secs());
        let reply = self
            .gateway
            .ask(&path)
            .await
            .map_err(|error| AlarmsError::Ask(error.into()))?;
        serde_json::from_slice(reply.body()).map_err(AlarmsError::Read)
    }

    /// Where the emulators' logs are until [`Account::shutdown`].
    pub fn logs(&self) -> &std::path::Path {
        self.emulators.directory()
    }

    /// Ends the emulators with the functions they run, waits until they are gone, and removes their files.
    pub async fn shutdown(self) -> Result<(), AccountError> {
        self.gateway.shutdown().await;
        self.emulators.shutdown().await?;
        Ok(())
    }

    /// As [`Account::shutdown`], but leaves the files for whoever looks into what went wrong.
    pub async fn end(self) -> Result<(), AccountError> {
        self.gateway.shutdown().await;
        self.emulators.end().await?;
        Ok(())
    }
}

fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Why it isn't known what alarms say.
#[derive(Debug, Error)]
pub enum AlarmsError {
    /// The emulator gave no answer.
    #[error("asking for the alarms")]
    Ask(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It couldn't evaluate them.
    #[error("reading what the alarms say")]
    Read(#[source] serde_json::Error),
}

/// Why there is no disposable account.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The emulators' virtual environment could not be made.
    #[error("preparing the emulators' python environment")]
    Venv(#[from] VenvError),
    /// The chosen home is no path.
    #[error("finding the disposable account's home directory")]
    Home(#[source] std::io::Error),
    /// An emulator could not be started or ended.
    #[error("running the emulators")]
    Emulators(#[from] EmulatorError),
    /// No loopback port for the gateway.
    #[error("listening on a loopback port for the gateway")]
    Listen(#[source] std::io::Error),
}
