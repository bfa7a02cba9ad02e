//! A GuardDuty attack sequence: several signs of one attack.
//!
//! The credentials of its actors are targets, each by itself, and come first. Of the resources GuardDuty says that they
//! were "potentially impacted or at risk": only the instances of a sequence *about* instances or clusters are known to be
//! the attacker's, and are targets. All others are told together: the first is the target of one incident that tells
//! people, the others are related. A sequence may name hundreds.

use super::{
    allowed::{is_bucket_name, is_instance_id, is_principal_id},
    arn::{Arn, last_segment},
    credential_details::{CredentialDetails, PrincipalBlock, hint},
    guardduty_resource::{Context, Resources, of_type, unnamed},
    node::Node,
    region, resource_type,
};
use crate::{
    ids::{AccountId, Region},
    target::{Precedence, Resource, Target, kind},
};

/// Whether a finding of this type is one.
pub(super) fn is_one(finding_type: &str) -> bool {
    finding_type.starts_with("AttackSequence:")
}

/// Whether the instances that it names are those of the attack, and not only what a credential could reach.
fn is_about_instances(finding_type: &str) -> bool {
    ["EC2", "ECS", "EKS"].iter().any(|family| {
        finding_type
            .strip_prefix("AttackSequence:")
            .and_then(|rest| rest.strip_prefix(family))
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// What a sequence names, sorted.
#[derive(Debug, Default)]
pub(super) struct Members {
    credentials: Vec<Target>,
    instances: Vec<Target>,
    others: Vec<Target>,
}

impl Members {
    /// Takes a resource that it names.
    pub(super) fn add(&mut self, target: Target, context: &Context<'_>) {
        match target.resource.precedence() {
            Precedence::Credential => self.credentials.push(target),
            Precedence::Compute if is_about_instances(context.finding_type) => self.instances.push(target),
            Precedence::Compute | Precedence::Data | Precedence::Other => self.others.push(target),
        }
    }

    /// Takes an actor.
    pub(super) fn add_actor(&mut self, user: &Node<'_>, context: &Context<'_>) {
        if let Some(target) = credential(user, context) {
            self.add(target, context);
        }
    }

    /// Credentials, then instances, then the one target that stands for all others: a bucket rather than an instance
    /// rather than anything else.
    pub(super) fn settle(mut self, found: &mut Resources) {
        let keys: Vec<String> = self
            .credentials
            .iter()
            .filter_map(|it| it.resource.calls()?.key_id.map(str::to_owned))
            .collect();
        // The key of a credential that is known in full by its actor.
        let is_known = |target: &Target| {
            kind::Other::of(&target.resource).is_some_and(|other| {
                other.resource_type == "AWS::IAM::AccessKey"
                    && keys.iter().any(|key| key.ends_with(last_segment(&other.id)))
            })
        };
        self.others.retain(|it| !is_known(it));
        for target in self.credentials.into_iter().chain(self.instances) {
            found.add_target(target);
        }
        self.others.sort_by_key(|target| {
            let precedence = target.resource.precedence();
            (precedence != Precedence::Data, precedence)
        });
        let mut others = self.others.into_iter();
        if let Some(first) = others.next() {
            found.add_target(first);
        }
        for other in others {
            found.add_related(other);
        }
    }
}

/// Reads `service.detection.sequence`. A sequence that names nothing (older SDKs drop the block) still has
/// one target, so that people hear of it.
pub(super) fn read(node: &Node<'_>, context: &Context<'_>, found: &mut Resources) {
    let mut members = Members::default();
    if let Some(sequence) = node.at(&["service", "detection", "sequence"]) {
        add(&sequence, context, &mut members);
    }
    members.settle(found);
    if found.targets.is_empty() {
        found.add_target(context.target(Resource::Other(kind::Other {
            resource_type: "AttackSequence".to_owned(),
            id: unnamed(context),
        })));
    }
}

/// Adds what a sequence names; ASFF's `Detection.Sequence` has the same fields, without the resources. Actors before
/// resources: a credential that is named as both is known best by the actor.
pub(super) fn add(sequence: &Node<'_>, context: &Context<'_>, members: &mut Members) {
    for user in sequence
        .list("actors")
        .iter()
        .filter_map(|actor| actor.get("user"))
    {
        members.add_actor(&user, context);
    }
    for item in sequence.list("resources") {
        if let Some(target) = resource(&item, context) {
            members.add(target, context);
        }
    }
}

fn resource(item: &Node<'_>, context: &Context<'_>) -> Option<Target> {
    let uid = item.first_text(&["uid", "name"])?;
    let name = || item.text("name").unwrap_or_else(|| last_segment(uid));
    let resource_type = item.text("resourceType").unwrap_or("unknown");
    let other = || of_type(&resource_type::canonical(resource_type), uid);
    let resource = match resource_type {
        "S3_BUCKET" => named_bucket(s3_name(uid).unwrap_or_else(name)).unwrap_or_else(other),
        // An object is told by its bucket: thousands of them are one matter.
        "S3_OBJECT" => s3_bucket_of(uid).and_then(named_bucket).unwrap_or_else(other),
        "EC2_INSTANCE" if is_instance_id(last_segment(uid)) => Resource::Instance(kind::Instance {
            instance_id: last_segment(uid).to_owned(),
        }),
        "ACCESS_KEY" => access_key(item, uid, context).unwrap_or_else(other),
        _ => other(),
    };
    let mut target = context.target(resource);
    target.account = account_of(item.text("accountId")).unwrap_or_else(|| context.account.clone());
    if let Some(code) = item
        .text("region")
        .filter(|it| it.contains('-') && region::is_code(it))
    {
        target.region = Region::new(code);
    }
    Some(target)
}

fn named_bucket(name: &str) -> Option<Resource> {
    is_bucket_name(name).then(|| kind::Bucket::found(name))
}

fn s3_name(uid: &str) -> Option<&str> {
    Arn::read(uid)
        .map(|arn| arn.last())
        .filter(|name| !name.is_empty())
}

/// `arn:aws:s3:::bucket/any/key`.
fn s3_bucket_of(uid: &str) -> Option<&str> {
    let resource = Arn::read(uid)?.resource;
    resource.split('/').next()
}

fn access_key(item: &Node<'_>, uid: &str, context: &Context<'_>) -> Option<Resource> {
    let data = item.at(&["data", "accessKey"]);
    let field = |name| data.as_ref().and_then(|it| it.text(name));
    let principal = CredentialDetails {
        key_id: Some(last_segment(uid)),
        principal_id: field("principalId"),
        user_type: field("userType"),
        name: field("userName"),
    };
    resolved(&principal, item, context)
}

/// An actor's credential; without one, the user or role itself, if it is known by its unique id and belongs to the
/// account: names are anybody's, and the account may have a user of the same name that did nothing.
fn credential(user: &Node<'_>, context: &Context<'_>) -> Option<Target> {
    let principal = CredentialDetails {
        key_id: user.first_text(&["credentialUid", "credential_uid"]),
        principal_id: user.text("uid"),
        user_type: user.text("type"),
        name: user.text("name"),
    };
    let owner = account_of(user.get("account").and_then(|it| it.text("uid")));
    let is_elsewhere = owner.as_ref().is_some_and(|owner| owner != context.account);
    let is_by_name_alone = principal.key_id.is_none()
        && !principal.is_root()
        && (is_elsewhere || !principal.id().is_some_and(is_principal_id));
    let resource = if is_by_name_alone {
        named_only(&principal, owner.as_ref().unwrap_or(context.account), context)?
    } else {
        resolved(&principal, user, context)?
    };
    let mut target = context.target(resource);
    if let Some(owner) = owner.filter(|_| !is_by_name_alone) {
        target.account = owner;
    }
    Some(target)
}

/// For people: who it is by name, and of which account.
fn named_only(
    principal: &CredentialDetails<'_>,
    owner: &AccountId,
    context: &Context<'_>,
) -> Option<Resource> {
    let name = principal.name.or(principal.principal_id)?;
    let (resource_type, kind) = if principal.is_role() {
        ("AWS::IAM::Role", "role")
    } else if principal.is_user() {
        ("AWS::IAM::User", "user")
    } else {
        // A user of the instance's own, say.
        return None;
    };
    Some(Resource::Other(kind::Other {
        resource_type: resource_type.to_owned(),
        id: hint(&format!("arn:{}:iam::{owner}:{kind}/{name}", context.partition)),
    }))
}

/// One unreadable credential must not lose the others of a critical finding.
fn resolved(principal: &CredentialDetails<'_>, block: &Node<'_>, context: &Context<'_>) -> Option<Resource> {
    let place = PrincipalBlock {
        block,
        key_field: "credentialUid",
        finding_type: context.finding_type,
    };
    principal.resource(place).ok().or_else(|| {
        principal.key_id.map(|id| {
            Resource::Other(kind::Other {
                resource_type: "AWS::IAM::AccessKey".to_owned(),
                id: hint(id),
            })
        })
    })
}

fn account_of(id: Option<&str>) -> Option<AccountId> {
    id.map(AccountId::new).filter(AccountId::is_well_formed)
}
