//! The mode an incident is opened with: the playbook's own, lowered by the stack's maximum and the guardrails.

use std::collections::BTreeMap;

use backstop_core::{
    Mode, Resource, Target,
    guardrail::{Decision, Effect, Guardrails, Subject, mode_after},
};
use backstop_playbook::Answer;
use backstop_runtime::now;

use crate::Intake;

impl Intake {
    /// The mode, and what lowered it. A refusal at intake leaves `observe`: people see the plan and why
    /// nothing was done. Tags, and users whose name is only a hint, are looked at again right before acting.
    pub(crate) fn mode(
        &self,
        guardrails: &Guardrails,
        answer: &Answer<'_>,
        is_drill: bool,
    ) -> (Mode, Vec<Decision>) {
        let mut decisions = Vec::new();
        if self.maximum_mode < answer.mode {
            decisions.push(Decision {
                guardrail: "maximum-mode".to_owned(),
                effect: Effect::LowerTo(self.maximum_mode),
                detail: format!(
                    "this deployment's maximum mode is {}, the playbook's is {}",
                    self.maximum_mode, answer.mode
                ),
            });
        }
        let principal = probable_arn(answer.target);
        let subject = Subject {
            playbook: &answer.playbook.name,
            account: &answer.target.account,
            principal: &principal,
            tags: &BTreeMap::new(),
            // The drill tag can be read only from the target itself, right before acting.
            is_drill: false,
        };
        decisions.extend(guardrails.decide(&subject, now()));
        decisions.extend(self.protection.decide(&principal));
        tracing::debug!(playbook = %answer.playbook.name, is_drill, decisions = decisions.len(), "guardrails at intake");
        (
            mode_after(answer.mode, &decisions).unwrap_or(Mode::Observe),
            decisions,
        )
    }
}

/// The ARN the target most likely has; paths of users and roles aren't in findings.
fn probable_arn(target: &Target) -> String {
    let Target {
        account,
        region,
        partition,
        resource,
    } = target;
    match resource {
        Resource::AccessKey {
            user_name: Some(name),
            ..
        }
        | Resource::UserSession { user_name: name, .. }
        | Resource::User { user_name: name } => format!("arn:{partition}:iam::{account}:user/{name}"),
        Resource::RoleSession { role_name, .. } | Resource::Role { role_name } => {
            format!("arn:{partition}:iam::{account}:role/{role_name}")
        }
        Resource::Root { .. } => format!("arn:{partition}:iam::{account}:root"),
        Resource::FederatedUser { name, .. } => {
            format!("arn:{partition}:sts::{account}:federated-user/{name}")
        }
        Resource::Bucket { name } => format!("arn:{partition}:s3:::{name}"),
        Resource::Instance { instance_id } => {
            format!("arn:{partition}:ec2:{region}:{account}:instance/{instance_id}")
        }
        Resource::AccessKey { user_name: None, .. } | Resource::Account | Resource::Other { .. } => {
            target.key()
        }
    }
}
