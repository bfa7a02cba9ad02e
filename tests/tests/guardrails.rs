//! Guardrails, each by the end state in the account: what they cover is left alone, and only that.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{
    Mode, Resource, Target,
    about::About,
    guardrail::{Exemption, ExemptionScope, Pause, PauseScope},
    incident::{Incident, Status},
    kind,
    log::{Event, Origin},
};
use backstop_drill::fixtures::Identity;
use backstop_emulator::{Effect, Matcher};
use backstop_tests::{Case, Scene, Sender, ask_undo, lambda, refusals};
use jiff::{Timestamp, ToSpan};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guardrail_covers_is_left_alone() {
    let scene = Scene::start(Mode::Auto, &[]).await;
    exempt_by_arn(&scene).await;
    exempt_by_tag_is_seen_right_before_acting(&scene).await;
    an_expired_exemption_does_nothing(&scene).await;
    paused(&scene).await;
    protected_role(&scene).await;
    untagged_target_of_a_drill(&scene).await;
    unreadable_table(&scene).await;
    an_undone_target_is_asked_about(&scene).await;
    who_only_observes_is_in_nobodys_way(&scene).await;
    what_no_service_has_waits_for_people(&scene).await;
    scene.end().await;
}

fn exemption(id: &str, scope: ExemptionScope, expires_at: Timestamp) -> Exemption {
    Exemption {
        id: id.into(),
        scope,
        owner: "payments".into(),
        reason: "legacy job".into(),
        expires_at,
        added_by: "arn:aws:iam::123456789012:user/alice".into(),
        added_at: Timestamp::now(),
    }
}

fn in_an_hour() -> Timestamp {
    Timestamp::now().checked_add(1.hour()).unwrap()
}

async fn exempt_by_arn(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let scope = ExemptionScope::Arn {
        pattern: format!("arn:aws:iam::*:user/{}", leaked.user),
    };
    scene
        .environment
        .ledger()
        .put_exemption(&exemption("by-arn", scope, in_an_hour()))
        .await
        .unwrap();
    let (_, incident) = scene.answer(&leaked).await;
    assert_eq!(incident.status(), Status::Refused);
    assert!(
        refusals(&incident).contains(&"exemption".to_owned()),
        "{:?}",
        refusals(&incident)
    );
    assert_eq!(scene.state(&leaked).await, (true, false));
}

/// The tag is on the user, not in the finding: only the check right before acting can see it.
async fn exempt_by_tag_is_seen_right_before_acting(scene: &Scene) {
    let ledger = scene.environment.ledger();
    let leaked = scene.leak(true).await;
    let scope = ExemptionScope::Tag {
        key: "backstop:drill".into(),
        value: None,
    };
    ledger
        .put_exemption(&exemption("by-tag", scope, in_an_hour()))
        .await
        .unwrap();
    let (_, incident) = scene.answer(&leaked).await;
    assert!(ledger.remove_exemption("by-tag").await.unwrap());
    assert_eq!(
        (incident.opened.mode, incident.status()),
        (Mode::Auto, Status::Refused)
    );
    assert_eq!(scene.state(&leaked).await, (true, false));
}

async fn an_expired_exemption_does_nothing(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let scope = ExemptionScope::Arn {
        pattern: format!("arn:aws:iam::*:user/{}", leaked.user),
    };
    let over = Timestamp::now().checked_sub(1.minute()).unwrap();
    scene
        .environment
        .ledger()
        .put_exemption(&exemption("expired", scope, over))
        .await
        .unwrap();
    let (_, incident) = scene.answer(&leaked).await;
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));
}

