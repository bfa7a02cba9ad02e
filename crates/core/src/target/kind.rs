//! What kinds of resource can be a target: one file each, and the one list of them at the end of this file. Whatever
//! else there is to know of a kind is asked of it; a question that a new kind must answer has no default.

mod access_key;
mod account;
mod bucket;
mod federated_user;
mod instance;
#[cfg(test)]
mod made_up;
mod other;
mod role;
mod role_session;
mod root;
mod user;
mod user_session;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arn, Calls, IamRole, IamUser, Location, Mistyped, Outlives, Precedence, Refusal, Scope, Target};
use crate::ids::AccountId;

/// Names and ids have AWS limits far below this.
pub(crate) const HINT_CHARS: usize = 512;

/// GuardDuty's `resourceType` of users, roles, and their keys and sessions.
pub const CREDENTIAL: &str = "AccessKey";

/// A resource as a finding names it, when its type isn't that of a credential.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The CloudFormation type, such as `AWS::EC2::Instance`.
    pub resource_type: &'a str,
    /// The ARN or id, and the other of them if the finding has both.
    pub ids: [Option<&'a str>; 2],
    /// The name: the end of the ARN, or the id.
    pub name: &'a str,
}

impl<'a> Named<'a> {
    /// The unique id of a user or role, where it is named besides.
    fn unique_id(&self, prefix: &str) -> Option<String> {
        let mut ids = self.ids.into_iter().flatten();
        ids.find(|id| super::name::is_unique_id(id, prefix))
            .map(str::to_owned)
    }

    /// The ARNs among its ids.
    fn arns(&self) -> impl Iterator<Item = Arn<'a>> {
        self.ids.into_iter().flatten().filter_map(Arn::read)
    }
}

/// What is asked of a kind. It is shown to people by [`fmt::Display`]: "bucket logs".
pub trait Kind: fmt::Display {
    /// The kind's name as files write it.
    fn name() -> &'static str
    where
        Self: Sized;

    /// A made-up one, for samples and tests.
    fn example() -> Self
    where
        Self: Sized;

    /// Where the id is unique.
    fn scope(&self) -> Scope;

    /// When it is answered, among the targets of one attack.
    fn precedence(&self) -> Precedence;

    /// The id that tells two resources of the kind apart. Hints that can be missing or wrong on some routes (a user's
    /// name beside a key id) are left out, so that all routes agree.
    fn id(&self) -> String;

    /// The ARN by which policies and guardrails know it; of a credential, that of its user or role.
    fn arn(&self, at: &Location) -> Option<String>;

    /// Whether its names have the form that AWS gives them: then a shell takes them as one word, as they stand.
    fn is_well_formed(&self) -> bool;

    /// What a person types to mean it; none where only the finding knows what belongs to it.
    fn typed(&self, at: &Location) -> Option<String>;

    /// How people may type it, in words; none where it can't be typed.
    fn typed_form() -> Option<&'static str>
    where
        Self: Sized;

    /// Reads what a person typed that is no ARN; none if it has another form.
    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>>
    where
        Self: Sized;

    /// Reads an ARN that a person typed; none if it is something else's.
    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>>
    where
        Self: Sized;

    /// Takes a resource that a finding names; none if it is something else's. The error says what its name would have
    /// to be: one that AWS would never give is never acted on.
    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>>
    where
        Self: Sized;

    /// GuardDuty's `resourceType`s whose findings are about this kind.
    fn guardduty_types() -> &'static [&'static str]
    where
        Self: Sized;

    /// What people do once it is contained.
    fn once_contained(&self) -> &'static [&'static str];

    /// What is asked afterwards about how it began.
    fn how_it_began(&self) -> &'static str;

    /// Why no playbook contains it, if it is never contained.
    fn never_contained(&self) -> Option<Refusal> {
        None
    }

    /// What people do when a guardrail refused, where running the playbook again can't help.
    fn once_refused(&self) -> &'static [&'static str] {
        &[]
    }

    /// What an attacker may still have when it is gone.
    fn outlives(&self, _at: &Location) -> Option<Outlives> {
        None
    }

    /// How its calls are known, if it is somebody who calls AWS.
    fn calls(&self) -> Option<Calls<'_>> {
        None
    }

    /// The IAM user behind it.
    fn iam_user(&self) -> Option<IamUser<'_>> {
        None
    }

    /// The IAM role behind it.
    fn iam_role(&self) -> Option<IamRole<'_>> {
        None
    }

    /// With its account, for sentences.
    fn in_account(&self, account: &AccountId) -> String {
        format!("{self} in account {account}")
    }

    /// With its account, for subjects.
    fn with_account(&self, account: &AccountId) -> String {
        format!("{self} ({account})")
    }
}

