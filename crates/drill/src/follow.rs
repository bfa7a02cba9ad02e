//! Follows an incident and its execution while they happen.

mod between;
mod history;
mod told;

use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use backstop_core::{
    IncidentId, Mode,
    incident::{Incident, Status},
    log::{Event, Record},
};
use backstop_emulator::Progress;
use backstop_runtime::IncidentLog;
use tokio::time::{Instant, sleep};

use super::{DrillError, Environment, error::call, oncall::OnCall};
pub use between::BetweenReadings;
pub use history::History;
use told::Told;

const PAUSE: Duration = Duration::from_millis(150);
/// From the event to the incident: EventBridge, SQS and a cold start; seconds at most.
const UNTIL_OPENED: Duration = Duration::from_secs(30);
/// From the incident to the end of its execution, retries of every step included.
const UNTIL_ENDED: Duration = Duration::from_secs(180);
/// More than any test opens in one environment.
const MOST_INCIDENTS: usize = 500;

/// An execution that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What it did.
    pub history: History,
    /// Its status, error and cause, if it didn't succeed.
    pub failure: Option<String>,
}

/// Waits for the incident of `playbook` that a finding opened or joined; others may answer other targets of it.
pub async fn incident(
    environment: &Environment,
    playbook: &str,
    finding_id: &str,
) -> Result<IncidentLog, DrillError> {
    let ledger = environment.ledger();
    let until = Instant::now() + UNTIL_OPENED;
    loop {
        let rows = ledger.incidents(MOST_INCIDENTS).await?;
        for row in rows.iter().filter(|row| row.playbook.as_str() == playbook) {
            let log = ledger.log(&row.incident).await?;
            if log.records().iter().any(|record| is_about(record, finding_id)) {
                return Ok(log);
            }
        }
        if Instant::now() >= until {
            let parked = parked(environment, finding_id).await?;
            return Err(DrillError::NoIncident {
                seconds: UNTIL_OPENED.as_secs(),
                parked,
            });
        }
        sleep(PAUSE).await;
    }
}

/// Follows the execution to its end, telling each state as it is entered; where people are asked, the person
/// on call approves, unless the drill is to change nothing.
pub async fn execution(
    environment: &Environment,
    opened: &IncidentLog,
    oncall: &OnCall<'_>,
    progress: &dyn Progress,
) -> Result<Ended, DrillError> {
    attacked(environment, opened, oncall, BetweenReadings::NOTHING, progress).await
}

/// The same, while an attacker acts between the two readings.
pub async fn attacked(
    environment: &Environment,
    opened: &IncidentLog,
    oncall: &OnCall<'_>,
    mut between: BetweenReadings<'_>,
    progress: &dyn Progress,
) -> Result<Ended, DrillError> {
    let id = opened.id();
    let arn = execution_arn(environment, opened)?;
    let sfn = aws_sdk_sfn::Client::new(&environment.account().sdk_config(environment.account().root()));
    let ledger = environment.ledger();
    let until = Instant::now() + UNTIL_ENDED;
    let mut told = Told::default();
    loop {
        let ended = end(&sfn, &arn).await?;
        let history = History::read(&sfn, &arn).await?;
        let log = ledger.log(id).await?;
        let incident = log.incident()?;
        told.tell(&history, &incident, log.records(), progress);
        if incident.awaits_second_reading() {
            between.act(environment.account(), progress).await?;
        }
        if let Some(failure) = ended {
            if between.is_left() && environment.mode() != Mode::Observe {
                return Err(DrillError::NobodyActed);
            }
            return Ok(Ended { history, failure });
        }
        if incident.status() == Status::AwaitingApproval && environment.mode() != Mode::Observe {
            oncall.approve(id, &incident, progress).await?;
        }
        if Instant::now() >= until {
            return Err(endless(id, &incident));
        }
        sleep(PAUSE).await;
    }
}

/// Whether the execution ended, and if so, why not well; it may not be there yet, since intake opens the incident
/// before it starts the machine.
async fn end(sfn: &aws_sdk_sfn::Client, arn: &str) -> Result<Option<Option<String>>, DrillError> {
    let answer = match sfn.describe_execution().execution_arn(arn).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let is_missing = error
                .as_service_error()
                .is_some_and(|error| error.is_execution_does_not_exist());
            return if is_missing {
                Ok(None)
            } else {
                Err(call("states:DescribeExecution")(error))
            };
        }
    };
    Ok(match answer.status() {
        ExecutionStatus::Running => None,
        ExecutionStatus::Succeeded => Some(None),
        other => {
            let (error, cause) = (
                answer.error().unwrap_or_default(),
                answer.cause().unwrap_or_default(),
            );
            Some(Some(format!("{other}: {error}: {cause}")))
        }
    })
}

fn execution_arn(environment: &Environment, log: &IncidentLog) -> Result<String, DrillError> {
    let incident = log.incident()?;
    let machine = environment
        .stack()
        .machine_arn(incident.opened.playbook.as_str())?;
    Ok(format!(
        "{}:{}",
        machine.replacen(":stateMachine:", ":execution:", 1),
        log.id()
    ))
}

fn is_about(record: &Record, finding_id: &str) -> bool {
    match &record.event {
        Event::Opened(opened) => opened.finding.key.ends_with(finding_id),
        Event::FindingJoined(finding) => finding.key.ends_with(finding_id),
        _ => false,
    }
}

/// What the dead-letter queue says of a finding.
async fn parked(environment: &Environment, finding_id: &str) -> Result<String, DrillError> {
    let letters = environment.dead_letters().await?;
    let found = letters.iter().find(|letter| letter.body.contains(finding_id));
    Ok(found.map_or_else(
        || "the dead-letter queue doesn't hold it either; look at the functions' logs".to_owned(),
        |letter| {
            format!(
                "it is on the dead-letter queue: {}: {}",
                letter.error, letter.reason
            )
        },
    ))
}

fn endless(id: &IncidentId, incident: &Incident) -> DrillError {
    DrillError::Endless {
        incident: id.clone(),
        status: incident.status().to_string(),
        seconds: UNTIL_ENDED.as_secs(),
    }
}
