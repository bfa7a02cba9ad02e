//! Resolving whom a credential belongs to, by asking IAM. The name in a finding is a hint, never proof.

use std::collections::BTreeMap;

use aws_sdk_iam::{
    Client,
    primitives::DateTime,
    types::{AccessKeyMetadata, StatusType, Tag},
};
use backstop_actions::permissions;
use backstop_core::{
    Target, kind,
    target::{IamRole, IamUser, Refusal},
};
use backstop_runtime::{CallError, StepError, action::unlike};
use jiff::Timestamp;

use crate::trust::Trust;

/// An IAM user, as IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// The user's name.
    pub(crate) name: String,
    /// The user's ARN.
    pub(crate) arn: String,
    /// The user's tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The user's access keys; IAM allows two (IAM User Guide, "IAM and AWS STS quotas").
    pub(crate) keys: Vec<Key>,
}

/// An access key, as IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// `AKIA…`
    pub(crate) id: String,
    /// Whether it works.
    pub(crate) is_active: bool,
    /// When it was made.
    pub(crate) made: Option<Timestamp>,
}

/// When and where a key was last used, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastUse(pub(crate) String);

/// A role, as IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) max_session_seconds: i32,
    pub(crate) last_used: Option<String>,
    pub(crate) trust: Trust,
}

/// The user behind a target, and the last use of its key.
///
/// A long-term key names its user by `GetAccessKeyLastUsed`, and the user's own list must hold the key. A
/// session key (`ASIA…`) is unknown to IAM, so the user's unique id must be the finding's.
pub(crate) async fn user(iam: &Client, target: &Target) -> Result<(User, Option<LastUse>), StepError> {
    let resource = &target.resource;
    if let Some(Refusal { guardrail, reason }) = resource.never_contained() {
        return Err(StepError::Refused {
            guardrail: guardrail.to_owned(),
            reason,
        });
    }
    match resource.iam_user() {
        Some(IamUser::Owning { key_id, name }) => {
            let (user, last_use) = owner_of_key(iam, key_id, name).await?;
            Ok((user, Some(last_use)))
        }
        Some(IamUser::Identified { name, user_id }) => Ok((confirmed_user(iam, name, user_id).await?, None)),
        Some(IamUser::Named(name)) => Ok((read_user(iam, name).await?.0, None)),
        None => Err(StepError::NotApplicable {
            reason: format!("{target} is no IAM user"),
        }),
    }
}

/// Refuses the name of another user than the target's. A finding that names none, or a wrong one, is held against IAM
/// again: it says whose the key is.
pub(crate) async fn check_user(iam: &Client, target: &Target, name: &str) -> Result<(), StepError> {
    if target.resource.iam_user().and_then(|user| user.name()) == Some(name) {
        return Ok(());
    }
    match user(iam, target).await {
        Ok((user, _)) if user.name == name => Ok(()),
        Ok((user, _)) => Err(unlike(format!(
            "it is of user `{name}`, and {target} is of `{}`",
            user.name
        ))),
        Err(StepError::TargetGone { what }) => Err(unlike(format!(
            "it is of user `{name}`, and whose {target} was can't be told: {what} is gone"
        ))),
        Err(error) => Err(error),
    }
}

/// The same for acting. Where the finding names no user, it isn't asked again whose the credential is: the plan asked just
/// before, and acting follows no plan but this function's own.
pub(crate) async fn check_user_to_act(iam: &Client, target: &Target, name: &str) -> Result<(), StepError> {
    match target.resource.iam_user() {
        Some(user) if user.name().is_none() => Ok(()),
        _ => check_user(iam, target, name).await,
    }
}

/// Refuses the name of another role than the target's.
pub(crate) fn check_role(target: &Target, name: &str) -> Result<(), StepError> {
    match target.resource.iam_role() {
        Some(role) if role.name == name => Ok(()),
        _ => Err(unlike(format!(
            "it is of role `{name}`, and this step is about {target}"
        ))),
    }
}

