//! The permissions that several actions need, by AWS's service: an IAM action each, with the resources and conditions
//! that it may be used on. Each IAM action stands here once, or in the spec of the one action that needs it.
#![expect(missing_docs, reason = "a constant is named after its IAM action")]

pub mod autoscaling;
pub mod cloudtrail;
pub mod dynamodb;
pub mod ec2;
pub mod ecs;
pub mod elasticloadbalancing;
pub mod guardduty;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod ssm;

use crate::Scope;

/// Calls that list, and that AWS checks against no resource.
pub static NO_RESOURCE: Scope = Scope::everything(
    "ReadAroundInstances",
    "None of these takes a resource (Service Authorization Reference).",
);
