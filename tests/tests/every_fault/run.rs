//! A step fails while its playbook runs; afterwards everything is undone.

use std::time::Duration;

use backstop_core::{
    IncidentId, Mode, Risk,
    incident::{Incident, Status},
    log::Origin,
    task::ExecutionInput,
};
use backstop_runtime::{
    IncidentLog, decision,
    machines::Machines,
    undoing::{self, UndoError},
};
use backstop_sandbox::FaultId;
use backstop_tests::{Case, Planted, States, but_for_the_key, story, undoable};
use tokio::time::{Instant, sleep};

use super::{
    Scenario, Scene,
    faults::{Hit, Kind},
    truth,
};

const PATIENCE: Duration = Duration::from_secs(150);
const BOB: &str = "arn:aws:iam::123456789012:user/bob";

pub(crate) async fn failing_step(scene: &Scene, scenario: &Scenario, hit: Hit, kind: Kind) {
    let place = Place::plant(scene, scenario).await;
    let faults = place.fail(hit, kind);
    let incident = place.answered(scenario).await;
    place.assert_hit(faults);
    truth::check(&place, &incident, kind).await;
    let undone = place.undone(&incident).await;
    place.assert_clean(&place.states().await, &undone);
}

/// A target of its own and the incident about it.
pub(crate) struct Place<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) planted: Planted,
    pub(crate) before: States,
}

impl<'a> Place<'a> {
    pub(crate) async fn plant(scene: &'a Scene, scenario: &Scenario) -> Self {
        let account = scene.stage.account();
        let planted = Planted::of(account, &scenario.drill).await;
        Self {
            before: planted.states(account).await,
            scene,
            planted,
        }
    }

    pub(crate) async fn states(&self) -> States {
        self.planted.states(self.scene.stage.account()).await
    }

    /// What there was before is there, but for the leaked key, which undo leaves as it is.
    pub(crate) fn assert_clean(&self, now: &States, log: &IncidentLog) {
        let clean = but_for_the_key(&self.before, now, &self.planted.target);
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

    pub(crate) fn fail(&self, hit: Hit, kind: Kind) -> Vec<FaultId> {
        let faults = self.scene.stage.account().faults();
        let wanted = hit.faults(kind, &self.planted.name()).into_iter();
        wanted
            .map(|(matcher, effect)| faults.add(matcher, effect))
            .collect()
    }

    pub(crate) fn assert_hit(&self, added: Vec<FaultId>) {
        let faults = self.scene.stage.account().faults();
        let hits: u32 = added.into_iter().map(|fault| faults.remove(fault)).sum();
        assert!(hits > 0, "the fault was never met");
    }

    /// Opens the incident, starts the playbook's machine, approves where it asks, and waits until people were told.
    pub(crate) async fn answered(&self, scenario: &Scenario) -> IncidentId {
        let ledger = self.scene.stage.ledger();
        let case = Case {
            playbook: scenario.playbook.name.clone(),
            target: self.planted.target.clone(),
            mode: Mode::Auto,
            steps: scenario.playbook.step_refs(),
            origin: Origin::Drill,
        };
        let incident = case.open(&ledger).await;
        let input = ExecutionInput {
            incident: incident.clone(),
            playbook: case.playbook,
            mode: case.mode,
            target: self.planted.target.clone(),
        };
        self.machines().start(&input).await.unwrap();
        self.until(&incident, |state| state.closed.is_some() && state.notified)
            .await;
        incident
    }

    /// Asks for undo as the CLI does; a drill's sessions are nobody's, so they may come back to life.
    pub(crate) async fn ask_undo(&self, id: &IncidentId) -> Result<(), UndoError> {
        let ledger = self.scene.stage.ledger();
        let mut log = ledger.log(id).await.unwrap();
        let steps = undoing::undoable(id, &log.incident().unwrap(), None)?;
        let accepting = [Risk::ReviveSessions];
        undoing::request(&ledger, &self.machines(), &mut log, BOB, None, &steps, &accepting).await
    }

    async fn undone(&self, id: &IncidentId) -> IncidentLog {
        match self.ask_undo(id).await {
            Ok(()) => {
                let log = self.until(id, |state| {
                    state.undo == backstop_core::incident::Undo::Ended && state.notified
                });
                let log = log.await;
                assert_eq!(
                    log.incident().unwrap().status(),
                    Status::Undone,
                    "{}",
                    story(&log)
                );
                log
            }
            Err(UndoError::NothingToUndo(_)) => self.scene.stage.ledger().log(id).await.unwrap(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the incident is as wanted.
    pub(crate) async fn until(&self, id: &IncidentId, wanted: impl Fn(&Incident) -> bool) -> IncidentLog {
        let ledger = self.scene.stage.ledger();
        let until = Instant::now() + PATIENCE;
        loop {
            let log = ledger.log(id).await.unwrap();
            let incident = log.incident().unwrap();
            if wanted(&incident) {
                return log;
            }
            if incident.status() == Status::AwaitingApproval && ledger.approval(id).await.unwrap().is_some() {
                // The machine may not wait yet: then the next round approves.
                drop(decision::approve(&ledger, &self.sfn(), id, BOB, None, None).await);
            }
            assert!(Instant::now() < until, "not as wanted: {}", story(&log));
            sleep(Duration::from_millis(300)).await;
        }
    }

    fn sfn(&self) -> aws_sdk_sfn::Client {
        let account = self.scene.stage.account();
        aws_sdk_sfn::Client::new(&account.sdk_config(account.root()))
    }

    fn machines(&self) -> Machines {
        let undo = self.scene.stage.stack().machine_arn("undo").unwrap();
        Machines::new(self.sfn(), undo.strip_suffix("undo").unwrap().to_owned())
    }
}
