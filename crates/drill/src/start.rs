//! How a drill starts: its finding is sent, or a person on call runs its playbook.

use backstop_core::IncidentId;
use backstop_runtime::IncidentLog;
use jiff::Timestamp;
use ulid::Ulid;

use super::{Cast, Drill, DrillError, Stage, file::Start, finding, follow, oncall::OnCall};

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

impl Drill {
    /// What people are told is being done.
    pub(super) fn beginning(&self) -> &'static str {
        match self.start() {
            Some(Start::ByHand(_)) => "run the playbook by hand and follow its incident",
            Some(Start::Finding(_)) | None => "send the finding and follow its incident",
        }
    }

    /// By its name in `plant`, what the playbook is to contain.
    pub fn about(&self) -> &str {
        match self.start() {
            Some(Start::Finding(about)) => about,
            Some(Start::ByHand(run)) => &run.target,
            None => "",
        }
    }
}

/// Starts the drill's playbook, about what was planted.
pub async fn start(
    stage: &Stage,
    drill: &Drill,
    cast: &Cast,
    oncall: &OnCall<'_>,
) -> Result<Started, DrillError> {
    let Some(Start::ByHand(run)) = drill.start() else {
        let event = finding_about(stage, drill, cast)?;
        stage.put_event(&event.detail_type, &event.detail).await?;
        return Ok(Started {
            began_us: last(stage, "events", "PutEvents"),
            by: By::Finding(event.finding_id),
        });
    };
    let target = cast.target(stage.account(), &run.target)?;
    let incident = oncall.run(drill, target, &run.reason).await?;
    Ok(Started {
        began_us: last(stage, "states", "StartExecution"),
        by: By::Hand(incident),
    })
}

/// The incident that came of it.
pub async fn incident(stage: &Stage, drill: &Drill, started: &Started) -> Result<IncidentLog, DrillError> {
    match &started.by {
        By::Finding(id) => follow::incident(stage, &drill.playbook, id).await,
        By::Hand(incident) => Ok(stage.ledger().log(incident).await?),
    }
}

/// The playbook's finding, about what this drill planted; a new one each time.
pub fn finding_about(stage: &Stage, drill: &Drill, cast: &Cast) -> Result<finding::Event, DrillError> {
    let Some(Start::Finding(about)) = drill.start() else {
        return Err(DrillError::NoFinding(drill.name.clone()));
    };
    let place = finding::Place {
        account: stage.account().account_id(),
        region: stage.account().region(),
        now: Timestamp::now(),
        finding_id: &format!("{:032x}", u128::from(Ulid::generate())),
    };
    finding::read(&drill.folder.join(&drill.finding), cast.subject(about)?, place)
}

/// When the last such call was made.
fn last(stage: &Stage, service: &str, action: &str) -> u64 {
    let calls = stage.account().calls();
    let mut calls = calls.iter().rev();
    let sent = calls.find(|call| call.service == service && call.action == action);
    sent.map_or(0, |call| call.started_us)
}