async fn paused(scene: &Scene) {
    let ledger = scene.environment.ledger();
    let leaked = scene.leak(true).await;
    let pause = Pause {
        scope: PauseScope::Everything,
        by: "arn:aws:iam::123456789012:user/alice".into(),
        reason: "migration".into(),
        since: Timestamp::now(),
        until: in_an_hour(),
    };
    ledger.put_pause(&pause).await.unwrap();
    let (_, incident) = scene.answer(&leaked).await;
    assert!(ledger.remove_pause(&PauseScope::Everything).await.unwrap());
    assert_eq!(incident.status(), Status::Refused);
    assert!(refusals(&incident).contains(&"pause".to_owned()));
    assert_eq!(scene.state(&leaked).await, (true, false));
}

/// A finding about one of Backstop's own roles.
async fn protected_role(scene: &Scene) {
    let iam = scene.iam();
    let roles = iam.list_roles().send().await.unwrap();
    let own = roles
        .roles()
        .iter()
        .find(|role| role.role_name().ends_with("-respond-iam"))
        .unwrap();
    let identity = Identity {
        key_id: "ASIAEXAMPLEOWNROLE01".into(),
        principal_id: format!("{}:session", own.role_id()),
        user_type: "AssumedRole",
        user_name: own.role_name().into(),
    };
    let finding = scene.send("compromised-role", &identity).await;
    let is_role = |resource: &Resource| resource.iam_role().is_some();
    let (_, incident) = scene
        .until(&finding, |incident| {
            incident.closed.is_some() && is_role(&incident.opened.target.resource)
        })
        .await;
    assert_eq!(incident.status(), Status::Refused);
    assert!(
        refusals(&incident).contains(&"protected-principal".to_owned()),
        "{:?}",
        refusals(&incident)
    );
    let policies = iam
        .list_role_policies()
        .role_name(own.role_name())
        .send()
        .await
        .unwrap();
    assert!(
        !policies
            .policy_names()
            .iter()
            .any(|name| name.starts_with("BackstopDeny-"))
    );
}

async fn untagged_target_of_a_drill(scene: &Scene) {
    let leaked = scene.leak(false).await;
    let (_, incident) = scene.answer(&leaked).await;
    assert_eq!(incident.status(), Status::Refused);
    assert!(refusals(&incident).contains(&"drill-tag".to_owned()));
    assert_eq!(scene.state(&leaked).await, (true, false));
}

/// The responder can't read log and guardrails: it must not act, people must hear of it, and once it can, it contains.
async fn unreadable_table(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let told = scene.published("NotifyRole");
    let denied = Effect::AccessDenied {
        message: "not authorized to perform: dynamodb:Query".into(),
    };
    let faults = scene.environment.account().faults();
    let fault = faults.add(Matcher::new("dynamodb", "Query").by("role/*RespondIam*"), denied);
    let finding = scene.send_leak(&leaked).await;
    let (_, incident) = scene
        .until(&finding, |incident| {
            incident.notices.is_known(About::NotContainedYet)
        })
        .await;
    assert_eq!((incident.status(), incident.closed), (Status::Open, None));
    assert_eq!(scene.state(&leaked).await, (true, false));
    // Another incident of an earlier finding may be told of meanwhile.
    assert!(scene.published("NotifyRole") > told);
    assert!(faults.remove(fault) > 0, "the fault was never met");
    let (_, incident) = scene.until(&finding, |incident| incident.closed.is_some()).await;
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));
}

