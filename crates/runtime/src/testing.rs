//! What the wire tests of actions share (feature `test-util`): a step request, a permit, principals, and accounts whose
//! clients answer by rules. A call without a rule fails the test, so that each test also shows which calls are *not* made.
#![expect(clippy::unwrap_used, reason = "tests")]

pub mod forged;

use aws_smithy_types::error::ErrorMetadata;
use backstop_aws::Accounts;
use backstop_core::{
    AccountId, Resource, Target,
    guardrail::{Guardrails, Permit, Protection, Subject},
    kind,
};

use crate::action::{Approval, StepRequest};

/// The account in which all of it happens.
pub const ACCOUNT: &str = "123456789012";
/// The Region of the target.
pub const REGION: &str = "eu-west-1";
/// The incident.
pub const INCIDENT: &str = "01JTESTTESTTESTTESTTESTTES";
/// A long-term access key.
pub const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// An instance.
pub const INSTANCE: &str = "i-0123456789abcdef0";

/// What an action is asked for with this target, without options.
pub fn step_request(resource: Resource) -> StepRequest {
    StepRequest {
        incident: INCIDENT.into(),
        step: "the-step".into(),
        target: Target {
            account: ACCOUNT.into(),
            region: REGION.into(),
            partition: "aws".into(),
            resource,
        },
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        ended_at: None,
        with: Default::default(),
        accepted: Vec::new(),
        attack_began: None,
        peers: Vec::new(),
        approval: Approval::default(),
    }
}

/// A permit as the runner gets it: from guardrails that have nothing to say.
pub fn permit() -> Permit {
    let (playbook, account) = ("the-playbook".into(), AccountId::from(ACCOUNT));
    let subject = Subject {
        playbook: &playbook,
        account: &account,
        principal: "arn:aws:iam::123456789012:user/alice",
        tags: &Default::default(),
        is_drill: false,
    };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    Guardrails::default()
        .permit(&Protection::default(), &subject, now)
        .unwrap()
}

/// An access key that a finding says to be this user's.
pub fn access_key(user_name: Option<&str>) -> Resource {
    Resource::AccessKey(kind::AccessKey {
        key_id: KEY.into(),
        user_name: user_name.map(str::to_owned),
        user_id: None,
    })
}

/// A session of the role `ci`, which has this unique id.
pub fn role_session(role_id: &str) -> Resource {
    named_session(role_id, "build-7")
}

/// A session of the role `ci` that is named after an instance.
pub fn instance_session(role_id: &str) -> Resource {
    named_session(role_id, INSTANCE)
}

fn named_session(role_id: &str, session_name: &str) -> Resource {
    Resource::RoleSession(kind::RoleSession {
        key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        role_name: "ci".into(),
        role_id: role_id.into(),
        session_name: session_name.into(),
    })
}

/// A service's answer with this code.
pub fn error(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("as told").build()
}

/// The account, without clients yet: see [`accounts!`](crate::accounts).
pub fn accounts() -> Accounts {
    Accounts::mocked(ACCOUNT)
}

/// Accounts whose clients know these rules and fail on anything else, in every Region:
/// `accounts!(Ec2 = aws_sdk_ec2: [described, modify], Iam = aws_sdk_iam: [])`.
#[macro_export]
macro_rules! accounts {
    ($($service:ty = $sdk:ident: [$($rule:expr),* $(,)?]),* $(,)?) => {{
        let accounts = $crate::testing::accounts();
        $(let accounts = accounts.mock::<$service>($crate::client!($sdk: [$($rule),*]));)*
        ::std::sync::Arc::new(accounts)
    }};
}

/// A client that knows these rules and fails on anything else.
#[macro_export]
macro_rules! client {
    ($sdk:ident: [$($rule:expr),* $(,)?]) => {
        ::aws_smithy_mocks::mock_client!($sdk, ::aws_smithy_mocks::RuleMode::MatchAny, &[$(&$rule),*])
    };
}
