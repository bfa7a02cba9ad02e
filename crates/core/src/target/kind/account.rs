//! `account`: a setting of the account as a whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arn, Kind, Location, Mistyped, Named, Precedence, Resource, Scope, Target};
use crate::ids::AccountId;

/// The account itself (account-level Block Public Access, say).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {}

impl Kind for Account {
    fn name() -> &'static str {
        "account"
    }

    fn example() -> Self {
        Self {}
    }

    /// S3 has one Block Public Access for all Regions of an account (Amazon S3 User Guide, "Blocking public access"),
    /// and Security Hub reports it in each Region.
    fn scope(&self) -> Scope {
        Scope::Account
    }

    fn precedence(&self) -> Precedence {
        Precedence::Other
    }

    fn id(&self) -> String {
        "account".to_owned()
    }

    fn arn(&self, _at: &Location) -> Option<String> {
        None
    }

    fn is_well_formed(&self) -> bool {
        true
    }

    fn typed(&self, at: &Location) -> Option<String> {
        Some(at.account.to_string())
    }

    fn typed_form() -> Option<&'static str> {
        Some("a twelve-digit account")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        let account = AccountId::new(text);
        account.is_well_formed().then(|| {
            let at = Location {
                account,
                ..at.clone()
            };
            Ok(at.target(Self {}))
        })
    }

    fn read_arn(_arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        None
    }

    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        (named.resource_type == "AWS::::Account").then(|| Ok(Self {}.into()))
    }

    /// The one GuardDuty type about the account has the `resourceType` of the credential that was used.
    fn guardduty_types() -> &'static [&'static str] {
        &[]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &[
            "tell the owners of public buckets: whoever reads them without signing in gets 403 now",
            "find out who opened the account, and what was read",
        ]
    }

    fn how_it_began(&self) -> &'static str {
        "Who opened the account, why could they, and which buckets need to be public?"
    }

    fn in_account(&self, account: &AccountId) -> String {
        format!("account {account}")
    }

    fn with_account(&self, account: &AccountId) -> String {
        self.in_account(account)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the account")
    }
}
