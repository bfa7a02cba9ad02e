//! A Security Hub finding in the AWS Security Finding Format (ASFF): of Security Hub's own controls, of
//! GuardDuty, or of any product that imports.

use super::{
    Finding, HubFormat, Route, Severity, Standing, TITLE_CHARS,
    arn::{Arn, last_segment, partition_or_default},
    asff_standing, attack_sequence, control,
    credential_details::{CredentialDetails, hint},
    error::ParseError,
    facts::Facts,
    guardduty,
    guardduty_resource::{Context, Resources},
    hub_finding,
    named_resource::{NamedResource, key_id},
    node::Node,
    peer, region, severity,
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
    let product_arn = node.text("ProductArn").unwrap_or_default();
    let product_name = hub_finding::product_name(product_arn);
    let is_guardduty = product_name == Some("GuardDuty");
    let finding_type = finding_type(node, product_name);
    let id_text = node.need_text("Id", &finding_type)?;
    let arn = Arn::read(id_text);
    let account = node
        .text("AwsAccountId")
        .map(|id| AccountId::new(hint(id)))
        .or_else(|| arn.and_then(|it| it.account()))
        .ok_or_else(|| ParseError::missing(node.path_of("AwsAccountId"), &finding_type))?;
    let region = region(node, arn, product_arn, &finding_type)?;
    let standing = asff_standing::read(node, &account, is_guardduty, route);
    let bare_id = if is_guardduty {
        last_segment(id_text)
    } else {
        id_text
    };
    let context = Context {
        finding_type: &finding_type,
        finding_id: super::checked_id(bare_id, node.path_of("Id"), &finding_type)?,
        account: &account,
        region: &region,
        partition: partition_or_default(&[
            arn.map(|it| it.partition),
            Arn::read(product_arn).map(|it| it.partition),
        ]),
    };
    let resources = resources(node, &context, is_guardduty, standing == Standing::Active)?;
    Ok(Finding {
        hub: hub_finding::named(id_text, product_arn, &account, &region, HubFormat::Asff),
        arn: super::kept_arn(id_text),
        id: context.finding_id.clone(),
        product: product(node, product_arn),
        route,
        control: control_of(node),
        severity: severity_of(node, is_guardduty),
        title: text::bounded(node.text("Title").unwrap_or(&finding_type), TITLE_CHARS),
        description: text::bounded(
            node.text("Description").unwrap_or_default(),
            super::DESCRIPTION_CHARS,
        ),
        resource_role: guardduty::role(service_field(node, "resourceRole")),
        targets: resources.targets,
        related: resources.related,
        is_instance_by_name: resources.is_instance_by_name,
        count: node
            .get("ProductFields")
            .and_then(|it| {
                it.whole("aws/guardduty/service/count")
                    .or_else(|| it.whole("count"))
            })
            .unwrap_or(1),
        first_seen: node.time("FirstObservedAt"),
        last_seen: node.time("LastObservedAt"),
        created_at: node.time("CreatedAt"),
        updated_at: node.time("UpdatedAt"),
        facts: facts(node),
        peers: peer::of_action(node.get("Action").as_ref()),
        finding_type: text::bounded(&finding_type, super::TYPE_CHARS),
        standing,
        account,
        region,
    })
}

fn facts(node: &Node<'_>) -> Vec<String> {
    let mut facts = Facts::default();
    if let Some(action) = node.get("Action") {
        facts.add_action(&action);
    }
    if let Some(sequence) = node.at(&["Detection", "Sequence"]) {
        facts.add_sequence(&sequence);
    }
    for resource in node.list("Resources") {
        facts.add_tags(&resource);
    }
    facts.finish()
}

/// GuardDuty's or Macie's original type; else the generator, which is what a playbook can name.
fn finding_type(node: &Node<'_>, product: Option<&str>) -> String {
    let types = node.list("Types");
    let mut texts = types.iter().filter_map(Node::as_text);
    if let Some(original) = hub_finding::original_type(product, texts.clone()) {
        return original;
    }
    let lets_everybody_in = || {
        let resources = node.list("Resources");
        let mut details = resources.iter().filter_map(|resource| resource.get("Details"));
        details.any(|details| hub_finding::is_open_to_everybody(&details))
    };
    if let Some(of_analyzer) = hub_finding::access_analyzer_type(product, lets_everybody_in) {
        return of_analyzer;
    }
    node.text("GeneratorId")
        .or_else(|| texts.next())
        .unwrap_or("unknown")
        .to_owned()
}

