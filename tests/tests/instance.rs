//! A compromised instance: isolated though its evidence can't be kept, and put back as it was by undo.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::{sync::Arc, time::Duration};

use backstop_core::{
    IncidentId, Mode, Risk,
    incident::{Incident, Status},
};
use backstop_drill::{self as drill, Drill, Environment, Fixtures, Report, check, run::finding_about};
use backstop_emulator::{Effect, Matcher, Silent};
use backstop_playbook::drill::{Aspect, CheckState};
use backstop_runtime::{decision, machines::Machines, undoing};
use backstop_tests::{Sections, Setting, ask_undo, drill as shipped, environment, options, person};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(90);
const FORENSIC_ACCOUNT: &str = "111122223333";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test instance -- --ignored --nocapture"]
async fn an_instance_is_isolated_whatever_becomes_of_the_evidence_and_undo_puts_it_back() {
    let setting = Setting {
        mode: Mode::Auto,
        without_permission: None,
    };
    let mut sections = Sections::on(environment(setting).await.unwrap());
    sections.check("snapshots denied", snapshots_denied).await;
    sections.check("undo", undo).await;
    sections.check("the last server", last_server).await;
    sections.check("snapshots hang", snapshots_hang).await;
    sections.end().await.unwrap_or_else(|failed| panic!("{failed}"));
}

/// The copy is started in one attempt and shared in the next, a minute later.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test instance -- --ignored --nocapture"]
async fn snapshots_come_into_custody_where_the_parameters_say_so() {
    let setting = Setting {
        mode: Mode::Auto,
        without_permission: None,
    };
    let mut options = options(setting);
    options.account.wait_scale = 0.1;
    for (name, value) in [
        ("ForensicAccountId", FORENSIC_ACCOUNT),
        (
            "SnapshotKmsKeyArn",
            "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c",
        ),
        ("SnapshotLockDays", "30"),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    let environment = Environment::start(options, &Silent).await.unwrap();
    let drill = shipped("bare-instance").unwrap();
    let report = drill::run(&environment, &drill, drill::Ending::Undo, &Silent).await;
    assert!(report.as_expected, "{report:#?}");
    assert_eq!(
        report.calls.lost_log_writes, 0,
        "containing steps don't wait for evidence's writes"
    );
    assert_eq!(report.failed_steps, []);

    let ec2 = aws_sdk_ec2::Client::new(&environment.account().sdk_config(environment.account().root()));
    let of_incident = aws_sdk_ec2::types::Filter::builder()
        .name("tag:backstop:incident")
        .values(report.incident.unwrap());
    let found = ec2.describe_snapshots().filters(of_incident.build());
    let found = found.send().await.unwrap();
    let is_copy = |one: &&aws_sdk_ec2::types::Snapshot| {
        one.tags().iter().any(|tag| tag.key() == Some("backstop:copy-of"))
    };
    let (copies, originals): (Vec<_>, Vec<_>) = found.snapshots().iter().partition(is_copy);
    assert_eq!((originals.len(), copies.len()), (1, 1), "{found:#?}");
    let ids: Vec<String> = found
        .snapshots()
        .iter()
        .map(|one| one.snapshot_id().unwrap().to_owned())
        .collect();
    let locked = ec2.describe_locked_snapshots().set_snapshot_ids(Some(ids));
    let locked = locked.send().await.unwrap();
    let days: Vec<_> = locked
        .snapshots()
        .iter()
        .map(|lock| lock.lock_duration())
        .collect();
    assert_eq!(days, [Some(30), Some(30)]);
    assert_eq!(readers(&ec2, copies[0]).await, [FORENSIC_ACCOUNT]);
    assert!(
        readers(&ec2, originals[0]).await.is_empty(),
        "the copy is what is shared"
    );
    environment.clear().await.unwrap();
}

async fn readers(ec2: &aws_sdk_ec2::Client, snapshot: &aws_sdk_ec2::types::Snapshot) -> Vec<String> {
    let found = ec2
        .describe_snapshot_attribute()
        .attribute(aws_sdk_ec2::types::SnapshotAttributeName::CreateVolumePermission)
        .snapshot_id(snapshot.snapshot_id().unwrap())
        .send()
        .await
        .unwrap();
    let permissions = found.create_volume_permissions().iter();
    permissions
        .map(|permission| permission.user_id().unwrap().to_owned())
        .collect()
}

/// The emulator's own error is retried for minutes; a denial fails at once and tests the same way.
async fn snapshots_denied(environment: Arc<Environment>) {
    let message = "not today".to_owned();
    let faults = environment.account().faults();
    faults.add(
        Matcher::new("ec2", "CreateSnapshots"),
        Effect::AccessDenied { message },
    );
    let report = drill::run(
        &environment,
        &shipped("compromised-instance").unwrap(),
        drill::Ending::Undo,
        &Silent,
    )
    .await;
    faults.clear();
    assert_eq!(report.status, Some(Status::Confirmed), "{report:#?}");
    let (_, incident) = incident_of(&environment, &report).await;
    let missing = incident.missing_evidence();
    let [one] = missing.as_slice() else {
        panic!("one piece should be missing: {missing:?}");
    };
    assert_eq!((one.step.as_str(), one.is_awaited), ("snapshot-volumes", false));
    assert!(one.why.contains("ec2:CreateSnapshots"), "{}", one.why);
    // Everything but the snapshots is as it should be.
    let spoilt: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| !check.is_after_as_expected())
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(spoilt, ["each of its volumes has a snapshot"]);
}

