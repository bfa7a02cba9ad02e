//! `root`: the account's root user, which no policy in its own account can deny anything.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::PROTECTED_PRINCIPAL;

use super::{Arn, Kind, Location, Mistyped, Named, Precedence, Refusal, Resource, Scope, Target};

/// The account's root user: never contained, always paged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Root {
    /// The credential seen, if any.
    pub key_id: Option<String>,
}

impl Kind for Root {
    fn name() -> &'static str {
        "root"
    }

    fn example() -> Self {
        Self { key_id: None }
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Credential
    }

    fn id(&self) -> String {
        "root".to_owned()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let Location {
            account, partition, ..
        } = at;
        Some(format!("arn:{partition}:iam::{account}:root"))
    }

    fn is_well_formed(&self) -> bool {
        true
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("the root user's ARN")
    }

    fn read_typed(_text: &str, _at: &Location) -> Option<Result<Target, Mistyped>> {
        None
    }

    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        (arn.service == "iam" && arn.resource == "root").then(|| Ok(Self { key_id: None }.into()))
    }

    /// A finding that names it gives it the type of a user, which takes it.
    fn read_named(_named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        None
    }

    fn guardduty_types() -> &'static [&'static str] {
        &[super::CREDENTIAL]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &["find out what was done with it: every call of the root user is in CloudTrail"]
    }

    fn how_it_began(&self) -> &'static str {
        "Who holds root's password and keys, and why was root used at all?"
    }

    fn never_contained(&self) -> Option<Refusal> {
        Some(Refusal {
            guardrail: PROTECTED_PRINCIPAL,
            reason: "the root user can't be contained by a policy in its own account".to_owned(),
        })
    }

    fn once_refused(&self) -> &'static [&'static str] {
        &[
            "sign in as root from a trusted machine, change the password and check the e-mail address and phone \
             number",
            "delete every access key of root (Security credentials page), and replace its MFA device",
            "in an organization: deny root by a service control policy, or remove root's credentials centrally",
            "open a case with AWS Support: they can help to lock out an attacker who holds root",
        ]
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the root user")
    }
}
