//! A finding of the new Security Hub, in OCSF: vulnerability (2002), compliance (2003), detection (2004).

use serde_json::Value;

use super::{
    Finding, HubFormat, Route, Severity, Standing,
    arn::{Arn, last_segment, partition_or_default},
    asff, control,
    error::ParseError,
    facts::Facts,
    guardduty,
    guardduty_resource::{Context, Resources},
    guardduty_type, hub_finding,
    named_resource::{NamedResource, key_id},
    node::Node,
    ocsf_standing,
    principal::{Principal, hint},
    severity,
};
use crate::{
    ids::{AccountId, Region},
    text,
};

/// Reads one finding.
pub(super) fn finding(node: &Node<'_>, route: Route) -> Result<Finding, ParseError> {
    if !node.is_object() {
        return Err(node.wrong_shape("an object"));
    }
    check_class(node)?;
    let product_arn = node
        .at(&["metadata", "product"])
        .and_then(|it| it.text("uid"))
        .unwrap_or_default();
    let is_guardduty = hub_finding::product_name(product_arn) == Some("GuardDuty");
    let control = control_of(node);
    let info = node.need("finding_info", "OCSF finding")?;
    let finding_type = finding_type(node, &info, is_guardduty, control.as_deref());
    let id_text = info.need_text("uid", &finding_type)?;
    let arn = Arn::read(id_text);
    let cloud = node.get("cloud");
    let account = cloud
        .as_ref()
        .and_then(|it| it.get("account")?.text("uid"))
        .map(|id| AccountId::new(hint(id)))
        .or_else(|| arn.and_then(|it| it.account()))
        .ok_or_else(|| ParseError::missing(node.path_of("cloud.account.uid"), &finding_type))?;
    let region = [
        cloud.as_ref().and_then(|it| it.text("region")),
        arn.map(|it| it.region),
        Arn::read(product_arn).map(|it| it.region),
    ]
    .into_iter()
    .flatten()
    .find(|region| !region.is_empty())
    .map(|region| Region::new(hint(region)))
    .ok_or_else(|| ParseError::missing(node.path_of("cloud.region"), &finding_type))?;
    let standing = ocsf_standing::read(node, &account, is_guardduty);
    let bare_id = if is_guardduty {
        last_segment(id_text)
    } else {
        id_text
    };
    let context = Context {
        finding_type: &finding_type,
        finding_id: super::checked_id(bare_id, info.path_of("uid"), &finding_type)?,
        account: &account,
        region: &region,
        partition: partition_or_default(&[
            cloud.as_ref().and_then(|it| it.text("cloud_partition")),
            arn.map(|it| it.partition),
        ]),
    };
    let resources = resources(node, &context, is_guardduty, standing == Standing::Active)?;
    let time = |name: &str| info.time(&format!("{name}_dt")).or_else(|| info.time(name));
    Ok(Finding {
        hub: hub_finding::named(id_text, product_arn, &account, &region, HubFormat::Ocsf),
        id: context.finding_id.clone(),
        product: product(node, product_arn),
        route,
        control,
        severity: severity_of(node, is_guardduty),
        title: text::bounded(info.text("title").unwrap_or(&finding_type), super::TITLE_CHARS),
        description: text::bounded(info.text("desc").unwrap_or_default(), super::DESCRIPTION_CHARS),
        resource_role: guardduty::role(unmapped(node, "ProductFields.aws/guardduty/service/resourceRole")),
        targets: resources.targets,
        related: resources.related,
        count: node.whole("count").unwrap_or(1),
        first_seen: time("first_seen_time"),
        last_seen: time("last_seen_time"),
        created_at: time("created_time"),
        updated_at: time("modified_time"),
        facts: facts(node),
        finding_type: text::bounded(&finding_type, super::TYPE_CHARS),
        standing,
        account,
        region,
    })
}

fn facts(node: &Node<'_>) -> Vec<String> {
    let mut facts = Facts::default();
    for evidence in node.list("evidences") {
        facts.add_evidence(&evidence);
    }
    for resource in node.list("resources") {
        facts.add_tags(&resource);
    }
    facts.finish()
}

fn check_class(node: &Node<'_>) -> Result<(), ParseError> {
    let field = node.need("class_uid", "OCSF finding")?;
    match node.whole("class_uid") {
        Some(2002..=2004) => Ok(()),
        Some(class_uid) => Err(ParseError::UnknownClass {
            path: field.path().to_owned(),
            class_uid,
        }),
        None => Err(field.wrong_shape("a number")),
    }
}

