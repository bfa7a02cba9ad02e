//! Approval is bound to the plan: what changed since is asked about again, and nothing is done on the old plan.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{Mode, incident::Status, log::Event};
use backstop_runtime::decision::{self, DecisionError};
use backstop_tests::{Scene, person};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_no_longer_fits_is_asked_about_again() {
    let scene = Scene::start(Mode::Approve, &[]).await;
    let ledger = scene.environment.ledger();
    let sfn = scene.sfn();
    let bob = person("bob");
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, asked) = scene
        .until(&finding, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    let old = asked.question.unwrap().plan_hash;
    assert_eq!(
        scene.state(&leaked).await,
        (true, false),
        "nothing is changed before the decision"
    );

    // The attacker adds a credential after the plan was made.
    let body = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ attacker";
    scene
        .iam()
        .upload_ssh_public_key()
        .user_name(&leaked.user)
        .ssh_public_key_body(body)
        .send()
        .await
        .unwrap();
    scene.until_token(&id, &old).await;
    decision::approve(&ledger, &sfn, &id, &bob, Some(old.as_str()), None)
        .await
        .unwrap();

    let is_asked_anew = |incident: &backstop_core::incident::Incident| {
        incident
            .question
            .as_ref()
            .is_some_and(|question| question.plan_hash != old)
    };
    let (_, again) = scene.until(&finding, is_asked_anew).await;
    let new = again.question.unwrap().plan_hash;
    let log = ledger.log(&id).await.unwrap();
    assert!(
        log.records()
            .iter()
            .any(|record| matches!(&record.event, Event::PlanDrifted { step, .. }
        if step.as_str() == "deactivate-other-credentials"))
    );

    scene.until_token(&id, &new).await;
    let stale = decision::approve(&ledger, &sfn, &id, &bob, Some(old.as_str()), None)
        .await
        .unwrap_err();
    assert!(matches!(stale, DecisionError::PlanChanged { .. }), "{stale}");
    decision::approve(&ledger, &sfn, &id, &bob, Some(new.as_str()), None)
        .await
        .unwrap();
    let (_, closed) = scene.until(&finding, |incident| incident.closed.is_some()).await;
    assert_eq!(closed.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));

    let late = decision::approve(&ledger, &sfn, &id, &bob, Some(new.as_str()), None)
        .await
        .unwrap_err();
    assert!(matches!(late, DecisionError::Closed { .. }), "{late}");
    scene.end().await;
}
