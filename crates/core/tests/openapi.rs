//! `docs/openapi.json` and `docs/api.md` say what the code does: routes, rights, error codes, bodies.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, fs, path::Path};

use backstop_core::api::{
    ApproveRequest, DenyRequest, ErrorCode, NewExemption, NewPause, PlanRequest, ROUTES, ReleaseRequest,
    RunRequest, UndoRequest,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn docs(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::read_to_string(docs.join(name)).unwrap()
}

fn openapi() -> Value {
    serde_json::from_str(&docs("openapi.json")).unwrap()
}

/// The names of an operation's parameters that stand there.
fn parameters<'a>(operation: &'a Value, place: &str) -> Vec<&'a str> {
    let all = operation.get("parameters").and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter(|parameter| parameter.get("in").unwrap() == place)
        .map(|parameter| parameter.get("name").unwrap().as_str().unwrap())
        .collect()
}

#[test]
fn the_routes_are_those_of_the_code() {
    let openapi = openapi();
    let mut described = BTreeSet::new();
    for (path, methods) in openapi.get("paths").unwrap().as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let said = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
            described.insert(format!(
                "{} {path} {} {}",
                method.to_uppercase(),
                said("operationId"),
                said("x-right")
            ));
            let named = parameters(operation, "path");
            let route = ROUTES
                .iter()
                .find(|route| route.key() == format!("{} {path}", method.to_uppercase()));
            assert_eq!(
                parameters(operation, "query"),
                route.unwrap().query,
                "{method} {path}"
            );
            let in_path: Vec<&str> = path
                .split('/')
                .filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(named, in_path, "{path}");
        }
    }
    let known: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| format!("{} {:?} {}", route.key(), route.operation, route.right.as_str()))
        .collect();
    assert_eq!(described, known);
    let page = docs("api.md");
    for route in ROUTES {
        let row = format!("| `{}` | {} |", route.key(), route.right.as_str());
        assert!(page.contains(&row), "docs/api.md lacks {row}");
    }
}

#[test]
fn the_error_codes_are_those_of_the_code() {
    let openapi = openapi();
    let codes = openapi.pointer("/components/schemas/Error/properties/error/properties/code/enum");
    let described: Vec<&str> = codes
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let known: Vec<String> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(described, known);
    let page = docs("api.md");
    for code in ErrorCode::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.status());
        assert!(page.contains(&row), "docs/api.md lacks {row}");
    }
}

/// The example of a body is read by the code, has every field, and each field is described.
fn is_described<T: DeserializeOwned + Serialize>(name: &str) {
    let openapi = openapi();
    let schema = openapi.pointer(&format!("/components/schemas/{name}")).unwrap();
    let example = schema.get("example").unwrap();
    let read: T = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&read).unwrap(), example, "{name}");
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(names(example), names(schema.get("properties").unwrap()), "{name}");
    let mut strange = example.clone();
    strange
        .as_object_mut()
        .unwrap()
        .insert("by".to_owned(), "somebody".into());
    assert!(
        serde_json::from_value::<T>(strange).is_err(),
        "{name} takes what it doesn't know"
    );
}

#[test]
fn the_bodies_are_those_of_the_code() {
    is_described::<RunRequest>("RunRequest");
    is_described::<PlanRequest>("PlanRequest");
    is_described::<ApproveRequest>("ApproveRequest");
    is_described::<DenyRequest>("DenyRequest");
    is_described::<ReleaseRequest>("ReleaseRequest");
    is_described::<UndoRequest>("UndoRequest");
    is_described::<NewPause>("NewPause");
    is_described::<NewExemption>("NewExemption");
}
