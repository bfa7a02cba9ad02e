//! GuardDuty's and Security Hub's findings and AWS Health's events, from those that a test or a drill planted.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::{AwsRequest, Reply, error};

/// The most that each call gives at once.
const GUARDDUTY_PAGE: usize = 50;
const SECURITY_HUB_PAGE: usize = 100;
/// The criteria that find a remote address.
const BY_ADDRESS: [&str; 2] = [
    "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
    "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4",
];

/// What GuardDuty and Security Hub have found in the account; shared with the running gateway.
#[derive(Clone, Debug, Default)]
pub struct Findings(Arc<Mutex<Planted>>);

#[derive(Debug, Default)]
struct Planted {
    guardduty: Vec<Value>,
    security_hub: Vec<Value>,
    health: Vec<Value>,
}

impl Findings {
    /// GuardDuty has this finding from now on, written as an event's `detail`: its API writes no other names. One that it
    /// has already is updated.
    pub fn plant_in_guardduty(&self, finding: Value) {
        self.planted(|planted| put(&mut planted.guardduty, "id", finding));
    }

    /// Security Hub is on from now on and has this finding (ASFF).
    pub fn plant_in_security_hub(&self, finding: Value) {
        self.planted(|planted| put(&mut planted.security_hub, "Id", finding));
    }

    /// The account has a support plan with which AWS Health answers, and Health this event, written as an event's `detail`.
    pub fn plant_in_health(&self, detail: Value) {
        self.planted(|planted| put(&mut planted.health, "eventArn", detail));
    }

    fn planted<T>(&self, with: impl FnOnce(&mut Planted) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn answer(&self, asked: &AwsRequest, body: &[u8]) -> Reply {
        let Ok(query) = serde_json::from_slice::<Value>(body) else {
            return refuse(asked, "the body isn't JSON");
        };
        let outcome = match (asked.service.as_str(), asked.action.as_str()) {
            ("guardduty", "ListFindings") => self.planted(|it| list(&it.guardduty, &query)),
            ("guardduty", _) => Ok(self.planted(|it| get(&it.guardduty, &query))),
            ("health", _) if self.planted(|it| it.health.is_empty()) => {
                let message = "The account needs Business Support or more";
                return error(
                    asked,
                    StatusCode::BAD_REQUEST,
                    "SubscriptionRequiredException",
                    message,
                );
            }
            ("health", _) => Ok(self.planted(|it| affected(&it.health, &query))),
            _ if self.planted(|it| it.security_hub.is_empty()) => {
                let message = "Account is not subscribed to AWS Security Hub";
                return error(asked, StatusCode::UNAUTHORIZED, "InvalidAccessException", message);
            }
            _ => self.planted(|it| filter(&it.security_hub, &query)),
        };
        match outcome {
            Ok(answer) => Reply::new(StatusCode::OK, "application/json", answer.to_string()),
            Err(why) => refuse(asked, &why),
        }
    }
}

/// Puts it in the place of the one with the same id.
fn put(known: &mut Vec<Value>, id: &str, new: Value) {
    known.retain(|one| one.get(id) != new.get(id));
    known.push(new);
}

/// `DescribeAffectedEntities`: what the events name.
fn affected(events: &[Value], query: &Value) -> Value {
    let arns = query.pointer("/filter/eventArns").and_then(Value::as_array);
    let asked =
        |event: &&Value| arns.is_some_and(|arns| event.get("eventArn").is_some_and(|arn| arns.contains(arn)));
    let entities = events.iter().filter(asked).flat_map(|event| {
        let named = event.get("affectedEntities").and_then(Value::as_array);
        named.into_iter().flatten().map(|entity| {
            json!({
                "awsAccountId": event.get("affectedAccount"),
                "eventArn": event.get("eventArn"),
                "entityValue": entity.get("entityValue"),
                "statusCode": entity.get("status"),
            })
        })
    });
    json!({ "entities": entities.collect::<Vec<Value>>() })
}

fn refuse(asked: &AwsRequest, why: &str) -> Reply {
    let code = if asked.service == "guardduty" {
        "BadRequestException"
    } else {
        "InvalidInputException"
    };
    error(asked, StatusCode::BAD_REQUEST, code, why)
}

/// `ListFindings`: ids, oldest update first, of what meets the criteria.
fn list(findings: &[Value], query: &Value) -> Result<Value, String> {
    let criteria = query.pointer("/findingCriteria/criterion");
    let mut found = Vec::new();
    for finding in findings {
        if meets(finding, criteria)? {
            found.push(finding);
        }
    }
    if query.pointer("/sortCriteria/attributeName") != Some(&json!("updatedAt")) {
        return Err("the disposable account sorts by updatedAt only".to_owned());
    }
    found.sort_by_key(|finding| time(finding.get("updatedAt")));
    let (page, next) = page(
        &found,
        [&query["maxResults"], &query["nextToken"]],
        GUARDDUTY_PAGE,
    )?;
    let ids: Vec<&Value> = page.iter().filter_map(|finding| finding.get("id")).collect();
    Ok(json!({ "findingIds": ids, "nextToken": next.unwrap_or_default() }))
}

fn meets(finding: &Value, criteria: Option<&Value>) -> Result<bool, String> {
    for (name, condition) in criteria.and_then(Value::as_object).into_iter().flatten() {
        let meets = match (name.as_str(), condition) {
            ("updatedAt", condition) => {
                let since = condition["greaterThanOrEqual"].as_i64();
                let since =
                    since.ok_or("the disposable account knows updatedAt by greaterThanOrEqual only")?;
                time(finding.get("updatedAt")).is_some_and(|at| at.as_millisecond() >= since)
            }
            ("service.archived", condition) => {
                let is_archived = finding.pointer("/service/archived") == Some(&Value::Bool(true));
                condition["equals"] == json!([is_archived.to_string()])
            }
            (name, condition) if BY_ADDRESS.contains(&name) => {
                let wanted = condition["equals"].as_array();
                let path = format!("/{}", name.replace('.', "/"));
                let address = finding.pointer(&path);
                address.is_some_and(|address| wanted.is_some_and(|wanted| wanted.contains(address)))
            }
            (other, _) => {
                return Err(format!(
                    "the disposable account doesn't know the criterion {other}"
                ));
            }
        };
        if !meets {
            return Ok(false);
        }
    }
    Ok(true)
}

/// GuardDuty's `GetFindings`: unknown ids are left out.
fn get(findings: &[Value], query: &Value) -> Value {
    let ids = query["findingIds"].as_array().cloned().unwrap_or_default();
    let found: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding.get("id").is_some_and(|id| ids.contains(id)))
        .collect();
    json!({ "findings": found })
}