/// Undo gives back what was, all but the leaked key, and another finding then asks instead of acting.
async fn an_undone_target_is_asked_about(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let (id, incident) = scene.answer(&leaked).await;
    assert_eq!(incident.status(), Status::Contained);
    let ledger = scene.environment.ledger();
    let machine = scene.environment.stack().machine_arn("undo").unwrap();
    let machines = backstop_runtime::machines::Machines::new(
        scene.sfn(),
        machine.strip_suffix("undo").unwrap().to_owned(),
    );
    let mut log = ledger.log(&id).await.unwrap();
    let steps = backstop_runtime::undoing::undoable(&id, &incident, None).unwrap();
    let accepting = [backstop_core::Risk::ReviveSessions];
    ask_undo(&ledger, &machines, &mut log, &steps, &accepting)
        .await
        .unwrap();
    let first = first_finding(&log);
    let (_, undone) = scene
        .until(&first, |incident| {
            incident.status() == Status::Undone && incident.notices.ending_is_known()
        })
        .await;
    assert_eq!(undone.status(), Status::Undone);
    assert_eq!(
        scene.state(&leaked).await,
        (false, false),
        "the key stays off, the deny is gone"
    );

    let again = scene.send_leak(&leaked).await;
    let (next, asked) = scene
        .until(&again, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    assert_ne!(next, id);
    assert_eq!(asked.opened.linked, Some(id));
    assert!(refusals(&asked).contains(&"undone-before".to_owned()));
}

/// An incident in observe mode is still open: a finding that is to be answered by acting doesn't just join it.
async fn who_only_observes_is_in_nobodys_way(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let account = scene.environment.account();
    let case = Case {
        playbook: "leaked-access-key".into(),
        target: Target {
            account: account.account_id().into(),
            region: account.region().into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: leaked.key_id.clone(),
                user_name: Some(leaked.user.clone()),
                user_id: None,
            }),
        },
        mode: Mode::Observe,
        steps: Vec::new(),
        origin: Origin::Drill,
    };
    let ledger = scene.environment.ledger();
    let observing = case.open(&ledger).await;
    let opened = ledger.log(&observing).await.unwrap().incident().unwrap().opened;
    ledger.mark_started(&observing, &opened).await.unwrap();
    let (_, incident) = scene.answer(&leaked).await;
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(incident.opened.linked, Some(observing));
    assert_eq!(scene.state(&leaked).await, (false, true));
}

fn first_finding(log: &backstop_runtime::IncidentLog) -> String {
    let key = log.records().iter().find_map(|record| match &record.event {
        Event::Opened(opened) => Some(opened.finding.key.clone()),
        _ => None,
    });
    key.unwrap().rsplit('/').next().unwrap().to_owned()
}

/// A forged finding, by the queue and by the bus: nothing is done unasked. The real one is answered all the same, though the
/// forger was first and knew its id; and who says that the forged one's machine died closes nothing.
async fn what_no_service_has_waits_for_people(scene: &Scene) {
    let environment = &scene.environment;
    let (by_queue, by_bus) = (scene.leak(true).await, scene.leak(true).await);
    let forged = scene.finding_of_leak(&by_queue, "00000000000000000000000000f08ed1");
    let message = json!({
        "source": "aws.guardduty", "detail-type": forged.detail_type, "detail": forged.detail,
    });
    Sender::of(environment).await.put(&message.to_string()).await;
    let drill = scene.finding_of_leak(&by_bus, "00000000000000000000000000f08ed2");
    environment
        .put_event_of_nobody(&drill.detail_type, &drill.detail)
        .await
        .unwrap();
    for (event, leaked) in [(&forged, &by_queue), (&drill, &by_bus)] {
        let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
        let (id, incident) = scene.until(&event.finding_id, is_asked).await;
        assert_eq!(refusals(&incident), ["unconfirmed-source"]);
        assert_eq!(scene.state(leaked).await, (true, false));

        let close = environment.stack().output("CloseFunctionName").unwrap();
        let died = json!({ "op": "execution-died", "name": id });
        let answer = lambda::invoke_with(environment.account(), close, &died).await;
        assert!(answer.to_string().contains("it runs"), "{answer}");
        let after = environment.ledger().log(&id).await.unwrap().incident().unwrap();
        assert_eq!(after.closed, None);
    }
    environment
        .put_event(&drill.detail_type, &drill.detail)
        .await
        .unwrap();
    let is_closed = |incident: &Incident| incident.closed.is_some();
    let (_, incident) = scene.until(&drill.finding_id, is_closed).await;
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(scene.state(&by_bus).await, (false, true));
    assert_eq!(scene.state(&by_queue).await, (true, false));
}
