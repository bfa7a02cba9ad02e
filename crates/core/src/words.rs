//! Statuses, ends of steps and events, in words for a tired person. What findings and people wrote is in them as it
//! is: whoever shows them makes them harmless for where they go.

mod standing;

pub use standing::standing;

pub use crate::plural::count;

use crate::{
    aftermath::Touch,
    incident::{Confirmation, Incident, StepState, Verdict},
    log::Event,
    mode::Mode,
    outcome::{Outcome, UndoOutcome},
    status::Status,
    step::Phase,
};

/// Behind why a step failed, above the changes of its plan.
pub const MAY_BE_MADE: &str = "some of these changes may have been made:";

/// The status as a sentence.
pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "opened; nothing has been changed yet",
        Status::AwaitingApproval => "waits for a decision; NOTHING has been changed yet",
        Status::Containing => "being contained",
        Status::Contained => "contained, as read back once: it takes effect within minutes",
        Status::Confirmed => "contained, and read a second time: it holds",
        Status::Reopened => "NOT contained any more: a person must act",
        Status::PartiallyContained => "only PARTLY contained: a person must finish it",
        Status::Failed => "NOT contained: a person must act",
        Status::Refused => "NOT contained: a guardrail refused, nothing was changed",
        Status::Reported => "people were told; this playbook contains nothing, so containing is theirs",
        Status::Observed => "NOT contained: planned only, nothing was changed",
        Status::Denied => "NOT contained: a person denied the plan, nothing was changed",
        Status::Expired => "NOT contained: nobody decided in time, nothing was changed",
        Status::Unreached => "NOT contained: its question reached nobody, nothing was changed",
        Status::Released => {
            "released by a person: what was done is there unless somebody changed it, and nobody looks"
        }
        Status::Undoing => "being undone",
        Status::Undone => "undone: what can be put back is back",
        Status::Stuck => "STUCK: a person must finish it",
    }
}

/// What was seen after the first reading, a sentence each, and that nobody looks any more; none if it wasn't looked at again.
pub fn looked_at_again(incident: &Incident) -> Vec<String> {
    let mut lines = reading(incident);
    lines.extend(
        incident
            .watch_ended
            .map(|at| format!("at {at}: not watched any more, its days are over")),
    );
    lines.extend(incident.released.as_ref().map(|released| {
        let because = because(Some(&released.reason));
        format!(
            "at {}: released by {}, and watched no more{because}",
            released.at, released.by
        )
    }));
    lines
}

fn reading(incident: &Incident) -> Vec<String> {
    let Some(Confirmation { at, verdict, .. }) = &incident.confirmation else {
        return Vec::new();
    };
    let mut lines = vec![match verdict {
        Verdict::Confirmed => format!("at {at}: read a second time, and it holds"),
        Verdict::Reopened { .. } => format!("at {at}: NOT contained any more"),
        Verdict::Partial { .. } => format!("at {at}: only partly read, so it isn't confirmed"),
    }];
    match verdict {
        Verdict::Confirmed => {}
        Verdict::Reopened { found } => lines.extend(found.iter().cloned()),
        Verdict::Partial { missing } => lines.extend(missing.iter().cloned()),
    }
    if let Some(aftermath) = &incident.aftermath {
        lines.push(aftermath.tried());
        lines.extend(aftermath.flowed());
        lines.extend(aftermath.touched.iter().map(Touch::sentence));
    }
    lines
}

/// A mark that says at a glance how a step stands; the words beside it say the same.
pub fn mark(step: &StepState) -> &'static str {
    match &step.outcome {
        Some(Outcome::Done | Outcome::Already) if step.is_proven() || is_kept(step) => "✔",
        Some(Outcome::Done | Outcome::Already | Outcome::Partial { .. }) => "?",
        Some(Outcome::Failed { .. } | Outcome::Refused { .. }) => "✘",
        Some(Outcome::Skipped { .. }) => "-",
        None => "…",
    }
}

/// How a step ended, or how far it is.
pub fn outcome(step: &StepState, mode: Mode, is_closed: bool) -> String {
    let proof = match &step.verification {
        Some(verification) if verification.holds => "proven",
        Some(_) => "read back and NOT so",
        None => "not proven",
    };
    match &step.outcome {
        Some(Outcome::Done) if is_kept(step) => "done, kept in the log".to_owned(),
        Some(Outcome::Done) => format!("done, {proof}"),
        Some(Outcome::Already) => format!("was so already, {proof}"),
        Some(Outcome::Partial { missing }) => format!("PARTIAL, kept in the log: {missing}"),
        Some(Outcome::Skipped { reason }) => format!("skipped: {reason}"),
        Some(Outcome::Refused { guardrail, reason }) => format!("refused by {guardrail}: {reason}"),
        Some(Outcome::Failed { error, detail }) if step.may_have_changed_something() => {
            format!("FAILED, {error}: {detail}; {MAY_BE_MADE}")
        }
        Some(Outcome::Failed { error, detail }) => format!("FAILED, {error}: {detail}"),
        None if step.acted && is_closed => "CUT OFF: it may or may not have taken effect".to_owned(),
        None if step.acted => "under way".to_owned(),
        None if step.plan.is_some() => "planned, not done".to_owned(),
        None if mode == Mode::Auto && is_closed => "NOT DONE: it never ended".to_owned(),
        None => "not planned".to_owned(),
    }
}

