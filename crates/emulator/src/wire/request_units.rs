//! What DynamoDB bills for a call in on-demand mode, by its rules for item sizes (DynamoDB Developer Guide, "DynamoDB item
//! sizes and formats", "DynamoDB on-demand capacity mode"). The emulators count none.

use serde::Serialize;
use serde_json::Value;

const KIB: usize = 1024;
/// A strongly consistent read takes one unit for so much, any other half of one.
const READ_BLOCK: usize = 4 * KIB;

/// Read and write request units of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestUnits {
    /// Halves of read request units.
    pub half_reads: usize,
    /// Write request units of the table; its indexes bill theirs besides.
    pub writes: usize,
}

impl RequestUnits {
    /// Of a call that DynamoDB answered with this; `None` of operations that Backstop doesn't use.
    pub(crate) fn of(action: &str, asked: &[u8], answered: &[u8]) -> Option<Self> {
        let asked: Value = serde_json::from_slice(asked).ok()?;
        let answered: Value = serde_json::from_slice(answered).unwrap_or_default();
        Some(match action {
            "PutItem" => Self::writing(put(asked.get("Item"))),
            "UpdateItem" | "DeleteItem" => Self::writing(1),
            "TransactWriteItems" => Self::writing(2 * transaction(&asked)),
            "GetItem" => Self::reading(&asked, answered.get("Item")),
            "Query" | "Scan" => {
                let items = answered.get("Items").and_then(Value::as_array);
                Self::reading(&asked, items.into_iter().flatten())
            }
            _ => return None,
        })
    }

    const fn writing(writes: usize) -> Self {
        Self {
            half_reads: 0,
            writes,
        }
    }

    fn reading<'a>(asked: &Value, items: impl IntoIterator<Item = &'a Value>) -> Self {
        let bytes: usize = items.into_iter().map(size_of_fields).sum();
        let is_consistent = asked.get("ConsistentRead").and_then(Value::as_bool) == Some(true);
        Self {
            half_reads: blocks(bytes, READ_BLOCK) * if is_consistent { 2 } else { 1 },
            writes: 0,
        }
    }
}

/// At least one: what isn't there is billed, too.
fn blocks(bytes: usize, block: usize) -> usize {
    bytes.div_ceil(block).max(1)
}

fn put(item: Option<&Value>) -> usize {
    blocks(item.map(size_of_fields).unwrap_or_default(), KIB)
}

/// Of an item that is changed, deleted or looked at the size isn't known: the least counts.
fn transaction(asked: &Value) -> usize {
    let writes = asked.get("TransactItems").and_then(Value::as_array);
    let of_one = |write: &Value| match write.get("Put") {
        Some(written) => put(written.get("Item")),
        None => 1,
    };
    writes.into_iter().flatten().map(of_one).sum()
}

/// Names and values.
fn size_of_fields(fields: &Value) -> usize {
    let fields = fields.as_object().into_iter().flatten();
    fields.map(|(name, value)| name.len() + size_of(value)).sum()
}

/// An attribute's value as the API writes it: `{"S": "text"}`.
fn size_of(attribute: &Value) -> usize {
    let Some((kind, value)) = attribute.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    let text = |value: &Value| value.as_str().map(str::len).unwrap_or_default();
    let number = |value: &Value| text(value).div_ceil(2) + 1;
    // Base64 writes three bytes as four letters.
    let binary = |value: &Value| text(value) / 4 * 3;
    let each =
        |size: &dyn Fn(&Value) -> usize| -> usize { value.as_array().into_iter().flatten().map(size).sum() };
    match kind.as_str() {
        "S" => text(value),
        "N" => number(value),
        "B" => binary(value),
        "SS" => each(&text),
        "NS" => each(&number),
        "BS" => each(&binary),
        "L" => 3 + each(&|element| 1 + size_of(element)),
        "M" => 3 + size_of_fields(value) + value.as_object().map(serde_json::Map::len).unwrap_or_default(),
        // `BOOL` and `NULL`.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn units(action: &str, asked: &Value, answered: &Value) -> RequestUnits {
        RequestUnits::of(
            action,
            asked.to_string().as_bytes(),
            answered.to_string().as_bytes(),
        )
        .unwrap()
    }

    fn item(bytes: usize) -> Value {
        json!({ "pk": { "S": "x".repeat(bytes - 2) } })
    }

    #[test]
    fn a_write_takes_a_unit_for_each_kib_and_two_in_a_transaction() {
        let put = |bytes: usize| units("PutItem", &json!({ "Item": item(bytes) }), &json!({})).writes;
        assert_eq!([put(10), put(KIB), put(KIB + 1)], [1, 1, 2]);
        let writes = json!({ "TransactItems": [
            { "Put": { "Item": item(KIB + 1) } }, { "Put": { "Item": item(10) } }, { "Update": {} },
        ] });
        assert_eq!(units("TransactWriteItems", &writes, &json!({})).writes, 8);
        assert_eq!(units("UpdateItem", &json!({}), &json!({})).writes, 1);
    }

    #[test]
    fn a_read_takes_a_unit_for_each_four_kib_or_half_of_one() {
        let read = |consistent: bool, answered: &Value| {
            units("Query", &json!({ "ConsistentRead": consistent }), answered).half_reads
        };
        let two = json!({ "Items": [item(READ_BLOCK), item(10)] });
        assert_eq!([read(true, &two), read(false, &two)], [4, 2]);
        let nothing = json!({ "Items": [] });
        assert_eq!([read(true, &nothing), read(false, &nothing)], [2, 1]);
        let one = json!({ "Item": item(10) });
        assert_eq!(units("GetItem", &json!({}), &one).half_reads, 1);
        assert_eq!(RequestUnits::of("DescribeTable", b"{}", b"{}"), None);
    }

    #[test]
    fn each_kind_of_value_has_its_size() {
        for (value, size) in [
            (json!({ "S": "äb" }), 3),
            (json!({ "N": "1234" }), 3),
            (json!({ "B": "QUJD" }), 3),
            (json!({ "BOOL": true }), 1),
            (json!({ "L": [{ "S": "abc" }, { "NULL": true }] }), 3 + 4 + 2),
            (json!({ "M": { "a": { "S": "bc" } } }), 3 + 3 + 1),
        ] {
            assert_eq!(size_of(&value), size, "{value}");
        }
    }
}
