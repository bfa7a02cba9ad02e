//! How a drill starts: its finding is sent, or a person on call runs its playbook.

use backstop_core::IncidentId;
use backstop_playbook::drill::Start;
use backstop_runtime::IncidentLog;
use jiff::Timestamp;
use ulid::Ulid;

use super::{Drill, DrillError, Environment, Fixtures, finding, follow, oncall::OnCall};

/// What was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// When, by the gateway's clock, in microseconds.
    pub began_us: u64,
    by: By,
}

#[derive(Clone, Debug)]
enum By {
    Finding(String),
    Hand(IncidentId),
}

/// What people are told is being done.
pub(super) fn in_words(drill: &Drill) -> &'static str {
    match drill.start() {
        Some(Start::ManualRun(_)) => "run the playbook by hand and follow its incident",
        Some(Start::Finding(_)) | None => "send the finding and follow its incident",
    }
}

/// Starts the drill's playbook, about what was planted.
pub async fn start(
    environment: &Environment,
    drill: &Drill,
    fixtures: &Fixtures,
    oncall: &OnCall<'_>,
) -> Result<Started, DrillError> {
    let Some(Start::ManualRun(run)) = drill.start() else {
        let event = finding_about(environment, drill, fixtures)?;
        environment.put_event(&event.detail_type, &event.detail).await?;
        return Ok(Started {
            began_us: last(environment, "events", "PutEvents"),
            by: By::Finding(event.finding_id),
        });
    };
    let target = fixtures.target(environment.account(), &run.target)?;
    let incident = oncall.run(drill, target, &run.reason).await?;
    Ok(Started {
        began_us: last(environment, "states", "StartExecution"),
        by: By::Hand(incident),
    })
}

/// The incident that came of it.
pub async fn incident(
    environment: &Environment,
    drill: &Drill,
    started: &Started,
) -> Result<IncidentLog, DrillError> {
    match &started.by {
        By::Finding(id) => follow::incident(environment, &drill.playbook, id).await,
        By::Hand(incident) => Ok(environment.ledger().log(incident).await?),
    }
}

/// The playbook's finding, about what this drill planted; a new one each time.
pub fn finding_about(
    environment: &Environment,
    drill: &Drill,
    fixtures: &Fixtures,
) -> Result<finding::Event, DrillError> {
    let Some(Start::Finding(about)) = drill.start() else {
        return Err(DrillError::NoFinding(drill.name.to_string()));
    };
    let occurrence = finding::Occurrence {
        account: environment.account().account_id(),
        region: environment.account().region(),
        now: Timestamp::now(),
        finding_id: &format!("{:032x}", u128::from(Ulid::generate())),
    };
    finding::read(
        &drill.folder.join(drill.sample()),
        fixtures.subject(about)?,
        occurrence,
    )
}

/// When the last such call was made.
fn last(environment: &Environment, service: &str, action: &str) -> u64 {
    let calls = environment.account().calls();
    let mut calls = calls.iter().rev();
    let sent = calls.find(|call| call.service == service && call.action == action);
    sent.map_or(0, |call| call.started_us)
}
