//! Lists, a page at a time.

use aws_sdk_dynamodb::{operation::query::QueryOutput, types::AttributeValue};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    described::is_described,
    scene::{ALICE, api, body, event},
};

fn row(number: u32) -> std::collections::HashMap<String, AttributeValue> {
    let text = |value: String| AttributeValue::S(value);
    [
        ("incident", format!("01JDXQ6T8R7M5V9N2K4H3G1{number:03}")),
        ("playbook", "compromised-role".to_owned()),
        ("target", "role build".to_owned()),
        ("severity", "high".to_owned()),
        ("title", String::new()),
        (
            "status",
            if number.is_multiple_of(2) {
                "contained"
            } else {
                "open"
            }
            .to_owned(),
        ),
        ("opened_at", format!("2026-01-01T00:00:{:02}Z", 59 - number)),
    ]
    .map(|(name, value)| (name.to_owned(), text(value)))
    .into()
}

/// Later than any test runs.
const NOT_YET: &str = "2999-01-01T00:00:00Z";

/// Rows 0 to 9, from behind the key that is asked for; and notices of these incidents, written then, that reached nobody.
fn table(untold: &[(&'static str, &'static str)]) -> aws_sdk_dynamodb::Client {
    let notice = |(incident, at): &(&str, &str)| {
        let reference = json!({ "incident": incident, "key": "outcome" }).to_string();
        let fields = [("reference", reference), ("opened_at", (*at).to_owned())];
        fields
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
            .into()
    };
    let notices: Vec<std::collections::HashMap<_, _>> = untold.iter().map(notice).collect();
    let undelivered = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            let values = request.expression_attribute_values();
            let list = values.and_then(|values| values.get(":list")?.as_s().ok());
            list.is_some_and(|list| list == "notice")
        })
        .then_output(move || QueryOutput::builder().set_items(Some(notices.clone())).build());
    let after = |from: usize| {
        mock!(aws_sdk_dynamodb::Client::query)
            .match_requests(move |request| {
                let key = request.exclusive_start_key();
                let key = key.and_then(|key| key.get("pk")?.as_s().ok().cloned());
                let expected = from
                    .checked_sub(1)
                    .map(|last| format!("INCIDENT#01JDXQ6T8R7M5V9N2K4H3G1{last:03}"));
                key == expected
            })
            .then_output(move || {
                let rows = (from..10).map(|number| row(u32::try_from(number).unwrap_or_default()));
                QueryOutput::builder().set_items(Some(rows.collect())).build()
            })
    };
    let rules: Vec<_> = std::iter::once(undelivered).chain((0..11).map(after)).collect();
    let rules: Vec<_> = rules.iter().collect();
    mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules.as_slice())
}

async fn pages(query: serde_json::Value) -> Vec<Vec<String>> {
    pages_with(&[], query).await
}

async fn pages_with(untold: &[(&'static str, &'static str)], query: serde_json::Value) -> Vec<Vec<String>> {
    let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, &[] as &[&aws_smithy_mocks::Rule]);
    let api = api(table(untold), sfn);
    let (mut pages, mut query) = (Vec::new(), query);
    loop {
        let answer = api
            .answer(event(
                "GET /incidents",
                ALICE,
                json!({ "queryStringParameters": query }),
            ))
            .await;
        is_described("GET /incidents", &answer);
        assert_eq!(answer.status_code, 200, "{}", answer.body);
        let page = body(&answer);
        let ids = page["incidents"].as_array().unwrap().iter();
        pages.push(
            ids.map(|row| row["incident"].as_str().unwrap()[23..].to_owned())
                .collect(),
        );
        match page.get("next") {
            Some(next) if pages.len() < 20 => query["after"] = next.clone(),
            _ => return pages,
        }
    }
}

#[tokio::test]
async fn every_row_is_on_one_page() {
    assert_eq!(
        pages(json!({ "limit": "4" })).await,
        [
            vec!["000", "001", "002", "003"],
            vec!["004", "005", "006", "007"],
            vec!["008", "009"],
        ]
    );
    assert_eq!(
        pages(json!({ "limit": "2", "status": "open" })).await,
        [vec!["001", "003"], vec!["005", "007"], vec!["009"],]
    );
    assert_eq!(pages(json!({})).await.len(), 1);
}

#[tokio::test]
async fn what_nobody_was_told_of_is_listed_whatever_its_status_if_it_is_asked_for() {
    let late = [
        ("01JDXQ6T8R7M5V9N2K4H3G1002", "2026-01-01T00:00:00Z"),
        ("01JDXQ6T8R7M5V9N2K4H3G1004", NOT_YET),
    ];
    assert_eq!(
        pages_with(&late, json!({ "status": "open", "untold": "include" })).await,
        [vec!["001", "002", "003", "005", "007", "009"]],
        "what was written down just now is on its way"
    );
    let open = vec!["001", "003", "005", "007", "009"];
    assert_eq!(pages_with(&late, json!({ "status": "open" })).await, [open]);
}

/// Exemptions 0 to 6, of which two end at the same time.
fn exempted() -> aws_sdk_dynamodb::Client {
    let now = backstop_runtime::now();
    let guard = |number: u32| {
        let id = format!("01JDXQ6T8R7M5V9N2K4H3G1{number:03}");
        let exemption = json!({ "id": id, "scope": { "scope": "arn", "pattern": "arn:aws:iam::*:user/ci" },
            "owner": "ci", "reason": "legacy", "expires_at": now + SignedDuration::from_hours(24 * i64::from(1 + number / 2)),
            "added_by": ALICE.0, "added_at": now });
        let fields = [
            ("pk", "GUARD".to_owned()),
            ("sk", format!("EXEMPTION#{id}")),
            ("guard", exemption.to_string()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
        std::collections::HashMap::from(fields)
    };
    let guards: Vec<_> = (0..7).rev().map(guard).collect();
    let all = mock!(aws_sdk_dynamodb::Client::query)
        .then_output(move || QueryOutput::builder().set_items(Some(guards.clone())).build());
    mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&all])
}

#[tokio::test]
async fn every_exemption_is_on_one_page() {
    let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, &[] as &[&aws_smithy_mocks::Rule]);
    let api = api(exempted(), sfn);
    let route = "GET /exemptions";
    let asked = async |query: serde_json::Value| {
        let answer = api
            .answer(event(route, ALICE, json!({ "queryStringParameters": query })))
            .await;
        is_described(route, &answer);
        assert_eq!(answer.status_code, 200, "{}", answer.body);
        body(&answer)
    };
    let (mut seen, mut query) = (Vec::new(), json!({ "limit": "3" }));
    loop {
        let page = asked(query.clone()).await;
        let ids = page["exemptions"].as_array().unwrap().iter();
        let ids: Vec<_> = ids
            .map(|one| one["id"].as_str().unwrap()[23..].to_owned())
            .collect();
        seen.push(ids);
        match page.get("next") {
            Some(next) if seen.len() < 10 => query["after"] = next.clone(),
            _ => break,
        }
    }
    assert_eq!(
        seen,
        [vec!["000", "001", "002"], vec!["003", "004", "005"], vec!["006"]]
    );
    assert_eq!(asked(json!({})).await["exemptions"].as_array().unwrap().len(), 7);
    let strange = json!({ "queryStringParameters": { "after": "yesterday" } });
    assert_eq!(api.answer(event(route, ALICE, strange)).await.status_code, 400);
}
