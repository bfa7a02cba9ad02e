//! Whoever assumes a role names the session: one that is named after an instance once had that instance isolated unasked.

use std::{fs, path::Path};

use backstop_core::{
    incident::{Incident, Status},
    kind,
};
use backstop_drill::{
    finding::{Occurrence, make},
    fixtures::{Identity, Subject},
};
use backstop_tests::{Planted, Scene, drill, playbooks, refusals, undoable};
use jiff::Timestamp;
use serde_json::Value;

use crate::tried::{Ended, Tried};

const FINDING: &str = "0000000000000000000000000005e551";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let account = scene.environment.account();
    let victim = Planted::of(account, &drill("bare-instance").unwrap()).await;
    let before = undoable(&victim.states(account).await);
    let identity = Identity {
        key_id: "ASIAEXAMPLEATTACKER2".into(),
        principal_id: format!("AROAEXAMPLEROLEID0009:{}", victim.target.resource.id()),
        user_type: "AssumedRole",
        user_name: "some-role".into(),
    };
    let occurrence = Occurrence {
        account: account.account_id(),
        region: account.region(),
        now: Timestamp::now(),
        finding_id: FINDING,
    };
    let mut event = make(&exfiltration(), Subject::Credential(&identity), occurrence).unwrap();
    // The service names no instance besides.
    let resource = event.detail["resource"].as_object_mut().unwrap();
    resource.remove("instanceDetails");
    scene
        .environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| {
        kind::Instance::of(&incident.opened.target.resource).is_some()
            && incident.status() == Status::AwaitingApproval
    };
    let (_, incident) = scene.until(FINDING, is_asked).await;
    assert!(
        refusals(&incident).contains(&"session-name".to_owned()),
        "{incident:#?}"
    );
    assert_eq!(
        undoable(&victim.states(account).await),
        before,
        "the victim is as it was"
    );
    vec![Tried::new(
        "a session that is named after somebody else's instance",
        "sts:AssumeRole",
        Ended::Noticed,
        "people are asked, by guardrail `session-name`",
    )]
}

fn exfiltration() -> Value {
    let path = playbooks().join(Path::new("compromised-instance/exfiltration.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