/// The user behind a target, with what `read` finds of it. What the user named by the finding has is read while
/// the name is being confirmed: if it is right, as it nearly always is, that costs no further round trip.
pub(crate) async fn user_and<T, Reading>(
    iam: &Client,
    target: &Target,
    read: impl Fn(String) -> Reading,
) -> Result<(User, T), StepError>
where
    Reading: Future<Output = Result<T, StepError>>,
{
    // The name according to the finding.
    let hint = target.resource.iam_user().and_then(|user| user.name());
    let (confirmed, hinted) = tokio::join!(user(iam, target), async {
        match hint {
            Some(name) => Some(read(name.to_owned()).await),
            None => None,
        }
    });
    let (user, _) = confirmed?;
    let found = match hinted {
        Some(found) if hint == Some(user.name.as_str()) => found?,
        // Read of somebody else, if at all: it says nothing.
        Some(_) | None => read(user.name.clone()).await?,
    };
    Ok((user, found))
}

/// Asks for the key's owner and, at the same time, for the user that the finding names: if they are the
/// same, which they nearly always are, no further round trip is needed.
async fn owner_of_key(iam: &Client, key_id: &str, hint: Option<&str>) -> Result<(User, LastUse), StepError> {
    let used = iam.get_access_key_last_used().access_key_id(key_id).send();
    let (used, hinted) = tokio::join!(used, async {
        match hint {
            Some(name) => read_user(iam, name).await.map(|(user, _)| Some(user)),
            None => Ok(None),
        }
    });
    let used = used
        .map_err(CallError::of(
            permissions::iam::GET_ACCESS_KEY_LAST_USED.action,
            format!("access key `{key_id}`"),
        ))
        .map_err(|error| foreign_or(error, key_id))?;
    let owner = used.user_name().ok_or_else(|| StepError::TargetGone {
        what: format!("a user who owns access key `{key_id}` in this account"),
    })?;
    let user = match hinted {
        Ok(Some(user)) if user.name == owner => user,
        // The hint was wrong or couldn't be read: only the real owner's answer counts.
        Ok(_) | Err(_) => read_user(iam, owner).await?.0,
    };
    if !user.keys.iter().any(|key| key.id == key_id) {
        return Err(StepError::TargetGone {
            what: format!("access key `{key_id}` of user `{owner}`"),
        });
    }
    Ok((user, LastUse(last_use(used.access_key_last_used()))))
}

/// A user's access keys.
pub(crate) async fn keys_of(iam: &Client, user_name: &str) -> Result<Vec<Key>, StepError> {
    let on = || format!("user `{user_name}`");
    let answer = iam
        .list_access_keys()
        .user_name(user_name)
        .send()
        .await
        .map_err(CallError::of(permissions::iam::LIST_ACCESS_KEYS.action, on()))
        .map_err(|error| gone_or(error, on()))?;
    Ok(answer.access_key_metadata().iter().filter_map(key).collect())
}

async fn confirmed_user(iam: &Client, name: &str, id: &str) -> Result<User, StepError> {
    let (user, found_id) = read_user(iam, name).await?;
    if found_id == id {
        return Ok(user);
    }
    Err(StepError::Mismatch {
        detail: format!(
            "user `{name}` has the id `{found_id}`, the finding says `{id}`: another user of that name"
        ),
    })
}

/// The user, with its unique id.
async fn read_user(iam: &Client, name: &str) -> Result<(User, String), StepError> {
    let on = || format!("user `{name}`");
    let (user, keys) = tokio::join!(
        iam.get_user().user_name(name).send(),
        iam.list_access_keys().user_name(name).send()
    );
    let user = user
        .map_err(CallError::of(permissions::iam::GET_USER.action, on()))
        .map_err(|error| gone_or(error, on()))?;
    let keys = keys
        .map_err(CallError::of(permissions::iam::LIST_ACCESS_KEYS.action, on()))
        .map_err(|error| gone_or(error, on()))?;
    let user = user.user().ok_or_else(|| StepError::TargetGone { what: on() })?;
    let found = User {
        name: user.user_name().to_owned(),
        arn: user.arn().to_owned(),
        tags: tags(user.tags()),
        keys: keys.access_key_metadata().iter().filter_map(key).collect(),
    };
    Ok((found, user.user_id().to_owned()))
}

