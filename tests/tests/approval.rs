//! Approval is bound to the plan: what changed since is asked about again, and nothing is done on the old plan. Whom nobody
//! answers people are told of again, and then nothing is done.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use backstop_core::{
    Hash, IncidentId, Mode,
    about::About,
    incident::{Incident, Status},
    log::Event,
};
use backstop_emulator::{Effect, Matcher};
use backstop_runtime::decision::{self, DecisionError};
use backstop_tests::{Leaked, People, Scene, person};
use jiff::{SignedDuration, Timestamp};

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

    let is_asked_anew = |incident: &Incident| {
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

/// No sweep runs here. People are told again before their time is over, can decide until then, and what one of them decides in
/// the moment in which nothing waits counts, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two minutes of waiting; .ci/nightly runs it"]
async fn nobody_answered_is_escalated_before_it_expires() {
    let scene = Scene::start(Mode::Approve, &[("ApprovalTimeoutSeconds", "90")]).await;
    let people = People::of(&scene.environment).await;
    let (ledger, sfn, bob) = (scene.environment.ledger(), scene.sfn(), person("bob"));
    let mut asked = Vec::new();
    for _ in 0..2 {
        asked.push(ask(&scene).await);
    }
    tokio::time::sleep(Duration::from_secs(15)).await;
    let (late, late_plan, late_leaked) = ask(&scene).await;
    let [(never, _, untouched), (answered, plan, contained)] = asked.as_slice() else {
        unreachable!("two")
    };

    for (id, ..) in &asked {
        scene.until_of(id, is_reminded).await;
    }
    assert!(!is_reminded(
        &ledger.log(&late).await.unwrap().incident().unwrap()
    ));
    decision::approve(&ledger, &sfn, answered, &bob, Some(plan.as_str()), None)
        .await
        .unwrap();
    let approved = scene
        .until_of(answered, |incident| incident.closed.is_some())
        .await;
    assert_eq!(approved.status(), Status::Contained);
    assert_eq!(scene.state(contained).await, (false, true));

    decided_while_nothing_waits(&scene, &late, &late_plan).await;
    let expired = scene.until_of(never, |incident| incident.closed.is_some()).await;
    assert_eq!(expired.status(), Status::Expired);
    assert_eq!(scene.state(untouched).await, (true, false), "nothing is done");
    let log = ledger.log(never).await.unwrap();
    let at = |wanted: fn(&Event) -> bool| log.records().iter().position(|record| wanted(&record.event));
    let reminded = at(|event| matches!(event, Event::Notified { about, .. } if *about == About::Reminder));
    let over = at(|event| matches!(event, Event::ApprovalExpired));
    assert!(reminded.unwrap() < over.unwrap(), "{:#?}", log.records());
    let told = people.told_of(never.as_str()).await;
    let subjects: Vec<&str> = told.iter().map(|notice| notice.subject.as_str()).collect();
    assert_eq!(subjects.len(), 3, "asked, reminded, told: {subjects:?}");
    assert!(
        subjects.iter().any(|subject| subject.contains("STILL WAITS")),
        "{subjects:?}"
    );

    let counted = scene.until_of(&late, |incident| incident.closed.is_some()).await;
    assert_eq!(counted.status(), Status::Contained, "{counted:#?}");
    assert_eq!(scene.state(&late_leaked).await, (false, true));
    scene.end().await;
}

/// An incident that waits for people, its plan, and whom it is about.
async fn ask(scene: &Scene) -> (IncidentId, Hash, Leaked) {
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    let (id, incident) = scene.until(&finding, is_asked).await;
    let plan = incident.question.unwrap().plan_hash;
    scene.until_token(&id, &plan).await;
    (id, plan, leaked)
}

fn is_reminded(incident: &Incident) -> bool {
    incident.notices.is_known(About::Reminder)
}

/// The first half is over, and the token of the second isn't kept: `approve` fails. What the emulator does with a function that
/// fails before it calls back is to wait for the rest, which on AWS would end with a page.
async fn decided_while_nothing_waits(scene: &Scene, id: &IncidentId, plan: &Hash) {
    let faults = scene.environment.account().faults();
    let effect = Effect::AccessDenied {
        message: "not authorized by this test".into(),
    };
    let down = faults.add(
        Matcher::new("dynamodb", "PutItem").by("role/*ApproveRole*"),
        effect,
    );
    let asked = scene.environment.ledger().log(id).await.unwrap();
    let expires_at = asked.incident().unwrap().question.unwrap().expires_at;
    let half = expires_at - SignedDuration::from_secs(30);
    while Timestamp::now() < half + SignedDuration::from_secs(4) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(faults.remove(down) > 0, "nobody was to be reminded");
    let (ledger, sfn) = (scene.environment.ledger(), scene.sfn());
    let told = decision::approve(&ledger, &sfn, id, &person("bob"), Some(plan.as_str()), None).await;
    assert!(
        matches!(told, Err(DecisionError::NoLongerWaits { .. })),
        "{told:?}"
    );
}
