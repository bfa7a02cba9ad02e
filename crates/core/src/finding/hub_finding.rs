//! What ASFF and OCSF findings share: whose they are, and which of their resources are targets.

use super::{
    HubFinding, HubFormat,
    attack_sequence::{self, Members},
    error::ParseError,
    guardduty_resource::{ACCOUNT_OPENED, Context, EXFILTRATION, Resources, unnamed},
    guardduty_type,
    named_resource::NamedResource,
    node::Node,
};
use crate::{
    ids::{AccountId, Region},
    target::{Resource, Target, kind},
    text,
};

/// AWS's products, by the end of their ARNs.
const PRODUCTS: [(&str, &str); 8] = [
    ("guardduty", "GuardDuty"),
    ("securityhub", "Security Hub"),
    ("macie", "Macie"),
    ("inspector", "Inspector"),
    ("access-analyzer", "IAM Access Analyzer"),
    ("config", "Config"),
    ("health", "Health"),
    ("detective", "Detective"),
];

/// The names of AWS's products, as [`super::Finding::product`] has them.
pub fn aws_products() -> impl Iterator<Item = &'static str> {
    PRODUCTS.iter().map(|(_, name)| *name)
}

/// A product of AWS by its ARN, which an import can't fake.
pub(super) fn product_name(product_arn: &str) -> Option<&'static str> {
    let (_, product) = product_arn.rsplit_once("/aws/")?;
    PRODUCTS
        .iter()
        .find_map(|(end, name)| (*end == product).then_some(*name))
}

/// The type as the product itself has it: of GuardDuty, and of Macie's findings about a bucket's policy. Macie's findings
/// about what is in a bucket are known by their generator.
pub(super) fn original_type<'a>(
    product: Option<&str>,
    types: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    match product {
        Some("GuardDuty") => guardduty_type::original(types),
        Some("Macie") => {
            guardduty_type::original(types).filter(|original| original.starts_with("Policy:IAMUser/S3"))
        }
        _ => None,
    }
}

/// IAM Access Analyzer has no types: what its findings about access for everybody are called here, so that a playbook can
/// name them. The other principals from outside are named accounts, users or roles.
pub(super) fn access_analyzer_type(
    product: Option<&str>,
    lets_everybody_in: impl FnOnce() -> bool,
) -> Option<String> {
    (product == Some("IAM Access Analyzer") && lets_everybody_in())
        .then(|| "aws/access-analyzer/public".to_owned())
}

/// Whether these details of a resource, which IAM Access Analyzer keeps as `Other`, say that the principal from outside is
/// everybody (IAM User Guide, "Integrate IAM Access Analyzer with AWS Security Hub"). OCSF has them in snake case or not.
pub(super) fn is_open_to_everybody(details: &Node<'_>) -> bool {
    let own = details.get("Other");
    let fields = own.as_ref().unwrap_or(details);
    fields.first_text(&["External Principal", "external_principal"]) == Some("*")
}

/// The product's name: by its ARN, or as it calls itself, but never one of AWS's own by its word alone:
/// playbooks are chosen by it.
pub(super) fn product(product_arn: &str, own_name: Option<&str>) -> String {
    let is_false = |name: &str| {
        PRODUCTS
            .iter()
            .any(|(_, known)| name.trim().eq_ignore_ascii_case(known))
    };
    let name = product_name(product_arn)
        .or_else(|| own_name.filter(|name| !is_false(name)))
        .unwrap_or_else(|| {
            product_arn
                .rsplit_once(":product/")
                .map_or(product_arn, |(_, end)| end)
        });
    text::bounded(name, 128)
}

/// The names under which Security Hub takes an update of the finding; it has both, or can't be told anything.
pub(super) fn named(
    id: &str,
    product_arn: &str,
    account: &AccountId,
    region: &Region,
    format: HubFormat,
) -> Option<HubFinding> {
    let is_usable =
        !product_arn.is_empty() && product_arn.len() <= super::ID_CHARS && id.len() <= super::ID_CHARS;
    is_usable.then(|| HubFinding {
        id: id.to_owned(),
        product: product_arn.to_owned(),
        account: account.clone(),
        region: region.clone(),
        format,
    })
}

