#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_config::BehaviorVersion;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use super::*;
use crate::StepScope;

const OWN: &str = "111111111111";
const MEMBER: &str = "222222222222";

static CONNECTED: AtomicUsize = AtomicUsize::new(0);

/// A client that knows where it was connected, and which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Client {
    region: String,
    number: usize,
}

struct Regional;
struct Global;

fn connect(config: &SdkConfig) -> Client {
    Client {
        region: config.region().unwrap().to_string(),
        number: CONNECTED.fetch_add(1, Ordering::SeqCst),
    }
}

impl Service for Regional {
    type Client = Client;

    fn connect(config: &SdkConfig) -> Client {
        connect(config)
    }
}

impl Service for Global {
    type Client = Client;

    const IS_GLOBAL: bool = true;

    fn connect(config: &SdkConfig) -> Client {
        connect(config)
    }
}

fn config() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .build()
}

fn scope(account: &str, region: &str) -> Scope {
    Scope::new(account.into(), region.into())
}

fn for_step(account: &str, incident: &str, step: &str) -> Scope {
    Scope {
        step: Some(StepScope {
            incident: incident.into(),
            step: step.into(),
            session_policy: None,
        }),
        ..scope(account, "eu-west-1")
    }
}

#[test]
fn a_client_is_made_once_for_a_region_and_a_service() {
    let accounts = Accounts::own(OWN.into(), config());
    let ireland = accounts.at(scope(OWN, "eu-west-1")).unwrap();
    let first = ireland.client::<Regional>();
    assert_eq!(first.region, "eu-west-1");
    assert_eq!(first, ireland.client::<Regional>(), "the same one again");
    let again = accounts.at(scope(OWN, "eu-west-1")).unwrap();
    assert_eq!(first, again.client::<Regional>(), "also for who asks anew");
    let step = accounts.at(for_step(OWN, "01J", "isolate")).unwrap();
    assert_eq!(
        first,
        step.client::<Regional>(),
        "the own role is one session for all steps"
    );

    let oregon = ireland.in_region("us-west-2");
    let other = oregon.client::<Regional>();
    assert_eq!(other.region, "us-west-2");
    assert_ne!(first.number, other.number);
}

#[test]
fn a_service_without_regions_has_one_client_at_its_home() {
    let accounts = Accounts::own(OWN.into(), config());
    let client = |region: &str| accounts.at(scope(OWN, region)).unwrap().client::<Global>();
    assert_eq!(client("eu-west-1"), client("ap-southeast-2"));
    assert_eq!(client("eu-west-1").region, "us-east-1");
    assert_eq!(client("cn-northwest-1").region, "cn-north-1");
}

#[test]
fn another_account_is_refused_by_name_and_no_client_is_made() {
    let accounts = Accounts::own(OWN.into(), config());
    let refused = accounts.at(scope(MEMBER, "eu-west-1")).unwrap_err();
    assert_eq!(
        refused,
        AccountError::OutOfReach {
            asked: MEMBER.into(),
            own: OWN.into()
        }
    );
    assert_eq!(
        refused.to_string(),
        "it is in account 222222222222, this deployment acts in account 111111111111 only; deploy Backstop there"
    );
    assert!(accounts.made.lock().unwrap().is_empty());
}

/// What assuming a role in a member account needs: a session for each step, with its own credentials.
#[derive(Debug)]
struct Roles(Arc<AtomicUsize>);

impl CredentialsSource for Roles {
    fn session(&self, scope: &Scope) -> Result<Session, AccountError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let step = scope.step.as_ref();
        let incident = step.map_or("none", |step| step.incident.as_str());
        let step = step.map_or("none", |step| step.step.as_str());
        Ok(Session {
            id: format!("{}/{incident}/{step}", scope.account),
            credentials: Some(SharedCredentialsProvider::new(Credentials::for_tests())),
        })
    }
}

#[test]
fn sessions_of_other_steps_and_accounts_share_no_client() {
    let asked = Arc::new(AtomicUsize::new(0));
    let accounts = Accounts::with(Roles(Arc::clone(&asked)), config());
    let client = |scope: Scope| accounts.at(scope).unwrap().client::<Regional>();
    let first = client(for_step(MEMBER, "01J", "isolate"));
    assert_eq!(first, client(for_step(MEMBER, "01J", "isolate")));
    assert_ne!(first, client(for_step(MEMBER, "01J", "tag")));
    assert_ne!(first, client(for_step(MEMBER, "01K", "isolate")));
    assert_ne!(first, client(for_step(OWN, "01J", "isolate")));
    assert_eq!(asked.load(Ordering::SeqCst), 5, "every scope is asked about");
    let access = accounts.at(for_step(MEMBER, "01J", "isolate")).unwrap();
    assert!(access.config().credentials_provider().is_some());
}
