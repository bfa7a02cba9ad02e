//! Which resources a GuardDuty finding is about. `resource.resourceType` decides; the other blocks name
//! neighbours and actors, which are related and never targets.

use super::{
    allowed::{is_bucket_name, is_instance_id},
    arn::last_segment,
    attack_sequence,
    credential_details::{CredentialDetails, PrincipalBlock, hint},
    error::ParseError,
    node::Node,
    resource_type,
};
use crate::{
    ids::{AccountId, Region},
    target::{Resource, Target, kind},
};

/// The type that is about the account's Block Public Access and no bucket's.
pub(super) const ACCOUNT_OPENED: &str = "Policy:S3/AccountBlockPublicAccessDisabled";

/// In the types of findings about credentials that left their instance.
pub(super) const EXFILTRATION: &str = "InstanceCredentialExfiltration";

/// What of the finding its targets need.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) finding_type: &'a str,
    pub(super) finding_id: String,
    pub(super) account: &'a AccountId,
    pub(super) region: &'a Region,
    pub(super) partition: String,
}

impl Context<'_> {
    pub(super) fn target(&self, resource: Resource) -> Target {
        Target {
            account: self.account.clone(),
            region: self.region.clone(),
            partition: self.partition.clone(),
            resource,
        }
    }
}

/// Targets and related resources, each once.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) targets: Vec<Target>,
    pub(super) related: Vec<Target>,
    /// See [`super::Finding::is_instance_by_name`].
    pub(super) is_instance_by_name: bool,
}

impl Resources {
    pub(super) fn add_target(&mut self, target: Target) {
        if !self.targets.iter().any(|it| it.key() == target.key()) {
            self.targets.push(target);
        }
    }

    pub(super) fn add_related(&mut self, target: Target) {
        let key = target.key();
        if !self.targets.iter().chain(&self.related).any(|it| it.key() == key) {
            self.related.push(target);
        }
    }
}

/// Reads targets and related resources. A finding that isn't acted on (a sample, say) may lack what its
/// type promises; then it has fewer targets.
pub(super) fn read(node: &Node<'_>, context: &Context<'_>, is_active: bool) -> Result<Resources, ParseError> {
    let mut found = Resources::default();
    match targets(node, context, &mut found) {
        Err(error) if is_active => return Err(error),
        Err(_) => found.targets.extend(of_sample(node, context)),
        Ok(()) => {}
    }
    if let Some(resource) = node.get("resource") {
        neighbours(&resource, context, &mut found);
    }
    Ok(found)
}

/// A sample of a credential names no real one, and shows all the same which playbook would answer.
fn of_sample(node: &Node<'_>, context: &Context<'_>) -> Option<Target> {
    let block = node.at(&["resource", "accessKeyDetails"])?;
    let principal = CredentialDetails::of_access_key_details(&block);
    principal.of_sample().map(|resource| context.target(resource))
}

fn targets(node: &Node<'_>, context: &Context<'_>, found: &mut Resources) -> Result<(), ParseError> {
    let resource = node.need("resource", context.finding_type)?;
    match resource.need_text("resourceType", context.finding_type)? {
        _ if context.finding_type == ACCOUNT_OPENED => {
            found.add_target(context.target(Resource::Account(kind::Account {})));
            Ok(())
        }
        "AccessKey" if is_about_buckets(&resource, context) => buckets(&resource, context, found),
        "AccessKey" => access_key(&resource, context, found),
        "S3Bucket" => buckets(&resource, context, found),
        "Instance" => instance(&resource, context, found),
        "AttackSequence" => {
            attack_sequence::read(node, context, found);
            Ok(())
        }
        other => {
            let resource_type = resource_type::canonical(other);
            found.add_target(context.target(match other_id(&resource, other) {
                Some(id) => of_type(&resource_type, &id),
                None => Resource::Other(kind::Other {
                    resource_type: hint(&resource_type),
                    id: unnamed(context),
                }),
            }));
            Ok(())
        }
    }
}

/// A resource by its CloudFormation type and its ARN or id: of the kind that takes it, or of none.
pub(super) fn of_type(resource_type: &str, id: &str) -> Resource {
    let named = kind::Named {
        resource_type,
        ids: [Some(id), None],
        name: last_segment(id),
    };
    match Resource::named(&named) {
        Some(Ok(resource)) => resource,
        // A name that AWS would never give is told to people, and never acted on.
        Some(Err(_)) | None => Resource::Other(kind::Other {
            resource_type: hint(resource_type),
            id: hint(id),
        }),
    }
}