/// Which type of resource a GuardDuty finding is about, by its type's family, as in Security Hub there is no
/// `resourceType`: the first of these that the finding names. The others are neighbours and actors.
fn family_types(finding_type: &str) -> &'static [&'static str] {
    let Some((purpose, rest)) = finding_type.split_once(':') else {
        return &[];
    };
    match (purpose, rest.split('/').next().unwrap_or_default()) {
        ("AttackSequence", _) => &[],
        ("Object", "S3") => &["AWS::S3::Object", "AWS::S3::Bucket"],
        (_, "S3") => &["AWS::S3::Bucket", "AWS::Backup::RecoveryPoint"],
        (_, "IAMUser") => &["AWS::IAM::AccessKey"],
        (_, "EC2") => &[
            "AWS::EC2::Instance",
            "AWS::EC2::Snapshot",
            "AWS::EC2::Image",
            "AWS::Backup::RecoveryPoint",
        ],
        (_, "Kubernetes") => &["AWS::EKS::Cluster"],
        (_, "ECS") => &["AWS::ECS::Cluster"],
        (_, "Container") => &["Container"],
        (_, "Lambda") => &["AWS::Lambda::Function"],
        (_, "Runtime") => &[
            "AWS::EKS::Cluster",
            "AWS::ECS::Cluster",
            "Container",
            "AWS::EC2::Instance",
        ],
        _ => &[],
    }
}

/// Sorts a finding's resources into targets and related ones. `add_actors` adds what an attack sequence names besides
/// them.
pub(super) fn sort(
    resources: &[NamedResource<'_>],
    context: &Context<'_>,
    is_guardduty: bool,
    is_active: bool,
    add_actors: impl FnOnce(&mut Members),
) -> Result<Resources, ParseError> {
    let mut found = Resources::default();
    if is_guardduty && attack_sequence::is_one(context.finding_type) {
        let mut members = Members::default();
        add_actors(&mut members);
        for resource in resources {
            members.add(resource.target(context, false)?, context);
        }
        members.settle(&mut found);
    } else {
        by_family(resources, context, is_guardduty, is_active, &mut found)?;
    }
    if found.targets.is_empty() && is_active {
        found.add_target(context.target(Resource::Other(kind::Other {
            resource_type: "unknown".to_owned(),
            id: unnamed(context),
        })));
    }
    Ok(found)
}

fn by_family(
    resources: &[NamedResource<'_>],
    context: &Context<'_>,
    is_guardduty: bool,
    is_active: bool,
    found: &mut Resources,
) -> Result<(), ParseError> {
    let is_account_opened = is_guardduty && context.finding_type == ACCOUNT_OPENED;
    let wanted = wanted_type(resources, context, is_guardduty);
    let names_bucket = resources
        .iter()
        .any(|it| it.canonical_type() == "AWS::S3::Bucket");
    if is_account_opened {
        found.add_target(context.target(Resource::Account(kind::Account {})));
    }
    for resource in resources {
        // An object that is named beside its bucket is told with it.
        let is_told = !is_guardduty && names_bucket && resource.canonical_type() == "AWS::S3::Object";
        let is_target = !resource.is_actor
            && !is_account_opened
            && !is_told
            && wanted.is_none_or(|wanted| resource.canonical_type() == wanted);
        match resource.target(context, is_guardduty && is_target) {
            Ok(target) if is_target => found.add_target(target),
            Ok(target) if is_told || kind::Other::of(&target.resource).is_none() => found.add_related(target),
            Err(error) if is_active => return Err(error),
            Err(_) if is_target => found.targets.extend(resource.of_sample(context)),
            Ok(_) | Err(_) => {}
        }
    }
    if is_guardduty {
        add_robbed_instance(context, found);
    }
    Ok(())
}

fn wanted_type(
    resources: &[NamedResource<'_>],
    context: &Context<'_>,
    is_guardduty: bool,
) -> Option<&'static str> {
    family_types(context.finding_type)
        .iter()
        .filter(|_| is_guardduty)
        .find(|wanted| resources.iter().any(|it| it.canonical_type() == **wanted))
        .copied()
}

/// The instance whose credentials left it: as the finding names it besides, or, if it names none, as the session is
/// called.
fn add_robbed_instance(context: &Context<'_>, found: &mut Resources) {
    if !context.finding_type.contains(EXFILTRATION) {
        return;
    }
    let by_session = found.targets.iter().find_map(|it| {
        super::guardduty_resource::robbed_instance(&it.resource, context.finding_type)
            .map(|instance_id| context.target(Resource::Instance(kind::Instance { instance_id })))
    });
    let mut named = found
        .related
        .iter()
        .chain(&found.targets)
        .filter(|it| kind::Instance::of(&it.resource).is_some());
    let is_session = |it: &&Target| by_session.as_ref().is_some_and(|one| one.key() == it.key());
    let named = named.clone().find(is_session).or_else(|| named.next()).cloned();
    found.is_instance_by_name = named.is_none() && by_session.is_some();
    if let Some(instance) = named.or(by_session) {
        found.related.retain(|it| it.key() != instance.key());
        found.add_target(instance);
    }
}
