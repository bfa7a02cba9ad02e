//! What a target had before: its last incident, and those that this one follows.

use jiff::{SignedDuration, Timestamp};

use super::{Earlier, Ending, NewActivity, Since};
use crate::{
    finding::Workflow,
    guardrail::{Decision, Effect, UNCONFIRMED, WEAK_EVIDENCE},
    ids::IncidentId,
    incident::{Answer, IllegalTransition, Incident, Undo},
    log::{Event, FindingRef, Opened, Record},
    mode::Mode,
    target::PROTECTED_PRINCIPAL,
};

/// What is counted by the day, and told once a day.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The guardrails that follow from how the deployment is set up, and from nothing that happened.
const SETTINGS: [&str; 6] = [
    "maximum-mode",
    WEAK_EVIDENCE,
    "pause",
    "exemption",
    "unreadable-guard",
    PROTECTED_PRINCIPAL,
];

/// A target's incidents, as far as what is new about it asks for them.
#[derive(Clone, Debug)]
pub struct History {
    id: IncidentId,
    last: Incident,
    before: Vec<(IncidentId, Incident)>,
    /// Of all of them.
    findings: Vec<FindingRef>,
    /// What Security Hub was told, the last first.
    told: Vec<(Workflow, Vec<String>)>,
}

impl History {
    /// Reads the last incident's log and those that it follows, the newest first.
    pub fn read<'a>(
        (id, last): (&IncidentId, &[Record]),
        before: impl IntoIterator<Item = (&'a IncidentId, &'a [Record])>,
    ) -> Result<Self, IllegalTransition> {
        let mut history = Self {
            id: id.clone(),
            last: Incident::replay(last)?,
            before: Vec::new(),
            findings: Vec::new(),
            told: Vec::new(),
        };
        history.take(last);
        for (id, records) in before {
            history.before.push((id.clone(), Incident::replay(records)?));
            history.take(records);
        }
        Ok(history)
    }

    fn take(&mut self, records: &[Record]) {
        for record in records.iter().rev() {
            match &record.event {
                Event::Opened(opened) => self.findings.push(opened.finding.clone()),
                Event::FindingJoined(finding) => self.findings.push(finding.clone()),
                Event::HubTold {
                    workflow, updated, ..
                } => self.told.push((*workflow, updated.clone())),
                _ => {}
            }
        }
    }

    /// The last incident's id.
    pub const fn id(&self) -> &IncidentId {
        &self.id
    }

    /// The last incident.
    pub const fn last(&self) -> &Incident {
        &self.last
    }

    /// Whether one of the incidents has this finding, in whatever state.
    pub fn knows(&self, key: &str) -> bool {
        self.findings.iter().any(|known| known.key == key)
    }

    /// Whether one of them has this state of the finding, or a later one: what follows from it has followed.
    fn has(&self, new: &FindingRef) -> bool {
        self.findings.iter().any(|known| {
            known.key == new.key && known.updated_at >= new.updated_at && known.last_seen >= new.last_seen
        })
    }

    /// What a finding tells, that an incident would now be opened for with this mode; `None` while the last incident is
    /// open.
    pub fn activity(&self, new: &FindingRef, mode: Mode) -> Option<NewActivity> {
        let (_, closed_at) = self.last.closed?;
        let is_about = |keys: &Vec<String>| keys.contains(&new.key);
        let told = self.told.iter().find(|(_, keys)| is_about(keys));
        let earlier = Earlier {
            findings: &self.findings,
            closed_at,
            mode: self.last.opened.mode,
            resolved: told.is_some_and(|(workflow, _)| *workflow == Workflow::Resolved),
        };
        Some(match NewActivity::of(new, mode, earlier) {
            NewActivity::Continued | NewActivity::Reset if self.has(new) => NewActivity::Nothing,
            activity => activity,
        })
    }

    /// Whether the finding would be answered by more now, for a setting that was changed: the deployment's or the playbook's
    /// mode, a pause or an exemption that is over. What else lowered the last incident, only whoever opens the next can
    /// tell.
    pub fn is_raised_by_settings(&self, mode: Mode) -> bool {
        let opened = &self.last.opened;
        let is_setting = |decision: &Decision| SETTINGS.contains(&decision.guardrail.as_str());
        mode > opened.mode && opened.guardrails.iter().all(is_setting)
    }

    /// How the last incident ended. What was closed in a way that isn't an end contained nothing.
    pub fn ending(&self) -> Ending {
        Ending::of(&self.last).unwrap_or(Ending::Failed)
    }

    /// What has happened to the target within a day. Incidents of findings that nothing confirmed don't count for one that is
    /// confirmed: whoever can forge findings could else use up what real ones need.
    pub fn since(&self, now: Timestamp, mode: Mode, is_confirmed: bool, told: bool) -> Since {
        let counts = |incident: &Incident| {
            incident.opened.linked.is_some()
                && now.duration_since(incident.opened_at) < DAY
                && !(is_confirmed && is_unconfirmed(&incident.opened))
        };
        let reopened = self.incidents().filter(|(_, incident)| counts(incident)).count();
        Since {
            reopened: u32::try_from(reopened).unwrap_or(u32::MAX),
            reverted: self.reverted(),
            told,
            mode,
        }
    }

    /// Incidents that follow one whose containment was changed back.
    fn reverted(&self) -> u32 {
        let pairs = self.incidents().zip(self.incidents().skip(1));
        let reverted = pairs.filter(|((_, next), (id, before))| {
            next.opened.linked.as_ref() == Some(*id) && before.was_changed_back()
        });
        u32::try_from(reverted.count()).unwrap_or(u32::MAX)
    }

    /// What a person said who isn't to be overruled, however long ago it was: that it be left alone, or undone.
    pub fn word_of_a_person(&self) -> Option<Decision> {
        self.incidents().find_map(|(id, incident)| {
            let (guardrail, detail) = if incident.undo != Undo::NotAsked {
                let detail = format!("a person undid what incident {id} did to this target");
                ("undone-before", detail)
            } else if let Some(released) = &incident.released {
                let detail = format!(
                    "a person released what incident {id} did to this target: {}",
                    released.reason
                );
                ("released-before", detail)
            } else if incident.decision == Some(Answer::Denied) {
                let detail = format!("a person denied what incident {id} was to do to this target");
                ("denied-before", detail)
            } else {
                return None;
            };
            Some(Decision {
                guardrail: guardrail.to_owned(),
                effect: Effect::LowerTo(Mode::Approve),
                detail,
            })
        })
    }

    /// The incidents, the newest first.
    fn incidents(&self) -> impl Iterator<Item = (&IncidentId, &Incident)> {
        let before = self.before.iter().map(|(id, incident)| (id, incident));
        std::iter::once((&self.id, &self.last)).chain(before)
    }
}

/// Whether nothing proved where the finding came from that an incident was opened for.
pub fn is_unconfirmed(opened: &Opened) -> bool {
    let mut decisions = opened.guardrails.iter();
    decisions.any(|decision| decision.guardrail == UNCONFIRMED)
}

/// What lowers an incident that may go no further than this, since others of its target were opened today, or since what
/// was done was changed back and done again before.
pub fn reopened_before(since: Since) -> Option<Decision> {
    let detail = match since {
        Since {
            reopened: 0,
            reverted: 0,
            ..
        } => return None,
        Since { reopened: 0, .. } => {
            "what was done to this target was changed back before, and was done again by itself: a person decides whether it \
             is done once more, or whoever changes it back is to be stopped"
                .to_owned()
        }
        Since { reopened, .. } => format!(
            "{reopened} of the incidents of this target were opened within a day after one that had ended: a person decides \
             whether the next is fought as well"
        ),
    };
    Some(Decision {
        guardrail: "reopened-before".to_owned(),
        effect: Effect::LowerTo(Mode::Approve),
        detail,
    })
}

#[cfg(test)]
mod tests;