/// The role behind a target. Its unique id must be the finding's: a role made anew under the old name is
/// another role.
pub(crate) async fn role(iam: &Client, target: &Target) -> Result<Role, StepError> {
    let Some(IamRole { name, role_id: id }) = target.resource.iam_role() else {
        return Err(StepError::NotApplicable {
            reason: format!("{target} is no role"),
        });
    };
    let on = || format!("role `{name}`");
    let answer = iam
        .get_role()
        .role_name(name)
        .send()
        .await
        .map_err(CallError::of(permissions::iam::GET_ROLE.action, on()))
        .map_err(|error| gone_or(error, on()))?;
    let role = answer
        .role()
        .ok_or_else(|| StepError::TargetGone { what: on() })?;
    if let Some(id) = id.filter(|id| *id != role.role_id()) {
        return Err(StepError::Mismatch {
            detail: format!(
                "role `{name}` has the id `{}`, the finding says `{id}`: another role of that name",
                role.role_id()
            ),
        });
    }
    Ok(Role {
        name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        tags: tags(role.tags()),
        max_session_seconds: role.max_session_duration().unwrap_or(3600),
        trust: Trust::of(role.assume_role_policy_document().unwrap_or_default()),
        last_used: role.role_last_used().and_then(|used| {
            let at = used.last_used_date()?;
            Some(format!(
                "{at} in {}",
                used.region().unwrap_or("an unknown Region")
            ))
        }),
    })
}

/// The names of the instance profiles that hold the role: by them alone can an instance have it.
pub(crate) async fn instance_profiles(iam: &Client, role: &str) -> Result<Vec<String>, CallError> {
    let answer = iam
        .list_instance_profiles_for_role()
        .role_name(role)
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::LIST_INSTANCE_PROFILES_FOR_ROLE.action,
            format!("role `{role}`"),
        ))?;
    let names = answer.instance_profiles().iter();
    Ok(names
        .map(|profile| profile.instance_profile_name().to_owned())
        .collect())
}

/// IAM answers a key of another account, or one it never knew, with `NoSuchEntity` or with `AccessDenied`: it
/// won't say whose it is. A role that may ask for every key can't tell that from a missing permission.
fn foreign_or(mut error: CallError, key_id: &str) -> StepError {
    if error.name == backstop_core::ErrorName::AccessDenied {
        error
            .message
            .push_str(" (AWS answers so too if the key belongs to another account)");
    }
    gone_or(error, format!("access key `{key_id}`"))
}

fn gone_or(error: CallError, what: String) -> StepError {
    if error.name == backstop_core::ErrorName::TargetGone {
        StepError::TargetGone { what }
    } else {
        error.into()
    }
}

fn key(metadata: &AccessKeyMetadata) -> Option<Key> {
    let id = metadata.access_key_id()?.to_owned();
    Some(Key {
        id,
        is_active: metadata.status() == Some(&StatusType::Active),
        made: metadata.create_date().and_then(moment),
    })
}

/// A time as IAM tells it.
pub(crate) fn moment(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

fn last_use(used: Option<&aws_sdk_iam::types::AccessKeyLastUsed>) -> String {
    match used.and_then(|used| Some((used, used.last_used_date()?))) {
        Some((used, at)) => format!("last used {at} for {} in {}", used.service_name(), used.region()),
        None => "no use on record".to_owned(),
    }
}

/// The instance that got the session, if the target is the session of an instance's role.
pub(crate) fn instance_of(target: &Target) -> Option<&str> {
    kind::RoleSession::of(&target.resource)?.instance()
}
