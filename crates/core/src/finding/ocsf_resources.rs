//! The resources of an OCSF finding, and whose credentials were used. What ASFF keeps in `Details` stands in
//! `resources[].data` (flat and in snake case, or ASFF's own block, or either as JSON text), in `resources[].user`, or only
//! with the actor of the evidence.

use serde_json::Value;

use super::{
    allowed::{is_iam_name, is_long_term_key, is_temporary_key},
    asff, attack_sequence,
    credential_details::CredentialDetails,
    error::ParseError,
    guardduty_resource::{Context, Resources},
    hub_finding,
    named_resource::{NamedResource, key_id},
    node::Node,
};

/// Targets and related resources.
pub(super) fn read(
    node: &Node<'_>,
    context: &Context<'_>,
    is_guardduty: bool,
    is_active: bool,
) -> Result<Resources, ParseError> {
    let mut blocks = node.list("resources");
    // OCSF before 1.3 has one `resource` for compliance findings; data security findings name the bucket apart.
    blocks.extend(node.list("resource"));
    let databucket = databucket(node, &blocks);
    if let Some(value) = &databucket {
        blocks.push(Node::new(value, node.path_of("databucket")));
    }
    if blocks.is_empty() && is_active {
        return Err(ParseError::missing(
            node.path_of("resources"),
            context.finding_type,
        ));
    }
    let data: Vec<Option<Value>> = blocks.iter().map(|block| block.json("data")).collect();
    let actors = actors(node);
    let named: Vec<_> = blocks
        .iter()
        .zip(&data)
        .filter_map(|(block, data)| named(block, data.as_ref(), &actors))
        .collect();
    hub_finding::sort(&named, context, is_guardduty, is_active, |members| {
        for user in &actors {
            members.add_actor(user, context);
        }
        if let Some(sequence) = sequence(node) {
            attack_sequence::add(&sequence, context, members);
        }
    })
}

/// GuardDuty's own description of an attack sequence, if it came along.
pub(super) fn sequence<'a>(node: &Node<'a>) -> Option<Node<'a>> {
    node.at(&["detection", "sequence"])
        .or_else(|| node.at(&["finding_info", "detection", "sequence"]))
}

/// Whether IAM Access Analyzer says of one of the resources that everybody may reach it.
pub(super) fn is_open_to_everybody(node: &Node<'_>) -> bool {
    let mut blocks = node.list("resources");
    blocks.extend(node.list("resource"));
    blocks.iter().any(|block| {
        let details = block.json("data");
        details.is_some_and(|details| {
            hub_finding::is_open_to_everybody(&Node::new(&details, block.path_of("data")))
        })
    })
}

/// The bucket of a data security finding, unless the resources name one: as a resource of its own.
fn databucket(node: &Node<'_>, blocks: &[Node<'_>]) -> Option<Value> {
    let bucket = node.get("databucket")?;
    let names_bucket = blocks.iter().any(|it| {
        it.text("type")
            .is_some_and(|it| it.contains("S3") && it.ends_with("Bucket"))
    });
    let is_s3 = bucket
        .text("type")
        .is_none_or(|it| it.to_ascii_uppercase().contains("S3"));
    let uid = bucket.first_text(&["uid", "name"])?;
    (is_s3 && !names_bucket).then(|| serde_json::json!({ "type": "AWS::S3::Bucket", "uid": uid }))
}

/// Who made the calls.
fn actors<'a>(node: &Node<'a>) -> Vec<Node<'a>> {
    let evidences = node.list("evidences");
    let mut users: Vec<Node<'a>> = evidences
        .iter()
        .flat_map(|evidence| [evidence.at(&["actor", "user"]), evidence.get("user")])
        .flatten()
        .collect();
    users.extend(node.at(&["actor", "user"]));
    users.extend(node.get("user"));
    users.extend(node.list("actors").iter().filter_map(|actor| actor.get("user")));
    users
}

fn named<'a>(block: &'a Node<'a>, data: Option<&'a Value>, actors: &[Node<'a>]) -> Option<NamedResource<'a>> {
    let id = block.first_text(&["uid", "uid_alt", "name"])?;
    let details = data.map(|it| Node::new(it, block.path_of("data")));
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
        principal: principal(block, details.as_ref(), id, actors),
    })
}

/// Each part from the place that knows it best: the details, the resource's own user, the actor that used this key.
fn principal<'a>(
    block: &Node<'a>,
    details: Option<&Node<'a>>,
    id: &'a str,
    actors: &[Node<'a>],
) -> CredentialDetails<'a> {
    let nested = details.and_then(|it| it.get("AwsIamAccessKey"));
    let mut found = match &nested {
        Some(nested) => asff::principal(nested, id),
        None => CredentialDetails {
            key_id: details
                .and_then(|it| it.first_text(&["access_key_id", "accessKeyId"]))
                .or_else(|| key_id(id)),
            principal_id: details.and_then(|it| it.first_text(&["principal_id", "principalId"])),
            user_type: details.and_then(|it| it.first_text(&["user_type", "userType", "principal_type"])),
            name: details.and_then(|it| it.first_text(&["user_name", "userName", "principal_name"])),
        },
    };
    let own = block.get("user");
    let actor = owner(found.key_id, actors);
    for user in own.iter().chain(actor) {
        found.principal_id = found.principal_id.or_else(|| user.text("uid"));
        found.user_type = found
            .user_type
            .or_else(|| user.text("type").filter(|it| !is_general(it)));
        found.name = found.name.or_else(|| user.text("name"));
    }
    found.name = found
        .name
        .or_else(|| block.text("name").filter(|it| is_owners_name(it)));
    found
}

/// The actor is the key's owner if it says that it used this key, or if there is one only and it names no other key.
fn owner<'actors, 'a>(key_id: Option<&str>, actors: &'actors [Node<'a>]) -> Option<&'actors Node<'a>> {
    let key_of = |actor: &Node<'a>| actor.text("credential_uid");
    let by_key = actors.iter().find(|it| key_id.is_some() && key_of(it) == key_id);
    by_key.or_else(|| {
        let mut names: Vec<_> = actors
            .iter()
            .filter_map(|it| it.first_text(&["uid", "name"]))
            .collect();
        names.dedup();
        actors
            .first()
            .filter(|it| names.len() == 1 && key_of(it).is_none())
    })
}

/// OCSF's own types of a user, which say nothing of AWS's principals.
fn is_general(user_type: &str) -> bool {
    ["Unknown", "User", "Admin", "System", "Service", "Other"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(user_type))
}

/// Some name the resource by its owner, others by the key itself.
fn is_owners_name(text: &str) -> bool {
    is_iam_name(text) && !is_long_term_key(text) && !is_temporary_key(text)
}
