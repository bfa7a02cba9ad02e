//! What a step finds out only once others can see it: people are asked before anything is saved or changed, and once they
//! have approved, it isn't asked again.

use backstop_core::guardrail::Effect;

use super::*;

/// Changes something, and always meets somebody else.
struct Meeting {
    acted: Arc<Mutex<Vec<&'static str>>>,
}

#[async_trait]
impl Action for Meeting {
    fn spec(&self) -> &'static ActionSpec {
        Obedient.spec()
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let mut plan = Obedient.plan(request).await?;
        plan.changes.push(Change {
            api: "ec2:ModifyNetworkInterfaceAttribute".into(),
            what: "groups".into(),
            now: "sg-1".into(),
            after: "ours".into(),
        });
        Ok(plan)
    }

    async fn claim(&self, _: &Permit, _: &StepRequest, _: &Receipt) -> Result<Option<String>, StepError> {
        self.acted.lock().unwrap().push("claimed");
        Ok(Some("the other one is contained, too".to_owned()))
    }

    async fn act(&self, _: &Permit, _: &StepRequest, _: &Receipt) -> Result<(), StepError> {
        self.acted.lock().unwrap().push("acted");
        Ok(())
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        Obedient.verify(request, receipt).await
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

#[tokio::test]
async fn whoever_meets_another_asks_first_and_acts_once_people_approved() {
    let opened = Event::Opened(Box::new(opened_with(Options::new()).opened));
    let table = FakeTable::opened_with(&Record::first(now(), "1".into(), opened).unwrap());
    let acted = Arc::new(Mutex::new(Vec::new()));
    let action = Meeting {
        acted: Arc::clone(&acted),
    };
    let accounts = Arc::new(Accounts::mocked("123456789012"));
    let runner = Runner::new(
        table.ledger(),
        bounds(Mode::Auto),
        accounts,
        vec![Arc::new(action)],
    );
    let task = StepTask {
        incident: "01J".into(),
        target: target(),
        step: "obey".into(),
        action: "ec2.isolate-instance".into(),
        with: Options::new(),
    };
    let incident = async || {
        table
            .ledger()
            .log(&"01J".into())
            .await
            .unwrap()
            .incident()
            .unwrap()
    };

    let answer = runner.act(&task).await.unwrap();
    assert_eq!((answer.drifted, answer.outcome), (true, None));
    let asked = incident().await;
    assert!(!asked.step(&"obey".into()).unwrap().acted, "nothing is saved");
    assert_eq!(
        asked
            .waited
            .iter()
            .map(|one| (one.effect, one.detail.as_str()))
            .collect::<Vec<_>>(),
        [(
            Effect::LowerTo(Mode::Approve),
            "step `obey` waits for a person: the other one is contained, too"
        )]
    );

    runner.plan(&task).await.unwrap();
    let (plan_hash, _) = incident().await.plan_hashes().unwrap();
    table.write(Event::ApprovalRequested {
        plan_hash: plan_hash.clone(),
        expires_at: now(),
        needed: 1,
        body: None,
    });
    table.write(Event::Approved {
        by: "arn:aws:iam::123456789012:user/alice".into(),
        person: None,
        reason: None,
        plan_hash,
    });
    let answer = runner.act(&task).await.unwrap();
    assert_eq!((answer.drifted, answer.outcome), (false, Some(Outcome::Done)));
    assert_eq!(*acted.lock().unwrap(), ["claimed", "acted"]);
}
