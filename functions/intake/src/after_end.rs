//! What follows when a target whose incident has ended is heard of again. The table is in core, and in
//! `docs/activity-after-the-end.md`; here it is asked, and what it says is done.

use backstop_core::{
    IncidentId, Mode, NoticeKey,
    activity_after_end::{DAY, History, NewActivity, Reaction, Since, is_unconfirmed, reopened_before},
    log::FindingRef,
    notice::goes_on,
    task::NoticeRef,
};
use backstop_runtime::{
    IncidentLog, LedgerError,
    ledger::{Lock, NewIncident},
    now,
};
use jiff::Timestamp;

use crate::{Intake, batch::Unfinished, incident::join_case, quiet};

impl Intake {
    /// Notes it, tells people, or follows up. Whatever it comes to is done before the finding is noted: a copy that comes
    /// again after a failure must still be news.
    pub(crate) async fn after_the_end(
        &self,
        lock: &Lock,
        mut log: IncidentLog,
        new: NewIncident,
        reference: FindingRef,
    ) -> Result<IncidentId, Unfinished> {
        let history = self.ledger.history(&log).await?;
        let case = history.last().opened.case.id(history.id()).clone();
        let Some((_, closed_at)) = history.last().closed else {
            self.note(&mut log, reference, &new.raw).await?;
            return Ok(case);
        };
        let at = now();
        let activity = history.activity(&reference, new.opened.mode);
        let is_news = activity.filter(|activity| {
            let is_another = *activity == NewActivity::AnotherFinding;
            let is_told = is_another && quiet::is_told(&history.last().opened, closed_at, &new.opened, at);
            *activity != NewActivity::Nothing && !is_told
        });
        let Some(activity) = is_news else {
            self.note(&mut log, reference, &new.raw).await?;
            return Ok(case);
        };
        let told = self.is_told(history.id(), closed_at, at).await?;
        let since = history.since(at, new.opened.mode, !is_unconfirmed(&new.opened), told);
        let ending = history.ending();
        let wanted = match activity {
            NewActivity::AnotherFinding => ending.reaction(activity).after_another(since),
            _ => ending.reaction(activity).after(since),
        };
        let (reaction, holds) = match wanted {
            Reaction::VerifyAgain { .. } => {
                let holds = self.still_holds(&history).await?;
                (wanted.once_read(holds, since), holds)
            }
            other => (other, false),
        };
        tracing::info!(incident = %history.id(), finding = %reference.key, ?ending, ?activity, ?reaction, holds,
            "heard of again after the end");
        match reaction {
            Reaction::Open { at_most } => {
                return self
                    .follow_up(lock, &history, new, reference, since, at_most)
                    .await;
            }
            Reaction::Tell => {
                let key = NoticeKey::activity(period(closed_at, at));
                let notice = goes_on(history.id(), history.last(), &reference, holds, key);
                self.hand_over(&notice).await?;
            }
            Reaction::Note | Reaction::VerifyAgain { .. } => {}
        }
        self.note(&mut log, reference, &new.raw).await?;
        Ok(case)
    }

    /// Opens the incident that follows, no further than the table, a person's word and those that followed before leave it.
    pub(crate) async fn follow_up(
        &self,
        lock: &Lock,
        history: &History,
        mut new: NewIncident,
        reference: FindingRef,
        since: Since,
        at_most: Mode,
    ) -> Result<IncidentId, Unfinished> {
        let lowered = reopened_before(since).filter(|_| at_most < new.opened.mode);
        let decisions = history.word_of_a_person().into_iter().chain(lowered);
        join_case(&mut new.opened, history.id(), history.last(), now());
        self.follow(lock, new, reference, decisions).await
    }

    /// Whether people were told within a day that it goes on. Each day after the end has a notice of its own, so that copies
    /// that come at once make one; that of the day before may be younger than a day.
    async fn is_told(
        &self,
        id: &IncidentId,
        closed_at: Timestamp,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let today = period(closed_at, at);
        for key in [today, today - 1].map(NoticeKey::activity) {
            let reference = NoticeRef {
                incident: Some(id.clone()),
                key,
            };
            let kept = self.ledger.notice(&reference).await?;
            if kept.is_some_and(|kept| at.duration_since(kept.written) < DAY) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has what contains the incident read back by the functions that did it, and asks the log what they saw. A linked
    /// incident couldn't tell: it would make what it needs under its own name, also where that of the first still stands.
    pub(crate) async fn still_holds(&self, history: &History) -> Result<bool, Unfinished> {
        let (id, incident) = (history.id(), history.last());
        let all_read = self.responders.read_back(id, incident).await?;
        let read = self.ledger.log(id).await?.incident()?;
        let mut counted = read
            .contain_steps()
            .filter(|state| !matches!(state.outcome, Some(backstop_core::Outcome::Skipped { .. })));
        Ok(all_read && counted.all(backstop_core::incident::StepState::is_proven))
    }
}

/// The day after the end, from nought.
fn period(closed_at: Timestamp, at: Timestamp) -> i64 {
    at.duration_since(closed_at).as_secs() / DAY.as_secs()
}

#[cfg(test)]
mod tests;
