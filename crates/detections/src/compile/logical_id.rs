//! Logical ids: a resource keeps its own whatever stands beside it, or a deployment would delete and make it anew.

use backstop_playbook::{is_kebab_case, pascal_case};
use sha2::{Digest as _, Sha256};

/// The id of a resource that a file names: `office-scanner` is `…OfficeScanner`. Names that the words alone don't tell
/// apart carry a hash.
pub(super) fn logical_id(kind: &str, name: &str) -> String {
    let joined = pascal_case(&name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let is_told_apart = is_kebab_case(name)
        && !name
            .split('-')
            .any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    match is_told_apart {
        true => format!("{kind}{joined}"),
        false => format!("{kind}{joined}X{}", hash(name.as_bytes(), 8)),
    }
}

/// The first characters of the SHA-256 of something, in hexadecimal.
pub(super) fn hash(bytes: &[u8], characters: usize) -> String {
    let digest = Sha256::digest(bytes);
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    text.chars().take(characters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_differ_have_ids_that_differ() {
        let names = [
            "a-b", "ab", "a-1", "a1", "A-b", "a.b", "a_b", "a-b-c", "ab-c", "a-bc", "1a", "a-1b", "A1",
        ];
        let ids: BTreeSet<String> = names.iter().map(|name| logical_id("Filter", name)).collect();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
        assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(logical_id("Filter", "office-scanner"), "FilterOfficeScanner");
    }
}
