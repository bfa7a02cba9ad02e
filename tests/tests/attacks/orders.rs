//! Orders to functions past their machines: whoever may invoke them could once say of anything that it is over.

use aws_sdk_lambda::primitives::Blob;
use backstop_core::{
    Hash, IncidentId,
    about::About,
    incident::{Incident, Status},
    task::{ApproveTask, Delayed, NotifyTask},
};
use backstop_drill::oncall::Person;
use backstop_tests::{Leaked, People, Scene};
use serde_json::json;

use crate::{
    attacker,
    power::physical,
    told,
    tried::{Ended, Tried},
};

const RIGHT: &str = "lambda:InvokeFunction";

/// An incident about which people are asked is still theirs to decide on, whatever `close` was told meanwhile.
pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let environment = &scene.environment;
    let Asked {
        leaked,
        id,
        incident,
        plan,
    } = ask(scene, "0000000000000000000000000000c105").await;

    let caller = attacker::with(scene, &[RIGHT]).await;
    let lambda = aws_sdk_lambda::Client::new(&environment.account().sdk_config(caller));
    let close = environment.stack().output("CloseFunctionName").unwrap();
    let approve = physical(scene, "ApproveFunction").await;
    let orders = [
        (
            approve.as_str(),
            "an order to `approve` that a question's time is over, long before it is",
            json!({ "op": "expire", "incident": id }),
            "people may decide until",
        ),
        (
            close,
            "a death that `close` is told of, of an execution that runs",
            json!({ "op": "execution-died", "name": id }),
            "it runs",
        ),
        (
            close,
            "an order to `close` what people are still asked about",
            json!({ "op": "close", "incident": id }),
            "nobody has decided",
        ),
    ];
    let mut tried = Vec::new();
    for (function, attack, order, why) in orders {
        let invoke = lambda.invoke().function_name(function);
        let answer = invoke.payload(Blob::new(order.to_string())).send().await.unwrap();
        let said = String::from_utf8_lossy(answer.payload().unwrap().as_ref()).into_owned();
        assert!(answer.function_error().is_some() && said.contains(why), "{said}");
        let after = environment.ledger().log(&id).await.unwrap().incident().unwrap();
        assert_eq!(
            (after.status(), after.closed),
            (Status::AwaitingApproval, None),
            "{attack}"
        );
        tried.push(Tried::new(attack, RIGHT, Ended::Refused, why));
    }

    // As the machine orders it, of an incident that isn't there.
    let notify = physical(scene, "NotifyFunction").await;
    let nobodys = IncidentId::from("01K0000000000000000000N0NE");
    let delayed = Delayed {
        target: incident.opened.target,
        step: None,
        error: "Backstop.Unavailable".to_owned(),
        cause: "503".to_owned(),
    };
    let order = NotifyTask::Make {
        incident: nobodys.clone(),
        about: About::NotContainedYet,
        delayed: Some(Box::new(delayed)),
    };
    let order = Blob::new(serde_json::to_vec(&order).unwrap());
    let invoke = lambda.invoke().function_name(&notify).payload(order);
    let answer = invoke.send().await.unwrap();
    let said = String::from_utf8_lossy(answer.payload().unwrap().as_ref()).into_owned();
    let why = "there is no incident";
    assert!(answer.function_error().is_some() && said.contains(why), "{said}");

    let person = Person::responder(environment, "decides-all-the-same".to_owned());
    person.approve(&id, plan.as_str()).await.unwrap();
    let is_told =
        |incident: &Incident| incident.status() == Status::Contained && incident.notices.ending_is_known();
    scene.until_of(&id, is_told).await;
    assert_eq!(scene.state(&leaked).await, (false, true));
    // What was told later is there.
    told(people, id.as_str()).await;
    assert!(people.told_of(nobodys.as_str()).await.is_empty());
    let attack = "an order to `notify` about an incident that isn't there";
    tried.push(Tried::new(attack, RIGHT, Ended::Refused, why));
    tried
}

/// Nobody can be kept from asking, and whoever says that nobody could be asked is believed: people look at the incident, and
/// may decide all the same. The sweep also feeds what no incident knows, so this comes late.
pub(crate) async fn nobody_was_asked(scene: &Scene, people: &People) -> Tried {
    let environment = &scene.environment;
    let Asked { leaked, id, plan, .. } = ask(scene, "0000000000000000000000000000a5ed").await;
    let caller = attacker::with(scene, &[RIGHT]).await;
    let lambda = aws_sdk_lambda::Client::new(&environment.account().sdk_config(caller));
    let approve = physical(scene, "ApproveFunction").await;
    let order = ApproveTask::Unasked {
        incident: id.clone(),
        error: "Forged".to_owned(),
        cause: "nobody-was-there".to_owned(),
    };
    let order = Blob::new(serde_json::to_vec(&order).unwrap());
    let invoke = lambda.invoke().function_name(approve).payload(order);
    let answer = invoke.send().await.unwrap();
    assert!(answer.function_error().is_none(), "{answer:?}");
    let after = environment.ledger().log(&id).await.unwrap().incident().unwrap();
    assert_eq!((after.status(), after.closed), (Status::Stuck, None));
    scene.sweep().await;
    let page = told(people, "nobody-was-there").await;
    assert!(page.subject.contains("LOOK"), "{page:?}");

    let person = Person::responder(environment, "decides-though-it-is-stuck".to_owned());
    person.approve(&id, plan.as_str()).await.unwrap();
    scene.until_of(&id, |incident| incident.closed.is_some()).await;
    assert_eq!(scene.state(&leaked).await, (false, true), "it is contained");
    Tried::new(
        "an order to `approve` that a question couldn't be asked",
        RIGHT,
        Ended::Noticed,
        "it is stuck, the sweep pages it, and people decide all the same",
    )
}

/// An incident about which people are asked.
struct Asked {
    leaked: Leaked,
    id: IncidentId,
    incident: Incident,
    plan: Hash,
}

/// Sends a finding past its service, so that its incident waits for people.
async fn ask(scene: &Scene, finding: &str) -> Asked {
    let leaked = scene.leak(true).await;
    let event = scene.finding_of_leak(&leaked, finding);
    scene
        .environment
        .put_event_of_nobody(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    let (id, incident) = scene.until(&event.finding_id, is_asked).await;
    let plan = incident.question.as_ref().unwrap().plan_hash.clone();
    scene.until_token(&id, &plan).await;
    Asked {
        leaked,
        id,
        incident,
        plan,
    }
}
