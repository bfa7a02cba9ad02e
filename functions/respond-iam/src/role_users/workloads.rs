//! Instances and functions that run with a role now, in one Region.

use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_runtime::CallError;

use super::Found;
use crate::services::{Ec2, Lambda};

/// Pages of a listing: 1,000 instances each, 50 functions each.
const MOST_PAGES: usize = 10;

/// By the profiles that hold the role: an instance has no role but by one of them.
pub(super) async fn instances(aws: &Access<'_>, profiles: &[String]) -> Result<Found, CallError> {
    let mut found = Found::default();
    let mut pages = aws
        .client::<Ec2>()
        .describe_iam_instance_profile_associations()
        .max_results(1000)
        .into_paginator()
        .send();
    for page in 1.. {
        let Some(answer) = pages.next().await else {
            break;
        };
        let answer = answer.map_err(CallError::of(
            permissions::ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS.action,
            format!("the instances of {}", aws.region()),
        ))?;
        for association in answer.iam_instance_profile_associations() {
            let arn = association
                .iam_instance_profile()
                .and_then(|profile| profile.arn());
            let name = arn.and_then(|arn| arn.rsplit('/').next());
            let is_one = name.is_some_and(|name| profiles.iter().any(|profile| profile == name));
            found
                .names
                .extend(association.instance_id().filter(|_| is_one).map(str::to_owned));
        }
        if page == MOST_PAGES {
            found.has_more = answer.next_token().is_some();
            break;
        }
    }
    Ok(found)
}

/// By each function's own configuration.
pub(super) async fn functions(aws: &Access<'_>, role_arn: &str) -> Result<Found, CallError> {
    let mut found = Found::default();
    let mut pages = aws.client::<Lambda>().list_functions().into_paginator().send();
    for page in 1.. {
        let Some(answer) = pages.next().await else {
            break;
        };
        let answer = answer.map_err(CallError::of(
            permissions::lambda::LIST_FUNCTIONS.action,
            format!("the functions of {}", aws.region()),
        ))?;
        let with_role = answer
            .functions()
            .iter()
            .filter(|function| function.role() == Some(role_arn));
        found
            .names
            .extend(with_role.filter_map(|function| function.function_name().map(str::to_owned)));
        if page == MOST_PAGES {
            found.has_more = answer.next_marker().is_some();
            break;
        }
    }
    Ok(found)
}
