//! A suppression rule to start from: it passes lint.

use std::path::{Path, PathBuf};

use backstop_playbook::is_kebab_case;
use jiff::{ToSpan as _, civil::Date};

use crate::load::SUPPRESSIONS;

const SUPPRESSION: &str = include_str!("skeleton/suppression.yaml");

/// Why there can't be one.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The name is of no use as a filter's.
    #[error("`{0}` is no name for a rule: write lower-case words joined by `-`, such as `office-scanner`")]
    Name(String),
    /// It is there already.
    #[error("`{}` exists", .0.display())]
    Exists(PathBuf),
}

/// The path and text of a new rule that ends in three months; writes nothing.
pub fn new_suppression(detections: &Path, name: &str, today: Date) -> Result<(PathBuf, String), NewError> {
    if !(3..=64).contains(&name.len()) || !is_kebab_case(name) {
        return Err(NewError::Name(name.to_owned()));
    }
    let path = detections.join(SUPPRESSIONS).join(format!("{name}.yaml"));
    if path.exists() {
        return Err(NewError::Exists(path));
    }
    let expires = today.saturating_add(90.days());
    Ok((path, SUPPRESSION.replace("{expires}", &expires.to_string())))
}
