//! An account that keeps what is written: our instance with all that this function changes of it, and another instance with
//! things of the same kinds, which are nobody's business.
#![expect(
    clippy::indexing_slicing,
    reason = "tests: a value of another shape is a fault of the fake account"
)]

mod addresses;
mod balancers;
mod containers;
mod evidence;
mod fleet;
mod identity;
mod instance;
mod network;
mod planted;
mod signed;

use std::sync::Arc;

use backstop_aws::{Accounts, Signed};
use backstop_runtime::{
    client,
    inline_deny::Iam,
    testing::{ACCOUNT, forged::FakeAccount},
};
use serde_json::Value;

use crate::services::{AutoScaling, ClassicElb, Ec2, Elb, Ssm};

pub(crate) use planted::{attached_otherwise, elsewhere, planted};

/// The instance that is another's.
const OTHER: &str = "i-0fedcba9876543210";

/// A rule that answers out of the account, with an error's code or with success.
macro_rules! answers {
    ($account:ident, $client:ident::$operation:ident, $error:ident, |$kept:ident, $asked:ident| $answer:expr) => {{
        let $kept = std::sync::Arc::clone($account);
        aws_smithy_mocks::mock!($client::$operation).then_compute_response(move |$asked| {
            match $crate::testing::fake_account::answer(|| $answer) {
                Ok(output) => aws_smithy_mocks::MockResponse::Output(output),
                Err(code) => aws_smithy_mocks::MockResponse::Error($error::generic(
                    backstop_runtime::testing::error(code),
                )),
            }
        })
    }};
}
use answers;

/// Gives the closure of an answer its type.
fn answer<T>(give: impl FnOnce() -> Result<T, &'static str>) -> Result<T, &'static str> {
    give()
}

/// The account's clients: a call that no action of this function makes fails the test.
pub(crate) fn fake_account(account: &FakeAccount) -> Arc<Accounts> {
    let ec2 = [
        instance::answers(account),
        network::answers(account),
        addresses::answers(account),
        evidence::answers(account),
    ]
    .concat();
    let ec2: Vec<_> = ec2.iter().collect();
    let ec2 = aws_smithy_mocks::mock_client!(aws_sdk_ec2, aws_smithy_mocks::RuleMode::MatchAny, &ec2);
    let [groups, health, register, deregister] = balancers::answers(account);
    let [classic, states, enter, leave] = balancers::classic_answers(account);
    let [membership, group, detach, attach, protect, standby] = fleet::answers(account);
    let [profile, policy, put, delete] = identity::answers(account);
    let [sessions, terminate] = fleet::session_answers(account);
    Arc::new(
        Accounts::own(ACCOUNT.into(), containers::config(account))
            .mock::<Ec2>(ec2)
            .mock::<Signed>(signed::answers(account))
            .mock::<Elb>(client!(aws_sdk_elasticloadbalancingv2: [groups, health, register, deregister]))
            .mock::<ClassicElb>(client!(aws_sdk_elasticloadbalancing: [classic, states, enter, leave]))
            .mock::<AutoScaling>(client!(
                aws_sdk_autoscaling: [membership, group, detach, attach, protect, standby]
            ))
            .mock::<Iam>(client!(aws_sdk_iam: [profile, policy, put, delete]))
            .mock::<Ssm>(client!(aws_sdk_ssm: [sessions, terminate])),
    )
}

fn read(account: &FakeAccount, name: &str) -> Option<Value> {
    account.lock().unwrap().get(name).cloned()
}

fn text(account: &FakeAccount, name: &str) -> Option<String> {
    read(account, name).and_then(|value| value.as_str().map(str::to_owned))
}

/// The texts of a list.
fn texts(account: &FakeAccount, name: &str) -> Vec<String> {
    read(account, name)
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

fn write(account: &FakeAccount, name: String, value: impl Into<Value>) {
    account.lock().unwrap().insert(name, value.into());
}

fn remove(account: &FakeAccount, name: &str) -> Option<Value> {
    account.lock().unwrap().remove(name)
}

/// What stands between the two, with its value, of everything that is named so.
fn all(account: &FakeAccount, prefix: &str, suffix: &str) -> Vec<(String, Value)> {
    let states = account.lock().unwrap();
    let between = |name: &str| Some(name.strip_prefix(prefix)?.strip_suffix(suffix)?.to_owned());
    states
        .iter()
        .filter_map(|(name, value)| Some((between(name)?, value.clone())))
        .collect()
}