/// GuardDuty gives `Policy:S3/…` and some other S3 types the resource type of the credential that made the
/// change. What is to be contained is the bucket; whoever opened it may be an administrator.
fn is_about_buckets(resource: &Node<'_>, context: &Context<'_>) -> bool {
    let is_s3 = context
        .finding_type
        .split_once(':')
        .is_some_and(|(_, rest)| rest.starts_with("S3/"));
    is_s3 && !resource.list("s3BucketDetails").is_empty()
}

fn access_key(resource: &Node<'_>, context: &Context<'_>, found: &mut Resources) -> Result<(), ParseError> {
    let block = resource.need("accessKeyDetails", context.finding_type)?;
    let principal = CredentialDetails::of_access_key_details(&block).resource(PrincipalBlock {
        block: &block,
        key_field: "accessKeyId",
        finding_type: context.finding_type,
    })?;
    let by_session = robbed_instance(&principal, context.finding_type);
    let robbed = named_instance(resource, context).or_else(|| {
        found.is_instance_by_name = by_session.is_some();
        by_session
    });
    found.add_target(context.target(principal));
    if let Some(instance_id) = robbed {
        found.add_target(context.target(Resource::Instance(kind::Instance { instance_id })));
    }
    Ok(())
}

/// Credentials that left an instance: EC2 names the session after it, and while it runs on, it can be
/// robbed again. Whoever else may assume the role names a session as they like: see [`named_instance`].
pub(super) fn robbed_instance(principal: &Resource, finding_type: &str) -> Option<String> {
    let session = kind::RoleSession::of(principal).filter(|_| finding_type.contains(EXFILTRATION))?;
    is_instance_id(&session.session_name).then(|| session.session_name.clone())
}

/// The finding names the instance itself, whatever the session is called.
fn named_instance(resource: &Node<'_>, context: &Context<'_>) -> Option<String> {
    let details = resource.get("instanceDetails")?;
    let id = details.text("instanceId")?;
    (context.finding_type.contains(EXFILTRATION) && is_instance_id(id)).then(|| id.to_owned())
}

/// All buckets of the list. Where some are known to be public those are the targets; a type that says the
/// bucket was opened (`Policy:S3/…`) means all.
fn buckets(resource: &Node<'_>, context: &Context<'_>, found: &mut Resources) -> Result<(), ParseError> {
    let blocks = resource.need("s3BucketDetails", context.finding_type)?;
    let mut named = Vec::new();
    for block in blocks.items() {
        let name = bucket_name(&block)
            .ok_or_else(|| ParseError::missing(block.path_of("name"), context.finding_type))?;
        if !is_bucket_name(name) {
            let path = block.path_of("name");
            return Err(ParseError::not_allowed(
                path,
                "a bucket's name",
                context.finding_type,
            ));
        }
        named.push((context.target(kind::Bucket::found(name)), is_public(&block)));
    }
    if named.is_empty() {
        return Err(ParseError::missing(blocks.path_of("name"), context.finding_type));
    }
    let all = context.finding_type.starts_with("Policy:S3/")
        || !named.iter().any(|(_, public)| *public == Some(true));
    for (target, public) in named {
        if all || public != Some(false) {
            found.add_target(target);
        } else {
            found.add_related(target);
        }
    }
    Ok(())
}

fn bucket_name<'a>(block: &Node<'a>) -> Option<&'a str> {
    block.text("name").or_else(|| {
        block
            .text("arn")
            .and_then(super::arn::Arn::read)
            .map(|it| it.last())
            .filter(|name| !name.is_empty())
    })
}

fn is_public(block: &Node<'_>) -> Option<bool> {
    match block.get("publicAccess")?.text("effectivePermission")? {
        "PUBLIC" => Some(true),
        "NOT_PUBLIC" => Some(false),
        _ => None,
    }
}

/// GuardDuty leaves the block out if the instance is gone or in another Region.
fn instance(resource: &Node<'_>, context: &Context<'_>, found: &mut Resources) -> Result<(), ParseError> {
    let block = resource.get("instanceDetails");
    let id = block.as_ref().and_then(|it| it.text("instanceId"));
    found.add_target(context.target(match (id, block) {
        (Some(id), Some(block)) if !is_instance_id(id) => {
            let path = block.path_of("instanceId");
            return Err(ParseError::not_allowed(
                path,
                "an instance's id",
                context.finding_type,
            ));
        }
        (Some(id), _) => Resource::Instance(kind::Instance {
            instance_id: id.to_owned(),
        }),
        (None, _) => Resource::Other(kind::Other {
            resource_type: "AWS::EC2::Instance".to_owned(),
            id: unnamed(context),
        }),
    }));
    Ok(())
}

