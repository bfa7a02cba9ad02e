//! What was planted, as it stands in the account: taken before the finding and after undo, and compared.

mod account;
mod buckets;
mod identities;
mod instances;
mod network_acls;

use std::collections::BTreeMap;

use backstop_emulator::Account;
use serde::Serialize;
use serde_json::Value;

use super::{DrillError, Fixtures};

/// What the state of an interface's timeout is called, before the interface.
pub(super) const TCP_TIMEOUT: &str = "TCP established timeout of interface";

/// Every state that a responder might change, by what it is a state of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSnapshot(BTreeMap<String, Value>);

/// A state that isn't what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is a state of.
    pub what: String,
    /// As it was; null if it wasn't there.
    pub before: Value,
    /// As it is; null if it isn't there any more.
    pub after: Value,
}

impl StateSnapshot {
    /// Reads it all, as root.
    pub async fn take(account: &Account, fixtures: &Fixtures) -> Result<Self, DrillError> {
        let config = account.sdk_config(account.root());
        let iam = aws_sdk_iam::Client::new(&config);
        let mut snapshot = Self::default();
        account::account(account, &mut snapshot).await?;
        for user in fixtures.users() {
            identities::user(&iam, user, &mut snapshot).await?;
        }
        for role in fixtures.roles() {
            identities::role(&iam, role, &mut snapshot).await?;
        }
        for bucket in fixtures.buckets() {
            buckets::bucket(&aws_sdk_s3::Client::new(&config), bucket, &mut snapshot).await?;
        }
        for instance in fixtures.instances() {
            instances::instance(&config, instance, &mut snapshot).await?;
        }
        Ok(snapshot)
    }

    /// Every state by what it is a state of.
    pub fn states(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// What differs from a later snapshot.
    pub fn differences(&self, later: &Self) -> Vec<Difference> {
        let names = self.0.keys().chain(later.0.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        let of = |snapshot: &Self, name: &String| snapshot.0.get(name).cloned().unwrap_or_default();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != later.0.get(*name))
            .map(|name| Difference {
                what: name.clone(),
                before: of(self, name),
                after: of(later, name),
            })
            .collect()
    }

    fn put(&mut self, what: String, state: impl Into<Value>) {
        self.0.insert(what, state.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_came_went_or_changed_is_a_difference() {
        let mut before = StateSnapshot::default();
        before.put("kept".into(), "same");
        before.put("changed".into(), "Active");
        before.put("gone".into(), true);
        let mut after = before.clone();
        after.put("changed".into(), "Inactive");
        after.put("new".into(), 1);
        after.0.remove("gone");
        let names: Vec<String> = before
            .differences(&after)
            .into_iter()
            .map(|difference| difference.what)
            .collect();
        assert_eq!(names, ["changed", "gone", "new"]);
        assert_eq!(before.differences(&before), []);
    }
}
