//! What is deployed in a Region, asked of AWS: GuardDuty, Security Hub and EventBridge. Only reads.

use aws_config::SdkConfig;
use backstop_actions::permissions::guardduty;
use backstop_aws::{CallError, SignedCall};
use backstop_detections::{
    address_list::{ListForm, ListKind},
    deployed::Answers,
    event_rule::NAME_PREFIX,
};
use serde_json::{Value, json};

/// Rules that one call of `BatchGetAutomationRules` takes (Security Hub API Reference).
const MOST_RULES: usize = 100;

/// Each kind of list: what lists them, what gets one, its path, and where the ids stand in the answer.
const LISTS: [(ListForm, ListKind, &str, &str, &str, &str); 4] = [
    (
        ListForm::Entities,
        ListKind::Trusted,
        "guardduty:ListTrustedEntitySets",
        "guardduty:GetTrustedEntitySet",
        "trustedentityset",
        "trustedEntitySetIds",
    ),
    (
        ListForm::Entities,
        ListKind::Threat,
        "guardduty:ListThreatEntitySets",
        "guardduty:GetThreatEntitySet",
        "threatentityset",
        "threatEntitySetIds",
    ),
    (
        ListForm::Addresses,
        ListKind::Trusted,
        "guardduty:ListIPSets",
        "guardduty:GetIPSet",
        "ipset",
        "ipSetIds",
    ),
    (
        ListForm::Addresses,
        ListKind::Threat,
        "guardduty:ListThreatIntelSets",
        "guardduty:GetThreatIntelSet",
        "threatintelset",
        "threatIntelSetIds",
    ),
];

/// Everything that is compared; of Security Hub only where the files say how it should be.
pub(super) async fn read(config: &SdkConfig, has_hub: bool) -> Result<Answers, CallError> {
    let mut answers = Answers::default();
    let detectors = listed(
        config,
        guardduty::LIST_DETECTORS.action,
        "/detector",
        "detectorIds",
    )
    .await?;
    if let Some(detector) = detectors.first() {
        let root = format!("/detector/{}", encoded(detector));
        answers.detector = Some(get(config, "guardduty:GetDetector", root.clone()).await?);
        let filters = format!("{root}/filter");
        for name in listed(config, "guardduty:ListFilters", &filters, "filterNames").await? {
            let path = format!("{filters}/{}", encoded(&name));
            answers
                .filters
                .push(get(config, "guardduty:GetFilter", path).await?);
        }
        for (form, kind, list, get_one, folder, ids) in LISTS {
            let folder = format!("{root}/{folder}");
            for id in listed(config, list, &folder, ids).await? {
                let one = get(config, get_one, format!("{folder}/{}", encoded(&id))).await?;
                answers.lists.push((form, kind, one));
            }
        }
    }
    if has_hub {
        read_hub(config, &mut answers).await?;
    }
    answers.event_rules = event_rules(config).await?;
    Ok(answers)
}

/// Security Hub; nothing where it isn't enabled.
async fn read_hub(config: &SdkConfig, answers: &mut Answers) -> Result<(), CallError> {
    match get(config, "securityhub:DescribeHub", "/accounts".to_owned()).await {
        Ok(hub) => answers.hub = Some(hub),
        // What Security Hub answers where it isn't enabled (API DescribeHub).
        Err(error)
            if matches!(
                error.code.as_str(),
                "InvalidAccessException" | "ResourceNotFoundException"
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let mut arns = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let path = match &token {
            Some(token) => format!("/automationrules/list?NextToken={}", encoded(token)),
            None => "/automationrules/list".to_owned(),
        };
        let page = get(config, "securityhub:ListAutomationRules", path).await?;
        let rules = page.get("AutomationRulesMetadata").and_then(Value::as_array);
        let found = rules.into_iter().flatten();
        arns.extend(found.filter_map(|rule| Some(rule.get("RuleArn")?.as_str()?.to_owned())));
        token = text(&page, "NextToken");
        if token.is_none() {
            break;
        }
    }
    for arns in arns.chunks(MOST_RULES) {
        let asked = call(
            "securityhub:BatchGetAutomationRules",
            "/automationrules/get".to_owned(),
            json!({ "AutomationRulesArns": arns }),
        );
        let answer = asked.send(config).await?;
        let rules = answer.get("Rules").and_then(Value::as_array);
        answers
            .automation_rules
            .extend(rules.into_iter().flatten().cloned());
    }
    Ok(())
}

async fn event_rules(config: &SdkConfig) -> Result<Vec<Value>, CallError> {
    let mut found = Vec::new();
    let mut asked = json!({ "NamePrefix": NAME_PREFIX });
    loop {
        let mut call = call("events:ListRules", "/".to_owned(), asked.clone());
        call.target = Some("AWSEvents.ListRules");
        let page = call.send(config).await?;
        let rules = page.get("Rules").and_then(Value::as_array);
        found.extend(rules.into_iter().flatten().cloned());
        match text(&page, "NextToken") {
            Some(token) => asked = json!({ "NamePrefix": NAME_PREFIX, "NextToken": token }),
            None => return Ok(found),
        }
    }
}

/// All ids of a kind, page by page.
async fn listed(
    config: &SdkConfig,
    name: &'static str,
    path: &str,
    field: &str,
) -> Result<Vec<String>, CallError> {
    let mut ids = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let path = match &token {
            Some(token) => format!("{path}?nextToken={}", encoded(token)),
            None => path.to_owned(),
        };
        let page = get(config, name, path).await?;
        let found = page.get(field).and_then(Value::as_array).into_iter().flatten();
        ids.extend(found.filter_map(Value::as_str).map(str::to_owned));
        token = text(&page, "nextToken");
        if token.is_none() {
            return Ok(ids);
        }
    }
}

/// A token is empty where there is no other page.
fn text(page: &Value, field: &str) -> Option<String> {
    let text = page.get(field).and_then(Value::as_str);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

async fn get(config: &SdkConfig, name: &'static str, path: String) -> Result<Value, CallError> {
    call(name, path, Value::Null).send(config).await
}

fn call(name: &'static str, path: String, body: Value) -> SignedCall {
    SignedCall {
        call: name,
        on: format!("`{path}`"),
        service: name.split(':').next().unwrap_or_default(),
        path,
        target: None,
        body,
    }
}

/// One part of a path or query, whatever AWS named it.
fn encoded(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes()
        .map(|b| match is_plain(b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}