/// The credential and the instance that a finding about something else carries along.
fn neighbours(resource: &Node<'_>, context: &Context<'_>, found: &mut Resources) {
    if let Some(block) = resource.get("accessKeyDetails") {
        let place = PrincipalBlock {
            block: &block,
            key_field: "accessKeyId",
            finding_type: context.finding_type,
        };
        if let Ok(actor) = CredentialDetails::of_access_key_details(&block).resource(place) {
            found.add_related(context.target(actor));
        }
    }
    if let Some(id) = resource
        .get("instanceDetails")
        .and_then(|it| it.text("instanceId"))
        .filter(|id| is_instance_id(id))
    {
        found.add_related(context.target(Resource::Instance(kind::Instance {
            instance_id: id.to_owned(),
        })));
    }
}

/// The ARN or id of a resource that has no containment of its own yet.
fn other_id(resource: &Node<'_>, resource_type: &str) -> Option<String> {
    let (block, fields): (&str, &[&str]) = match resource_type {
        "EKSCluster" | "KubernetesCluster" => ("eksClusterDetails", &["arn", "name"]),
        "ECSCluster" => ("ecsClusterDetails", &["arn", "name"]),
        "Container" => ("containerDetails", &["id", "name"]),
        "Lambda" => ("lambdaDetails", &["functionArn", "functionName"]),
        "RDSDBInstance" => ("rdsDbInstanceDetails", &["dbInstanceArn", "dbInstanceIdentifier"]),
        "RDSLimitlessDB" => (
            "rdsLimitlessDbDetails",
            &["dbShardGroupArn", "dbShardGroupIdentifier"],
        ),
        "EBSSnapshot" => ("ebsSnapshotDetails", &["snapshotArn"]),
        "EC2Image" => ("ec2ImageDetails", &["imageArn"]),
        "EC2RecoveryPoint" | "S3RecoveryPoint" | "RecoveryPoint" => {
            ("recoveryPointDetails", &["recoveryPointArn"])
        }
        "S3Object" => return s3_object(resource),
        _ => return own_arn(resource, resource_type).map(hint),
    };
    Some(hint(resource.get(block)?.first_text(fields)?))
}

/// A type of tomorrow: AWS names its block after the type (`dynamoDbTableDetails` of a `DynamoDBTable`), and the
/// block's ARN `arn` or after the resource. Where no block has that name, the only other one with an ARN counts.
fn own_arn<'a>(resource: &Node<'a>, resource_type: &str) -> Option<&'a str> {
    let own = format!("{resource_type}Details");
    if let Some(block) = resource.list(&own).first() {
        return arn_of(block).or_else(|| name_of(block));
    }
    let is_neighbour = |name: &str| NEIGHBOURS.iter().any(|other| other.eq_ignore_ascii_case(name));
    let blocks = resource.fields().filter(|(name, _)| !is_neighbour(name));
    let mut arns = blocks.filter_map(|(_, block)| arn_of(block.items().first()?));
    let first = arns.next()?;
    arns.next().is_none().then_some(first)
}

/// Blocks that stand beside the one the finding is about.
const NEIGHBOURS: [&str; 2] = ["accessKeyDetails", "instanceDetails"];

/// `arn` before `tableArn`; of several, the first.
fn arn_of<'a>(block: &Node<'a>) -> Option<&'a str> {
    let is_arn = |text: &&str| text.starts_with("arn:");
    block.text("arn").filter(is_arn).or_else(|| {
        block
            .texts()
            .find(|(name, text)| name.to_ascii_lowercase().ends_with("arn") && is_arn(text))
            .map(|(_, text)| text)
    })
}

/// The name or id of a block without an ARN.
fn name_of<'a>(block: &Node<'a>) -> Option<&'a str> {
    ["name", "identifier", "id"].iter().find_map(|end| {
        let mut texts = block.texts();
        let named = texts.find(|(name, _)| name.to_ascii_lowercase().ends_with(end));
        named.map(|(_, text)| text)
    })
}

fn s3_object(resource: &Node<'_>) -> Option<String> {
    let bucket = resource.list("s3BucketDetails").into_iter().next()?;
    let object = bucket.list("s3ObjectDetails").into_iter().next()?;
    object.text("objectArn").map(hint)
}

/// Names a resource that the finding doesn't name.
pub(super) fn unnamed(context: &Context<'_>) -> String {
    format!("not named in finding {}", context.finding_id)
}
