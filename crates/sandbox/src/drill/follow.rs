//! Follows an incident and its execution while they happen.

mod history;
mod told;

use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use backstop_core::{
    IncidentId, Mode,
    incident::{Incident, Status},
    log::{Event, Record},
};
use backstop_runtime::IncidentLog;
use tokio::time::{Instant, sleep};

use super::{DrillError, Stage, error::call, oncall::OnCall};
use crate::Progress;
pub use history::History;
use told::Told;

const PAUSE: Duration = Duration::from_millis(150);
/// From the event to the incident: EventBridge, SQS and a cold start; seconds at most.
const UNTIL_OPENED: Duration = Duration::from_secs(30);
/// From the incident to the end of its execution, retries of every step included.
const UNTIL_ENDED: Duration = Duration::from_secs(180);
/// More than any test opens on one stage.
const MOST_INCIDENTS: usize = 500;

/// Waits for the incident that a finding opened or joined.
pub async fn incident(stage: &Stage, finding_id: &str) -> Result<IncidentLog, DrillError> {
    let ledger = stage.ledger();
    let until = Instant::now() + UNTIL_OPENED;
    loop {
        for row in ledger.incidents(MOST_INCIDENTS).await? {
            let log = ledger.log(&row.incident).await?;
            if log.records().iter().any(|record| is_about(record, finding_id)) {
                return Ok(log);
            }
        }
        if Instant::now() >= until {
            let parked = parked(stage, finding_id).await?;
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
    stage: &Stage,
    opened: &IncidentLog,
    oncall: &OnCall<'_>,
    progress: &dyn Progress,
) -> Result<History, DrillError> {
    let id = opened.id();
    let arn = execution_arn(stage, opened)?;
    let sfn = aws_sdk_sfn::Client::new(&stage.account().sdk_config(stage.account().root()));
    let ledger = stage.ledger();
    let until = Instant::now() + UNTIL_ENDED;
    let mut told = Told::default();
    loop {
        let status = status(&sfn, &arn).await?;
        let history = History::read(&sfn, &arn).await?;
        let log = ledger.log(id).await?;
        let incident = log.incident()?;
        told.tell(&history, &incident, log.records(), progress);
        if !matches!(status, None | Some(ExecutionStatus::Running)) {
            return Ok(history);
        }
        if incident.status() == Status::AwaitingApproval && stage.mode() != Mode::Observe {
            oncall.approve(id, &incident, progress).await?;
        }
        if Instant::now() >= until {
            return Err(endless(id, &incident));
        }
        sleep(PAUSE).await;
    }
}

/// The execution's status; none while intake has opened the incident but not started the machine yet.
async fn status(sfn: &aws_sdk_sfn::Client, arn: &str) -> Result<Option<ExecutionStatus>, DrillError> {
    match sfn.describe_execution().execution_arn(arn).send().await {
        Ok(answer) => Ok(Some(answer.status)),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_execution_does_not_exist()) =>
        {
            Ok(None)
        }
        Err(error) => Err(call("states:DescribeExecution")(error)),
    }
}

fn execution_arn(stage: &Stage, log: &IncidentLog) -> Result<String, DrillError> {
    let incident = log.incident()?;
    let machine = stage.stack().machine_arn(incident.opened.playbook.as_str())?;
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
async fn parked(stage: &Stage, finding_id: &str) -> Result<String, DrillError> {
    let letters = stage.dead_letters().await?;
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
