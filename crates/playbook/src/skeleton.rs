//! A new playbook to start from: it passes lint and has a drill.

use std::path::{Path, PathBuf};

use backstop_core::PlaybookName;

use crate::{
    check::is_kebab_case,
    load::{self, LoadError},
};

/// The playbook whose finding and drill a new one starts with.
const MODEL: &str = "leaked-access-key";

/// The finding type of the model's sample, and the one that the new playbook answers instead.
const MODEL_TYPE: &str = "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom";
const NEW_TYPE: &str = "Recon:IAMUser/MaliciousIPCaller.Custom";

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
        "`{0}` is no name for a playbook: write lower-case words joined by `-`, such as `leaked-access-key`"
    )]
    Name(String),
    /// It is there already.
    #[error("playbook `{0}` exists: `backstop playbook show {0}` shows it")]
    Exists(PlaybookName),
    /// The model can't be read.
    #[error(transparent)]
    Model(#[from] LoadError),
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
    let model = playbooks.join(MODEL);
    let file = |path: &str, text: String| NewFile {
        path: folder.join(path),
        text,
    };
    Ok(vec![
        file(
            load::FILE,
            include_str!("skeleton.yaml")
                .replace("{title}", &title(name))
                .replace("{finding_type}", NEW_TYPE),
        ),
        file(
            "finding.json",
            load::read(&model.join("finding.json"))?.replace(MODEL_TYPE, NEW_TYPE),
        ),
        file(
            "drill.yaml",
            load::read(&model.join("drill.yaml"))?.replace(MODEL, name),
        ),
    ])
}

/// `leaked-access-key` → `Leaked access key`.
fn title(name: &str) -> String {
    let mut letters = name.chars().map(|c| if c == '-' { ' ' } else { c });
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}