/// GuardDuty's type; a control by the name that ASFF gives its generator; else the most specific type.
fn finding_type(node: &Node<'_>, info: &Node<'_>, is_guardduty: bool, control: Option<&str>) -> String {
    let types = info.list("types");
    let mut texts = types.iter().filter_map(Node::as_text);
    if is_guardduty && let Some(original) = guardduty_type::original(texts.clone()) {
        return original;
    }
    match control {
        Some(control) => format!("security-control/{control}"),
        None => generator(node)
            .or_else(|| texts.next_back())
            .unwrap_or("unknown")
            .to_owned(),
    }
}

/// The generator of findings that were ASFF before.
fn generator<'a>(node: &Node<'a>) -> Option<&'a str> {
    node.at(&["metadata", "product", "feature"])?.text("uid")
}

fn control_of(node: &Node<'_>) -> Option<String> {
    let own = node.get("compliance").and_then(|it| it.text("control"));
    own.and_then(control::of_field)
        .or_else(|| control::of_generator(generator(node)?))
}

fn product(node: &Node<'_>, product_arn: &str) -> String {
    let product = node.at(&["metadata", "product"]);
    let own = product.as_ref().and_then(|it| it.text("name"));
    hub_finding::product(product_arn, own)
}

fn severity_of(node: &Node<'_>, is_guardduty: bool) -> Severity {
    let of_product = unmapped(node, "Severity.Product")
        .filter(|_| is_guardduty)
        .and_then(|it| it.parse::<f64>().ok())
        .filter(|it| it.is_finite())
        .map(Severity::of_score);
    let name = match node.whole("severity_id") {
        Some(1) => Some("Informational"),
        Some(2) => Some("Low"),
        Some(3) => Some("Medium"),
        Some(4) => Some("High"),
        Some(5 | 6) => Some("Critical"),
        _ => node.text("severity"),
    };
    of_product
        .or_else(|| name.and_then(severity::label).map(Severity::of_label))
        .unwrap_or_else(|| Severity::of_score(0.0))
}

/// Older conversions keep ASFF's fields under `unmapped`, flattened.
pub(super) fn unmapped<'a>(node: &Node<'a>, name: &str) -> Option<&'a str> {
    node.get("unmapped")?.text(name)
}

fn resources(
    node: &Node<'_>,
    context: &Context<'_>,
    is_guardduty: bool,
    is_active: bool,
) -> Result<Resources, ParseError> {
    let mut blocks = node.list("resources");
    // OCSF before 1.3 has one `resource` for compliance findings.
    blocks.extend(node.list("resource"));
    if blocks.is_empty() && is_active {
        return Err(ParseError::missing(
            node.path_of("resources"),
            context.finding_type,
        ));
    }
    let data: Vec<Option<Value>> = blocks.iter().map(details_text).collect();
    let user = actor(node);
    let named: Vec<_> = blocks
        .iter()
        .zip(&data)
        .filter_map(|(block, data)| named(block, data.as_ref(), user.as_ref()))
        .collect();
    hub_finding::sort(&named, context, is_guardduty, is_active)
}

/// A resource's details are an object, or JSON as text.
fn details_text(block: &Node<'_>) -> Option<Value> {
    serde_json::from_str(block.text("data")?).ok()
}

/// Who made the calls, for access keys without details.
fn actor<'a>(node: &Node<'a>) -> Option<Node<'a>> {
    node.list("evidences")
        .iter()
        .find_map(|evidence| evidence.at(&["actor", "user"]))
        .or_else(|| node.at(&["actor", "user"]))
}

fn named<'a>(
    block: &'a Node<'a>,
    data: Option<&'a Value>,
    user: Option<&Node<'a>>,
) -> Option<NamedResource<'a>> {
    let id = block.first_text(&["uid", "uid_alt", "name"])?;
    let details = data
        .map(|it| Node::new(it, block.path_of("data")))
        .or_else(|| block.get("data"));
    let principal = match details.and_then(|it| it.get("AwsIamAccessKey")) {
        Some(details) => asff::principal(&details, id),
        None => actors_principal(id, user),
    };
    Some(NamedResource {
        node: block,
        resource_type: block.text("type").unwrap_or("Other"),
        id_field: "uid",
        id,
        other_id: block.first_text(&["uid_alt", "name"]),
        region: block.text("region"),
        partition: block.text("cloud_partition"),
        owner: block.at(&["owner", "account"]).and_then(|it| it.text("uid")),
        is_actor: false,
        principal,
    })
}

/// The actor is the key's owner if it says that it used this key.
fn actors_principal<'a>(id: &'a str, user: Option<&Node<'a>>) -> Principal<'a> {
    let key_id = key_id(id);
    match user.filter(|it| it.text("credential_uid") == key_id) {
        Some(user) => Principal {
            key_id,
            principal_id: user.text("uid"),
            user_type: user.text("type"),
            name: user.text("name"),
        },
        None => Principal {
            key_id,
            ..Principal::default()
        },
    }
}
