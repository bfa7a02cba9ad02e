//! What the wire tests of the actions share: orders, a permit, and IAM's usual answers.

use backstop_core::{
    AccountId, Resource, Target,
    guardrail::{Guardrails, Permit, Protection, Subject},
};
use backstop_runtime::action::Order;

pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

pub(crate) fn order(resource: Resource) -> Order {
    Order {
        incident: "01JTESTTESTTESTTESTTESTTES".into(),
        step: "the-step".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource,
        },
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn access_key(user_name: Option<&str>) -> Resource {
    Resource::AccessKey {
        key_id: KEY.into(),
        user_name: user_name.map(str::to_owned),
    }
}

/// A permit as the runner gets it: from guardrails that have nothing to say.
pub(crate) fn permit() -> Permit {
    let subject = Subject {
        playbook: &"leaked-access-key".into(),
        account: &AccountId::from("123456789012"),
        principal: "arn:aws:iam::123456789012:user/alice",
        tags: &Default::default(),
        is_drill: false,
    };
    Guardrails::default()
        .permit(
            &Protection::default(),
            &subject,
            "2026-03-01T12:00:00Z".parse().unwrap(),
        )
        .unwrap()
}
