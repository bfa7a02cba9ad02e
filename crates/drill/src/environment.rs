//! The environment: a started account with the real stack deployed in it, for one drill or many.

mod dead_letters;
mod hearing;
mod logs;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstop_core::{
    Mode,
    finding::{GUARDDUTY_FINDING, HEALTH_EVENT, SECURITY_HUB_IMPORTED},
};
use backstop_emulator::{
    Account, AccountError, Progress, Settings,
    deploy::{
        BuildError, DeployError, Deployment, PermissionError, Stack, StackError, Template, TemplateError,
        build_functions, deploy_built,
    },
};
use backstop_runtime::Ledger;
use serde_json::Value;
use thiserror::Error;

use super::{DrillError, error::call};

pub use dead_letters::DeadLetter;
pub use logs::LogsError;

/// The source that the stack accepts drills from.
pub const SOURCE: &str = "backstop.drill";
/// The parameter that names who is told.
const ALERT_EMAIL: &str = "AlertEmail";
const STACK: &str = "backstop";
/// Functions that change the account are named so in the template.
const RESPONDERS: &str = "Respond";

/// What the environment is to be like.
#[derive(Clone, Debug)]
pub struct EnvironmentOptions {
    /// The workspace's directory, with `template.yaml`.
    pub root: PathBuf,
    /// The stack's `MaximumMode`.
    pub mode: Mode,
    /// An action, such as `iam:PutUserPolicy`, to take away from whoever of the responders has it.
    pub without_permission: Option<String>,
    /// Template parameters that a drill doesn't set itself.
    pub parameters: BTreeMap<String, String>,
    /// The account.
    pub account: Settings,
}

/// See the module. Dropping it ends the account at once and leaves its files.
#[derive(Debug)]
pub struct Environment {
    account: Account,
    stack: Stack,
    table: String,
    mode: Mode,
}

