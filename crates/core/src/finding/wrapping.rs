//! Takes the event out of what delivered it: a Lambda event's `Records` (SNS, SQS), SNS's notification, a
//! plain list. Depth is limited, so that no message can make it work for long.

use serde_json::Value;

use super::error::ParseError;

/// SQS around SNS around a list around an event is four.
const LIMIT: usize = 6;

/// One innermost message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) path: String,
    pub(super) content: Result<Value, ParseError>,
}

/// All messages inside, in order.
pub(super) fn unwrap(value: Value) -> Result<Vec<Message>, ParseError> {
    let mut found = Vec::new();
    open(value, "$".to_owned(), 0, &mut found);
    if found.is_empty() {
        return Err(ParseError::NoRecords { path: "$".to_owned() });
    }
    Ok(found)
}

fn open(value: Value, path: String, depth: usize, found: &mut Vec<Message>) {
    if depth > LIMIT {
        let error = ParseError::TooManyWrappers {
            path: path.clone(),
            limit: LIMIT,
        };
        return found.push(Message {
            path,
            content: Err(error),
        });
    }
    match layer(value, &path) {
        Layer::Event(content) => found.push(Message {
            path,
            content: Ok(content),
        }),
        Layer::Inside(parts) => {
            for (path, content) in parts {
                match content {
                    Ok(content) => open(content, path, depth + 1, found),
                    Err(error) => found.push(Message {
                        path,
                        content: Err(error),
                    }),
                }
            }
        }
    }
}

type Part = (String, Result<Value, ParseError>);

enum Layer {
    Event(Value),
    Inside(Vec<Part>),
}

fn layer(value: Value, path: &str) -> Layer {
    match value {
        Value::Array(items) => Layer::Inside(
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| (format!("{path}[{index}]"), Ok(item)))
                .collect(),
        ),
        Value::Object(mut map) => {
            if let Some(Value::Array(records)) = map.get_mut("Records") {
                let records = std::mem::take(records);
                return Layer::Inside(
                    records
                        .into_iter()
                        .enumerate()
                        .map(|(index, record)| in_record(&record, format!("{path}.Records[{index}]")))
                        .collect(),
                );
            }
            match (map.get("Type"), map.get("Message")) {
                (Some(Value::String(kind)), Some(Value::String(text))) if kind == "Notification" => {
                    Layer::Inside(vec![in_text(text, format!("{path}.Message"))])
                }
                _ => Layer::Event(Value::Object(map)),
            }
        }
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Layer::Event(scalar),
    }
}

/// One of a Lambda event's records.
fn in_record(record: &Value, path: String) -> Part {
    if let Some(text) = record.pointer("/Sns/Message").and_then(Value::as_str) {
        return in_text(text, format!("{path}.Sns.Message"));
    }
    if let Some(text) = record.get("body").and_then(Value::as_str) {
        return in_text(text, format!("{path}.body"));
    }
    let error = if record.get("kinesis").is_some() {
        ParseError::KinesisRecord { path: path.clone() }
    } else {
        ParseError::WrongShape {
            path: path.clone(),
            expected: "a record of SNS or SQS",
        }
    };
    (path, Err(error))
}

fn in_text(text: &str, path: String) -> Part {
    let content = serde_json::from_str(text).map_err(|source| ParseError::NotJson {
        path: path.clone(),
        source,
    });
    (path, content)
}