/// An error with its causes, innermost last: an error's own text doesn't repeat its cause's.
pub fn with_causes<E: std::error::Error + ?Sized>(error: &E) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// A phase's name.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Contain => "contain",
        Phase::Preserve => "preserve",
        Phase::Investigate => "investigate",
        Phase::Eradicate => "eradicate",
        Phase::Recover => "recover",
    }
}

/// Whether the step only read: what it found is in the log, and there is no goal state to prove.
pub fn is_kept(step: &StepState) -> bool {
    step.plan
        .as_ref()
        .is_some_and(|plan| plan.changes.is_empty() && plan.captured.is_some())
}

/// How a step's undo ended.
pub fn undo(outcome: &UndoOutcome) -> String {
    match outcome {
        UndoOutcome::Restored { what } => format!("undone: {what}"),
        UndoOutcome::NothingToUndo { reason } => format!("nothing to undo: {reason}"),
        UndoOutcome::KeptOff { reason } => format!("left off on purpose: {reason}"),
        UndoOutcome::KeptUntil { until, what } => format!("{what}, until {until}"),
        UndoOutcome::Drifted { found } => format!("NOT undone, since somebody changed it: {found}"),
        UndoOutcome::Failed { error, detail } => format!("undo FAILED, {error}: {detail}"),
    }
}

/// One line for each thing that happens, as `--watch` appends them.
pub fn event(event: &Event) -> String {
    match event {
        Event::Opened(opened) => {
            format!(
                "opened for {} by {} in {} mode",
                opened.target, opened.playbook, opened.mode
            )
        }
        Event::FindingJoined(finding) => format!("{} joined, by {}", finding.finding_type, finding.route),
        Event::GuardrailDecided(decision) => format!("guardrail {}: {}", decision.guardrail, decision.detail),
        Event::Planned { plan, .. } => format!("planned {}: {} changes", plan.step, plan.changes.len()),
        Event::ApprovalRequested {
            plan_hash,
            expires_at,
            needed,
            ..
        } => {
            format!(
                "asked {needed} to approve plan {} before {expires_at}",
                plan_hash.short()
            )
        }
        Event::Approved { by, reason, .. } => format!("approved by {by}{}", because(reason.as_deref())),
        Event::Denied { by, reason } => format!("denied by {by}{}", because(reason.as_deref())),
        Event::ApprovalExpired => "nobody decided in time".to_owned(),
        Event::PlanDrifted { step, .. } => {
            format!("the world changed since the plan of {step} was approved; nothing was done on it")
        }
        Event::Acting { plan } => format!("acting: {}", plan.step),
        Event::StepEnded { step, outcome } => format!("{step}: {}", ended(outcome)),
        Event::Verified {
            step, verification, ..
        } => {
            let word = if verification.holds { "proven" } else { "NOT so" };
            format!("{step}: {word}: {}", verification.observed)
        }
        Event::Notified { subject, .. } => format!("people notified: {subject}"),
        Event::NotNotified {
            about,
            channel,
            error,
            detail,
            ..
        } => format!(
            "people NOT notified of the {} by {channel}, {error}: {detail}",
            about.as_str()
        ),
        Event::HubTold {
            workflow,
            updated,
            failed,
        } => {
            let failed = failed.iter().map(|why| format!("; NOT told: {why}"));
            format!(
                "Security Hub told of {} findings: {}{}",
                updated.len(),
                workflow.as_str(),
                failed.collect::<String>()
            )
        }
        Event::Closed { status } => format!("closed as {status}"),
        Event::NotReadAgain { step, error, detail } => {
            format!("{step}: couldn't be read again, {error}: {detail}")
        }
        Event::LookedBack { aftermath } => {
            let read = [Some(aftermath.tried()), aftermath.flowed()];
            read.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Event::Confirmed => "read a second time: it holds".to_owned(),
        Event::Reopened { found } => format!("REOPENED: {}", found.join("; ")),
        Event::NotConfirmed { missing } => format!("not confirmed, only partly read: {}", missing.join("; ")),
        Event::Released { by, reason, .. } => {
            format!("released by {by}, and watched no more{}", because(Some(reason)))
        }
        Event::WatchEnded { days } => format!("not watched any more: its {days} days are over"),
        Event::UndoApproved {
            by, reason, until, ..
        } => format!(
            "undo wanted by {by}, another person must say so before {until}{}",
            because(reason.as_deref())
        ),
        Event::UndoRequested { by, reason, .. } => {
            format!("undo asked for by {by}{}", because(reason.as_deref()))
        }
        Event::Undoing { step } => format!("undoing {step}"),
        Event::UndoEnded { step, outcome } => format!("{step}: {}", undo(outcome)),
        Event::Stuck { during, reason, .. } => format!("STUCK during {during}: {reason}"),
        Event::EvidenceKept { entries, .. } => format!("evidence kept: {} items", entries.len()),
        Event::EvidenceNotKept { error, detail } => format!("evidence NOT kept, {error}: {detail}"),
    }
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Already => "was so already".to_owned(),
        Outcome::Partial { missing } => format!("PARTIAL: {missing}"),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
        Outcome::Refused { guardrail, reason } => format!("refused by {guardrail}: {reason}"),
        Outcome::Failed { error, detail } => format!("FAILED, {error}: {detail}"),
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}
