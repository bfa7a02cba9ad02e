//! One target of a drill, the incident about it, and what came of both.

use std::time::Duration;

use backstop_core::{
    IncidentId, Mode, Risk,
    incident::{Incident, Status, Undo},
    log::Origin,
    task::ExecutionInput,
};
use backstop_drill::{Drill, follow, run::finding_about};
use backstop_playbook::Playbook;
use backstop_runtime::{
    IncidentLog, decision,
    undoing::{self, UndoError},
};
use tokio::time::{Instant, sleep};

use crate::{Case, Planted, States, Watched, ask_undo, but_for_the_key, people, story, undoable};

/// A machine at the limit of its cores takes several times as long as a quiet one.
const PATIENCE: Duration = Duration::from_mins(5);

/// See the module.
#[derive(Debug)]
pub struct StagedTarget<'a> {
    pub watched: &'a Watched,
    pub planted: Planted,
    pub before: States,
}

impl<'a> StagedTarget<'a> {
    pub async fn plant(watched: &'a Watched, drill: &Drill) -> Self {
        let account = watched.environment.account();
        let planted = Planted::of(account, drill).await;
        Self {
            before: planted.states(account).await,
            watched,
            planted,
        }
    }

    /// The texts of which one stands in every changing call about the target. Rules of a network ACL are named after it
    /// alone.
    pub fn names(&self) -> Vec<String> {
        let words = self.before.keys().flat_map(|what| what.split(' '));
        let acls = words.filter(|word| word.starts_with("acl-")).map(str::to_owned);
        self.planted.names().into_iter().chain(acls).collect()
    }

    pub async fn states(&self) -> States {
        self.planted.states(self.watched.environment.account()).await
    }

    /// What there was before is there, but for what undo leaves off: the leaked key, and what an attacker made.
    pub fn assert_clean(&self, now: &States, log: &IncidentLog) {
        let mut clean = but_for_the_key(&self.before, now, &self.planted.target);
        let subject = self.planted.subject();
        for what in self.planted.fixtures.stays_off(subject) {
            if let Some(off) = now.get(&what).filter(|state| *state == "Inactive") {
                clean.insert(what, off.clone());
            }
        }
        let (now, clean) = (undoable(now), undoable(&clean));
        let differs = now
            .keys()
            .chain(clean.keys())
            .filter(|what| now.get(*what) != clean.get(*what));
        let differs: Vec<String> = differs
            .map(|what| format!("{what}: {:?} instead of {:?}", now.get(what), clean.get(what)))
            .collect();
        assert!(
            differs.is_empty(),
            "undo left a trace: {differs:#?}{}",
            story(log)
        );
    }

    /// Opens the incident past intake, and starts the playbook's machine.
    pub async fn open(&self, playbook: &Playbook, mode: Mode) -> IncidentId {
        let case = Case {
            playbook: playbook.name.clone(),
            target: self.planted.target.clone(),
            mode,
            steps: playbook.step_refs(),
            origin: Origin::Drill,
        };
        let incident = case.open(&self.watched.environment.ledger()).await;
        let input = ExecutionInput {
            incident: incident.clone(),
            playbook: case.playbook,
            mode: case.mode,
            target: self.planted.target.clone(),
        };
        self.watched.machines().start(&input).await.unwrap();
        incident
    }

    /// Sends the playbook's finding, and waits for the incident about this target. A playbook that people start
    /// has no finding: its incident is opened in its own mode.
    pub async fn report(&self, playbook: &Playbook, drill: &Drill) -> IncidentId {
        if playbook.triggers.manual {
            return self.open(playbook, playbook.mode).await;
        }
        let environment = &self.watched.environment;
        let event = finding_about(environment, drill, &self.planted.fixtures).unwrap();
        environment
            .put_event(&event.detail_type, &event.detail)
            .await
            .unwrap();
        let opened = follow::incident(environment, &drill.playbook, &event.finding_id).await;
        opened.unwrap().id().clone()
    }

    /// Approves where it is asked, and waits until people were told of the outcome.
    pub async fn ended(&self, incident: &IncidentId) -> IncidentLog {
        self.until(incident, |state| {
            state.closed.is_some() && state.notices.ending_is_known()
        })
        .await
    }

    /// Asks for undo as the CLI does; a drill's sessions are nobody's, so they may come back to life.
    pub async fn ask_undo(&self, id: &IncidentId) -> Result<(), UndoError> {
        let ledger = self.watched.environment.ledger();
        let mut log = ledger.log(id).await.unwrap();
        let steps = undoing::undoable(id, &log.incident().unwrap(), None)?;
        let machines = self.watched.machines();
        ask_undo(&ledger, &machines, &mut log, &steps, &[Risk::ReviveSessions]).await
    }

    /// Undoes everything, and waits until people were told.
    pub async fn undone(&self, id: &IncidentId) -> IncidentLog {
        match self.ask_undo(id).await {
            Ok(()) => {
                let log = self
                    .until(id, |state| {
                        state.undo == Undo::Ended && state.notices.ending_is_known()
                    })
                    .await;
                let status = log.incident().unwrap().status();
                assert_eq!(status, Status::Undone, "{}", story(&log));
                log
            }
            Err(UndoError::NothingToUndo(_)) => self.watched.environment.ledger().log(id).await.unwrap(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the incident is as wanted, approving where it is asked.
    pub async fn until(&self, id: &IncidentId, wanted: impl Fn(&Incident) -> bool) -> IncidentLog {
        let ledger = self.watched.environment.ledger();
        let until = Instant::now() + PATIENCE;
        loop {
            let log = ledger.log(id).await.unwrap();
            let incident = log.incident().unwrap();
            if wanted(&incident) {
                return log;
            }
            if incident.status() == Status::AwaitingApproval && ledger.approval(id).await.unwrap().is_some() {
                let plan = incident
                    .question
                    .as_ref()
                    .map(|question| question.plan_hash.as_str());
                for person in people() {
                    // The machine may not wait yet, or may have had enough: then the next round looks again.
                    drop(decision::approve(&ledger, &self.watched.sfn(), id, &person, plan, None).await);
                }
            }
            assert!(Instant::now() < until, "not as wanted: {}", story(&log));
            sleep(Duration::from_millis(300)).await;
        }
    }
}
