//! What the wire tests of the actions share: an order, a permit, and a small EC2 that keeps its state, so that
//! tests look at what came of the calls. A call that it doesn't know fails the test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod network;

use backstop_core::{
    AccountId, Resource, Target,
    guardrail::{Guardrails, Permit, Protection, Subject},
};
use backstop_runtime::action::Order;

pub(crate) use network::{Network, Nic};

pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";
pub(crate) const ARN: &str = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
pub(crate) const INCIDENT: &str = "01JTESTTESTTESTTESTTESTTES";

pub(crate) fn order() -> Order {
    Order {
        incident: INCIDENT.into(),
        step: "the-step".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Instance {
                instance_id: INSTANCE.into(),
            },
        },
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        with: Default::default(),
    }
}

/// A permit as the runner gets it: from guardrails that have nothing to say.
pub(crate) fn permit() -> Permit {
    let (playbook, account) = ("compromised-instance".into(), AccountId::from("123456789012"));
    let subject = Subject {
        playbook: &playbook,
        account: &account,
        principal: ARN,
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
