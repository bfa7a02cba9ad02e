//! Newtypes for ids, so that an account can't be passed where an incident is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is; use a parser where the text comes from outside.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

id!(
    /// A twelve-digit AWS account id.
    AccountId
);
id!(
    /// An AWS Region code, such as `eu-west-1`.
    Region
);
id!(
    /// A ULID; also the name of the incident's Step Functions execution.
    IncidentId
);
id!(
    /// What tells one person from another, whatever session they use; see [`crate::person`].
    PersonId
);
id!(
    /// The folder name of a playbook, such as `leaked-access-key`.
    PlaybookName
);
id!(
    /// What tells one notice from another: within its incident, or of all that are about none.
    NoticeKey
);
id!(
    /// A step's name inside its playbook, such as `deactivate-key`.
    StepId
);
id!(
    /// `service.verb-object`, such as `iam.deactivate-access-key`.
    ActionId
);
id!(
    /// Lower-case hex of a SHA-256.
    Hash
);

impl AccountId {
    /// Whether the text is twelve digits, as AWS account ids are.
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == 12 && self.0.bytes().all(|b| b.is_ascii_digit())
    }
}

impl Hash {
    /// The first twelve digits: enough for people to compare.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}
