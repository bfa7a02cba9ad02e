//! What contains an incident is read back: a second time, and again and again while it is watched.

use backstop_core::{StepId, incident::Status, task::WatchTask};

use super::*;
use crate::LedgerError;

/// What a step is read back as.
#[derive(Clone, Copy, Debug)]
enum Read {
    Holds,
    Gone,
    /// The target is gone.
    Absent,
    /// It may be read later.
    NotNow,
    Never,
}

/// Reads back what it is told to.
struct Told(Arc<Mutex<BTreeMap<StepId, Read>>>);

#[async_trait]
impl Action for Told {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::isolate_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        Obedient.plan(request).await
    }

    async fn act(&self, permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        Obedient.act(permit, request, receipt).await
    }

    async fn verify(&self, request: &StepRequest, _: Option<&Receipt>) -> Result<Verification, StepError> {
        let read = *self.0.lock().unwrap().get(&request.step).unwrap();
        let holds = match read {
            Read::Holds => true,
            Read::Gone => false,
            Read::Absent => {
                let what = "the instance".to_owned();
                return Err(StepError::TargetGone { what });
            }
            Read::NotNow => {
                return Err(StepError::Ledger(LedgerError::Contended {
                    incident: "01J".into(),
                    writers: 1,
                }));
            }
            Read::Never => {
                let detail = "it has no groups".to_owned();
                return Err(StepError::Invalid { what: "it", detail });
            }
        };
        Ok(Verification {
            holds,
            observed: format!("{read:?}"),
        })
    }

    async fn undo(
        &self,
        permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        Obedient.undo(permit, request, receipt).await
    }
}

struct Scene {
    table: FakeTable,
    runner: Runner,
    reads: Arc<Mutex<BTreeMap<StepId, Read>>>,
}

const STEPS: [&str; 2] = ["obey", "obey-too"];

impl Scene {
    /// An incident that both steps have contained, and that is closed.
    fn contained() -> Self {
        let mut opened = opened_with(Options::new()).opened;
        let mut second = opened.steps.first().unwrap().clone();
        second.step = STEPS[1].into();
        opened.steps.push(second);
        let opened = Event::Opened(Box::new(opened));
        let table = FakeTable::opened_with(&Record::first(now(), "1".into(), opened).unwrap());
        for step in STEPS {
            table.write(Event::StepEnded {
                step: step.into(),
                outcome: Outcome::Already,
            });
            table.write(Event::Verified {
                step: step.into(),
                verification: Verification {
                    holds: true,
                    observed: "Holds".to_owned(),
                },
                after_end: false,
            });
        }
        table.write(Event::Closed {
            status: Status::Contained,
        });
        let reads = Arc::default();
        let runner = Runner::new(
            table.ledger(),
            bounds(Mode::Auto),
            Arc::new(Accounts::mocked("123456789012")),
            vec![Arc::new(Told(Arc::clone(&reads)))],
        );
        let scene = Self { table, runner, reads };
        scene.read_as([Read::Holds, Read::Holds]);
        scene
    }

    fn read_as(&self, reads: [Read; 2]) {
        let reads = STEPS.into_iter().map(StepId::from).zip(reads);
        *self.reads.lock().unwrap() = reads.collect();
    }

    async fn watch(&self) -> backstop_core::task::ReadBack {
        let task = WatchTask {
            incidents: vec![task()],
        };
        self.runner.watch(&task).await.incidents.remove(0)
    }

    fn written(&self) -> usize {
        self.table.records().len()
    }

    async fn incident(&self) -> Incident {
        self.table
            .ledger()
            .log(&"01J".into())
            .await
            .unwrap()
            .incident()
            .unwrap()
    }

    fn release(&self) {
        let event = json!({ "event": "released", "by": "arn:aws:iam::123456789012:user/bob",
                            "person": "user/bob", "reason": "tested" });
        self.table.write(serde_json::from_value(event).unwrap());
    }
}

fn task() -> VerifyTask {
    VerifyTask {
        incident: "01J".into(),
        target: target(),
    }
}

fn ids(steps: &[&str]) -> Vec<StepId> {
    steps.iter().map(|step| StepId::from(*step)).collect()
}

#[tokio::test]
async fn what_is_watched_and_holds_is_answered_and_not_written_down() {
    let scene = Scene::contained();
    let before = scene.written();
    for _ in 0..3 {
        let answer = scene.watch().await;
        assert_eq!((answer.hold, answer.gone.len()), (ids(&STEPS), 0));
    }
    assert_eq!(scene.written(), before);
}

