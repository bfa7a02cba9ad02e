//! A new playbook to start from: it passes lint and has a drill.

use std::path::{Path, PathBuf};

use backstop_core::PlaybookName;

use crate::{check::is_kebab_case, compile::capitalized, load};

/// What a new one starts with: it answers the one type of its own finding.
const PLAYBOOK: &str = include_str!("skeleton/playbook.yaml");
const FINDING: &str = include_str!("skeleton/finding.json");
const DRILL: &str = include_str!("skeleton/drill.yaml");

/// A file of a new playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where it goes.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// Why a playbook can't be made.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The name is of no use as a folder's and a machine's.
    #[error(
        "`{0}` is no name for a playbook: write lower-case words joined by `-`, such as `exposed-database`"
    )]
    Name(String),
    /// It is there already.
    #[error("playbook `{0}` exists: `backstop playbook show {0}` shows it")]
    Exists(PlaybookName),
}

/// The files of a new playbook; writes nothing. It answers the one finding type of its sample finding, so that
/// it takes nothing else from the playbooks that are there.
pub fn new_playbook(playbooks: &Path, name: &str) -> Result<Vec<NewFile>, NewError> {
    if !is_kebab_case(name) {
        return Err(NewError::Name(name.to_owned()));
    }
    let folder = playbooks.join(name);
    if folder.exists() {
        return Err(NewError::Exists(PlaybookName::new(name)));
    }
    let file = |path: &str, text: String| NewFile {
        path: folder.join(path),
        text,
    };
    Ok(vec![
        file(load::FILE, PLAYBOOK.replace("{title}", &title(name))),
        file("finding.json", FINDING.to_owned()),
        file("drill.yaml", DRILL.replace("{name}", name)),
    ])
}

/// `exposed-database` → `Exposed database`.
fn title(name: &str) -> String {
    capitalized(&name.replace('-', " "))
}
