//! Orders to `close` past its machine: whoever may invoke it could once say of anything that it is over.

use aws_sdk_lambda::primitives::Blob;
use backstop_core::{
    IncidentId,
    incident::{Incident, Status},
};
use backstop_drill::oncall::Person;
use backstop_tests::{People, Scene};
use serde_json::json;

use crate::{
    attacker,
    power::physical,
    tried::{Ended, Tried},
};

const RIGHT: &str = "lambda:InvokeFunction";

/// An incident about which people are asked is still theirs to decide on, whatever `close` was told meanwhile.
pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let environment = &scene.environment;
    let leaked = scene.leak(true).await;
    // Sent past its service, so that it waits for people.
    let event = scene.finding_of_leak(&leaked, "0000000000000000000000000000c105");
    environment
        .put_event_of_nobody(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    let (id, asked) = scene.until(&event.finding_id, is_asked).await;
    let plan = asked.question.unwrap().plan_hash;
    scene.until_token(&id, &plan).await;

    let caller = attacker::with(scene, &[RIGHT]).await;
    let lambda = aws_sdk_lambda::Client::new(&environment.account().sdk_config(caller));
    let close = environment.stack().output("CloseFunctionName").unwrap();
    let approve = physical(scene, "ApproveFunction").await;
    let orders = [
        (
            &approve,
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

    let notify = physical(scene, "NotifyFunction").await;
    let nobodys = IncidentId::from("01K0000000000000000000N0NE");
    let delayed = json!({ "op": "not-yet", "incident": nobodys, "delayed": [] });
    let invoke = lambda.invoke().function_name(&notify);
    let answer = invoke.payload(Blob::new(delayed.to_string())).send().await.unwrap();
    assert!(answer.function_error().is_some(), "{answer:?}");
    assert!(people.told_of(nobodys.as_str()).await.is_empty(), "nobody is told");
    tried.push(Tried::new(
        "an order to `notify` about an incident that isn't there",
        RIGHT,
        Ended::Refused,
        "there is no such incident",
    ));

    let person = Person::responder(environment, "decides-all-the-same".to_owned());
    person.approve(&id, plan.as_str()).await.unwrap();
    let contained = |incident: &Incident| incident.status() == Status::Contained;
    scene.until_of(&id, contained).await;
    assert_eq!(scene.state(&leaked).await, (false, true));
    tried
}
