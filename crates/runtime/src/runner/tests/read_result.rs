//! What a step waited for is in the log when it ends.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::*;

/// Has nothing to change, and this contract.
struct Settled(&'static ActionSpec);

#[async_trait]
impl Action for Settled {
    fn spec(&self) -> &'static ActionSpec {
        self.0
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let plan = Obedient.plan(request).await?;
        Ok(Plan {
            action: self.0.id.into(),
            ..plan
        })
    }

    async fn act(&self, permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        Obedient.act(permit, request, receipt).await
    }

    async fn verify(&self, _: &StepRequest, _: Option<&Receipt>) -> Result<Verification, StepError> {
        Ok(Verification {
            holds: true,
            observed: "it has ended: no threats".to_owned(),
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

/// What the log has read back when the step has ended.
async fn read_back(spec: &'static ActionSpec) -> Vec<String> {
    let mut opened = opened_with(Options::new()).opened;
    opened.steps[0].action = spec.id.into();
    let opened = Event::Opened(Box::new(opened));
    let table = FakeTable::opened_with(&Record::first(now(), "1".into(), opened).unwrap());
    let runner = Runner::new(
        table.ledger(),
        bounds(Mode::Auto),
        Arc::new(Accounts::mocked("123456789012")),
        vec![Arc::new(Settled(spec))],
    );
    let task = StepTask {
        incident: "01J".into(),
        target: target(),
        step: "obey".into(),
        action: spec.id.into(),
        with: Options::new(),
    };
    let answer = runner.act(&task).await.unwrap();
    assert_eq!(answer.outcome, Some(Outcome::Already));
    let log = table.ledger().log(&"01J".into()).await.unwrap();
    let verified = log.records().iter().filter_map(|record| match &record.event {
        Event::Verified { verification, .. } => Some(verification.observed.clone()),
        _ => None,
    });
    verified.collect()
}

/// The reading that proves the containment was made long before, and the report would say nothing of it.
#[tokio::test]
async fn what_was_waited_for_is_read_back_when_the_step_ends_and_nothing_else_is() {
    let waits = &ec2::scan_for_malware::SPEC;
    assert_eq!(read_back(waits).await, ["it has ended: no threats"]);
    assert_eq!(
        read_back(&ec2::isolate_instance::SPEC).await,
        Vec::<String>::new()
    );
}
