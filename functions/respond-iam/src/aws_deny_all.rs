//! AWS's own managed policy `AWSDenyAll`, for a user or role whose inline policies leave no room for a deny of ours: a user has
//! 2,048 characters in all, a role 10,240 (IAM User Guide, "IAM and AWS STS quotas"). It is attached; where no more managed
//! policies may be, it is set as the permissions boundary, if there is none. Nothing else is done by either: whoever takes this
//! function over can take away by it and never grant.

use aws_sdk_iam::Client;
use backstop_actions::permissions;
use backstop_core::{ErrorName, Target};
use backstop_runtime::{CallError, StepError, inline_deny::PrincipalKind};

const NAME: &str = "AWSDenyAll";

/// Who is denied, and by whose partition's policy.
pub(crate) struct Fallback<'a> {
    iam: Client,
    kind: PrincipalKind,
    name: &'a str,
    arn: String,
}

impl<'a> Fallback<'a> {
    /// For the user or role of this name, in the target's partition.
    pub(crate) fn on(iam: Client, kind: PrincipalKind, target: &Target, name: &'a str) -> Self {
        Self {
            iam,
            kind,
            name,
            arn: format!("arn:{}:iam::aws:policy/{NAME}", target.partition),
        }
    }

    /// Denies; harmless where it is done already.
    pub(crate) async fn deny(&self) -> Result<(), StepError> {
        match self.attach().await {
            Err(full) if full.name == ErrorName::QuotaExceeded => {
                if self.boundary().await?.is_some() {
                    return Err(full.into());
                }
                Ok(self.set_boundary().await?)
            }
            attached => Ok(attached?),
        }
    }

    /// Whether it denies, in either way.
    pub(crate) async fn denies(&self) -> Result<bool, StepError> {
        match self.is_attached().await {
            Ok(true) => Ok(true),
            Ok(false) => Ok(self.boundary().await?.as_deref() == Some(self.arn.as_str())),
            // Who is gone is denied nothing.
            Err(error) if error.name == ErrorName::TargetGone => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What a person types to take it away, after "by".
    pub(crate) fn by_hand(&self) -> String {
        let (word, name, arn) = (self.kind.word(), self.name, &self.arn);
        format!(
            "`aws iam detach-{word}-policy --{word}-name {name} --policy-arn {arn}`, or, where it is the boundary, by `aws iam \
             delete-{word}-permissions-boundary --{word}-name {name}`"
        )
    }

    async fn attach(&self) -> Result<(), CallError> {
        match self.kind {
            PrincipalKind::User => self
                .iam
                .attach_user_policy()
                .user_name(self.name)
                .policy_arn(&self.arn)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::ATTACH_USER_POLICY.action,
                    self.place(),
                )),
            PrincipalKind::Role => self
                .iam
                .attach_role_policy()
                .role_name(self.name)
                .policy_arn(&self.arn)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::ATTACH_ROLE_POLICY.action,
                    self.place(),
                )),
        }
    }

    async fn set_boundary(&self) -> Result<(), CallError> {
        match self.kind {
            PrincipalKind::User => self
                .iam
                .put_user_permissions_boundary()
                .user_name(self.name)
                .permissions_boundary(&self.arn)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::PUT_USER_PERMISSIONS_BOUNDARY.action,
                    self.place(),
                )),
            PrincipalKind::Role => self
                .iam
                .put_role_permissions_boundary()
                .role_name(self.name)
                .permissions_boundary(&self.arn)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::PUT_ROLE_PERMISSIONS_BOUNDARY.action,
                    self.place(),
                )),
        }
    }

    /// The boundary that there is: one of somebody else's isn't replaced, since nothing would bring it back.
    async fn boundary(&self) -> Result<Option<String>, CallError> {
        let found = match self.kind {
            PrincipalKind::User => {
                let asked = self.iam.get_user().user_name(self.name).send().await;
                let answer = asked.map_err(CallError::of(permissions::iam::GET_USER.action, self.place()))?;
                answer.user.and_then(|user| user.permissions_boundary)
            }
            PrincipalKind::Role => {
                let asked = self.iam.get_role().role_name(self.name).send().await;
                let answer = asked.map_err(CallError::of(permissions::iam::GET_ROLE.action, self.place()))?;
                answer.role.and_then(|role| role.permissions_boundary)
            }
        };
        Ok(found.and_then(|boundary| boundary.permissions_boundary_arn))
    }

    async fn is_attached(&self) -> Result<bool, CallError> {
        let is_it = |arn: Option<&str>| arn == Some(self.arn.as_str());
        match self.kind {
            PrincipalKind::User => {
                let mut pages = self
                    .iam
                    .list_attached_user_policies()
                    .user_name(self.name)
                    .into_paginator()
                    .send();
                while let Some(page) = pages.next().await {
                    let page = page.map_err(CallError::of(
                        permissions::iam::LIST_ATTACHED_USER_POLICIES.action,
                        self.place(),
                    ))?;
                    if page.attached_policies().iter().any(|one| is_it(one.policy_arn())) {
                        return Ok(true);
                    }
                }
            }
            PrincipalKind::Role => {
                let mut pages = self
                    .iam
                    .list_attached_role_policies()
                    .role_name(self.name)
                    .into_paginator()
                    .send();
                while let Some(page) = pages.next().await {
                    let page = page.map_err(CallError::of(
                        permissions::iam::LIST_ATTACHED_ROLE_POLICIES.action,
                        self.place(),
                    ))?;
                    if page.attached_policies().iter().any(|one| is_it(one.policy_arn())) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn place(&self) -> String {
        format!(
            "policy `{NAME}` and {} `{}`, whose inline policies have no room for a deny",
            self.kind.word(),
            self.name
        )
    }
}
