//! `intake`: turns events into incidents and starts their playbooks. Changes no account.

mod after_end;
mod batch;
mod come_back;
mod incident;
mod lock;
mod page;
mod park;
mod quiet;
mod read;
mod responders;
mod reverted;
mod source;

use aws_lambda_events::event::sqs::SqsEvent;
use backstop_aws::Accounts;
use backstop_core::{Mode, guardrail::Protection};
use backstop_playbook::Catalog;
use backstop_runtime::{Ledger, machines::Machines, outbox::Outbox, serve, settings};

/// The playbooks, compiled into the function: reading YAML at run time would cost each cold start.
const CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// What intake works with.
pub(crate) struct Intake {
    /// Where findings are read back from.
    accounts: Accounts,
    catalog: Catalog,
    ledger: Ledger,
    protection: Protection,
    maximum_mode: Mode,
    accepts_drills: bool,
    hourly_limit: u32,
    machines: Machines,
    parking: park::Parking,
    come_back: come_back::ComeBack,
    outbox: Outbox,
    responders: responders::Responders,
    pager: page::Pager,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let account = settings::required("ACCOUNT_ID")?;
    let intake = Intake {
        accounts: Accounts::own(account.as_str().into(), config.clone()),
        catalog: Catalog::from_json(CATALOG)?,
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        protection: settings::protection()?,
        maximum_mode: settings::maximum_mode()?,
        accepts_drills: settings::required("DRILL_EVENTS")? == "Enabled",
        hourly_limit: settings::parsed("CONTAINMENTS_PER_HOUR", "a whole number")?,
        machines: Machines::new(
            aws_sdk_sfn::Client::new(&config),
            settings::required("MACHINE_ARN_PREFIX")?,
        ),
        parking: park::Parking::new(
            aws_sdk_sqs::Client::new(&config),
            settings::required("DEAD_LETTER_QUEUE_URL")?,
        ),
        come_back: come_back::ComeBack::new(
            aws_sdk_sqs::Client::new(&config),
            settings::required("INTAKE_QUEUE_URL")?,
        ),
        outbox: Outbox::new(
            aws_sdk_lambda::Client::new(&config),
            settings::required("NOTIFY_FUNCTION")?,
        ),
        responders: responders::Responders::of_setting(&config)?,
        pager: page::Pager::new(
            aws_sdk_sns::Client::new(&config),
            settings::required("ALERTS_TOPIC_ARN")?,
        ),
    };
    serve::serve(|event: SqsEvent| intake.batch(event)).await
}