/// The finding's Region, not the aggregation Region that it may have been received in.
fn region(
    node: &Node<'_>,
    arn: Option<Arn<'_>>,
    product_arn: &str,
    finding_type: &str,
) -> Result<Region, ParseError> {
    let of_resource = node
        .list("Resources")
        .into_iter()
        .find_map(|resource| resource.text("Region"));
    let candidates = [
        node.text("Region"),
        arn.map(|it| it.region),
        Arn::read(product_arn).map(|it| it.region),
        of_resource,
    ];
    region::first(candidates, node.path_of("Region"), finding_type)
}

fn product(node: &Node<'_>, product_arn: &str) -> String {
    let fields = node.get("ProductFields");
    let field = || fields.as_ref()?.text("aws/securityhub/ProductName");
    hub_finding::product(product_arn, node.text("ProductName").or_else(field))
}

fn control_of(node: &Node<'_>) -> Option<String> {
    let own = node.get("Compliance").and_then(|it| it.text("SecurityControlId"));
    own.and_then(control::of_field)
        .or_else(|| control::of_generator(node.text("GeneratorId")?))
}

/// A field of GuardDuty's `service`, flattened into `ProductFields`; before 2019 without the prefix.
pub(super) fn service_field<'a>(node: &Node<'a>, name: &str) -> Option<&'a str> {
    let fields = node.get("ProductFields")?;
    fields
        .text(&format!("aws/guardduty/service/{name}"))
        .or_else(|| fields.text(name))
}

/// GuardDuty's own number is in `Product`; others are known by `Label`, or by `Normalized` where that is
/// missing. Security Hub's default is informational.
fn severity_of(node: &Node<'_>, is_guardduty: bool) -> Severity {
    let Some(field) = node.get("Severity") else {
        return Severity::of_score(0.0);
    };
    let of_product = field
        .number("Product")
        .filter(|_| is_guardduty)
        .map(Severity::of_score);
    let of_label = || {
        field
            .text("Label")
            .and_then(severity::label)
            .map(Severity::of_label)
    };
    let of_normalized = || field.number("Normalized").map(|it| Severity::of_score(it / 10.0));
    of_product
        .or_else(of_label)
        .or_else(of_normalized)
        .unwrap_or_else(|| Severity::of_score(0.0))
}

fn resources(
    node: &Node<'_>,
    context: &Context<'_>,
    is_guardduty: bool,
    is_active: bool,
) -> Result<Resources, ParseError> {
    let blocks = node.list("Resources");
    if blocks.is_empty() && is_active {
        return Err(ParseError::missing(
            node.path_of("Resources"),
            context.finding_type,
        ));
    }
    let named: Vec<_> = blocks.iter().filter_map(named).collect();
    let sequence = node.at(&["Detection", "Sequence"]);
    hub_finding::sort(&named, context, is_guardduty, is_active, |members| {
        if let Some(sequence) = &sequence {
            attack_sequence::add(sequence, context, members);
        }
    })
}

fn named<'a>(block: &'a Node<'a>) -> Option<NamedResource<'a>> {
    let id = block.text("Id")?;
    let resource_type = block.text("Type").unwrap_or("Other");
    let principal = match block.at(&["Details", "AwsIamAccessKey"]) {
        Some(details) => principal(&details, id),
        None => CredentialDetails {
            key_id: key_id(id),
            ..CredentialDetails::default()
        },
    };
    Some(NamedResource {
        node: block,
        resource_type,
        id_field: "Id",
        id,
        other_id: None,
        region: block.text("Region"),
        partition: block.text("Partition"),
        owner: None,
        is_actor: block
            .text("ResourceRole")
            .is_some_and(|role| role.eq_ignore_ascii_case("actor")),
        principal,
    })
}

/// ASFF's `AwsIamAccessKeyDetails`; the id may be ASFF's `AWS::IAM::AccessKey:AKIA…`.
pub(super) fn principal<'a>(details: &Node<'a>, id: &'a str) -> CredentialDetails<'a> {
    let issuer = details.at(&["SessionContext", "SessionIssuer"]);
    CredentialDetails {
        key_id: details.text("AccessKeyId").or_else(|| key_id(id)),
        principal_id: details.text("PrincipalId"),
        user_type: details.text("PrincipalType"),
        name: details
            .first_text(&["PrincipalName", "UserName"])
            .or_else(|| issuer.and_then(|it| it.text("UserName"))),
    }
}