/// Why there is no environment, or it can't be cleared.
#[derive(Debug, Error)]
pub enum EnvironmentError {
    /// The template can't be read.
    #[error("reading the template")]
    Template(#[from] TemplateError),
    /// No such permission to take away.
    #[error("taking `{action}` away")]
    Permission {
        /// The action.
        action: String,
        /// Why not.
        source: PermissionError,
    },
    /// No function that changes the account.
    #[error("no function of the template is named `{RESPONDERS}…`, so `{0}` can't be taken away")]
    NoResponder(String),
    /// The functions don't compile.
    #[error("building the functions")]
    Build(#[from] BuildError),
    /// The account can't be started or ended.
    #[error("running the disposable account")]
    Account(#[from] AccountError),
    /// The stack can't be deployed.
    #[error("deploying the stack; the account's files are in `{}`", files.display())]
    Deploy {
        /// The run's directory.
        files: PathBuf,
        /// Why.
        source: Box<DeployError>,
    },
    /// Nobody can be subscribed to the alerts topic.
    #[error("subscribing to the alerts topic")]
    Subscribe(#[from] Box<DrillError>),
    /// The stack lacks an output.
    #[error("finding the stack's parts")]
    Stack(#[from] StackError),
}

impl Environment {
    /// Builds the functions, starts the account, and deploys the template.
    pub async fn start(
        options: EnvironmentOptions,
        progress: &dyn Progress,
    ) -> Result<Self, EnvironmentError> {
        let mut template = Template::read(&options.root).await?;
        if let Some(action) = &options.without_permission {
            take_away(&mut template, action)?;
        }
        progress.started("build the functions");
        let binaries = build_functions(&options.root, &template.functions()?, progress).await?;
        progress.finished("build the functions");
        let account = Account::start(options.account.clone(), progress).await?;
        let deployment = Deployment {
            stack_name: STACK.to_owned(),
            parameters: parameters(&options),
        };
        let sdk = account.sdk_config(account.root());
        let deployed = deploy_built(&sdk, &options.root, template, &binaries, &deployment, progress).await;
        let stack = deployed.map_err(|source| EnvironmentError::Deploy {
            files: account.logs().to_owned(),
            source: Box::new(source),
        })?;
        let environment = Self::with(account, stack, options.mode)?;
        // Whoever names an address, or none, says who hears; else somebody does, as in a deployment that is done.
        if !options.parameters.contains_key(ALERT_EMAIL) {
            hearing::subscribe(&environment).await.map_err(Box::new)?;
        }
        Ok(environment)
    }

    /// An environment around a stack that is deployed already, whose alerts topic nobody was subscribed to yet.
    pub async fn around(account: Account, stack: Stack, mode: Mode) -> Result<Self, EnvironmentError> {
        let environment = Self::with(account, stack, mode)?;
        hearing::subscribe(&environment).await.map_err(Box::new)?;
        Ok(environment)
    }

    fn with(account: Account, stack: Stack, mode: Mode) -> Result<Self, EnvironmentError> {
        let table = stack.incidents_table()?.to_owned();
        Ok(Self {
            account,
            stack,
            table,
            mode,
        })
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The stack's `MaximumMode`.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The incidents table, seen as root: for looking only.
    pub fn ledger(&self) -> Ledger {
        self.ledger_as(self.account.root())
    }

    /// The incidents table, seen with these credentials.
    pub fn ledger_as(&self, credentials: aws_credential_types::Credentials) -> Ledger {
        let client = aws_sdk_dynamodb::Client::new(&self.account.sdk_config(credentials));
        Ledger::new(client, self.table.clone())
    }

    /// Fires an event as a drill does. The service that would have made it has what it says, and confirms it.
    pub async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<(), DrillError> {
        self.let_service_have(detail_type, detail);
        self.put_event_of_nobody(detail_type, detail).await
    }

    /// From now on the service that makes such events has what this one says.
    pub fn let_service_have(&self, detail_type: &str, detail: &Value) {
        let findings = self.account.findings();
        match detail_type {
            GUARDDUTY_FINDING => findings.plant_in_guardduty(detail.clone()),
            HEALTH_EVENT => findings.plant_in_health(detail.clone()),
            SECURITY_HUB_IMPORTED => {
                let imported = detail.get("findings").and_then(Value::as_array);
                for finding in imported.into_iter().flatten() {
                    findings.plant_in_security_hub(finding.clone());
                }
            }
            _ => {}
        }
    }

    /// Fires an event about which no service knows anything.
    pub async fn put_event_of_nobody(&self, detail_type: &str, detail: &Value) -> Result<(), DrillError> {
        let client = aws_sdk_eventbridge::Client::new(&self.account.sdk_config(self.account.root()));
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string())
            .event_bus_name(self.stack.event_bus()?)
            .build();
        let answer = client
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(call("events:PutEvents"))?;
        let refused = answer.entries().iter().find_map(|entry| entry.error_code());
        refused.map_or(Ok(()), |code| Err(DrillError::EventRefused(code.to_owned())))
    }

    /// Saves the functions' logs and the gateway's record beside the emulators' logs; gives the directory.
    pub async fn save_logs(&self) -> Result<PathBuf, LogsError> {
        logs::save(&self.account, self.stack.name()).await?;
        Ok(self.account.logs().to_owned())
    }

    /// Ends everything and removes the files.
    pub async fn clear(self) -> Result<(), EnvironmentError> {
        Ok(self.account.shutdown().await?)
    }

    /// Ends everything and leaves the files.
    pub async fn end(self) -> Result<(), EnvironmentError> {
        Ok(self.account.end().await?)
    }
}

/// Finds the workspace around a directory: the nearest that holds `template.yaml`.
pub fn workspace_around(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .find(|parent| parent.join("template.yaml").is_file())
        .map(Path::to_owned)
}

/// When the second reading is made, unless whoever deploys says otherwise.
const CONFIRM_AFTER_SECONDS: &str = "5";

fn parameters(options: &EnvironmentOptions) -> BTreeMap<String, String> {
    let mut parameters = options.parameters.clone();
    // Nothing here takes AWS's minutes to be in force.
    parameters
        .entry("ConfirmAfterSeconds".to_owned())
        .or_insert_with(|| CONFIRM_AFTER_SECONDS.to_owned());
    parameters.insert("DrillEvents".to_owned(), "Enabled".to_owned());
    parameters.insert("MaximumMode".to_owned(), options.mode.to_string());
    parameters
}

/// Takes the action from every responder that has it; it is an error if none has.
fn take_away(template: &mut Template, action: &str) -> Result<(), EnvironmentError> {
    let mut refusal = None;
    let mut is_taken = false;
    let functions = template.functions()?;
    for function in functions
        .iter()
        .filter(|function| function.logical_id.starts_with(RESPONDERS))
    {
        match template.without_permission(&function.logical_id, action) {
            Ok(()) => is_taken = true,
            Err(error) => refusal = Some(error),
        }
    }
    match (is_taken, refusal) {
        (true, _) => Ok(()),
        (false, Some(source)) => Err(EnvironmentError::Permission {
            action: action.to_owned(),
            source,
        }),
        (false, None) => Err(EnvironmentError::NoResponder(action.to_owned())),
    }
}
