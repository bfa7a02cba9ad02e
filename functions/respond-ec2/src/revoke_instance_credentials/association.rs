//! The association of an instance with its instance profile.

use aws_sdk_ec2::{
    Client,
    types::{IamInstanceProfileAssociationState, IamInstanceProfileSpecification},
};
use backstop_actions::permissions;
use backstop_runtime::CallError;

use crate::{filter::filter, read_back::unless_done};

/// An association that isn't over yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Association {
    pub(super) id: String,
    pub(super) profile_arn: String,
    /// It was ended, and isn't over yet.
    is_ending: bool,
}

/// The association of an instance. While it is being ended, the instance may still get credentials, so it counts.
pub(super) async fn find(ec2: &Client, instance: &str) -> Result<Option<Association>, CallError> {
    let answer = ec2
        .describe_iam_instance_profile_associations()
        .filters(filter("instance-id", [instance]))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS.action,
            format!("instance `{instance}`"),
        ))?;
    Ok(answer
        .iam_instance_profile_associations()
        .iter()
        .filter(|found| found.state() != Some(&IamInstanceProfileAssociationState::Disassociated))
        .find_map(|found| {
            Some(Association {
                id: found.association_id()?.to_owned(),
                profile_arn: found.iam_instance_profile()?.arn()?.to_owned(),
                is_ending: found.state() == Some(&IamInstanceProfileAssociationState::Disassociating),
            })
        }))
}

/// Ends this association of the instance.
pub(super) async fn take_away(ec2: &Client, instance: &str, found: &Association) -> Result<(), CallError> {
    let ended = ec2
        .disassociate_iam_instance_profile()
        .association_id(&found.id)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::DISASSOCIATE_IAM_INSTANCE_PROFILE.action,
            format!("instance `{instance}`"),
        ));
    let is_ending = async {
        let now = find(ec2, instance).await?;
        Ok(now.is_none_or(|now| now.id != found.id || now.is_ending))
    };
    unless_done(ended, is_ending).await
}

/// Associates a profile with an instance that has none.
pub(super) async fn give_back(ec2: &Client, instance: &str, profile_arn: &str) -> Result<(), CallError> {
    let given = ec2
        .associate_iam_instance_profile()
        .instance_id(instance)
        .iam_instance_profile(
            IamInstanceProfileSpecification::builder()
                .arn(profile_arn)
                .build(),
        )
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::ASSOCIATE_IAM_INSTANCE_PROFILE.action,
            format!("instance `{instance}`"),
        ));
    // Of an instance that has a profile already, EC2 answers `IncorrectState`.
    let is_given = async {
        let now = find(ec2, instance).await?;
        Ok(now.is_some_and(|now| now.profile_arn == profile_arn && !now.is_ending))
    };
    unless_done(given, is_given).await
}

/// The other instances of a profile, but those that are gone.
pub(super) async fn others_with(
    ec2: &Client,
    profile_arn: &str,
    instance: &str,
) -> Result<Vec<String>, CallError> {
    let pages = ec2
        .describe_instances()
        .filters(filter("iam-instance-profile.arn", [profile_arn]))
        .filters(filter(
            "instance-state-name",
            ["pending", "running", "stopping", "stopped"],
        ))
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_INSTANCES.action,
            format!("the instances of profile `{profile_arn}`"),
        ))?;
    Ok(pages
        .iter()
        .flat_map(|page| page.reservations())
        .flat_map(|reservation| reservation.instances())
        .filter_map(|found| found.instance_id())
        .filter(|id| *id != instance)
        .map(str::to_owned)
        .collect())
}