#[tokio::test]
async fn what_is_watched_and_gone_is_written_down_once() {
    let scene = Scene::contained();
    scene.read_as([Read::Gone, Read::Holds]);
    let before = scene.written();
    for _ in 0..3 {
        let answer = scene.watch().await;
        assert_eq!((answer.hold, answer.gone), (ids(&STEPS[1..]), ids(&STEPS[..1])));
    }
    assert_eq!(scene.written(), before + 1);
    assert!(scene.incident().await.was_changed_back());
}

#[tokio::test]
async fn a_watched_step_that_cant_be_read_keeps_no_other_from_being_read() {
    let scene = Scene::contained();
    scene.read_as([Read::Never, Read::Gone]);
    let answer = scene.watch().await;
    assert_eq!((answer.hold.len(), answer.gone), (0, ids(&STEPS[1..])));
    assert!(
        matches!(answer.unread.as_slice(), [why] if why.contains("it has no groups")),
        "{:?}",
        answer.unread
    );
    // What isn't there any more does no harm.
    scene.read_as([Read::Absent, Read::Absent]);
    assert_eq!(scene.watch().await.hold, ids(&STEPS));
}

#[tokio::test]
async fn what_is_to_hold_no_more_is_not_read() {
    let scene = Scene::contained();
    scene.release();
    scene.read_as([Read::Gone, Read::Gone]);
    let before = scene.written();
    let answer = scene.watch().await;
    assert_eq!(
        (answer.hold.len(), answer.gone.len(), answer.unread.len()),
        (0, 0, 0)
    );
    let again = scene.runner.verify_again(&task()).await.unwrap();
    assert_eq!(
        (again.hold.len(), again.gone.len(), again.unread.len()),
        (0, 0, 0)
    );
    assert_eq!(scene.written(), before);
}

#[tokio::test]
async fn a_second_reading_is_written_down_whatever_it_is_and_made_once() {
    let scene = Scene::contained();
    scene.read_as([Read::Holds, Read::Gone]);
    let before = scene.written();
    let answer = scene.runner.verify_again(&task()).await.unwrap();
    assert_eq!((answer.hold, answer.gone), (ids(&STEPS[..1]), ids(&STEPS[1..])));
    assert_eq!(scene.written(), before + 2);
    assert!(scene.incident().await.was_changed_back());
    // Asked again, it has been read.
    scene.read_as([Read::Gone, Read::Holds]);
    let answer = scene.runner.verify_again(&task()).await.unwrap();
    assert_eq!((answer.hold.len(), answer.gone.len()), (0, 0));
    assert_eq!(scene.written(), before + 2);
}

/// The machine tries again what may be read later, and what was read by then isn't read anew.
#[tokio::test]
async fn a_second_reading_that_fails_for_now_is_handed_back_and_the_others_are_read() {
    let scene = Scene::contained();
    scene.read_as([Read::NotNow, Read::Holds]);
    let before = scene.written();
    for _ in 0..2 {
        let error = scene.runner.verify_again(&task()).await.unwrap_err();
        assert!(error.name().is_retryable(), "{error}");
    }
    // That it can't be read, once for the same reason; and that the other holds.
    assert_eq!(scene.written(), before + 2);
    let incident = scene.incident().await;
    let read: Vec<bool> = incident.steps.iter().map(StepState::is_read_again).collect();
    assert_eq!(read, [false, true]);
    assert!(incident.step(&STEPS[0].into()).unwrap().not_read_again.is_some());

    scene.read_as([Read::Holds, Read::Gone]);
    let answer = scene.runner.verify_again(&task()).await.unwrap();
    assert_eq!((answer.hold, answer.gone.len()), (ids(&STEPS[..1]), 0));
}

#[tokio::test]
async fn a_second_reading_that_can_never_be_made_is_noted_and_not_tried_again() {
    let scene = Scene::contained();
    scene.read_as([Read::Never, Read::Holds]);
    let answer = scene.runner.verify_again(&task()).await.unwrap();
    assert_eq!((answer.hold, answer.unread), (ids(&STEPS[1..]), ids(&STEPS[..1])));
    let incident = scene.incident().await;
    let why = incident.step(&STEPS[0].into()).unwrap().not_read_again.clone();
    assert!(why.is_some_and(|why| why.contains("it has no groups")));
}
