//! One drill in an environment: plant, probe, fire, follow, probe again, judge.

use std::time::Duration;

use backstop_core::{IncidentId, TargetKind, incident::Status, words::with_causes};
use backstop_playbook::drill::{Proposed, Start};
use backstop_runtime::playbooks;
use ulid::Ulid;

pub use super::start::finding_about;
use backstop_emulator::Progress;

use super::{
    Drill, DrillError, Environment, Fixtures, Report, Unproven,
    calls::FunctionCalls,
    check,
    cost::{self, Cost},
    follow,
    oncall::OnCall,
    probe,
    report::changed_unasked,
    start::{self, Started},
    state_snapshot::StateSnapshot,
    undo,
};

/// Where the incident doesn't claim to be contained, waiting for IAM would prove nothing.
const SHORT_PATIENCE: Duration = Duration::from_secs(3);

/// Runs it. Whatever goes wrong is in the report.
pub async fn run(
    environment: &Environment,
    drill: &Drill,
    ending: Ending,
    progress: &dyn Progress,
) -> Report {
    let mut report = Report::blank(drill, environment.mode());
    if let Err(error) = attempt(environment, drill, ending, &mut report, progress).await {
        report.error = Some(with_causes(&error));
    }
    report.judge();
    report
}

async fn attempt(
    environment: &Environment,
    drill: &Drill,
    ending_with: Ending,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<(), DrillError> {
    let ending = ending();
    let fixtures = step(
        progress,
        "plant the compromise",
        Fixtures::plant(environment.account(), drill, &ending),
    )
    .await?;
    report.expected_proposals = expected_proposals(environment, drill, &fixtures)?;
    report.expected_unproven = match &drill.unproven {
        Some(step) => Some(Unproven {
            step: step.to_string(),
            names: fixtures.instance(drill.about())?.branches.clone(),
            ..Unproven::default()
        }),
        None => None,
    };
    step(
        progress,
        "probe before",
        look_before(environment, drill, &fixtures, report),
    )
    .await?;
    let before = StateSnapshot::take(environment.account(), &fixtures).await?;

    progress.started(start::in_words(drill));
    let oncall = OnCall::new(environment, &ending);
    let started = start::start(environment, drill, &fixtures, &oncall).await?;
    let followed = follow_up(
        (environment, &fixtures),
        drill,
        &started,
        &oncall,
        report,
        progress,
    )
    .await;
    let calls = FunctionCalls::of(
        &environment.account().calls(),
        environment.stack().name(),
        started.began_us,
    );
    report.time_to_contain_ms = calls.ms_to_last_change();
    report.time_to_first_change_ms = calls.ms_to_first_change();
    report.calls = calls.summary();
    let id = followed?;
    if let Some(transitions) = report.transitions {
        let memory = cost::memory(environment).await?;
        report.cost = Some(Cost::of(transitions, &calls, &memory));
    }
    progress.finished(start::in_words(drill));

    step(
        progress,
        "probe after",
        look_after(environment, drill, &fixtures, report),
    )
    .await?;
    if ending_with == Ending::Undo {
        let leaked = match drill.start() {
            Some(Start::Finding(about)) => Some(fixtures.subject(about)?),
            Some(Start::ManualRun(_)) | None => None,
        };
        let stays_off = fixtures.stays_off(leaked);
        let undone = undo::undo(environment, &fixtures, &oncall, &id, &before, &stays_off);
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
    environment: &Environment,
    drill: &Drill,
    fixtures: &Fixtures,
    report: &mut Report,
) -> Result<(), DrillError> {
    let wanted: Vec<_> = drill
        .probes
        .iter()
        .map(|probe| (probe.clone(), probe.before))
        .collect();
    let seen = probe::run(environment.account(), fixtures, &wanted, probe::PATIENCE).await?;
    for (result, seen) in report.probes.iter_mut().zip(seen) {
        result.before = Some(seen);
    }
    for (result, check) in report.checks.iter_mut().zip(&drill.checks) {
        result.before = Some(check::read(environment.account(), fixtures, check).await?);
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
fn expected_proposals(
    environment: &Environment,
    drill: &Drill,
    fixtures: &Fixtures,
) -> Result<Vec<String>, DrillError> {
    let account = environment.account().account_id();
    let mut commands = Vec::new();
    for proposed in &drill.proposals {
        let (kind, target) = match proposed {
            Proposed::DenyUser(user) => (
                TargetKind::User,
                format!("arn:aws:iam::{account}:user/{}", fixtures.user(user)?),
            ),
            Proposed::DeactivateKey(key) => (TargetKind::AccessKey, fixtures.identity(key)?.key_id.clone()),
        };
        // Where no playbook contains it there is no command to be given.
        if let Some(playbook) = playbooks().containing(kind) {
            commands.push(format!(
                "backstop run {playbook} --target {target} --mode approve"
            ));
        }
    }
    commands.sort();
    Ok(commands)
}

/// Follows what came of the start, and takes down whatever is known, also when it doesn't end.
async fn follow_up(
    (environment, fixtures): (&Environment, &Fixtures),
    drill: &Drill,
    started: &Started,
    oncall: &OnCall<'_>,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<IncidentId, DrillError> {
    let opened = start::incident(environment, drill, started).await?;
    report.incident = Some(opened.id().to_string());
    progress.note(&format!("  incident {}", opened.id()));
    let between = follow::BetweenReadings::of(fixtures, &drill.between_readings);
    let followed = follow::attacked(environment, &opened, oncall, between, progress).await;
    let log = environment.ledger().log(opened.id()).await?;
    let incident = log.incident()?;
    report.take_incident(&incident);
    report.changed_unasked = changed_unasked(log.records(), &incident);
    let ended = followed?;
    report.transitions = Some(ended.history.transitions());
    report.machine_failure = ended.failure;
    Ok(opened.id().clone())
}

async fn look_after(
    environment: &Environment,
    drill: &Drill,
    fixtures: &Fixtures,
    report: &mut Report,
) -> Result<(), DrillError> {
    let expected = report.probes.iter().map(|result| result.expected_after);
    let wanted: Vec<_> = drill.probes.iter().cloned().zip(expected).collect();
    let patience = match report.status {
        Some(Status::Contained | Status::Confirmed) => probe::PATIENCE,
        _ => SHORT_PATIENCE,
    };
    let seen = probe::run(environment.account(), fixtures, &wanted, patience).await?;
    for (result, seen) in report.probes.iter_mut().zip(seen) {
        result.after = Some(seen);
    }
    for (result, check) in report.checks.iter_mut().zip(&drill.checks) {
        result.after = Some(check::read(environment.account(), fixtures, check).await?);
    }
    Ok(())
}
