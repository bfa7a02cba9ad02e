//! Whose credential it is, for guardrails and for what is looked up. One that is gone is investigated all the same.

use std::collections::BTreeMap;

use aws_sdk_iam::{Client, types::Tag};
use backstop_actions::permissions;
use backstop_core::{
    ErrorName, Target,
    target::{IamRole, IamUser},
};
use backstop_runtime::{CallError, StepError};

/// A principal, as far as IAM still knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResolvedPrincipal {
    /// The name of the user behind a key or session.
    pub(crate) user: Option<String>,
    /// The ARN; none if it is gone.
    pub(crate) arn: Option<String>,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
}

/// Asks IAM; the finding's own word counts only for what IAM doesn't know any more.
pub(crate) async fn find(iam: &Client, target: &Target) -> Result<ResolvedPrincipal, StepError> {
    let resource = &target.resource;
    match (resource.iam_user(), resource.iam_role()) {
        (Some(IamUser::Owning { key_id, name }), _) => match owner(iam, key_id).await? {
            Some(owner) => user(iam, owner).await,
            None => Ok(ResolvedPrincipal {
                user: name.map(str::to_owned),
                ..ResolvedPrincipal::default()
            }),
        },
        (Some(IamUser::Identified { name, .. } | IamUser::Named(name)), _) => {
            user(iam, name.to_owned()).await
        }
        (None, Some(IamRole { name, .. })) => role(iam, name).await,
        // It has no entity of its own in IAM.
        (None, None) if resource.calls().is_some() => Ok(ResolvedPrincipal::default()),
        (None, None) => Err(StepError::NotApplicable {
            reason: format!("{target} has no credential whose calls could be looked for"),
        }),
    }
}

async fn owner(iam: &Client, key_id: &str) -> Result<Option<String>, StepError> {
    let answer = iam.get_access_key_last_used().access_key_id(key_id).send().await;
    let answer = answer.map_err(CallError::of(
        permissions::iam::GET_ACCESS_KEY_LAST_USED.action,
        format!("access key `{key_id}`"),
    ));
    Ok(unless_gone(answer)?.and_then(|used| used.user_name))
}

async fn user(iam: &Client, name: String) -> Result<ResolvedPrincipal, StepError> {
    let answer = iam.get_user().user_name(&name).send().await;
    let answer = answer.map_err(CallError::of(
        permissions::iam::GET_USER.action,
        format!("user `{name}`"),
    ));
    let found = unless_gone(answer)?.and_then(|answer| answer.user);
    Ok(ResolvedPrincipal {
        user: Some(name),
        arn: found.as_ref().map(|user| user.arn.clone()),
        tags: tags(found.as_ref().map(|user| user.tags()).unwrap_or_default()),
    })
}

async fn role(iam: &Client, name: &str) -> Result<ResolvedPrincipal, StepError> {
    let answer = iam.get_role().role_name(name).send().await;
    let answer = answer.map_err(CallError::of(
        permissions::iam::GET_ROLE.action,
        format!("role `{name}`"),
    ));
    let found = unless_gone(answer)?.and_then(|answer| answer.role);
    Ok(ResolvedPrincipal {
        user: None,
        arn: found.as_ref().map(|role| role.arn.clone()),
        tags: tags(found.as_ref().map(|role| role.tags()).unwrap_or_default()),
    })
}

/// Anything else than that it is gone may hide a tag that exempts it: fail closed.
fn unless_gone<T>(answer: Result<T, CallError>) -> Result<Option<T>, StepError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.name == ErrorName::TargetGone => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}
