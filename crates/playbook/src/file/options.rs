//! The schema of a step's options, by action.

use backstop_actions::{ActionSpec, OptionSpec};
use serde_json::{Map, Value, json};

/// For each action, what may stand under `with`.
pub(super) fn by_action() -> Vec<Value> {
    let (with, without): (Vec<&ActionSpec>, Vec<&ActionSpec>) =
        backstop_actions::actions().partition(|action| !action.options.is_empty());
    let names: Vec<&str> = without.iter().map(|action| action.id).collect();
    let mut rules = vec![rule(
        json!({ "enum": names }),
        json!({ "description": "This action has no options.", "maxProperties": 0 }),
    )];
    rules.extend(with.into_iter().map(|action| {
        let options: Map<String, Value> = action
            .options
            .iter()
            .map(|option| (option.name().to_owned(), schema_of(option)))
            .collect();
        rule(
            json!({ "const": action.id }),
            json!({ "properties": options, "additionalProperties": false }),
        )
    }));
    rules
}

fn rule(action: Value, with: Value) -> Value {
    json!({
        "if": { "properties": { "action": action }, "required": ["action"] },
        "then": { "properties": { "with": with } },
    })
}

fn schema_of(option: &OptionSpec) -> Value {
    let description = option.sentence();
    let default = option.default();
    match option {
        OptionSpec::Switch(_) => {
            json!({ "type": "boolean", "default": default, "description": description })
        }
        OptionSpec::Number(number) => json!({
            "type": "integer",
            "minimum": number.least,
            "maximum": number.most,
            "default": default,
            "description": description,
        }),
        OptionSpec::Choice(choice) => {
            json!({ "enum": choice.of, "default": default, "description": description })
        }
        OptionSpec::Text(text) => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": text.longest,
            "default": default,
            "description": description,
        }),
    }
}
