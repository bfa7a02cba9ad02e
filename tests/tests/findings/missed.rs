//! Intake is off, its queue is filled and purged; then the sweep finds what GuardDuty and Security Hub still have.

use std::{fs, path::Path, time::Duration};

use backstop_core::{
    Mode,
    guardrail::{Pause, PauseScope},
    incident::Status,
    log::Origin,
};
use backstop_runtime::ledger::{NewIncident, Opening};
use backstop_tests::{Role, Scene, Sender, granted_and_used, lambda};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// More than GuardDuty lists at once.
const INSTANCES: usize = 55;
const LEAK: &str = "00000000000000000000000000001eaf";

pub(crate) async fn what_never_arrived_is_found_and_answered_once(scene: &Scene) {
    let account = scene.environment.account();
    let queue = scene.environment.stack().intake_queue_url().unwrap();
    let leaked = scene.leak(false).await;
    let mut guardduty: Vec<Value> = (0..INSTANCES).map(|number| instance(number, "")).collect();
    guardduty.push(scene.finding_of_leak(&leaked, LEAK).detail);
    let control = control();

    lambda::switch_queue(account, queue, false).await;
    let sender = Sender::of(&scene.environment).await;
    for detail in &guardduty {
        let event =
            json!({ "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": detail });
        sender.put(&event.to_string()).await;
    }
    take_off_the_queue(scene, guardduty.len()).await;
    lambda::switch_queue(account, queue, true).await;
    // What is sent now is read: nothing older is left that could still come.
    let event = json!({ "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": instance(899, "archived") });
    sender.put(&event.to_string()).await;
    scene.drained(Duration::from_secs(60)).await;
    let before = scene.environment.ledger().incidents(1000).await.unwrap().len();
    assert!(scene.logs_of(LEAK).await.is_empty(), "it is lost");

    for finding in guardduty {
        account.findings().plant_in_guardduty(finding);
    }
    account.findings().plant_in_guardduty(instance(900, "archived"));
    account.findings().plant_in_guardduty(instance(901, "sample"));
    account.findings().plant_in_guardduty(instance(902, "old"));
    account.findings().plant_in_security_hub(control);
    detector(scene).await;
    leave_things_behind(scene).await;

    let first = scene.sweep().await;
    let fed = INSTANCES + 2;
    assert_eq!(first["fed"], fed, "{first:#}");
    assert_eq!(first["dead_rules"], 0, "the stack's rules are read: {first:#}");
    assert_eq!(first["seen"], fed + 1, "the sample is looked at: {first:#}");
    assert_eq!(
        (&first["unanswered"], &first["expired_guards"]),
        (&json!(1), &json!(1))
    );
    scene.drained(Duration::from_secs(120)).await;
    let (_, incident) = scene.until(LEAK, |incident| incident.closed.is_some()).await;
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true), "the leaked key is off");
    // One more is the incident without a machine that was left behind.
    let after = before + fed + 1;
    assert_eq!(
        scene.environment.ledger().incidents(1000).await.unwrap().len(),
        after
    );

    let second = scene.sweep().await;
    assert_eq!(
        (&second["fed"], &second["known"]),
        (&json!(0), &json!(fed)),
        "{second:#}"
    );
    assert_eq!(second["expired_guards"], 0);
    scene.drained(Duration::from_secs(60)).await;
    assert_eq!(
        scene.environment.ledger().incidents(1000).await.unwrap().len(),
        after
    );
    assert!(scene.environment.dead_letters().await.unwrap().is_empty());
    everything_granted_is_used_and_nothing_denied(scene).await;
}

/// A pause that has ended, and an incident whose machine never started: too young to be named, so that only
/// looking at it is proven.
async fn leave_things_behind(scene: &Scene) {
    let ledger = scene.environment.ledger();
    let now = Timestamp::now();
    let pause = Pause {
        scope: PauseScope::Account("111122223333".into()),
        by: "arn:aws:iam::123456789012:user/alice".into(),
        reason: "migration".into(),
        since: now - SignedDuration::from_hours(2),
        until: now - SignedDuration::from_hours(1),
    };
    ledger.put_pause(&pause).await.unwrap();
    let row = &ledger.incidents(1).await.unwrap()[0];
    let mut opened = ledger
        .log(&row.incident)
        .await
        .unwrap()
        .incident()
        .unwrap()
        .opened;
    opened.target.account = "111122223333".into();
    opened.mode = Mode::Observe;
    opened.origin = Origin::Finding;
    let new = NewIncident {
        opened,
        raw: b"{}".to_vec(),
        hourly_limit: 1,
    };
    assert!(matches!(
        ledger.open(new, None).await.unwrap(),
        Opening::Opened { .. }
    ));
}

/// What the sweep is granted for what this test has none of: an incident that is old enough for its machine to be asked after,
/// to be closed by the sweep or to be told of.
const UNUSED: &[&str] = &["lambda:InvokeFunction", "states:DescribeExecution"];

/// The permissions of the template are enough, and each was used.
async fn everything_granted_is_used_and_nothing_denied(scene: &Scene) {
    let differences = granted_and_used(&scene.environment, "sweep", UNUSED).await;
    assert!(differences.is_empty(), "{differences:#?}");
    let calls = scene.environment.account().calls();
    let of_sweep = calls
        .iter()
        .filter(|call| call.principal.to_string().contains("SweepRole"));
    for call in of_sweep.filter(|call| !call.succeeded()) {
        assert_eq!(
            call.error_code.as_deref(),
            Some("ExecutionDoesNotExist"),
            "{call:?}"
        );
    }
}

fn instance(number: usize, kind: &str) -> Value {
    let mut event = read("finding.json");
    let detail = &mut event["detail"];
    let now = Timestamp::now();
    detail["id"] = json!(format!("{number:032x}"));
    detail["resource"]["instanceDetails"]["instanceId"] = json!(format!("i-{number:017x}"));
    detail["updatedAt"] = json!(now.to_string());
    match kind {
        "archived" => detail["service"]["archived"] = json!(true),
        "sample" => detail["service"]["additionalInfo"]["sample"] = json!(true),
        "old" => detail["updatedAt"] = json!((now - SignedDuration::from_hours(25)).to_string()),
        _ => {}
    }
    detail.take()
}

fn control() -> Value {
    let mut finding = read("control.json")["detail"]["findings"][0].take();
    finding["UpdatedAt"] = json!(Timestamp::now().to_string());
    finding
}

fn read(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../playbooks/triage");
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

/// As intake, the one role that may.
async fn take_off_the_queue(scene: &Scene, mut count: usize) {
    let account = scene.environment.account();
    let session = Role::of(&scene.environment, "intake")
        .await
        .session(&scene.environment)
        .await;
    let sqs = aws_sdk_sqs::Client::new(&account.sdk_config(session));
    let queue = scene.environment.stack().intake_queue_url().unwrap();
    while count > 0 {
        let receive = sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let received = receive.wait_time_seconds(5).send().await.unwrap();
        for message in received.messages() {
            let delete = sqs.delete_message().queue_url(queue);
            let delete = delete.receipt_handle(message.receipt_handle().unwrap());
            delete.send().await.map(drop).unwrap();
            count -= 1;
        }
    }
}

async fn detector(scene: &Scene) {
    let account = scene.environment.account();
    let client = aws_sdk_guardduty::Client::new(&account.sdk_config(account.root()));
    client.create_detector().enable(true).send().await.unwrap();
}
