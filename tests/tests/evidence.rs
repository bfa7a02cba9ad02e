//! What is kept of an incident: whole, locked in by its log, added to by an undo, and missed aloud when it can't be.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use backstop_core::{
    IncidentId, Mode,
    evidence::{Checked, MANIFEST, check},
    incident::{Incident, Status, Undo},
};
use backstop_emulator::{Effect, Matcher};
use backstop_runtime::{evidence::EvidenceBucket, machines::Machines, undoing::undoable};
use backstop_tests::{Scene, ask_undo};

fn bucket(scene: &Scene) -> EvidenceBucket {
    let account = scene.environment.account();
    let client = aws_sdk_s3::Client::new(&account.sdk_config(account.root()));
    EvidenceBucket::new(
        client,
        scene.environment.stack().output("EvidenceBucket").unwrap(),
    )
}

/// All that is in the bucket, as `backstop evidence fetch` gets it.
async fn fetched(scene: &Scene, id: &IncidentId) -> BTreeMap<String, Vec<u8>> {
    let bucket = bucket(scene);
    let mut files = BTreeMap::new();
    for version in bucket.versions(id).await.unwrap() {
        let bytes = bucket.get(id, &version.name).await.unwrap();
        files.insert(version.name, bytes);
    }
    files
}

async fn undo(scene: &Scene, id: &IncidentId) {
    let ledger = scene.environment.ledger();
    let mut log = ledger.log(id).await.unwrap();
    let steps = undoable(id, &log.incident().unwrap(), None).unwrap();
    let machine = scene
        .environment
        .stack()
        .machine_arn("leaked-access-key")
        .unwrap();
    let prefix = machine.strip_suffix("leaked-access-key").unwrap();
    let machines = Machines::new(scene.sfn(), prefix.to_owned());
    ask_undo(&ledger, &machines, &mut log, &steps, &[]).await.unwrap();
}

fn has(checked: &Checked, prefix: &str) -> bool {
    checked.entries.iter().any(|entry| entry.name.starts_with(prefix))
}

fn is_kept(incident: &Incident) -> bool {
    incident.evidence.log.is_some() && incident.evidence.failure.is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_kept_on_closing_and_after_an_undo_and_its_lack_is_said() {
    let scene = Scene::start(Mode::Auto, &[]).await;

    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, closed) = scene.until(&finding, is_kept).await;
    assert_eq!(closed.status(), Status::Contained);
    // The manifest is written after the log names it.
    let files = until_whole(&scene, &id).await;
    let checked = check(&files);
    for prefix in [
        "findings/",
        "before/deny-user.json",
        "notices/",
        "log-",
        "report-",
    ] {
        assert!(has(&checked, prefix), "{prefix}: {:?}", files.keys());
    }
    let received = files
        .iter()
        .find(|(name, _)| name.starts_with("findings/"))
        .unwrap()
        .1;
    assert!(String::from_utf8_lossy(received).contains(&finding));

    undo(&scene, &id).await;
    let (_, undone) = scene
        .until(&finding, |incident| {
            incident.undo == Undo::Ended && incident.evidence.log != closed.evidence.log
        })
        .await;
    let after = check(&until_whole(&scene, &id).await);
    assert!(after.entries.starts_with(&checked.entries), "what was kept stays");
    assert_eq!(
        after.head.as_ref(),
        undone.evidence.entries.last().map(|entry| &entry.hash)
    );

    evidence_that_cannot_be_written_is_missed_aloud(&scene).await;
    scene.end().await;
}

async fn evidence_that_cannot_be_written_is_missed_aloud(scene: &Scene) {
    let faults = scene.environment.account().faults();
    faults.add(
        Matcher::new("s3", "PutObject").by("role/*Close*"),
        Effect::AccessDenied {
            message: "no".to_owned(),
        },
    );
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, incident) = scene
        .until(&finding, |incident| incident.evidence.failure.is_some())
        .await;
    assert_eq!(
        incident.status(),
        Status::Contained,
        "it is closed and contained all the same"
    );
    let failure = incident.evidence.failure.unwrap();
    assert!(
        failure.contains("Backstop.AccessDenied") && failure.contains("s3:PutObject"),
        "{failure}"
    );
    assert!(!fetched(scene, &id).await.contains_key(MANIFEST));

    faults.clear();
    undo(scene, &id).await;
    scene.until(&finding, is_kept).await;
    assert!(has(
        &check(&until_whole(scene, &id).await),
        "before/deny-user.json"
    ));
}

/// The files of an incident, once the manifest is there and as the log says.
async fn until_whole(scene: &Scene, id: &IncidentId) -> BTreeMap<String, Vec<u8>> {
    let ledger = scene.environment.ledger();
    let mut problems = Vec::new();
    for _ in 0..100 {
        let files = fetched(scene, id).await;
        let checked = check(&files);
        let kept = ledger.log(id).await.unwrap().incident().unwrap().evidence.entries;
        if checked.problems.is_empty() && checked.entries == kept {
            return files;
        }
        problems = checked.problems;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    unreachable!("incident {id}: {problems:?}")
}
