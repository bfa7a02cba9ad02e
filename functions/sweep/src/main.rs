//! `sweep`: on a schedule, feeds intake with findings that never reached it, sees to incidents that nobody
//! works on any more, and has notices delivered that nobody got. Changes no account.

mod closer;
mod endings;
mod feed;
mod guardduty;
mod guards;
mod hearing;
mod incidents;
mod integrity;
mod limit;
mod notices;
mod report;
mod run;
mod security_hub;
mod source;
#[cfg(test)]
mod testing;
mod turn;
mod watch;

use backstop_aws::SdkConfig;
use backstop_core::{Mode, guardrail::Protection, sweep::WatchTimes};
use backstop_playbook::Catalog;
use backstop_runtime::{
    Ledger, functions::Functions, machines::Machines, outbox::Outbox, serve, settings, topic::AlertsTopic,
};
use jiff::SignedDuration;
use serde_json::Value;

/// The playbooks, compiled into the function.
const CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// What the sweep works with.
pub(crate) struct Sweep {
    catalog: Catalog,
    protection: Protection,
    maximum_mode: Mode,
    ledger: Ledger,
    machines: Machines,
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
    dead_letters_url: String,
    topic: AlertsTopic,
    outbox: Outbox,
    closer: closer::Closer,
    /// Those that contain, that look back, and that write down what follows.
    functions: Functions,
    watch: WatchTimes,
    /// For calls that no client is linked for.
    config: SdkConfig,
    /// The rules that bring findings, and the one that brings executions that failed.
    rules: Vec<integrity::Rule>,
    /// What hands intake the queue's messages.
    mapping: integrity::Mapping,
    /// How far back findings are looked at.
    window: SignedDuration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let sweep = Sweep {
        catalog: Catalog::from_json(CATALOG)?,
        protection: settings::protection()?,
        maximum_mode: settings::maximum_mode()?,
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        machines: Machines::new(
            aws_sdk_sfn::Client::new(&config),
            settings::required("MACHINE_ARN_PREFIX")?,
        ),
        sqs: aws_sdk_sqs::Client::new(&config),
        queue_url: settings::required("INTAKE_QUEUE_URL")?,
        dead_letters_url: settings::required("DEAD_LETTER_QUEUE_URL")?,
        topic: AlertsTopic::new(
            aws_sdk_sns::Client::new(&config),
            settings::required("ALERTS_TOPIC_ARN")?,
        ),
        outbox: Outbox::new(
            aws_sdk_lambda::Client::new(&config),
            settings::required("NOTIFY_FUNCTION")?,
        ),
        closer: closer::Closer::new(
            aws_sdk_lambda::Client::new(&config),
            settings::required("CLOSE_FUNCTION")?,
        ),
        rules: integrity::Rule::read_all(&settings::required("RULES")?)?,
        mapping: integrity::Mapping::read(
            aws_sdk_lambda::Client::new(&config),
            &settings::required("INTAKE_SOURCE")?,
        )?,
        functions: Functions::of_setting(&config, "ASKED_FUNCTIONS", watch::PATIENCE)?,
        watch: WatchTimes {
            confirm_after: settings::confirm_after()?,
            days: settings::parsed("WATCH_DAYS", "a whole number of days")?,
        },
        window: SignedDuration::from_hours(settings::parsed("SWEEP_HOURS", "a whole number of hours")?),
        config,
    };
    // What the schedule sends says nothing that matters here.
    serve::serve(|_schedule: Value| sweep.run()).await
}