/// Whatever takes it out of service waits for a person, isolation too; what protects it doesn't.
async fn last_server(environment: Arc<Environment>) {
    let drill = shipped("last-server").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, "last")
        .await
        .unwrap();
    let event = finding_about(&environment, &drill, &fixtures).unwrap();
    environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let target = fixtures.instance("lone-server").unwrap().id.clone();
    let is_ours = |incident: &Incident| incident.opened.target.resource.id() == target;
    let is_asked = |incident: &Incident| is_ours(incident) && incident.status() == Status::AwaitingApproval;
    let (id, asked) = until(&environment, is_asked).await;
    assert_eq!(asked.opened.mode, Mode::Auto);
    for (aspect, state) in [
        (Aspect::Protection, CheckState::Contained),
        (Aspect::Interfaces, CheckState::AsPlanted),
        (Aspect::LoadBalancers, CheckState::AsPlanted),
    ] {
        let check = drill
            .checks
            .iter()
            .find(|check| check.instance == Some(aspect))
            .unwrap();
        let found = check::read(environment.account(), &fixtures, check)
            .await
            .unwrap();
        assert_eq!(found, state, "{aspect:?}");
    }
    let sfn = aws_sdk_sfn::Client::new(&environment.account().sdk_config(environment.account().root()));
    let plan = asked.question.as_ref().unwrap().plan_hash.clone();
    let by = person("oncall");
    while decision::approve(&environment.ledger(), &sfn, &id, &by, Some(plan.as_str()), None)
        .await
        .is_err()
    {
        sleep(Duration::from_millis(200)).await;
    }
    let (_, closed) = until(&environment, |incident| {
        is_ours(incident) && incident.closed.is_some()
    })
    .await;
    assert_eq!(closed.conclusion(), Status::Contained, "{:#?}", closed.steps);
}

