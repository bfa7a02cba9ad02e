//! A finding of the new Security Hub, in OCSF: vulnerability (2002), compliance (2003), detection (2004), data security
//! (2006).

use super::{
    Finding, HubFormat, ResourceRole, Route, Severity, Standing,
    arn::{Arn, last_segment, partition_or_default},
    control,
    credential_details::hint,
    error::ParseError,
    facts::Facts,
    guardduty,
    guardduty_resource::Context,
    hub_finding,
    node::Node,
    ocsf_resources, ocsf_standing,
    parse::Item,
    peer, region, severity,
};
use crate::{ids::AccountId, text};

/// Reads one item of the event.
pub(super) fn read(node: &Node<'_>, route: Route) -> Result<Item, ParseError> {
    if !node.is_object() {
        return Err(node.wrong_shape("an object"));
    }
    match class_of(node)? {
        Class::Finding => finding(node, route).map(|finding| Item::Finding(Box::new(finding))),
        Class::Left(reason) => Ok(Item::Left(reason.to_owned())),
    }
}

fn finding(node: &Node<'_>, route: Route) -> Result<Finding, ParseError> {
    let product_arn = node
        .at(&["metadata", "product"])
        .and_then(|it| it.text("uid"))
        .unwrap_or_default();
    let product_name = hub_finding::product_name(product_arn);
    let is_guardduty = product_name == Some("GuardDuty");
    let control = control_of(node);
    let info = node.need("finding_info", "OCSF finding")?;
    let finding_type = finding_type(node, &info, product_name, control.as_deref());
    let id_text = info.need_text("uid", &finding_type)?;
    let arn = Arn::read(id_text);
    let cloud = node.get("cloud");
    let account = cloud
        .as_ref()
        .and_then(|it| it.get("account")?.text("uid"))
        .map(|id| AccountId::new(hint(id)))
        .or_else(|| arn.and_then(|it| it.account()))
        .ok_or_else(|| ParseError::missing(node.path_of("cloud.account.uid"), &finding_type))?;
    let candidates = [
        cloud.as_ref().and_then(|it| it.text("region")),
        arn.map(|it| it.region),
        Arn::read(product_arn).map(|it| it.region),
    ];
    let region = region::first(candidates, node.path_of("cloud.region"), &finding_type)?;
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
    let resources = ocsf_resources::read(node, &context, is_guardduty, standing == Standing::Active)?;
    let time = |name: &str| info.time(&format!("{name}_dt")).or_else(|| info.time(name));
    Ok(Finding {
        hub: hub_finding::named(id_text, product_arn, &account, &region, HubFormat::Ocsf),
        arn: super::kept_arn(id_text),
        id: context.finding_id.clone(),
        product: product(node, product_arn),
        route,
        control,
        severity: severity_of(node, is_guardduty),
        title: text::bounded(info.text("title").unwrap_or(&finding_type), super::TITLE_CHARS),
        description: text::bounded(info.text("desc").unwrap_or_default(), super::DESCRIPTION_CHARS),
        resource_role: resource_role(node),
        targets: resources.targets,
        related: resources.related,
        is_instance_by_name: resources.is_instance_by_name,
        count: node.whole("count").unwrap_or(1),
        first_seen: time("first_seen_time"),
        last_seen: time("last_seen_time"),
        created_at: time("created_time"),
        updated_at: time("modified_time"),
        facts: facts(node, is_guardduty),
        peers: peer::of_evidences(&node.list("evidences")),
        finding_type: text::bounded(&finding_type, super::TYPE_CHARS),
        standing,
        account,
        region,
    })
}

fn facts(node: &Node<'_>, is_guardduty: bool) -> Vec<String> {
    let mut facts = Facts::default();
    if is_guardduty && let Some(sequence) = ocsf_resources::sequence(node) {
        facts.add_sequence(&sequence);
    }
    for evidence in node.list("evidences") {
        facts.add_evidence(&evidence);
    }
    if let Some(info) = node.get("finding_info") {
        facts.add_finding_info(&info);
    }
    for resource in node.list("resources") {
        facts.add_tags(&resource);
    }
    facts.finish()
}

/// GuardDuty's `service.resourceRole`, in the evidence or, in older conversions, under `unmapped`. Where one evidence
/// says that the resource attacks, it does.
fn resource_role(node: &Node<'_>) -> Option<ResourceRole> {
    let mut found = guardduty::role(unmapped(node, "ProductFields.aws/guardduty/service/resourceRole"));
    for evidence in node.list("evidences") {
        let Some(data) = evidence.json("data") else {
            continue;
        };
        let role = Node::new(&data, evidence.path_of("data")).first_text(&["resource_role", "resourceRole"]);
        match guardduty::role(role) {
            Some(ResourceRole::Actor) => return Some(ResourceRole::Actor),
            role => found = found.or(role),
        }
    }
    found
}

/// What an item is by its class.
enum Class {
    Finding,
    Left(&'static str),
}

fn class_of(node: &Node<'_>) -> Result<Class, ParseError> {
    let field = node.need("class_uid", "OCSF finding")?;
    match node.whole("class_uid") {
        Some(2002..=2004 | 2006) => Ok(Class::Finding),
        Some(2005) => Ok(Class::Left(
            "OCSF incident finding (class 2005): a collection of findings that come by themselves, not a finding",
        )),
        Some(2007) => Ok(Class::Left(
            "OCSF application security posture finding (class 2007): about source code, not about a resource of the \
             account, and not answered",
        )),
        Some(class_uid) => Err(ParseError::UnknownClass {
            path: field.path().to_owned(),
            class_uid,
        }),
        None => Err(field.wrong_shape("a number")),
    }
}

/// GuardDuty's or Macie's type, or access for everybody that IAM Access Analyzer found; a control by the name that ASFF gives
/// its generator; else the most specific type.
fn finding_type(node: &Node<'_>, info: &Node<'_>, product: Option<&str>, control: Option<&str>) -> String {
    let types = info.list("types");
    let mut texts = types.iter().filter_map(Node::as_text);
    if let Some(original) = hub_finding::original_type(product, texts.clone()) {
        return original;
    }
    let lets_everybody_in = || ocsf_resources::is_open_to_everybody(node);
    if let Some(of_analyzer) = hub_finding::access_analyzer_type(product, lets_everybody_in) {
        return of_analyzer;
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
