//! Whom or what a call was about, as far as its request and answer name it.

use super::{
    call::Call,
    meaning::{About, Meaning},
};
use crate::{ids::AccountId, target::Arn};

/// What a call was about; names are as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    User(String),
    Key {
        id: String,
        user: Option<String>,
    },
    Role {
        name: String,
        account: Option<AccountId>,
    },
    Session {
        name: Option<String>,
    },
    Instance(String),
    Left {
        says: &'static str,
        name: Option<String>,
    },
    Other(Option<String>),
}

impl Subject {
    /// Nothing, if the names are missing: a failed call has no answer.
    pub(super) fn all_of(meaning: &Meaning, call: &Call) -> Vec<Self> {
        let one = |subject: Option<Self>| subject.into_iter().collect();
        let named = |parameters: &[&'static str]| {
            let name = parameters.iter().find_map(|name| call.asked(&[name]));
            name.map(str::to_owned)
        };
        match &meaning.about {
            About::User => one(user(call).map(Self::User)),
            About::NewKey => one(call.answered(&["accessKey", "accessKeyId"]).map(|id| Self::Key {
                id: id.to_owned(),
                user: call
                    .answered(&["accessKey", "userName"])
                    .map(str::to_owned)
                    .or_else(|| user(call)),
            })),
            About::Role => one(call.asked(&["roleName"]).map(|name| Self::Role {
                name: name.to_owned(),
                account: None,
            })),
            About::AssumedRole => one(call.asked(&["roleArn"]).and_then(role_of)),
            About::Session => vec![Self::Session {
                name: call.asked(&["name"]).map(str::to_owned),
            }],
            About::Instances => call.instances().map(|id| Self::Instance(id.to_owned())).collect(),
            About::Left(parameters) => vec![Self::Left {
                says: meaning.says,
                name: named(parameters),
            }],
            About::Named(parameters) => vec![Self::Other(named(parameters))],
        }
    }
}

/// IAM takes the caller where the request names nobody.
fn user(call: &Call) -> Option<String> {
    call.asked(&["userName"]).map(str::to_owned).or_else(|| {
        let is_user = call.caller.kind == "IAMUser";
        call.caller.name.clone().filter(|_| is_user)
    })
}

/// `arn:aws:iam::123456789012:role/path/name`
fn role_of(arn: &str) -> Option<Subject> {
    let arn = Arn::read(arn)?;
    Some(Subject::Role {
        name: arn.resource.strip_prefix("role/")?.rsplit('/').next()?.to_owned(),
        account: Some(AccountId::new(arn.account)),
    })
}
