//! Opens or joins the incident of one target, and sees to it that its machine runs.

use std::time::Duration;

use backstop_core::{
    Finding, IncidentId, Mode,
    activity_after_end::is_unconfirmed,
    case::{Case, is_within, subject_of},
    guardrail::{Decision, Effect, OpeningSubject, WEAK_EVIDENCE},
    incident::{Answer, Incident},
    log::{Event, FindingRef, Opened, Origin},
    notice::{another_finding, graver, title_of},
    task::ExecutionInput,
};
use backstop_playbook::{Gathered, only_tells};
use backstop_runtime::{
    IncidentLog, LedgerError,
    ledger::{Lock, NewIncident, Opening},
    now,
};
use jiff::Timestamp;

use crate::{Intake, batch::Unfinished, lock::Behind, quiet, read::Asked};

/// How often a copy that lost its race reads again and joins what won. Losing is no failure, and a message that goes back
/// to the queue stays away for the queue's visibility timeout.
const MOST_RACES: u32 = 5;
const PAUSE_AFTER_RACE: Duration = Duration::from_millis(40);

/// What an incident is opened in place of.
#[derive(Clone, Copy, Debug)]
enum InPlaceOf<'a> {
    /// Nothing: its target has no lock.
    Nothing,
    /// A closed incident, or one that this one takes over.
    Ended(&'a Lock),
    /// A lock that leads nowhere.
    Broken(&'a Lock),
}

impl Intake {
    /// One conditional write decides between opening and joining, so that ten copies by five routes start
    /// one execution.
    pub(crate) async fn open_or_join(
        &self,
        asked: Asked<'_>,
        answer: &Gathered<'_>,
        case: Option<&IncidentId>,
    ) -> Result<IncidentId, Unfinished> {
        let new = self.new_incident(asked, answer, case);
        let reference = new.opened.finding.clone();
        match self.open(&new, InPlaceOf::Nothing).await? {
            Opening::Opened { incident, mode, case } => {
                self.start(&incident, &new.opened, mode).await?;
                Ok(case)
            }
            Opening::Taken(lock) => match self.behind(&lock, &new.opened).await? {
                Behind::Incident(log, incident) => self.join(&lock, *log, &incident, new, reference).await,
                Behind::Nothing(why) => {
                    self.open_instead(asked.finding, &lock, &why, new, reference)
                        .await
                }
            },
        }
    }

    /// The incident that a finding would open, as far as the playbook, the evidence and the guardrails leave it to go.
    pub(crate) fn new_incident(
        &self,
        asked: Asked<'_>,
        answer: &Gathered<'_>,
        case: Option<&IncidentId>,
    ) -> NewIncident {
        let Asked {
            received,
            finding,
            guardrails,
            source,
        } = asked;
        let tells = only_tells(answer.by.playbook);
        let (named, also) = (answer.by.target, &answer.also);
        let answer = &answer.by;
        let (target, unconfirmed) = match source.confirm(finding, named) {
            Ok(target) if tells => (subject_of(&target), None),
            Ok(target) => (target, None),
            Err(decision) => (named.clone(), Some(decision)),
        };
        let mut in_case = if tells {
            Case::telling_of(&target, std::iter::once(named).chain(also.iter().copied()))
        } else {
            Case::default()
        };
        in_case.first = case.cloned();
        let subject = OpeningSubject {
            playbook: &answer.playbook.name,
            target: &target,
            wanted: answer.playbook.mode,
            furthest: Some(answer.furthest()),
            maximum: self.maximum_mode,
        };
        let (mut mode, mut decisions) = guardrails.mode_at_opening(&self.protection, subject, now());
        if let Some(decision) = unconfirmed.filter(|_| mode == Mode::Auto) {
            mode = Mode::Approve;
            decisions.push(decision);
        }
        if mode == Mode::Auto && finding.is_by_name(&target) {
            mode = Mode::Approve;
            decisions.push(Decision {
                guardrail: "session-name".to_owned(),
                effect: Effect::LowerTo(Mode::Approve),
                detail: format!(
                    "only the name of a session says that {target} was robbed, and whoever assumes a role chooses that name"
                ),
            });
        }
        let reference = FindingRef::of(finding, Some(received.id));
        let opened = Opened {
            playbook: answer.playbook.name.clone(),
            target,
            mode,
            steps: answer.playbook.step_refs(),
            origin: if received.is_drill {
                Origin::Drill
            } else {
                Origin::Finding
            },
            finding: reference,
            title: title_of(finding),
            linked: None,
            case: in_case,
            guardrails: decisions,
        };
        NewIncident {
            opened,
            raw: received.body.into(),
            hourly_limit: self.hourly_limit,
        }
    }

    /// Answers a finding whose target has a lock that leads nowhere, as if there were none; then people hear of the lock.
    async fn open_instead(
        &self,
        finding: &Finding,
        lock: &Lock,
        why: &str,
        new: NewIncident,
        reference: FindingRef,
    ) -> Result<IncidentId, Unfinished> {
        match self.open(&new, InPlaceOf::Broken(lock)).await? {
            Opening::Opened { incident, mode, case } => {
                self.start(&incident, &new.opened, mode).await?;
                self.tell_of_broken_lock(finding, lock, why, &incident).await?;
                Ok(case)
            }
            // A copy was faster, and pages.
            Opening::Taken(newer) => self.note_in(&newer, reference, &new).await,
        }
    }

    /// Opens the incident, or learns who has. Where others held the lock all along, one of them has opened by now.
    async fn open(&self, new: &NewIncident, instead: InPlaceOf<'_>) -> Result<Opening, LedgerError> {
        let mut race = 1;
        loop {
            let opening = match instead {
                InPlaceOf::Nothing => self.ledger.open(new.clone(), None).await,
                InPlaceOf::Ended(lock) => self.ledger.open(new.clone(), Some(lock)).await,
                InPlaceOf::Broken(lock) => self.ledger.open_over(new.clone(), lock).await,
            };
            match opening {
                Err(LedgerError::Contended { .. }) if race < MOST_RACES => {
                    tokio::time::sleep(PAUSE_AFTER_RACE * race).await;
                    race += 1;
                }
                answered => return answered,
            }
        }
    }

    /// Joins the incident that has this target, or follows it. An open incident that only observes is as good as closed to a
    /// finding that is to be answered by more; and so is one that waits for people since its source wasn't confirmed, or since
    /// its finding proves too little: whoever sends a forged finding first, or provokes a weak one, would keep the real one
    /// from being answered.
    async fn join(
        &self,
        lock: &Lock,
        mut log: IncidentLog,
        incident: &Incident,
        mut new: NewIncident,
        reference: FindingRef,
    ) -> Result<IncidentId, Unfinished> {
        if incident.closed.is_some() {
            return self.after_the_end(lock, log, new, reference).await;
        }
        if !lock.started {
            // Whoever opened it may have died before starting the machine; starting twice is harmless.
            self.start(&lock.incident, &incident.opened, incident.opened.mode)
                .await?;
            self.ledger.mark_started(&lock.incident, &incident.opened).await?;
        }
        let lacks_proof = is_unconfirmed(&incident.opened) || is_weak_alone(&incident.opened);
        let takes_over = new.opened.mode == Mode::Auto && lacks_proof && is_undecided(incident);
        let only_observes = incident.opened.mode == Mode::Observe && new.opened.mode > Mode::Observe;
        if takes_over || only_observes {
            let history = self.ledger.history(&log).await?;
            let word = history.word_of_a_person();
            join_case(&mut new.opened, log.id(), incident, now());
            return self.follow(lock, new, reference, word).await;
        }
        self.tell_of_another(&log, incident, &new, &reference).await?;
        self.note(&mut log, reference, &new.raw).await?;
        Ok(incident.opened.case.id(log.id()).clone())
    }

    /// People hear of a finding that nothing else will tell them of, and of a known one once for each severity that it rises
    /// to. Before it joins: what failed is tried again.
    async fn tell_of_another(
        &self,
        log: &IncidentLog,
        incident: &Incident,
        new: &NewIncident,
        reference: &FindingRef,
    ) -> Result<(), Unfinished> {
        let known = log.findings().filter(|known| known.key == reference.key);
        let notice = match known.map(|known| known.severity.label).max() {
            Some(gravest) if reference.severity.label <= gravest => return Ok(()),
            Some(_) => graver(log.id(), incident, reference),
            None if quiet::is_told(&incident.opened, now(), &new.opened, now()) => return Ok(()),
            None => another_finding(log.id(), incident, reference),
        };
        self.hand_over(&notice).await
    }

    /// Opens the incident that follows the one that has the target, no further than these decisions leave.
    pub(crate) async fn follow(
        &self,
        lock: &Lock,
        mut new: NewIncident,
        reference: FindingRef,
        decisions: impl IntoIterator<Item = Decision>,
    ) -> Result<IncidentId, Unfinished> {
        for decision in decisions {
            if let Effect::LowerTo(mode) = decision.effect {
                new.opened.mode = new.opened.mode.min(mode);
            }
            new.opened.guardrails.push(decision);
        }
        match self.open(&new, InPlaceOf::Ended(lock)).await? {
            Opening::Opened { incident, mode, case } => {
                self.start(&incident, &new.opened, mode).await?;
                Ok(case)
            }
            Opening::Taken(newer) => self.note_in(&newer, reference, &new).await,
        }
    }

    /// Another copy was faster: joins what it opened.
    async fn note_in(
        &self,
        newer: &Lock,
        reference: FindingRef,
        new: &NewIncident,
    ) -> Result<IncidentId, Unfinished> {
        let mut log = self.ledger.log(&newer.incident).await?;
        let case = log.incident()?.opened.case;
        self.note(&mut log, reference, &new.raw).await?;
        Ok(case.id(&newer.incident).clone())
    }

    /// Keeps the finding and writes it to the log, unless the same copy is there: redelivery is no news. Kept first: what
    /// the log names is there.
    pub(crate) async fn note(
        &self,
        log: &mut IncidentLog,
        reference: FindingRef,
        raw: &[u8],
    ) -> Result<(), Unfinished> {
        for race in 1..=MOST_RACES {
            if log.findings().any(|known| is_same_copy(known, &reference)) {
                tracing::info!(incident = %log.id(), finding = %reference.key, "left: this copy is known");
                return Ok(());
            }
            self.ledger.put_finding(log.id(), &reference, raw).await?;
            let joined = Event::FindingJoined(reference.clone());
            match log.append(&self.ledger, joined).await {
                // All that others wrote meanwhile may hold this very copy.
                Err(LedgerError::Contended { .. }) if race < MOST_RACES => {
                    tokio::time::sleep(PAUSE_AFTER_RACE * race).await;
                    *log = self.ledger.log(log.id()).await?;
                }
                Err(error) => return Err(error.into()),
                Ok(_) => break,
            }
        }
        tracing::info!(incident = %log.id(), finding = %reference.key, route = %reference.route, "joined");
        Ok(())
    }

    async fn start(&self, incident: &IncidentId, opened: &Opened, mode: Mode) -> Result<(), Unfinished> {
        let input = ExecutionInput {
            incident: incident.clone(),
            playbook: opened.playbook.clone(),
            mode,
            target: opened.target.clone(),
        };
        self.machines
            .start(&input)
            .await
            .map_err(|error| Unfinished::again("starting the machine", &error))?;
        tracing::info!(%incident, playbook = %opened.playbook, %mode, "opened");
        Ok(())
    }
}

/// What follows an incident of the same target within hours is of its case, unless its finding has opened one already: what
/// one finding opens isn't scattered over what was before.
pub(crate) fn join_case(new: &mut Opened, before: &IncidentId, incident: &Incident, at: Timestamp) {
    let since = incident
        .closed
        .map_or(incident.opened_at, |(_, closed_at)| closed_at);
    if new.case.first.is_none() && is_within(since, at) {
        new.case.first = Some(incident.opened.case.id(before).clone());
    }
}

/// Whether nothing but what its finding is of keeps it from acting by itself. What a person said before, and what somebody has
/// paused or exempted, is another guardrail's.
fn is_weak_alone(opened: &Opened) -> bool {
    let mut decisions = opened.guardrails.iter();
    opened.origin == Origin::Finding
        && !opened.guardrails.is_empty()
        && decisions.all(|decision| decision.guardrail == WEAK_EVIDENCE)
}

/// Whether nobody has decided yet. What people denied isn't done all the same since a copy was confirmed, or another finding
/// proves more, and what they approved is being done.
fn is_undecided(incident: &Incident) -> bool {
    incident.closed.is_none()
        && !matches!(incident.decision, Some(Answer::Approved | Answer::Denied))
        && !incident.steps.iter().any(|state| state.acted)
}

/// The same state of the same finding by the same route.
fn is_same_copy(known: &FindingRef, new: &FindingRef) -> bool {
    known.key == new.key
        && known.route == new.route
        && known.updated_at == new.updated_at
        && known.count == new.count
}

#[cfg(test)]
pub(crate) mod tests;
