//! What the loops over the registry know of each action that changes something: where a target for it is planted,
//! how its effect is seen, and how somebody comes in between.

use aws_sdk_iam::types::StatusType;
use backstop_core::{IncidentId, Resource, Target};
use backstop_sandbox::Account;
use serde_json::{Value, json};

use crate::Thing;

/// One action.
#[derive(Clone, Copy, Debug)]
pub struct KnownAction {
    pub id: &'static str,
    /// The shipped drill whose target it acts on.
    pub drill: &'static str,
    /// What an undo leaves if nobody accepts a risk.
    pub safe_undo: SafeUndo,
    /// Whether the effect that the incident has on the target is there.
    pub effect: fn(&Value, &Target, &IncidentId) -> bool,
    pub drift: Drift,
}

/// How an undo ends if nobody accepts a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafeUndo {
    /// Everything is back.
    Restores,
    /// All but sessions from before, which stay denied by the incident's own policy.
    KeepsSessionsDenied,
    /// The leaked key stays off.
    KeepsTheKeyOff,
}

/// What somebody does to the target between containment and undo.
#[derive(Clone, Copy, Debug)]
pub enum Drift {
    DeleteTheKey,
    DeleteACredential,
    RewriteThePolicy,
    RewriteTheTrust,
    RewriteTheBlock,
}

/// The actions that change something. One that is registered and isn't here fails the tests: add it.
pub const KNOWN_ACTIONS: &[KnownAction] = &[
    KnownAction {
        id: "iam.deactivate-access-key",
        drill: "leaked-access-key",
        safe_undo: SafeUndo::KeepsTheKeyOff,
        effect: |state, target, _| state["keys"][leaked_key(target)] == "Inactive",
        drift: Drift::DeleteTheKey,
    },
    KnownAction {
        id: "iam.deactivate-other-credentials",
        drill: "leaked-access-key",
        safe_undo: SafeUndo::Restores,
        effect: |state, _, _| {
            ["certificates", "specific", "ssh"]
                .iter()
                .all(|kind| all_inactive(&state[*kind]))
        },
        drift: Drift::DeleteACredential,
    },
    KnownAction {
        id: "iam.deny-instance-sessions",
        drill: "stolen-role-session",
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |state, _, incident| !state["policies"][format!("BackstopDenyInstance-{incident}")].is_null(),
        drift: Drift::RewriteThePolicy,
    },
    KnownAction {
        id: "iam.deny-user",
        drill: "leaked-access-key",
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |state, _, incident| !state["policies"][format!("BackstopDeny-{incident}")].is_null(),
        drift: Drift::RewriteThePolicy,
    },
    KnownAction {
        id: "iam.narrow-role-trust",
        drill: "stolen-role-session",
        safe_undo: SafeUndo::Restores,
        effect: |state, _, incident| {
            state["trust"]
                .to_string()
                .contains(&format!("Backstop{incident}"))
        },
        drift: Drift::RewriteTheTrust,
    },
    KnownAction {
        id: "iam.revoke-role-sessions",
        drill: "stolen-role-session",
        safe_undo: SafeUndo::KeepsSessionsDenied,
        effect: |state, _, incident| !state["policies"][format!("BackstopDeny-{incident}")].is_null(),
        drift: Drift::RewriteThePolicy,
    },
    KnownAction {
        id: "s3.block-public-access",
        drill: "public-bucket",
        safe_undo: SafeUndo::Restores,
        effect: |state, _, _| {
            let settings = state["block"].as_object();
            settings.is_some_and(|settings| settings.values().all(|on| on == true))
        },
        drift: Drift::RewriteTheBlock,
    },
];

impl KnownAction {
    /// What the loops know of an action that the registry has.
    pub fn find(id: &str) -> &'static Self {
        let found = KNOWN_ACTIONS.iter().find(|known| known.id == id);
        found.unwrap_or_else(|| panic!("`{id}` changes something: say in {} how it is tested", file!()))
    }

    /// The state that undo brings back: that from before, but for a leaked key.
    pub fn clean(&self, before: &Value, target: &Target) -> Value {
        match self.safe_undo {
            SafeUndo::KeepsTheKeyOff => with_key_off(before, target),
            SafeUndo::Restores | SafeUndo::KeepsSessionsDenied => before.clone(),
        }
    }
}

/// The state, but for the leaked key, which stays off for ever.
pub fn with_key_off(before: &Value, target: &Target) -> Value {
    let mut state = before.clone();
    if matches!(target.resource, Resource::AccessKey { .. }) {
        state["keys"][leaked_key(target)] = json!("Inactive");
    }
    state
}

fn leaked_key(target: &Target) -> &str {
    match &target.resource {
        Resource::AccessKey { key_id, .. } => key_id,
        other => panic!("{other} is no access key"),
    }
}

fn all_inactive(credentials: &Value) -> bool {
    let credentials = credentials.as_object().unwrap();
    !credentials.is_empty()
        && credentials
            .values()
            .all(|status| status == StatusType::Inactive.as_str())
}

impl Drift {
    /// Somebody else changes what the incident changed.
    pub async fn happen(self, account: &Account, target: &Target, state: &Value) {
        let sdk = account.sdk_config(account.root());
        let iam = aws_sdk_iam::Client::new(&sdk);
        let thing = Thing::of(target);
        match (self, &thing) {
            (Self::DeleteTheKey, Thing::User(user)) => {
                let delete = iam.delete_access_key().user_name(user);
                delete.access_key_id(leaked_key(target)).send().await.unwrap();
            }
            (Self::DeleteACredential, Thing::User(user)) => {
                let (id, _) = state["ssh"].as_object().unwrap().iter().next().unwrap();
                let delete = iam.delete_ssh_public_key().user_name(user);
                delete.ssh_public_key_id(id).send().await.unwrap();
            }
            (Self::RewriteThePolicy, Thing::User(user)) => {
                let put = iam
                    .put_user_policy()
                    .user_name(user)
                    .policy_name(own_policy(state));
                put.policy_document(OTHER).send().await.unwrap();
            }
            (Self::RewriteThePolicy, Thing::Role(role)) => {
                let put = iam
                    .put_role_policy()
                    .role_name(role)
                    .policy_name(own_policy(state));
                put.policy_document(OTHER).send().await.unwrap();
            }
            (Self::RewriteTheTrust, Thing::Role(role)) => {
                let update = iam.update_assume_role_policy().role_name(role);
                update.policy_document(TRUST).send().await.unwrap();
            }
            (Self::RewriteTheBlock, Thing::Bucket(bucket)) => {
                let one = aws_sdk_s3::types::PublicAccessBlockConfiguration::builder();
                let put = aws_sdk_s3::Client::new(&sdk)
                    .put_public_access_block()
                    .bucket(bucket);
                let put = put.public_access_block_configuration(one.block_public_acls(true).build());
                put.send().await.unwrap();
            }
            (drift, thing) => panic!("{drift:?} can't happen to {thing:?}"),
        }
    }
}

const OTHER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn own_policy(state: &Value) -> &str {
    let mut names = state["policies"].as_object().unwrap().keys();
    names.find(|name| name.starts_with("BackstopDeny")).unwrap()
}
