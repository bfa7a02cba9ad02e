//! A person's decision on a plan: written to the log first, then handed to the waiting machine.
//!
//! The caller is whom API Gateway proved; which person that is, and who may not decide, [`backstop_core::person`] says.

mod error;

use aws_sdk_sfn::Client;
use backstop_core::{
    Hash, IncidentId, Target,
    evidence::RawFinding,
    finding::parse_saved,
    incident::{Answer, Incident, Question},
    log::Event,
    notice::run_command,
    person::Person,
    task::ApprovalAnswer,
};
use jiff::Timestamp;

pub use backstop_core::api::Decided;
pub use error::DecisionError;

use crate::{
    Ledger, LedgerError,
    ledger::IncidentLog,
    machines::{ResumeError, resume},
    now,
};

/// Eight hex digits are enough to tell plans of one incident apart, and short enough to type.
const SHORTEST_PLAN: usize = 8;

/// Approves the plan that waits. `plan` is the hash, or its first digits, of the plan the person saw: another
/// one, or none, is refused. Where the log says "approved" but the machine still waits, this tells the machine.
pub async fn approve(
    ledger: &Ledger,
    sfn: &Client,
    incident: &IncidentId,
    by: &Person,
    plan: Option<&str>,
    reason: Option<String>,
) -> Result<Decided, DecisionError> {
    let desk = Desk {
        ledger,
        sfn,
        incident,
    };
    let mut log = ledger.log(incident).await?;
    let before = log.incident()?;
    desk.check_person(by, &before).await?;
    if desk.is_untold(&before, Answer::Approved).await? {
        return desk.tell_again(&before, ApprovalAnswer::Approved).await;
    }
    let question = desk.open_question(&before, now())?;
    desk.check_plan(question, plan)?;
    if before.approvers.contains(&by.id) {
        return Err(DecisionError::AlreadyApprovedByYou {
            incident: incident.clone(),
            by: by.arn().to_owned(),
            approvals: before.approvals.len(),
            needed: question.needed,
        });
    }
    let plan_hash = question.plan_hash.clone();
    let event = Event::Approved {
        by: by.arn().to_owned(),
        person: Some(by.id.clone()),
        reason,
        plan_hash,
    };
    let after = desk.write(&mut log, event, &question.plan_hash).await?;
    // Another session of the same person may have been faster: this word then changed nothing.
    if after.decision.is_none() {
        return Ok(Decided::Counted {
            plan_hash: question.plan_hash.clone(),
            by: after.approvals,
            needed: question.needed,
        });
    }
    desk.tell(&after, ApprovalAnswer::Approved).await
}

/// Denies the plan that waits; one person is enough. Where the log says "denied" but the machine still waits,
/// this tells the machine.
pub async fn deny(
    ledger: &Ledger,
    sfn: &Client,
    incident: &IncidentId,
    by: &Person,
    reason: Option<String>,
) -> Result<Decided, DecisionError> {
    let desk = Desk {
        ledger,
        sfn,
        incident,
    };
    let mut log = ledger.log(incident).await?;
    let before = log.incident()?;
    desk.check_person(by, &before).await?;
    if desk.is_untold(&before, Answer::Denied).await? {
        return desk.tell_again(&before, ApprovalAnswer::Denied).await;
    }
    let question = desk.open_question(&before, now())?;
    let event = Event::Denied {
        by: by.arn().to_owned(),
        reason,
    };
    let after = desk.write(&mut log, event, &question.plan_hash).await?;
    desk.tell(&after, ApprovalAnswer::Denied).await
}

struct Desk<'a> {
    ledger: &'a Ledger,
    sfn: &'a Client,
    incident: &'a IncidentId,
}

