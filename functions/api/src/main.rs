//! `api`: the one door for people. Answers what they ask, and does what they decide, for whom API Gateway proved to ask.
//! Changes no account; what it starts, machines and responders do.

mod answer;
mod caller;
mod decide;
mod evidence;
mod guards;
mod health;
mod incidents;
mod playbooks;
mod refusal;
mod release;
mod report;
mod request;
mod route;
mod run;
#[cfg(test)]
mod tests;
mod undo;

use backstop_core::Region;
use backstop_playbook::Catalog;
use backstop_runtime::{
    Ledger, evidence::EvidenceBucket, machines::Machines, manual_run::Limits, outbox::Outbox, serve,
    settings, topic::AlertsTopic,
};
use jiff::SignedDuration;
use serde_json::Value;

/// The playbooks, compiled into the function: those that this deployment has machines of.
const CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// What the function works with.
pub(crate) struct Api {
    catalog: Catalog,
    ledger: Ledger,
    machines: Machines,
    sfn: aws_sdk_sfn::Client,
    evidence: EvidenceBucket,
    iam: aws_sdk_iam::Client,
    limits: Limits,
    /// Roles whose sessions are named by whom the deployment's owner trusts.
    person_roles: Vec<String>,
    region: Region,
    topic: AlertsTopic,
    outbox: Outbox,
    /// How often the sweep is to run.
    sweeps_every: SignedDuration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let sfn = aws_sdk_sfn::Client::new(&config);
    let api = Api {
        catalog: Catalog::from_json(CATALOG)?,
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        machines: Machines::new(sfn.clone(), settings::required("MACHINE_ARN_PREFIX")?),
        sfn,
        evidence: EvidenceBucket::new(
            aws_sdk_s3::Client::new(&config),
            settings::required("EVIDENCE_BUCKET")?,
        ),
        iam: aws_sdk_iam::Client::new(&config),
        limits: Limits {
            maximum: settings::maximum_mode()?,
            hourly: settings::parsed("CONTAINMENTS_PER_HOUR", "a whole number")?,
            protection: settings::protection()?,
        },
        person_roles: settings::list("PERSON_ROLES"),
        region: Region::new(settings::required("AWS_REGION")?),
        topic: AlertsTopic::new(
            aws_sdk_sns::Client::new(&config),
            settings::required("ALERTS_TOPIC_ARN")?,
        ),
        outbox: Outbox::new(
            aws_sdk_lambda::Client::new(&config),
            settings::required("NOTIFY_FUNCTION")?,
        ),
        sweeps_every: SignedDuration::from_mins(settings::parsed(
            "SWEEP_MINUTES",
            "a whole number of minutes",
        )?),
    };
    let api = &api;
    serve::serve(|event: Value| async move { Ok::<_, lambda_runtime::Error>(api.answer(event).await) }).await
}
