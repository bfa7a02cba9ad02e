//! A GuardDuty finding, as EventBridge sends it (`detail`) and as `GetFindings` answers it.

use serde_json::Value;

use super::{
    Finding, ResourceRole, Route, Severity, Standing,
    arn::{Arn, last_segment, partition_or_default},
    error::ParseError,
    facts::Facts,
    guardduty_resource::{self, Context},
    node::Node,
    peer, region, standing,
};
use crate::{ids::AccountId, text};

/// Reads one finding.
pub(super) fn finding(node: &Node<'_>, route: Route) -> Result<Finding, ParseError> {
    if !node.is_object() {
        return Err(node.wrong_shape("an object"));
    }
    let finding_type = node.need_text("type", "GuardDuty finding")?;
    let arn = node.text("arn").and_then(Arn::read);
    let account = account(node, arn, finding_type)?;
    let region = region::first(
        [node.text("region"), arn.map(|it| it.region)],
        node.path_of("region"),
        finding_type,
    )?;
    let standing = standing_of(node, &account);
    let context = Context {
        finding_type,
        finding_id: id(node, arn, finding_type)?,
        account: &account,
        region: &region,
        partition: partition_or_default(&[node.text("partition"), arn.map(|it| it.partition)]),
    };
    let resources = guardduty_resource::read(node, &context, standing == Standing::Active)?;
    let service = node.get("service");
    let service_time = |name| service.as_ref().and_then(|it| it.time(name));
    Ok(Finding {
        hub: None,
        is_instance_by_name: resources.is_instance_by_name,
        arn: node.text("arn").and_then(super::kept_arn),
        id: context.finding_id.clone(),
        product: "GuardDuty".to_owned(),
        route,
        finding_type: text::bounded(finding_type, super::TYPE_CHARS),
        control: None,
        severity: severity(node, finding_type)?,
        title: text::bounded(node.text("title").unwrap_or(finding_type), super::TITLE_CHARS),
        description: text::bounded(
            node.text("description").unwrap_or_default(),
            super::DESCRIPTION_CHARS,
        ),
        resource_role: role(service.as_ref().and_then(|it| it.text("resourceRole"))),
        targets: resources.targets,
        related: resources.related,
        count: service.as_ref().and_then(|it| it.whole("count")).unwrap_or(1),
        first_seen: service_time("eventFirstSeen"),
        last_seen: service_time("eventLastSeen"),
        created_at: node.time("createdAt"),
        updated_at: node.time("updatedAt"),
        facts: facts(node),
        peers: service
            .as_ref()
            .map_or_else(Vec::new, |it| peer::of_action(it.get("action").as_ref())),
        standing,
        account,
        region,
    })
}

fn facts(node: &Node<'_>) -> Vec<String> {
    let mut facts = Facts::default();
    if let Some(service) = node.get("service") {
        facts.add_service(&service);
    }
    if let Some(resource) = node.get("resource") {
        let instance = resource.get("instanceDetails");
        for block in instance.into_iter().chain(resource.list("s3BucketDetails")) {
            facts.add_tags(&block);
        }
    }
    facts.finish()
}

/// The member's account: the envelope's would be the administrator's.
fn account(node: &Node<'_>, arn: Option<Arn<'_>>, finding_type: &str) -> Result<AccountId, ParseError> {
    node.text("accountId")
        .map(|id| AccountId::new(super::credential_details::hint(id)))
        .or_else(|| arn.and_then(|it| it.account()))
        .ok_or_else(|| ParseError::missing(node.path_of("accountId"), finding_type))
}

/// GuardDuty's bare id, also where an ARN stands.
fn id(node: &Node<'_>, arn: Option<Arn<'_>>, finding_type: &str) -> Result<String, ParseError> {
    let id = match node.text("id") {
        Some(text) => last_segment(text),
        None => arn.map(|it| it.last()).unwrap_or_default(),
    };
    super::checked_id(id, node.path_of("id"), finding_type)
}

fn severity(node: &Node<'_>, finding_type: &str) -> Result<Severity, ParseError> {
    let field = node.need("severity", finding_type)?;
    node.number("severity")
        .map(Severity::of_score)
        .ok_or_else(|| field.wrong_shape("a number"))
}

/// GuardDuty's `service.resourceRole`.
pub(super) fn role(text: Option<&str>) -> Option<ResourceRole> {
    match text {
        Some("TARGET") => Some(ResourceRole::Target),
        Some("ACTOR") => Some(ResourceRole::Actor),
        _ => None,
    }
}

fn standing_of(node: &Node<'_>, account: &AccountId) -> Standing {
    if let Some(sign) = sample_sign(node) {
        return standing::inactive(format!("a sample finding ({sign})"));
    }
    if node.at(&["service"]).and_then(|it| it.flag("archived")) == Some(true) {
        return standing::inactive("archived in GuardDuty (service.archived)");
    }
    standing::of_account(account)
}

/// What tells a sample: the flag, the flag inside the JSON text that newer findings and the API carry, or
/// ids that only samples have. Those ids are AWS's to give, so nobody can hide behind them; names aren't.
fn sample_sign(node: &Node<'_>) -> Option<&'static str> {
    let info = node.at(&["service", "additionalInfo"]);
    let info = info.as_ref();
    if info.and_then(|it| it.flag("sample")) == Some(true) {
        return Some("additionalInfo.sample");
    }
    if info.and_then(|it| it.text("value")).is_some_and(says_sample) {
        return Some("additionalInfo.value");
    }
    let resource = node.get("resource")?;
    let key_id = resource
        .get("accessKeyDetails")
        .and_then(|it| it.text("accessKeyId"));
    let instance_id = resource
        .get("instanceDetails")
        .and_then(|it| it.text("instanceId"));
    standing::sample_id(key_id.into_iter().chain(instance_id))
}

/// Whether GuardDuty's `additionalInfo.value`, a JSON text, carries the sample flag.
pub(super) fn says_sample(json: &str) -> bool {
    serde_json::from_str::<Value>(json).is_ok_and(|value| Node::new(&value, "$").flag("sample") == Some(true))
}
