//! Attributes that are kept compressed: a finding as it was received, a notice with all its sections.

use std::io::{Read as _, Write as _};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::{
    LedgerError,
    item::{Item, name_of},
};

/// DynamoDB's limit is 400 KB an item (DynamoDB Developer Guide, "Quotas"); the rest is for keys.
const LARGEST_COMPRESSED: usize = 380 * 1024;
/// Far more than any event has; what is in the table can't make a function run out of memory.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The attribute that holds these bytes; `what` names them for people if they don't fit.
pub(super) fn compress(what: &'static str, bytes: &[u8]) -> Result<AttributeValue, LedgerError> {
    let unwritable = |detail: String| LedgerError::Unwritable { what, detail };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let compressed = encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| unwritable(error.to_string()))?;
    if compressed.len() > LARGEST_COMPRESSED {
        return Err(unwritable(format!(
            "{} bytes after compression; 380 KiB fit",
            compressed.len()
        )));
    }
    Ok(AttributeValue::B(Blob::new(compressed)))
}

/// The bytes that the attribute `name` holds. More than could have been written are refused, not cut off.
pub(super) fn get_compressed(item: &Item, name: &str) -> Result<Vec<u8>, LedgerError> {
    let unreadable = |detail: String| LedgerError::Unreadable {
        what: name_of(item),
        detail: format!("`{name}`: {detail}"),
    };
    let compressed = item
        .get(name)
        .and_then(|value| value.as_b().ok())
        .ok_or_else(|| unreadable("it holds no bytes".to_owned()))?;
    let mut bytes = Vec::new();
    let read = flate2::read::GzDecoder::new(compressed.as_ref())
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if read as u64 > LARGEST {
        return Err(unreadable("more than 32 MiB when decompressed".to_owned()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_too_large_is_refused_and_not_cut_off() {
        let of_bytes = |count: u64| {
            let zeros = vec![0; usize::try_from(count).unwrap()];
            Item::from([("raw".to_owned(), compress("a finding", &zeros).unwrap())])
        };
        let most = get_compressed(&of_bytes(LARGEST), "raw").unwrap();
        assert_eq!(most.len() as u64, LARGEST);
        let error = get_compressed(&of_bytes(LARGEST + 1), "raw").unwrap_err();
        assert!(error.to_string().contains("more than 32 MiB"), "{error}");
        let error = get_compressed(&Item::new(), "raw").unwrap_err();
        assert!(error.to_string().contains("holds no bytes"), "{error}");
    }
}
