//! Security Hub's `BatchUpdateFindings`, on the findings that were imported into moto.

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{Backend, Exchange, Reply};

/// REST operations are recorded as they are asked for.
pub(super) const ACTION: &str = "PATCH /findings/batchupdate";
/// Moto lists no more at once.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    finding_identifiers: Vec<Name>,
    note: Option<Value>,
    workflow: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Name {
    id: String,
    product_arn: String,
}

pub(super) async fn answer(backend: &Backend, exchange: &Exchange) -> Reply {
    let update: Update = match serde_json::from_slice(&exchange.body) {
        Ok(update) => update,
        Err(cause) => return json_reply(StatusCode::BAD_REQUEST, &json!({ "Message": cause.to_string() })),
    };
    let region = exchange.asked.region.as_deref().unwrap_or("us-east-1");
    let known = match findings(backend, region).await {
        Ok(known) => known,
        Err(reply) => return reply,
    };
    let (mut changed, mut processed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for name in &update.finding_identifiers {
        let identifier = json!({ "Id": name.id, "ProductArn": name.product_arn });
        match known.iter().find(|finding| name.is_of(finding)) {
            Some(finding) => {
                changed.push(updated(finding, &update));
                processed.push(identifier);
            }
            None => refused.push(json!({
                "FindingIdentifier": identifier,
                "ErrorCode": "FindingNotFound",
                "ErrorMessage": "Finding not found",
            })),
        }
    }
    if !changed.is_empty() {
        let body = json!({ "Findings": changed });
        if let Err(reply) = moto(backend, region, "/findings/import", &body).await {
            return reply;
        }
    }
    json_reply(
        StatusCode::OK,
        &json!({ "ProcessedFindings": processed, "UnprocessedFindings": refused }),
    )
}

/// Every finding that was imported.
pub(super) async fn imported(backend: &Backend, exchange: &Exchange) -> Reply {
    let region = exchange.asked.region.as_deref().unwrap_or("us-east-1");
    match findings(backend, region).await {
        Ok(found) => json_reply(StatusCode::OK, &json!({ "Findings": found })),
        Err(reply) => reply,
    }
}

/// Whether a `GetFindings` asks for all of them, as the sweep never does.
pub(super) fn asks_for_all(exchange: &Exchange) -> bool {
    serde_json::from_slice::<Value>(&exchange.body)
        .ok()
        .is_none_or(|body| body.get("Filters").is_none())
}

impl Name {
    fn is_of(&self, finding: &Value) -> bool {
        let is = |field: &str, text: &str| finding.get(field).and_then(Value::as_str) == Some(text);
        is("Id", &self.id) && is("ProductArn", &self.product_arn)
    }
}

/// `UpdatedAt` of the finding stays its product's; the note has a time of its own.
fn updated(finding: &Value, update: &Update) -> Value {
    let mut finding = finding.clone();
    if let Some(fields) = finding.as_object_mut() {
        if let Some(Value::Object(note)) = &update.note {
            let mut note = note.clone();
            note.insert("UpdatedAt".to_owned(), json!(jiff::Timestamp::now().to_string()));
            fields.insert("Note".to_owned(), Value::Object(note));
        }
        if let Some(workflow) = &update.workflow {
            fields.insert("Workflow".to_owned(), workflow.clone());
        }
    }
    finding
}

async fn findings(backend: &Backend, region: &str) -> Result<Vec<Value>, Reply> {
    let mut all = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut asked = json!({ "MaxResults": PAGE });
        if let (Some(fields), false) = (asked.as_object_mut(), token.is_null()) {
            fields.insert("NextToken".to_owned(), token);
        }
        let mut page = moto(backend, region, "/findings", &asked).await?;
        if let Some(Value::Array(found)) = page.get_mut("Findings").map(Value::take) {
            all.extend(found);
        }
        token = page.get("NextToken").cloned().unwrap_or_default();
        if token.is_null() {
            return Ok(all);
        }
    }
}

async fn moto(backend: &Backend, region: &str, path: &str, body: &Value) -> Result<Value, Reply> {
    let reply = backend
        .upstreams
        .json_to_moto("securityhub", region, Method::POST, path, body)
        .await
        .map_err(|error| error.into_reply())?;
    match serde_json::from_slice(reply.body()) {
        Ok(answer) if reply.status().is_success() => Ok(answer),
        _ => Err(reply),
    }
}

fn json_reply(status: StatusCode, body: &Value) -> Reply {
    Reply::new(status, "application/json", body.to_string())
}