/// The notice goes out, and the containment is proven, while the snapshot call hangs.
async fn snapshots_hang(environment: Arc<Environment>) {
    let faults = environment.account().faults();
    faults.add(
        Matcher::new("ec2", "CreateSnapshots"),
        Effect::Timeout(Duration::from_secs(300)),
    );
    let drill = shipped("compromised-instance").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, "hang")
        .await
        .unwrap();
    let event = finding_about(&environment, &drill, &fixtures).unwrap();
    environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let target = fixtures.instance("web-1").unwrap().id.clone();
    let told = |incident: &Incident| {
        incident.opened.target.resource.id() == target && incident.notices.ending_is_known()
    };
    let (_, incident) = until(&environment, told).await;
    faults.clear();
    assert!(incident.closed.is_none());
    assert_eq!(incident.conclusion(), Status::Contained);
    let missing = incident.missing_evidence();
    let hanging = missing.iter().find(|one| one.step.as_str() == "snapshot-volumes");
    assert!(hanging.is_some_and(|one| one.is_awaited), "{missing:?}");
    for aspect in [Aspect::Interfaces, Aspect::Profile] {
        assert_eq!(
            read(&environment, &drill, &fixtures, aspect).await,
            CheckState::Contained,
            "{aspect:?}"
        );
    }
}

async fn undo(environment: Arc<Environment>) {
    let drill = shipped("compromised-instance").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, "undo")
        .await
        .unwrap();
    let event = finding_about(&environment, &drill, &fixtures).unwrap();
    environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let target = fixtures.instance("web-1").unwrap().id.clone();
    let is_ours = |incident: &Incident| incident.opened.target.resource.id() == target;
    let (id, incident) = until(&environment, |incident| {
        is_ours(incident) && incident.closed.is_some()
    })
    .await;
    assert_eq!(incident.conclusion(), Status::Contained);

    let ledger = environment.ledger();
    let mut log = ledger.log(&id).await.unwrap();
    let sdk = environment.account().sdk_config(environment.account().root());
    let machine = environment.stack().machine_arn("undo").unwrap();
    let prefix = machine.strip_suffix("undo").unwrap().to_owned();
    let machines = Machines::new(aws_sdk_sfn::Client::new(&sdk), prefix);
    let steps = undoing::undoable(&id, &incident, None).unwrap();
    let accepting = [Risk::ReviveSessions];
    ask_undo(&ledger, &machines, &mut log, &steps, &accepting)
        .await
        .unwrap();
    let ended = |incident: &Incident| {
        is_ours(incident) && matches!(incident.status(), Status::Undone | Status::Stuck)
    };
    let (_, undone) = until(&environment, ended).await;
    assert_eq!(undone.status(), Status::Undone, "{:#?}", undone.steps);
    for aspect in [
        Aspect::Interfaces,
        Aspect::Profile,
        Aspect::Protection,
        Aspect::AutoScaling,
        Aspect::LoadBalancers,
    ] {
        let state = read(&environment, &drill, &fixtures, aspect).await;
        assert_eq!(state, CheckState::AsPlanted, "{aspect:?}");
    }
}

/// Reads an aspect of the first server, by the drill's own check of it.
async fn read(environment: &Environment, drill: &Drill, fixtures: &Fixtures, aspect: Aspect) -> CheckState {
    let mut checks = drill.checks.iter();
    let check = checks
        .find(|check| *check.of == "web-1" && check.instance == Some(aspect))
        .unwrap();
    check::read(environment.account(), fixtures, check).await.unwrap()
}

async fn incident_of(environment: &Environment, report: &Report) -> (IncidentId, Incident) {
    let id = IncidentId::from(report.incident.as_deref().unwrap());
    let incident = environment.ledger().log(&id).await.unwrap().incident().unwrap();
    (id, incident)
}

async fn until(environment: &Environment, wanted: impl Fn(&Incident) -> bool) -> (IncidentId, Incident) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        for row in environment.ledger().incidents(100).await.unwrap() {
            let incident = environment
                .ledger()
                .log(&row.incident)
                .await
                .unwrap()
                .incident()
                .unwrap();
            if wanted(&incident) {
                return (row.incident, incident);
            }
        }
        sleep(Duration::from_millis(300)).await;
    }
    panic!("no incident is as wanted within {PATIENCE:?}");
}