impl Desk<'_> {
    /// Whoever the incident is about decides nothing on it, neither what contains them nor that nothing does.
    async fn check_person(&self, person: &Person, state: &Incident) -> Result<(), DecisionError> {
        if is_subject(self.ledger, self.incident, person, state).await? {
            return Err(DecisionError::Compromised {
                incident: self.incident.clone(),
                by: person.arn().to_owned(),
            });
        }
        Ok(())
    }

    /// Whether the log has this answer but nothing came of it: whoever gave it may have died before telling
    /// the machine.
    async fn is_untold(&self, state: &Incident, answer: Answer) -> Result<bool, DecisionError> {
        let went_on = state.closed.is_some() || state.notices.ending_is_known();
        if state.decision != Some(answer) || went_on {
            return Ok(false);
        }
        let pending = self.ledger.approval(self.incident).await?;
        Ok(state
            .question
            .as_ref()
            .zip(pending)
            .is_some_and(|(question, pending)| question.plan_hash == pending.plan_hash))
    }

    /// The question that may be decided now, or why there is none.
    fn open_question<'i>(&self, state: &'i Incident, now: Timestamp) -> Result<&'i Question, DecisionError> {
        let incident = self.incident.clone();
        if let Some((status, at)) = state.closed {
            return Err(DecisionError::Closed { incident, status, at });
        }
        let Some(question) = &state.question else {
            return Err(DecisionError::NotWaiting {
                incident,
                status: state.status(),
            });
        };
        match state.decision {
            Some(Answer::Expired) => Err(DecisionError::Expired {
                incident,
                at: question.expires_at,
            }),
            Some(answer) => Err(DecisionError::AlreadyDecided { incident, answer }),
            None if question.expires_at <= now => Err(DecisionError::Expired {
                incident,
                at: question.expires_at,
            }),
            None => Ok(question),
        }
    }

    /// Whether the person saw the plan that waits now.
    fn check_plan(&self, question: &Question, seen: Option<&str>) -> Result<(), DecisionError> {
        let incident = self.incident.clone();
        let Some(seen) = seen else {
            return Err(DecisionError::PlanRequired {
                incident,
                now: question.plan_hash.clone(),
            });
        };
        if seen.len() < SHORTEST_PLAN {
            return Err(DecisionError::PlanTooShort {
                incident,
                seen: seen.to_owned(),
            });
        }
        if question
            .plan_hash
            .as_str()
            .starts_with(&seen.to_ascii_lowercase())
        {
            return Ok(());
        }
        Err(DecisionError::PlanChanged {
            incident,
            seen: seen.to_owned(),
            now: question.plan_hash.clone(),
        })
    }

    /// Appends the person's word. If somebody else was faster, says what they did.
    async fn write(
        &self,
        log: &mut IncidentLog,
        event: Event,
        plan: &Hash,
    ) -> Result<Incident, DecisionError> {
        match log.append(self.ledger, event).await {
            Ok(_) => Ok(log.incident()?),
            Err(LedgerError::Illegal(illegal)) => {
                let state = self.ledger.log(self.incident).await?.incident()?;
                let question = self.open_question(&state, now())?;
                self.check_plan(question, Some(plan.as_str()))?;
                Err(LedgerError::Illegal(illegal).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Resumes the machine if nobody did; it may just be that its next step isn't in the log yet.
    async fn tell_again(&self, state: &Incident, answer: ApprovalAnswer) -> Result<Decided, DecisionError> {
        self.tell(state, answer)
            .await
            .map_err(|error| match (error, state.decision) {
                (DecisionError::NoLongerWaits { incident, .. }, Some(answer)) => {
                    DecisionError::AlreadyDecided { incident, answer }
                }
                (error, _) => error,
            })
    }

    /// Resumes the machine with what the log says.
    async fn tell(&self, state: &Incident, answer: ApprovalAnswer) -> Result<Decided, DecisionError> {
        // Before the machine goes on: it must not find its own, later status overwritten.
        if let Err(error) = self.ledger.show_status(self.incident, state.status()).await {
            tracing::warn!(incident = %self.incident, %error, "the list shows an old status");
        }
        let plan_hash = state
            .question
            .as_ref()
            .map(|question| question.plan_hash.clone())
            .unwrap_or_default();
        let pending = self
            .ledger
            .approval(self.incident)
            .await?
            .filter(|pending| pending.plan_hash == plan_hash)
            .ok_or_else(|| DecisionError::AskedAnew {
                incident: self.incident.clone(),
            })?;
        resume(self.sfn, &pending.task_token, answer)
            .await
            .map_err(|error| match error {
                ResumeError::NoLongerWaits => DecisionError::NoLongerWaits {
                    incident: self.incident.clone(),
                    again: run_command(self.incident, &state.opened),
                },
                ResumeError::Call(error) => DecisionError::Untold {
                    incident: self.incident.clone(),
                    answer,
                    source: error,
                },
            })?;
        Ok(match answer {
            ApprovalAnswer::Approved => Decided::Approved {
                plan_hash,
                by: state.approvals.clone(),
            },
            ApprovalAnswer::Denied => Decided::Denied { plan_hash },
        })
    }
}

/// Whether the incident is about this person. Whom a finding names besides its target, the one who attacked, is in what
/// was received only. While that can't be read, nobody is known to be another.
pub async fn is_subject(
    ledger: &Ledger,
    id: &IncidentId,
    person: &Person,
    state: &Incident,
) -> Result<bool, LedgerError> {
    if person.is_subject_of(state, &[]) {
        return Ok(true);
    }
    let named = named_in(&ledger.findings(id).await?)?;
    Ok(person.is_subject_of(state, &named))
}

/// Whom findings name besides their targets. A person's request, which came in no message, is no finding and names nobody.
fn named_in(received: &[RawFinding]) -> Result<Vec<Target>, LedgerError> {
    let mut named = Vec::new();
    for raw in received {
        match parse_saved(&raw.bytes) {
            Ok(parsed) => named.extend(parsed.findings.into_iter().flat_map(|finding| finding.related)),
            Err(_) if raw.message.is_none() => {}
            Err(error) => {
                return Err(LedgerError::Unreadable {
                    what: format!("finding `{}`", raw.key),
                    detail: error.to_string(),
                });
            }
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests;
