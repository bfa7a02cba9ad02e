//! What an instance itself says of a receipt: a tag with the hash of what an action found there before it changed anything.
//!
//! A receipt is read out of the log, and undo writes back what it names. The tag is written by code that has read the same
//! from the account, so that a forger of log and proof must be able to tag the instance as well, at the hash of what he
//! wants; a tag by itself leads to nothing. Without it undo refuses, and a person restores by the commands of the plan.

use std::collections::BTreeMap;

use aws_sdk_ec2::{Client, types::Tag};
use backstop_actions::{ec2 as contracts, permissions};
use backstop_core::{Target, canonical};
use backstop_runtime::{
    CallError, StepError,
    action::{StepRequest, unlike},
    each_tried,
};
use serde::Serialize;

use crate::{marked, snapshots::tag};

/// The tag of one action's receipt in one incident.
pub(crate) struct Witness {
    key: String,
    value: String,
    /// Another tag that comes and goes with it.
    beside: Option<(&'static str, String)>,
}

/// The actions that take something from an instance, or keep it: whichever comes first shows that an incident contains it.
const CONTAINING: [&str; 6] = [
    contracts::deregister_from_load_balancers::SPEC.id,
    contracts::detach_from_auto_scaling::SPEC.id,
    contracts::isolate_instance::SPEC.id,
    contracts::protect_instance::SPEC.id,
    contracts::remove_public_addresses::SPEC.id,
    contracts::revoke_instance_credentials::SPEC.id,
];

/// The tags of an instance that an incident contains, or is about to.
pub(crate) fn marks() -> impl Iterator<Item = String> {
    CONTAINING.into_iter().map(key)
}

fn key(action: &str) -> String {
    let (_service, name) = action.rsplit_once('.').unwrap_or(("", action));
    format!("backstop:before-{name}")
}

/// The commands of a person who restores by hand what this action changed, if it did, and the one that takes its tag away.
pub(crate) fn by_hand(
    action: &str,
    target: &Target,
    instance: &str,
    commands: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let mut commands: Vec<String> = commands.into_iter().collect();
    if !commands.is_empty() {
        commands.push(format!(
            "aws ec2 delete-tags --region {} --resources {instance} --tags Key={}{}",
            target.region,
            key(action),
            if action == contracts::deregister_from_load_balancers::SPEC.id {
                format!(" Key={}", marked::TAKEN_OUT_OF)
            } else {
                String::new()
            }
        ));
    }
    commands
}

impl Witness {
    /// The tag that says that this was so before the action of this id.
    pub(crate) fn of(
        action: &str,
        request: &StepRequest,
        before: &impl Serialize,
    ) -> Result<Self, StepError> {
        let hash = canonical::hash(&(&request.incident, before)).map_err(|error| StepError::Invalid {
            what: "what was before",
            detail: error.to_string(),
        })?;
        Ok(Self {
            key: key(action),
            value: hash.as_str().to_owned(),
            beside: None,
        })
    }

    /// The same with another tag, whose value others can read.
    #[must_use]
    pub(crate) fn beside(self, key: &'static str, value: String) -> Self {
        Self {
            beside: Some((key, value)),
            ..self
        }
    }

    fn tags(&self) -> Vec<Tag> {
        let beside = self.beside.as_ref().map(|(key, value)| tag(key, value));
        std::iter::once(self.tag()).chain(beside).collect()
    }

    /// Whether the instance with these tags says so.
    pub(crate) fn is_in(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(&self.key) == Some(&self.value)
    }

    /// Refuses what the instance doesn't say.
    pub(crate) fn check(&self, tags: &BTreeMap<String, String>) -> Result<(), StepError> {
        self.is_in(tags).then_some(()).ok_or_else(|| self.refusal())
    }

    /// Adds it to tags that were read before it was written.
    pub(crate) fn add_to(&self, tags: &mut BTreeMap<String, String>) {
        tags.insert(self.key.clone(), self.value.clone());
    }

    pub(crate) fn refusal(&self) -> StepError {
        unlike(format!(
            "tag `{}` of the instance doesn't say that it was so before",
            self.key
        ))
    }

    pub(crate) fn tag(&self) -> Tag {
        tag(&self.key, &self.value)
    }

    /// Makes the change that it is the witness of. `is_due` says whether all is still so and the tag isn't there: a repeated
    /// step finds the change made, and can't say any more what was before. Containment doesn't wait for a tag: where its
    /// write fails, the change is made, and where that failure passes by waiting, the tag is written after it.
    pub(crate) async fn of_change<E>(
        &self,
        ec2: &Client,
        instance: &str,
        is_due: bool,
        change: impl Future<Output = Result<(), E>>,
    ) -> Result<(), StepError>
    where
        E: Into<StepError>,
    {
        let written = if is_due {
            self.write(ec2, instance).await
        } else {
            Ok(())
        };
        let changed = change.await.map_err(Into::into);
        let written = self.after_change(ec2, instance, written).await;
        each_tried([changed, written.map_err(Into::into)])
    }

    /// Writes it once more, where it failed before the change in a way that passes by waiting.
    pub(crate) async fn after_change(
        &self,
        ec2: &Client,
        instance: &str,
        written: Result<(), CallError>,
    ) -> Result<(), CallError> {
        match written {
            Err(error) if error.name.is_retryable() => self.write(ec2, instance).await,
            written => written,
        }
    }

    /// Writes it.
    pub(crate) async fn write(&self, ec2: &Client, instance: &str) -> Result<(), CallError> {
        ec2.create_tags()
            .resources(instance)
            .set_tags(Some(self.tags()))
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::ec2::CREATE_TAGS,
                format!("instance `{instance}`, without whose tag undo won't follow the receipt"),
            ))
    }

    /// Takes it away from the instance with these tags, if it is there: once all is as it was, whether undo put that back or
    /// the change was refused after the tag was written.
    pub(crate) async fn remove(
        &self,
        ec2: &Client,
        instance: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallError> {
        if !self.is_in(tags) {
            return Ok(());
        }
        ec2.delete_tags()
            .resources(instance)
            .set_tags(Some(self.tags()))
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::ec2::DELETE_TAGS.action,
                format!("instance `{instance}`"),
            ))
    }
}

#[cfg(test)]
mod tests;
