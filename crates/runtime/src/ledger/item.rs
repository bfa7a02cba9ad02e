//! Reading and writing attributes of DynamoDB items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::LedgerError;

/// A DynamoDB item.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The string attribute `name` of an item.
pub(super) fn get_text<'item>(item: &'item Item, name: &str) -> Result<&'item str, LedgerError> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| LedgerError::Unreadable {
            what: name_of(item),
            detail: format!("it has no text `{name}`"),
        })
}

/// The JSON held by the string attribute `name`.
pub(super) fn get_json<T: serde::de::DeserializeOwned>(item: &Item, name: &str) -> Result<T, LedgerError> {
    serde_json::from_str(get_text(item, name)?).map_err(|error| LedgerError::Unreadable {
        what: name_of(item),
        detail: format!("`{name}`: {error}"),
    })
}

/// What the item is called where it can't be read.
pub(super) fn name_of(item: &Item) -> String {
    let part = |name: &str| {
        item.get(name)
            .and_then(|value| value.as_s().ok())
            .map_or("?", String::as_str)
    };
    format!("item `{}` / `{}`", part("pk"), part("sk"))
}
