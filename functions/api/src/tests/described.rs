//! Every answer that these tests get is as `docs/openapi.json` describes it: its status, its fields, their types. And what
//! the document says of parameters is so.

use serde_json::{Value, json};

use super::scene::{ALICE, Scene, body, opened};
use crate::answer::HttpAnswer;

fn openapi() -> Value {
    serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap()
}

/// Fails if the document doesn't describe this answer to this route.
pub(super) fn is_described(route: &str, answer: &HttpAnswer) {
    let openapi = openapi();
    let (method, path) = route.split_once(' ').unwrap_or(("", ""));
    let operation = &openapi["paths"][path][method.to_lowercase()];
    let status = answer.status_code;
    let responses = if operation.is_null() {
        // No such route: the answer is the error that all routes have.
        &openapi["paths"]["/caller"]["get"]["responses"]
    } else {
        &operation["responses"]
    };
    let response = match &responses[status.to_string()] {
        Value::Null if status >= 400 => &responses["default"],
        described => described,
    };
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{route}: {status} isn't described");
    if answer.is_base64_encoded {
        return;
    }
    let mut faults = Vec::new();
    hold(&openapi, schema, &body(answer), "", &mut faults);
    assert_eq!(faults, Vec::<String>::new(), "{route}: {status}: {}", answer.body);
}

/// The part of JSON Schema that the document uses. A field that isn't described is a fault, unless its object says that
/// there are others, or has no described fields at all: such an object is the log's or a playbook's own.
fn hold(openapi: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = openapi.pointer(name.trim_start_matches('#')).unwrap();
        return hold(openapi, target, value, at, faults);
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        let faults_of = |kind: &Value| {
            let mut faults = Vec::new();
            hold(openapi, kind, value, at, &mut faults);
            faults
        };
        let all: Vec<Vec<String>> = kinds.iter().map(faults_of).collect();
        let fit = all.iter().filter(|faults| faults.is_empty()).count();
        if fit != 1 {
            faults.push(format!("{at} fits {fit} of {}: {all:?}", kinds.len()));
        }
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !types.is_empty() && !types.iter().any(|one| is_a(one, value)) {
        faults.push(format!("{at} is no {types:?}"));
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        faults.push(format!("{at} is none of {known:?}"));
    }
    if schema["format"] == "date-time"
        && !value.is_null()
        && value
            .as_str()
            .is_none_or(|text| text.parse::<jiff::Timestamp>().is_err())
    {
        faults.push(format!("{at} is no time"));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.get(required.as_str().unwrap()).is_none() {
            faults.push(format!("{at} has no {required}"));
        }
    }
    if let (Some(fields), Some(described)) = (value.as_object(), schema["properties"].as_object()) {
        for (name, field) in fields {
            match described.get(name) {
                Some(schema) => hold(openapi, schema, field, &format!("{at}/{name}"), faults),
                None if schema["additionalProperties"] == true => {}
                None => faults.push(format!("{at}/{name} isn't described")),
            }
        }
    }
    if let (Some(items), true) = (value.as_array(), schema["items"].is_object()) {
        for (number, item) in items.iter().enumerate() {
            hold(openapi, &schema["items"], item, &format!("{at}/{number}"), faults);
        }
    }
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        // This test wasn't taught about it.
        _ => false,
    }
}

#[tokio::test]
async fn parameters_take_what_is_described_and_nothing_else() {
    let openapi = openapi();
    let (mut taken, mut refused) = (0, 0);
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let asked = async |name: &str, value: &str| {
                let scene = Scene::of(vec![opened()]);
                let query = json!({ "queryStringParameters": { name: value } });
                let answer = scene.ask(&route, ALICE, query).await;
                let code = body(&answer)["error"]["code"].clone();
                (code == "bad-request").then(|| body(&answer)["error"]["message"].to_string())
            };
            let strange = asked("no-such-parameter", "x").await;
            assert!(
                strange.is_some_and(|why| why.contains("no-such-parameter")),
                "{route}"
            );
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
                for value in described(schema) {
                    let said = asked(name, &value).await;
                    assert!(said.is_none(), "{route}?{name}={value}: {said:?}");
                    taken += 1;
                }
                if schema["enum"].is_array() || schema["type"] != "string" {
                    let said = asked(name, "no-such-value").await;
                    assert!(said.is_some(), "{route}?{name}=no-such-value");
                    refused += 1;
                }
            }
        }
    }
    assert!(taken >= 8 && refused >= 5, "{taken} taken, {refused} refused");
}

/// Values that a parameter is said to take.
fn described(schema: &Value) -> Vec<String> {
    let bounds = [&schema["minimum"], &schema["maximum"], &schema["default"]];
    match schema["type"].as_str() {
        Some("boolean") => vec!["true".to_owned(), "false".to_owned()],
        Some("integer") => bounds
            .into_iter()
            .filter(|it| !it.is_null())
            .map(Value::to_string)
            .collect(),
        _ => schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
    }
}

#[test]
fn an_answer_that_is_not_described_is_seen() {
    let wrong = [
        json!({ "arn": "a" }),
        json!({ "arn": "a", "person": null, "more": 1 }),
        json!({ "arn": 1, "person": null }),
    ];
    let openapi = openapi();
    let schema = json!({ "$ref": "#/components/schemas/CallerAnswer" });
    for value in wrong {
        let mut faults = Vec::new();
        hold(&openapi, &schema, &value, "", &mut faults);
        assert_eq!(faults.len(), 1, "{value}: {faults:?}");
    }
}