macro_rules! kinds {
    ($($(#[$cfg:meta])? $module:ident::$Kind:ident,)+) => {
        $($(#[$cfg])? pub use $module::$Kind;)+

        /// What the target is. Names and ids are as the finding gave them: hints, until an action has
        /// resolved them against AWS.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each kind's own type says it")]
        pub enum Resource {
            $($(#[$cfg])? $Kind($Kind),)+
        }

        /// The kinds a playbook's `target` can name.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each kind's own type says it")]
        pub enum TargetKind {
            $($(#[$cfg])? $Kind,)+
        }

        impl TargetKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$($(#[$cfg])? Self::$Kind,)+];

            /// The kind's name as files write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::name(),)+
                }
            }

            /// A made-up resource of the kind, for samples and tests.
            pub fn example(self) -> Resource {
                match self {
                    $($(#[$cfg])? Self::$Kind => Resource::$Kind($Kind::example()),)+
                }
            }

            /// How people may type it, in words.
            pub(super) fn typed_form(self) -> Option<&'static str> {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::typed_form(),)+
                }
            }

            /// See [`Kind::read_typed`].
            pub(super) fn read_typed(self, text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::read_typed(text, at),)+
                }
            }

            /// See [`Kind::read_arn`].
            pub(super) fn read_arn(self, arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::read_arn(arn),)+
                }
            }

            /// See [`Kind::read_named`].
            fn read_named(self, named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::read_named(named),)+
                }
            }

            /// GuardDuty's `resourceType`s whose findings are about this kind.
            pub fn guardduty_types(self) -> &'static [&'static str] {
                match self {
                    $($(#[$cfg])? Self::$Kind => $Kind::guardduty_types(),)+
                }
            }
        }

        impl Resource {
            /// The kind, without the ids.
            pub const fn kind(&self) -> TargetKind {
                match self {
                    $($(#[$cfg])? Self::$Kind(_) => TargetKind::$Kind,)+
                }
            }

            fn asked(&self) -> &dyn Kind {
                match self {
                    $($(#[$cfg])? Self::$Kind(kind) => kind,)+
                }
            }
        }

        $(
            $(#[$cfg])?
            impl From<$Kind> for Resource {
                fn from(kind: $Kind) -> Self {
                    Self::$Kind(kind)
                }
            }

            $(#[$cfg])?
            impl $Kind {
                /// The resource, if it is of this kind.
                pub const fn of(resource: &Resource) -> Option<&Self> {
                    if let Resource::$Kind(kind) = resource {
                        Some(kind)
                    } else {
                        None
                    }
                }
            }
        )+
    };
}

impl TargetKind {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether a playbook can contain it at all; for those it can't, people are paged.
    pub fn is_ever_contained(self) -> bool {
        self.example().never_contained().is_none()
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.asked().fmt(f)
    }
}

impl Resource {
    /// What a finding names, as the kind that takes it; none if no kind does.
    pub fn named(named: &Named<'_>) -> Option<Result<Self, &'static str>> {
        TargetKind::ALL.iter().find_map(|kind| kind.read_named(named))
    }
}

/// Asking a resource is asking its kind.
impl Resource {
    /// See [`Kind::scope`].
    pub fn scope(&self) -> Scope {
        self.asked().scope()
    }

    /// See [`Kind::precedence`].
    pub fn precedence(&self) -> Precedence {
        self.asked().precedence()
    }

    /// See [`Kind::id`].
    pub fn id(&self) -> String {
        self.asked().id()
    }

    /// See [`Kind::arn`].
    pub(super) fn arn(&self, at: &Location) -> Option<String> {
        self.asked().arn(at)
    }

    /// See [`Kind::is_well_formed`].
    pub fn is_well_formed(&self) -> bool {
        self.asked().is_well_formed()
    }

    /// See [`Kind::typed`].
    pub(super) fn typed(&self, at: &Location) -> Option<String> {
        self.asked().typed(at)
    }

    /// See [`Kind::once_contained`].
    pub fn once_contained(&self) -> &'static [&'static str] {
        self.asked().once_contained()
    }

    /// See [`Kind::how_it_began`].
    pub fn how_it_began(&self) -> &'static str {
        self.asked().how_it_began()
    }

    /// See [`Kind::never_contained`].
    pub fn never_contained(&self) -> Option<Refusal> {
        self.asked().never_contained()
    }

    /// See [`Kind::once_refused`].
    pub fn once_refused(&self) -> &'static [&'static str] {
        self.asked().once_refused()
    }

    /// See [`Kind::outlives`].
    pub(super) fn outlives(&self, at: &Location) -> Option<Outlives> {
        self.asked().outlives(at)
    }

    /// See [`Kind::calls`].
    pub fn calls(&self) -> Option<Calls<'_>> {
        self.asked().calls()
    }

    /// See [`Kind::iam_user`].
    pub fn iam_user(&self) -> Option<IamUser<'_>> {
        self.asked().iam_user()
    }

    /// See [`Kind::iam_role`].
    pub fn iam_role(&self) -> Option<IamRole<'_>> {
        self.asked().iam_role()
    }

    /// See [`Kind::in_account`].
    pub(super) fn in_account(&self, account: &AccountId) -> String {
        self.asked().in_account(account)
    }

    /// See [`Kind::with_account`].
    pub(super) fn with_account(&self, account: &AccountId) -> String {
        self.asked().with_account(account)
    }
}

kinds! {
    access_key::AccessKey,
    user_session::UserSession,
    user::User,
    role_session::RoleSession,
    role::Role,
    root::Root,
    federated_user::FederatedUser,
    bucket::Bucket,
    instance::Instance,
    account::Account,
    other::Other,
    #[cfg(test)]
    made_up::MadeUp,
}
