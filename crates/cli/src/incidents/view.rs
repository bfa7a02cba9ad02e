//! Everything about one incident, in one look.

mod page;

use std::{fmt, ops::Deref};

use backstop_client::{Client, ClientError};
use backstop_core::{
    IncidentId, Plan, api,
    guardrail::{Decision, Effect},
    incident::{Delivery, Status, StepState},
    investigation::Investigation,
    log::{Event, Origin, Phase},
    notice::{self, Point},
    times::{self, between},
    words,
};
use serde::Serialize;

use crate::command::CommandOutput;
use page::Page;

/// A page isn't the log: the newest notable calls are enough to see what happened.
const MOST_NOTABLE: usize = 20;

/// One incident: for programs its state and its log, for people one page.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct View(pub(crate) api::View);

impl CommandOutput for View {}

impl Deref for View {
    type Target = api::View;

    fn deref(&self) -> &api::View {
        &self.0
    }
}

impl View {
    /// As the deployment has it now.
    pub(crate) async fn read(api: &Client, id: &IncidentId) -> Result<Self, ClientError> {
        api.get(&["incidents", id.as_str()], &[]).await.map(Self)
    }

    /// Whether nothing more will happen by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.state.closed.is_some() && self.status != Status::Undoing
    }

    fn head(&self, page: &mut Page) {
        let opened = &self.state.opened;
        let drill = if opened.origin == Origin::Drill {
            "DRILL, "
        } else {
            ""
        };
        page.line(
            0,
            &format!(
                "{drill}{}: {}",
                opened.target,
                words::standing(&self.state, self.status)
            ),
        );
        if let Some(stuck) = &self.state.stuck {
            page.line(2, &format!("stuck: {stuck}"));
        }
        page.line(
            2,
            &format!(
                "incident {}, playbook {}, mode {}, opened {} ({} before this was read)",
                self.incident,
                opened.playbook,
                opened.mode,
                self.state.opened_at,
                between(self.state.opened_at, self.read_at)
            ),
        );
    }

    fn what_happened(&self, page: &mut Page) {
        let opened = &self.state.opened;
        let finding = &opened.finding;
        let joined = self
            .log
            .iter()
            .filter(|record| matches!(record.event, Event::FindingJoined(_)))
            .count();
        page.heading("What happened");
        page.line(
            2,
            &format!(
                "{} ({} {:.1}), by {}, seen {} time(s)",
                finding.finding_type,
                finding.severity.label,
                finding.severity.score,
                finding.route,
                finding.count
            ),
        );
        if !opened.title.is_empty() {
            page.line(2, &format!("\"{}\"", opened.title));
        }
        if let (Some(first), Some(last)) = (finding.first_seen, finding.last_seen) {
            page.line(2, &format!("first seen {first}, last {last}"));
        }
        for fact in &finding.facts {
            page.line(2, fact);
        }
        if joined > 0 {
            page.line(
                2,
                &format!("{joined} more copies or updates joined this incident"),
            );
        }
        if let Some((by, reason)) = opened.origin.person() {
            let reason = reason.unwrap_or("no reason given");
            page.line(2, &format!("started by {by}: {reason}"));
        }
        if let Some(linked) = &opened.linked {
            page.line(
                2,
                &format!("the same target was answered before by incident {linked}"),
            );
        }
        if let Some(first) = &opened.case.first {
            page.line(2, &format!("one case with incident {first}"));
        }
        for named in &opened.case.named {
            page.line(2, &format!("also names {named}"));
        }
        if opened.case.more > 0 {
            page.line(
                2,
                &format!("also names {} more: the raw finding has them", opened.case.more),
            );
        }
    }

    fn guardrails(&self, page: &mut Page) {
        let later = self.log.iter().filter_map(|record| match &record.event {
            Event::GuardrailDecided(decision) => Some(decision),
            _ => None,
        });
        let decisions: Vec<&Decision> = self.state.opened.guardrails.iter().chain(later).collect();
        if decisions.is_empty() {
            return;
        }
        page.heading("Guardrails");
        for decision in decisions {
            let effect = match decision.effect {
                Effect::Refuse => "refused".to_owned(),
                Effect::LowerTo(mode) => format!("lowered to {mode}"),
            };
            page.line(
                2,
                &format!("{} {effect}: {}", decision.guardrail, decision.detail),
            );
        }
    }

    fn steps(&self, page: &mut Page) {
        let mut phase: Option<Phase> = None;
        page.heading(if self.state.steps.iter().any(StepState::changed_something) {
            "What was done"
        } else {
            "The plan"
        });
        for step in &self.state.steps {
            if phase != Some(step.step.phase) {
                phase = Some(step.step.phase);
                page.line(2, words::phase(step.step.phase));
            }
            self.step(page, step);
        }
    }

    fn step(&self, page: &mut Page, step: &StepState) {
        let impact = if step.step.high_impact {
            " (HIGH IMPACT)"
        } else {
            ""
        };
        let how = words::outcome(step, self.state.opened.mode, self.state.closed.is_some());
        page.line(
            4,
            &format!("{} {}{impact}: {how}", words::mark(step), step.step.title),
        );
        if let Some(plan) = step.plan.as_ref().filter(|_| step.shows_changes()) {
            for change in &plan.changes {
                page.line(
                    8,
                    &format!(
                        "{}: {} → {}   ({})",
                        change.what, change.now, change.after, change.api
                    ),
                );
            }
        }
        if let Some(verification) = &step.verification {
            page.line(8, &format!("read back: {}", verification.observed));
        }
        if let Some(undo) = &step.undo {
            page.line(8, &words::undo(undo));
        }
    }

    fn investigation(&self, page: &mut Page) {
        let Some(found) = Investigation::in_incident(&self.state) else {
            return;
        };
        page.heading("What it did, by CloudTrail");
        page.line(2, &found.in_short());
        let hidden = found.notable.len().saturating_sub(MOST_NOTABLE);
        if hidden > 0 {
            page.line(2, &format!("({hidden} older notable calls: type --output json)"));
        }
        for line in found.notable.iter().skip(hidden) {
            page.line(2, &format!("- {line}"));
        }
        if !found.contacts.is_empty() {
            page.heading("Who reached it, and with whom it talked");
        }
        for line in &found.contacts {
            page.line(2, &format!("- {line}"));
        }
        if self.proposals.is_empty() {
            return;
        }
        page.heading("Proposed: nothing of this was done, each asks before it acts");
        for proposed in &self.proposals {
            page.line(2, &format!("- {}", proposed.what));
            page.line(
                6,
                proposed
                    .command
                    .as_deref()
                    .unwrap_or("by hand: no command is safe to give"),
            );
            for why in &proposed.because {
                page.line(6, &format!("since {why}"));
            }
        }
    }

    /// The lines of all plans, each once.
    fn collected(&self, lines: impl Fn(&Plan) -> &Vec<String>) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for line in self
            .state
            .steps
            .iter()
            .filter_map(|step| step.plan.as_ref())
            .flat_map(lines)
        {
            if !found.contains(line) {
                found.push(line.clone());
            }
        }
        found
    }

    fn decision(&self, page: &mut Page) {
        let Some(question) = &self.state.question else {
            return;
        };
        page.heading("The decision");
        let due = if self.state.decision.is_some() {
            String::new()
        } else if question.expires_at > self.read_at {
            format!(
                ", decide before {} (in {})",
                question.expires_at,
                between(self.read_at, question.expires_at)
            )
        } else {
            format!(", expired at {}", question.expires_at)
        };
        let approvals = self.state.approvals.len();
        page.line(
            2,
            &format!(
                "plan {}: {approvals} of {} approved{due}",
                question.plan_hash.short(),
                question.needed
            ),
        );
        for record in &self.log {
            match &record.event {
                Event::Approved { .. }
                | Event::Denied { .. }
                | Event::ApprovalExpired
                | Event::PlanDrifted { .. } => {
                    page.line(2, &format!("{}, {}", words::event(&record.event), record.at));
                }
                _ => {}
            }
        }
    }

    fn undelivered(&self) -> Vec<String> {
        let line = |it: &Delivery| {
            let failure = it.failure.as_deref().unwrap_or_default();
            format!("of the {}, by {}: {failure}", it.about.as_str(), it.channel)
        };
        self.state.notices.failing().into_iter().map(line).collect()
    }

    fn evidence(&self, page: &mut Page) {
        let kept = &self.state.evidence;
        if let Some(log) = &kept.log {
            page.heading("Evidence");
            let (items, id) = (kept.entries.len(), &self.incident);
            page.line(
                2,
                &format!(
                    "{items} items, the log up to record {}: backstop evidence fetch {id}",
                    log.records
                ),
            );
        }
        if let Some(failure) = &kept.failure {
            page.heading("Evidence that could NOT be kept");
            page.line(2, failure);
        }
    }

    fn times(&self, page: &mut Page) {
        page.heading("When");
        let opened = self.state.opened_at;
        let way = times::way_of(&self.state.opened.finding, opened);
        let way = way.map(|way| format!(", {way}")).unwrap_or_default();
        page.line(2, &format!("opened {opened}{way}"));
        for moment in &self.times {
            page.line(2, &format!("{} {}", moment.after(), moment.what));
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::default();
        let acted = self.state.steps.iter().any(StepState::changed_something);
        self.head(&mut page);
        self.what_happened(&mut page);
        self.guardrails(&mut page);
        self.steps(&mut page);
        page.list("Looked at again", &words::looked_at_again(&self.state));
        let radius = if acted {
            "What may break"
        } else {
            "What would break"
        };
        page.list("Evidence that is missing", &notice::missing(&self.state));
        page.list(
            radius,
            &self
                .state
                .what_may_break(self.state.closed.is_some())
                .into_iter()
                .cloned()
                .collect::<Vec<_>>(),
        );
        page.list("What this can't reach", &self.collected(|plan| &plan.limits));
        if !acted {
            page.list(
                "How it is undone",
                &notice::how_to_undo(&self.incident, &self.state)
                    .iter()
                    .map(Point::raw)
                    .collect::<Vec<_>>(),
            );
        }
        self.investigation(&mut page);
        self.decision(&mut page);
        page.list(
            "Notices that people haven't got; the sweep tries again",
            &self.undelivered(),
        );
        self.times(&mut page);
        self.evidence(&mut page);
        page.list("What to do next", &self.next);
        f.write_str(&page.into_text())
    }
}

#[cfg(test)]
mod tests;
