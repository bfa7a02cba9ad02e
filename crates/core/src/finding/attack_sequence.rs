//! A GuardDuty attack sequence: all resources it touched and the credentials of its actors are targets.

use super::{
    arn::{Arn, last_segment},
    guardduty_resource::{Context, Resources, bucket, unnamed},
    node::Node,
    principal::{Place, Principal, hint},
    resource_type,
};
use crate::{
    ids::{AccountId, Region},
    target::{Resource, Target},
};

/// Reads `service.detection.sequence`. A sequence that names nothing (older SDKs drop the block) still has
/// one target, so that people hear of it.
pub(super) fn read(node: &Node<'_>, context: &Context<'_>, found: &mut Resources) {
    if let Some(sequence) = node.at(&["service", "detection", "sequence"]) {
        add(&sequence, context, found);
    }
    if found.targets.is_empty() {
        found.add_target(context.target(Resource::Other {
            resource_type: "AttackSequence".to_owned(),
            id: unnamed(context),
        }));
    }
}

/// Adds what a sequence names; ASFF's `Detection.Sequence` has the same fields, without the resources.
pub(super) fn add(sequence: &Node<'_>, context: &Context<'_>, found: &mut Resources) {
    for item in sequence.list("resources") {
        if let Some(target) = resource(&item, context) {
            found.add_target(target);
        }
    }
    for actor in sequence.list("actors") {
        if let Some(target) = actor.get("user").and_then(|user| credential(&user, context)) {
            found.add_target(target);
        }
    }
}

fn resource(item: &Node<'_>, context: &Context<'_>) -> Option<Target> {
    let uid = item.first_text(&["uid", "name"])?;
    let name = || item.text("name").unwrap_or_else(|| last_segment(uid));
    let resource_type = item.text("resourceType").unwrap_or("unknown");
    let resource = match resource_type {
        "S3_BUCKET" => bucket(s3_name(uid).unwrap_or_else(name)),
        "EC2_INSTANCE" => Resource::Instance {
            instance_id: hint(last_segment(uid)),
        },
        "ACCESS_KEY" => access_key(item, uid, context),
        other => Resource::Other {
            resource_type: hint(resource_type::canonical(other)),
            id: hint(uid),
        },
    };
    let mut target = context.target(resource);
    target.account = account_of(item.text("accountId"), context);
    if let Some(region) = item.text("region").filter(|it| it.contains('-')) {
        target.region = Region::new(hint(region));
    }
    Some(target)
}

fn s3_name(uid: &str) -> Option<&str> {
    Arn::read(uid)
        .map(|arn| arn.last())
        .filter(|name| !name.is_empty())
}

fn access_key(item: &Node<'_>, uid: &str, context: &Context<'_>) -> Resource {
    let data = item.at(&["data", "accessKey"]);
    let field = |name| data.as_ref().and_then(|it| it.text(name));
    let principal = Principal {
        key_id: Some(last_segment(uid)),
        principal_id: field("principalId"),
        user_type: field("userType"),
        name: field("userName"),
    };
    resolved(&principal, item, context).unwrap_or_else(|| Resource::Other {
        resource_type: "AWS::IAM::AccessKey".to_owned(),
        id: hint(uid),
    })
}

/// An actor's credential; without one, the user or role itself.
fn credential(user: &Node<'_>, context: &Context<'_>) -> Option<Target> {
    let principal = Principal {
        key_id: user.text("credentialUid"),
        principal_id: user.text("uid"),
        user_type: user.text("type"),
        name: user.text("name"),
    };
    let mut target = context.target(resolved(&principal, user, context)?);
    target.account = account_of(user.get("account").and_then(|it| it.text("uid")), context);
    Some(target)
}

/// One unreadable credential must not lose the others of a critical finding.
fn resolved(principal: &Principal<'_>, block: &Node<'_>, context: &Context<'_>) -> Option<Resource> {
    let place = Place {
        block,
        key_field: "credentialUid",
        finding_type: context.finding_type,
    };
    principal.resource(place).ok().or_else(|| {
        principal.key_id.map(|id| Resource::Other {
            resource_type: "AWS::IAM::AccessKey".to_owned(),
            id: hint(id),
        })
    })
}

fn account_of(id: Option<&str>, context: &Context<'_>) -> AccountId {
    id.map(AccountId::new)
        .filter(AccountId::is_well_formed)
        .unwrap_or_else(|| context.account.clone())
}
