//! One drill on a stage: plant, probe, fire, follow, probe again, judge.

use std::time::Duration;

use backstop_core::{IncidentId, incident::Status, words::with_causes};
use jiff::Timestamp;
use ulid::Ulid;

use super::{
    Cast, Drill, DrillError, Report, Stage, calls::FunctionCalls, check, file::Proposed, finding, follow,
    oncall::OnCall, picture::Picture, probe, undo,
};
use crate::Progress;

/// Where the incident doesn't claim to be contained, waiting for IAM would prove nothing.
const SHORT_PATIENCE: Duration = Duration::from_secs(3);

/// Runs it. Whatever goes wrong is in the report.
pub async fn run(stage: &Stage, drill: &Drill, ending: Ending, progress: &dyn Progress) -> Report {
    let mut report = Report::blank(drill, stage.mode());
    if let Err(error) = attempt(stage, drill, ending, &mut report, progress).await {
        report.error = Some(with_causes(&error));
    }
    report.judge();
    report
}

async fn attempt(
    stage: &Stage,
    drill: &Drill,
    ending_with: Ending,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), DrillError> {
    let ending = ending();
    let cast = step(
        progress,
        "plant the compromise",
        Cast::plant(stage.account(), drill, &ending),
    )
    .await?;
    report.expected_proposals = expected_proposals(stage, drill, &cast)?;
    step(progress, "probe before", look_before(stage, drill, &cast, report)).await?;
    let before = Picture::take(stage.account(), &cast).await?;

    progress.started("send the finding and follow its incident");
    let event = finding_about(stage, drill, &cast)?;
    let began_us = fire(stage, &event).await?;
    let oncall = OnCall::new(stage, &ending);
    let followed = follow_up(stage, &event, &oncall, report, progress).await;
    let calls = FunctionCalls::of(&stage.account().calls(), stage.stack().name(), began_us);
    report.time_to_contain_ms = calls.ms_to_last_change();
    report.time_to_first_change_ms = calls.ms_to_first_change();
    report.calls = calls.summary();
    let id = followed?;
    progress.finished("send the finding and follow its incident");

    step(progress, "probe after", look_after(stage, drill, &cast, report)).await?;
    if ending_with == Ending::Undo {
        let subject = cast.subject(&drill.finding_about)?;
        let undone = undo::undo(stage, &cast, &oncall, &id, &before, subject.key_id());
        report.undo = Some(step(progress, "undo and compare with before", undone).await?);
    }
    Ok(())
}

/// What a drill ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything is undone, and the account compared with before.
    Undo,
    /// What was contained stays so, for whoever wants to look at it.
    Contained,
}

async fn step<T>(
    progress: &dyn Progress,
    name: &str,
    work: impl Future<Output = Result<T, DrillError>>,
) -> Result<T, DrillError> {
    progress.started(name);
    let value = work.await?;
    progress.finished(name);
    Ok(value)
}

/// Tells runs on one account apart.
fn ending() -> String {
    let id = Ulid::generate().to_string().to_lowercase();
    id.chars().skip(id.len().saturating_sub(6)).collect()
}

async fn look_before(
    stage: &Stage,
    drill: &Drill,
    cast: &Cast,
    report: &mut Report,
) -> Result<(), DrillError> {
    let wanted: Vec<_> = drill
        .probes
        .iter()
        .map(|probe| (probe.clone(), probe.before))
        .collect();
    let seen = probe::run(stage.account(), cast, &wanted, probe::PATIENCE).await?;
    for (result, seen) in report.probes.iter_mut().zip(seen) {
        result.before = Some(seen);
    }
    for (result, check) in report.checks.iter_mut().zip(&drill.checks) {
        result.before = Some(check::read(stage.account(), cast, check).await?);
    }
    let probe = report
        .probes
        .iter()
        .find(|probe| !probe.is_before_as_expected())
        .map(|probe| &probe.name);
    let check = report
        .checks
        .iter()
        .find(|check| !check.is_before_as_expected())
        .map(|check| &check.name);
    match probe.or(check) {
        None => Ok(()),
        Some(name) => Err(DrillError::WrongStart(format!(
            "`{name}` isn't as the drill needs it"
        ))),
    }
}

/// The commands that people must be given, sorted.
fn expected_proposals(stage: &Stage, drill: &Drill, cast: &Cast) -> Result<Vec<String>, DrillError> {
    let account = stage.account().account_id();
    let mut commands = Vec::new();
    for proposed in &drill.proposals {
        let target = match proposed {
            Proposed::DenyUser(user) => format!("arn:aws:iam::{account}:user/{}", cast.user(user)?),
            Proposed::DeactivateKey(key) => cast.identity(key)?.key_id.clone(),
        };
        commands.push(format!(
            "backstop run leaked-access-key --target {target} --mode approve"
        ));
    }
    commands.sort();
    Ok(commands)
}

/// The playbook's finding, about what this drill planted; a new one each time.
pub fn finding_about(stage: &Stage, drill: &Drill, cast: &Cast) -> Result<finding::Event, DrillError> {
    let place = finding::Place {
        account: stage.account().account_id(),
        region: stage.account().region(),
        now: Timestamp::now(),
        finding_id: &format!("{:032x}", u128::from(Ulid::generate())),
    };
    finding::read(&drill.folder, cast.subject(&drill.finding_about)?, place)
}

/// Sends the finding; gives the time at which the gateway saw it.
async fn fire(stage: &Stage, event: &finding::Event) -> Result<u64, DrillError> {
    stage.put_event(&event.detail_type, &event.detail).await?;
    let calls = stage.account().calls();
    let sent = calls
        .iter()
        .rev()
        .find(|call| call.service == "events" && call.action == "PutEvents");
    Ok(sent.map_or(0, |call| call.started_us))
}

/// Follows what came of the finding, and takes down whatever is known, also when it doesn't end.
async fn follow_up(
    stage: &Stage,
    event: &finding::Event,
    oncall: &OnCall<'_>,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<IncidentId, DrillError> {
    let opened = follow::incident(stage, &report.playbook, &event.finding_id).await?;
    report.incident = Some(opened.id().to_string());
    progress.note(&format!("  incident {}", opened.id()));
    let followed = follow::execution(stage, &opened, oncall, progress).await;
    report.take_incident(&stage.ledger().log(opened.id()).await?.incident()?);
    let ended = followed?;
    report.transitions = Some(ended.history.transitions());
    report.machine_failure = ended.failure;
    Ok(opened.id().clone())
}

async fn look_after(
    stage: &Stage,
    drill: &Drill,
    cast: &Cast,
    report: &mut Report,
) -> Result<(), DrillError> {
    let expected = report.probes.iter().map(|result| result.expected_after);
    let wanted: Vec<_> = drill.probes.iter().cloned().zip(expected).collect();
    let patience = match report.status {
        Some(Status::Contained) => probe::PATIENCE,
        _ => SHORT_PATIENCE,
    };
    let seen = probe::run(stage.account(), cast, &wanted, patience).await?;
    for (result, seen) in report.probes.iter_mut().zip(seen) {
        result.after = Some(seen);
    }
    for (result, check) in report.checks.iter_mut().zip(&drill.checks) {
        result.after = Some(check::read(stage.account(), cast, check).await?);
    }
    Ok(())
}
