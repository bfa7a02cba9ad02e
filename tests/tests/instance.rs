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
use backstop_drill::{
    self as drill, Cast, Drill, Report, Stage,
    check::{self, Aspect, State},
    run::finding_about,
};
use backstop_emulator::{Effect, Matcher, Silent};
use backstop_runtime::{decision, machines::Machines, undoing};
use backstop_tests::{Sections, Setting, drill as shipped, options, stage};
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
    let mut sections = Sections::on(stage(setting).await.unwrap());
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
    let stage = Stage::start(options, &Silent).await.unwrap();
    let drill = shipped("bare-instance").unwrap();
    let report = drill::run(&stage, &drill, drill::Ending::Undo, &Silent).await;
    assert!(report.as_expected, "{report:#?}");
    assert_eq!(
        report.calls.lost_log_writes, 0,
        "containing steps don't wait for evidence's writes"
    );
    assert_eq!(report.failed_steps, []);

    let ec2 = aws_sdk_ec2::Client::new(&stage.account().sdk_config(stage.account().root()));
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
    stage.clear().await.unwrap();
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
async fn snapshots_denied(stage: Arc<Stage>) {
    let message = "not today".to_owned();
    let faults = stage.account().faults();
    faults.add(
        Matcher::new("ec2", "CreateSnapshots"),
        Effect::AccessDenied { message },
    );
    let report = drill::run(
        &stage,
        &shipped("compromised-instance").unwrap(),
        drill::Ending::Undo,
        &Silent,
    )
    .await;
    faults.clear();
    assert_eq!(report.status, Some(Status::Contained), "{report:#?}");
    let (_, incident) = incident_of(&stage, &report).await;
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
async fn last_server(stage: Arc<Stage>) {
    let drill = shipped("last-server").unwrap();
    let cast = Cast::plant(stage.account(), &drill, "last").await.unwrap();
    let event = finding_about(&stage, &drill, &cast).unwrap();
    stage.put_event(&event.detail_type, &event.detail).await.unwrap();
    let target = cast.instance("lone-server").unwrap().id.clone();
    let is_ours = |incident: &Incident| incident.opened.target.resource.id() == target;
    let is_asked = |incident: &Incident| is_ours(incident) && incident.status() == Status::AwaitingApproval;
    let (id, asked) = until(&stage, is_asked).await;
    assert_eq!(asked.opened.mode, Mode::Auto);
    for (aspect, state) in [
        (Aspect::Protection, State::Contained),
        (Aspect::Interfaces, State::AsPlanted),
        (Aspect::LoadBalancers, State::AsPlanted),
    ] {
        let check = drill
            .checks
            .iter()
            .find(|check| check.instance == Some(aspect))
            .unwrap();
        let found = check::read(stage.account(), &cast, check).await.unwrap();
        assert_eq!(found, state, "{aspect:?}");
    }
    let sfn = aws_sdk_sfn::Client::new(&stage.account().sdk_config(stage.account().root()));
    let by = "arn:aws:iam::123456789012:user/oncall";
    while decision::approve(&stage.ledger(), &sfn, &id, by, None, None)
        .await
        .is_err()
    {
        sleep(Duration::from_millis(200)).await;
    }
    let (_, closed) = until(&stage, |incident| is_ours(incident) && incident.closed.is_some()).await;
    assert_eq!(closed.status(), Status::Contained, "{:#?}", closed.steps);
}

/// The notice goes out, and the containment is proven, while the snapshot call hangs.
async fn snapshots_hang(stage: Arc<Stage>) {
    let faults = stage.account().faults();
    faults.add(
        Matcher::new("ec2", "CreateSnapshots"),
        Effect::Timeout(Duration::from_secs(300)),
    );
    let drill = shipped("compromised-instance").unwrap();
    let cast = Cast::plant(stage.account(), &drill, "hang").await.unwrap();
    let event = finding_about(&stage, &drill, &cast).unwrap();
    stage.put_event(&event.detail_type, &event.detail).await.unwrap();
    let target = cast.instance("web-1").unwrap().id.clone();
    let told = |incident: &Incident| {
        incident.opened.target.resource.id() == target && incident.notices.ending_is_known()
    };
    let (_, incident) = until(&stage, told).await;
    faults.clear();
    assert!(incident.closed.is_none());
    assert_eq!(incident.conclusion(), Status::Contained);
    let missing = incident.missing_evidence();
    let hanging = missing.iter().find(|one| one.step.as_str() == "snapshot-volumes");
    assert!(hanging.is_some_and(|one| one.is_awaited), "{missing:?}");
    for aspect in [Aspect::Interfaces, Aspect::Profile] {
        assert_eq!(
            read(&stage, &drill, &cast, aspect).await,
            State::Contained,
            "{aspect:?}"
        );
    }
}

async fn undo(stage: Arc<Stage>) {
    let drill = shipped("compromised-instance").unwrap();
    let cast = Cast::plant(stage.account(), &drill, "undo").await.unwrap();
    let event = finding_about(&stage, &drill, &cast).unwrap();
    stage.put_event(&event.detail_type, &event.detail).await.unwrap();
    let target = cast.instance("web-1").unwrap().id.clone();
    let is_ours = |incident: &Incident| incident.opened.target.resource.id() == target;
    let (id, incident) = until(&stage, |incident| is_ours(incident) && incident.closed.is_some()).await;
    assert_eq!(incident.status(), Status::Contained);

    let ledger = stage.ledger();
    let mut log = ledger.log(&id).await.unwrap();
    let sdk = stage.account().sdk_config(stage.account().root());
    let machine = stage.stack().machine_arn("undo").unwrap();
    let prefix = machine.strip_suffix("undo").unwrap().to_owned();
    let machines = Machines::new(aws_sdk_sfn::Client::new(&sdk), prefix);
    let steps = undoing::undoable(&id, &incident, None).unwrap();
    let by = "arn:aws:iam::123456789012:user/oncall";
    let accepted = [Risk::ReviveSessions];
    undoing::request(&ledger, &machines, &mut log, by, None, &steps, &accepted)
        .await
        .unwrap();
    let ended = |incident: &Incident| {
        is_ours(incident) && matches!(incident.status(), Status::Undone | Status::Stuck)
    };
    let (_, undone) = until(&stage, ended).await;
    assert_eq!(undone.status(), Status::Undone, "{:#?}", undone.steps);
    for aspect in [
        Aspect::Interfaces,
        Aspect::Profile,
        Aspect::Protection,
        Aspect::AutoScaling,
        Aspect::LoadBalancers,
    ] {
        let state = read(&stage, &drill, &cast, aspect).await;
        assert_eq!(state, State::AsPlanted, "{aspect:?}");
    }
}

/// Reads an aspect of the first server, by the drill's own check of it.
async fn read(stage: &Stage, drill: &Drill, cast: &Cast, aspect: Aspect) -> State {
    let mut checks = drill.checks.iter();
    let check = checks
        .find(|check| check.of == "web-1" && check.instance == Some(aspect))
        .unwrap();
    check::read(stage.account(), cast, check).await.unwrap()
}

async fn incident_of(stage: &Stage, report: &Report) -> (IncidentId, Incident) {
    let id = IncidentId::from(report.incident.as_deref().unwrap());
    let incident = stage.ledger().log(&id).await.unwrap().incident().unwrap();
    (id, incident)
}

async fn until(stage: &Stage, wanted: impl Fn(&Incident) -> bool) -> (IncidentId, Incident) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        for row in stage.ledger().incidents(100).await.unwrap() {
            let incident = stage
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
