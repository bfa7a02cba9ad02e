//! `backstop drill`: so far starts the account, deploys the stack and says what it holds.

use std::{collections::BTreeMap, fmt, path::Path};

use backstop_sandbox::{
    Account, AccountError, Settings,
    deploy::{self, DeployError, Deployment, Template, TemplateError},
};
use clap::Args;
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError},
    printer::Printer,
    progress::Steps,
};

/// Options of `backstop drill`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

#[derive(Debug, Serialize)]
pub(crate) struct Deployed {
    outputs: BTreeMap<String, String>,
}

impl fmt::Display for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outputs
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name} = {value}"))
    }
}

impl Answer for Deployed {}

#[derive(Debug, thiserror::Error)]
enum DrillCommandError {
    #[error("starting the disposable account")]
    Account(#[from] AccountError),
    #[error("reading the template")]
    Template(#[from] TemplateError),
    #[error("deploying")]
    Deploy(#[from] DeployError),
}

impl CommandError for DrillCommandError {}

pub(crate) async fn run(_arguments: Arguments, printer: &Printer) -> Result<Deployed, CliError> {
    Ok(deployed(&Steps::new(*printer)).await?)
}

async fn deployed(steps: &Steps) -> Result<Deployed, DrillCommandError> {
    let account = Account::start(Settings::default(), steps).await?;
    let template = Template::read(Path::new(".")).await?;
    let deployment = Deployment {
        stack_name: "backstop".to_owned(),
        parameters: BTreeMap::new(),
    };
    let sdk = account.sdk_config(account.root());
    let stack = deploy::deploy(&sdk, Path::new("."), template, &deployment, steps).await?;
    account.shutdown().await?;
    Ok(Deployed {
        outputs: stack.outputs().clone(),
    })
}
