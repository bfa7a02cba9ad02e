//! AWS Health: AWS itself found credentials of the account where they don't belong, in a public repository say. It is
//! often the first sign of a leaked key. Shape: AWS Health User Guide, "AWS Health events Amazon EventBridge schema".
//! Health tells a global event such as this one in us-east-1 and, as a copy, in us-west-2.

use super::{
    Finding, Route, Severity, SeverityLabel, Standing,
    allowed::{is_long_term_key, is_temporary_key},
    arn::{Arn, last_segment, partition_or_default},
    credential_details::hint,
    error::{ParseError, shown},
    facts::Facts,
    node::Node,
    parse::Item,
    region, standing,
};
use crate::{
    ids::AccountId,
    target::{Resource, Target, kind},
    text,
};

/// [`Finding::product`], as Security Hub's copies have it.
pub(super) const PRODUCT: &str = "Health";

/// Health's codes about credentials and abuse of the account; all others are about AWS's own health.
const RISK: &str = "AWS_RISK_";

/// The code for a key that anybody can read.
const EXPOSED: &str = "AWS_RISK_CREDENTIALS_EXPOSED";

/// Reads the whole event: the account stands outside its `detail`.
pub(super) fn read(event: &Node<'_>) -> Result<Item, ParseError> {
    let detail = event.need("detail", PRODUCT)?;
    let code = detail.need_text("eventTypeCode", "AWS Health event")?;
    if !code.starts_with(RISK) {
        return Ok(Item::Left(format!(
            "AWS Health event {}: not about a credential, not a finding",
            shown(code)
        )));
    }
    finding(event, &detail, code).map(|finding| Item::Finding(Box::new(finding)))
}

fn finding(event: &Node<'_>, detail: &Node<'_>, code: &str) -> Result<Finding, ParseError> {
    let event_arn = detail.need_text("eventArn", code)?;
    let arn = Arn::read(event_arn);
    // In an organization the event comes to the management account, too.
    let account = match detail.text("affectedAccount") {
        Some(account) => account,
        None => event.need_text("account", code)?,
    };
    let account = AccountId::new(hint(account));
    // The Region of the copy isn't the finding's, or the two copies would be two findings.
    let place = [
        detail.text("eventRegion"),
        arn.map(|it| it.region),
        event.text("region"),
    ];
    let region = region::first(place, event.path_of("region"), code)?;
    let target = |resource| Target {
        account: account.clone(),
        region: region.clone(),
        partition: partition_or_default(&[arn.map(|it| it.partition)]),
        resource,
    };
    let standing = standing_of(detail, &account);
    // `AWS_RISK_CREDENTIALS_EXPOSED_0a1b…`: both copies have the same.
    let id = super::checked_id(last_segment(event_arn), detail.path_of("eventArn"), code)?;
    let entities = match entities(event, detail, code) {
        Err(error) if standing == Standing::Active => return Err(error),
        Err(_) => Vec::new(),
        Ok(found) if found.is_empty() => vec![Resource::Other(kind::Other {
            resource_type: "AWS::IAM::AccessKey".to_owned(),
            id: format!("not named in finding {id}"),
        })],
        Ok(found) => found,
    };
    let time = |name| detail.time(name);
    let updated_at = time("lastUpdatedTime").or_else(|| event.time("time"));
    Ok(Finding {
        hub: None,
        is_instance_by_name: false,
        arn: super::kept_arn(event_arn),
        id,
        product: PRODUCT.to_owned(),
        route: Route::HealthEvent,
        finding_type: text::bounded(&text::sanitize(code), super::TYPE_CHARS),
        control: None,
        severity: Severity::of_label(if code == EXPOSED {
            SeverityLabel::Critical
        } else {
            SeverityLabel::High
        }),
        title: title(code).to_owned(),
        description: text::bounded(&description(detail), super::DESCRIPTION_CHARS),
        standing,
        resource_role: None,
        targets: entities.into_iter().map(target).collect(),
        related: Vec::new(),
        count: 1,
        first_seen: time("startTime"),
        last_seen: updated_at,
        created_at: time("startTime"),
        updated_at,
        facts: facts(detail, code),
        peers: Vec::new(),
        account,
        region,
    })
}

fn title(code: &str) -> &'static str {
    match code {
        EXPOSED => "AWS found an access key of this account in a public place",
        _ => "AWS sees a risk for this account's credentials",
    }
}

fn standing_of(detail: &Node<'_>, account: &AccountId) -> Standing {
    let is_closed = detail
        .text("statusCode")
        .is_some_and(|status| status.eq_ignore_ascii_case("closed"));
    if is_closed {
        return standing::inactive("closed at AWS Health (statusCode)");
    }
    standing::of_account(account)
}

/// The credentials, each once. What isn't a key's id is refused, not guessed at.
fn entities(event: &Node<'_>, detail: &Node<'_>, code: &str) -> Result<Vec<Resource>, ParseError> {
    let mut found = Vec::new();
    for entity in detail.list("affectedEntities") {
        let is_settled = entity
            .text("status")
            .is_some_and(|status| matches!(status, "RESOLVED" | "UNIMPAIRED"));
        if let Some(value) = entity.text("entityValue").filter(|_| !is_settled) {
            add(&mut found, value, entity.path_of("entityValue"), code)?;
        }
    }
    if detail.list("affectedEntities").is_empty() {
        for resource in event.list("resources") {
            if let Some(value) = resource.as_text() {
                add(&mut found, value, resource.path().to_owned(), code)?;
            }
        }
    }
    Ok(found)
}

fn add(found: &mut Vec<Resource>, value: &str, path: String, code: &str) -> Result<(), ParseError> {
    let resource = if is_long_term_key(value) {
        Resource::AccessKey(kind::AccessKey {
            key_id: value.to_owned(),
            user_name: None,
            user_id: None,
        })
    } else if is_temporary_key(value) {
        // Nothing tells whose session it is.
        Resource::Other(kind::Other {
            resource_type: "AWS::IAM::AccessKey".to_owned(),
            id: value.to_owned(),
        })
    } else {
        return Err(ParseError::not_a_key_id(path, code));
    };
    if !found.contains(&resource) {
        found.push(resource);
    }
    Ok(())
}

fn description(detail: &Node<'_>) -> String {
    let texts = detail.list("eventDescription");
    let english = texts
        .iter()
        .find(|it| {
            it.text("language")
                .is_some_and(|language| language.starts_with("en"))
        })
        .or_else(|| texts.first());
    english
        .and_then(|it| it.text("latestDescription"))
        .unwrap_or_default()
        .to_owned()
}

fn facts(detail: &Node<'_>, code: &str) -> Vec<String> {
    let mut facts = Facts::default();
    if code == EXPOSED {
        facts.add(
            "AWS may have attached AWSCompromisedKeyQuarantineV2 or V3 to the user: it denies some calls, and the \
             key works on for all others",
        );
    }
    facts.add_health_metadata(detail);
    facts.finish()
}
