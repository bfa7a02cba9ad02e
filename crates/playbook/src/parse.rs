//! From the text of a `playbook.yaml` to a checked [`Playbook`].

use backstop_core::PlaybookName;
use serde::de::DeserializeOwned;
use serde_saphyr::Error as YamlError;

use crate::{
    check,
    file::PlaybookFile,
    playbook::Playbook,
    problem::{InvalidFile, Problem},
    suggest,
};

/// Reads and checks a playbook. `name` is its folder's name, `file` what messages call it.
///
/// A file that has the wrong shape is reported at its first mistake; one of the right shape with all its
/// mistakes at once.
pub fn parse(name: &PlaybookName, file: &str, text: &str) -> Result<Playbook, InvalidFile> {
    check::check(name, shape(file, text)?).map_err(|problems| InvalidFile::new(file, text, problems))
}

/// Reads the playbook's shape only.
pub(crate) fn shape(file: &str, text: &str) -> Result<PlaybookFile, InvalidFile> {
    shape_of(file, text)
}

/// Reads the shape of any file of a playbook's folder.
pub(crate) fn shape_of<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, InvalidFile> {
    yaml(file, text, "backstop playbook new")
}

/// Reads the shape of a YAML file; its mistake is reported in its place. `begin` is the command that writes one to
/// start from.
pub fn yaml<T: DeserializeOwned>(file: &str, text: &str, begin: &str) -> Result<T, InvalidFile> {
    serde_saphyr::from_str(text)
        .map_err(|error| InvalidFile::new(file, text, vec![wrong_shape(error.without_snippet(), begin)]))
}

fn wrong_shape(error: &YamlError, begin: &str) -> Problem {
    let place = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            Problem::at(place, "unknown-field", format!("`{field}` is no field here"))
                .help(suggest::one_of(field, expected.iter().copied()))
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => Problem::at(place, "unknown-value", format!("`{variant}` is no value here"))
            .help(suggest::one_of(variant, expected.iter().copied())),
        YamlError::SerdeMissingField { field, .. } => {
            Problem::at(place, "missing-field", format!("`{field}` is missing")).help(format!(
                "add `{field}:`; `{begin}` writes a file that has every field"
            ))
        }
        other => Problem::at(
            place,
            "yaml",
            other.render_with_formatter(&serde_saphyr::UserMessageFormatter),
        ),
    }
}