/// Security Hub's `GetFindings`: what meets the filters, oldest update first.
fn filter(findings: &[Value], query: &Value) -> Result<Value, String> {
    let mut found = Vec::new();
    for finding in findings {
        if passes(finding, query.get("Filters"))? {
            found.push(finding);
        }
    }
    found.sort_by_key(|finding| time(finding.get("UpdatedAt")));
    let (page, next) = page(
        &found,
        [&query["MaxResults"], &query["NextToken"]],
        SECURITY_HUB_PAGE,
    )?;
    Ok(json!({ "Findings": page, "NextToken": next }))
}

fn passes(finding: &Value, filters: Option<&Value>) -> Result<bool, String> {
    for (name, filter) in filters.and_then(Value::as_object).into_iter().flatten() {
        let value = match name.as_str() {
            "UpdatedAt" => {
                let at = time(finding.get("UpdatedAt"));
                let (start, end) = (time(filter.pointer("/0/Start")), time(filter.pointer("/0/End")));
                if at < start || at > end {
                    return Ok(false);
                }
                continue;
            }
            "Id" | "ProductArn" | "ProductName" | "RecordState" => finding.get(name),
            "WorkflowStatus" => finding.pointer("/Workflow/Status"),
            "ComplianceStatus" => finding.pointer("/Compliance/Status"),
            other => return Err(format!("the disposable account doesn't know the filter {other}")),
        };
        let wanted = filter.as_array().into_iter().flatten();
        if !wanted
            .filter(|one| one["Comparison"] == "EQUALS")
            .any(|one| Some(&one["Value"]) == value)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The part that is asked for, and the token of the next.
fn page<'a>(
    found: &[&'a Value],
    [most, token]: [&Value; 2],
    limit: usize,
) -> Result<(Vec<&'a Value>, Option<String>), String> {
    let most = most
        .as_u64()
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(limit);
    if !(1..=limit).contains(&most) {
        return Err(format!("at most {limit} at once"));
    }
    let from: usize = token
        .as_str()
        .filter(|token| !token.is_empty())
        .map_or(Ok(0), str::parse)
        .map_err(|_not_ours| "the token is not one of ours")?;
    let page: Vec<&Value> = found.iter().skip(from).take(most).copied().collect();
    let next = from.saturating_add(page.len());
    Ok((page, (next < found.len()).then(|| next.to_string())))
}

fn time(value: Option<&Value>) -> Option<Timestamp> {
    value?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn guardduty_lists_by_criteria_and_page_by_page() {
        let finding = |id: &str, hour: u8, archived: bool| json!({ "id": id, "updatedAt": format!("2026-05-01T{hour:02}:00:00.000Z"), "service": { "archived": archived } });
        let planted = [
            finding("late", 12, false),
            finding("archived", 11, true),
            finding("old", 7, false),
            finding("early", 8, false),
        ];
        let since: Timestamp = "2026-05-01T08:00:00Z".parse().unwrap();
        let query = |token: &str| {
            json!({ "findingCriteria": { "criterion": {
                        "updatedAt": { "greaterThanOrEqual": since.as_millisecond() },
                        "service.archived": { "equals": ["false"] } } },
                    "sortCriteria": { "attributeName": "updatedAt", "orderBy": "ASC" },
                    "maxResults": 1, "nextToken": token })
        };
        assert_eq!(
            list(&planted, &query("")).unwrap(),
            json!({ "findingIds": ["early"], "nextToken": "1" })
        );
        assert_eq!(
            list(&planted, &query("1")).unwrap(),
            json!({ "findingIds": ["late"], "nextToken": "" })
        );
        assert_eq!(
            get(&planted, &json!({ "findingIds": ["old", "gone"] }))["findings"][0]["id"],
            "old"
        );
        let mut unknown = query("");
        unknown["findingCriteria"]["criterion"]["severity"] = json!({ "equals": ["8"] });
        assert!(list(&planted, &unknown).is_err());
    }

    #[test]
    fn guardduty_finds_a_remote_address() {
        let finding = |id: &str, address: &str| {
            json!({ "id": id, "service": { "action": { "networkConnectionAction": {
                "remoteIpDetails": { "ipAddressV4": address } } } } })
        };
        let planted = [finding("a", "203.0.113.9"), finding("b", "203.0.113.10")];
        let found = |criterion: &str| {
            let query = json!({
                "findingCriteria": { "criterion": { criterion: { "equals": ["203.0.113.9"] } } },
                "sortCriteria": { "attributeName": "updatedAt", "orderBy": "DESC" } });
            list(&planted, &query).unwrap()["findingIds"].clone()
        };
        assert_eq!(BY_ADDRESS.map(found), [json!(["a"]), json!([])]);
    }

    #[test]
    fn security_hub_filters_and_refuses_what_it_does_not_know() {
        let finding = |id: &str, state: &str| {
            json!({ "Id": id, "UpdatedAt": "2026-05-01T09:00:00Z", "ProductName": "GuardDuty",
                    "RecordState": state, "Workflow": { "Status": "NEW" } })
        };
        let planted = [finding("a", "ACTIVE"), finding("b", "ARCHIVED")];
        let equals = |value: &str| json!({ "Value": value, "Comparison": "EQUALS" });
        let query = json!({ "Filters": {
            "ProductName": [equals("GuardDuty")], "RecordState": [equals("ACTIVE")],
            "WorkflowStatus": [equals("NOTIFIED"), equals("NEW")],
            "UpdatedAt": [{ "Start": "2026-05-01T08:00:00Z", "End": "2026-05-01T10:00:00Z" }] } });
        let answer = filter(&planted, &query).unwrap();
        assert_eq!(answer["Findings"].as_array().unwrap().len(), 1);
        assert_eq!(answer["Findings"][0]["Id"], "a");
        assert!(filter(&planted, &json!({ "Filters": { "Title": [equals("x")] } })).is_err());
    }
}
