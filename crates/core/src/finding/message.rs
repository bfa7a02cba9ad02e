//! The items of one message, each read on its own so that one bad finding doesn't lose the others.

use super::{
    Finding, asff,
    envelope::{Envelope, Kind},
    error::ParseError,
    guardduty, health, malware_scan,
    node::Node,
    ocsf,
    parse::Item,
};

/// Reads every item of the body.
pub(super) fn read(
    kind: Kind,
    body: &Node<'_>,
    envelope: &Envelope,
) -> Result<Vec<Result<Item, ParseError>>, ParseError> {
    let route = envelope.route;
    match kind {
        Kind::NotAFinding(reason) => Ok(vec![Ok(Item::Left(reason.to_owned()))]),
        Kind::MalwareScan => Ok(vec![malware_scan::read(body)]),
        Kind::Health => Ok(vec![health::read(body)]),
        Kind::GuardDuty => each(body, envelope, |node| guardduty::finding(node, route).map(found)),
        Kind::Asff => each(body, envelope, |node| asff::finding(node, route).map(found)),
        Kind::Ocsf => each(body, envelope, |node| ocsf::read(node, route)),
    }
}

/// `findings` of the body if it has them; an event of Security Hub must. Otherwise the body is the finding.
fn each(
    body: &Node<'_>,
    envelope: &Envelope,
    read: impl Fn(&Node<'_>) -> Result<Item, ParseError>,
) -> Result<Vec<Result<Item, ParseError>>, ParseError> {
    let list = match body.get("findings") {
        Some(list) => list,
        None if is_list_event(envelope) => {
            return Err(ParseError::missing(
                body.path_of("findings"),
                envelope.detail_type.as_deref().unwrap_or_default(),
            ));
        }
        None => return Ok(vec![read(body)]),
    };
    if !list.is_array() {
        return Err(list.wrong_shape("a list"));
    }
    let items = list.items();
    if items.is_empty() {
        return Ok(vec![Ok(Item::Left("a list of no findings".to_owned()))]);
    }
    Ok(items.iter().map(read).collect())
}

fn found(finding: Finding) -> Item {
    Item::Finding(Box::new(finding))
}

fn is_list_event(envelope: &Envelope) -> bool {
    envelope
        .detail_type
        .as_deref()
        .is_some_and(|it| it != "GuardDuty Finding")
}
