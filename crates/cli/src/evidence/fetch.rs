//! Downloads an incident's evidence and holds it against its manifest and against the incident's log.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstop_core::{
    IncidentId,
    evidence::{Manifest, Problem, check},
};
use backstop_runtime::{CallError, LedgerError, evidence::EvidenceBucket};

use super::{
    FetchArguments,
    folder::{self, FolderError},
    words::Evidence,
};
use crate::{
    answer::{CliError, CommandError},
    aws::Deployment,
    incidents::find,
};
use backstop_terminal::Exit;

/// Nothing was fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(
        "nothing is kept of incident `{0}` yet: it is kept once the incident is closed; follow it: backstop incidents show {0} --watch"
    )]
    NotYet(IncidentId),
    #[error("nothing could be kept of incident `{incident}`: {why}")]
    NotKept { incident: IncidentId, why: String },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl CommandError for FetchError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotYet(_) | Self::NotKept { .. } => Exit::NotFound,
            Self::Ledger(_) | Self::Call(_) => Exit::Failed,
        }
    }
}

/// Fetches and checks.
pub(super) async fn fetch(arguments: FetchArguments) -> Result<Evidence, CliError> {
    let deployment = Deployment::find(&arguments.stack).await?;
    let id = find(&deployment.ledger, &arguments.incident).await?;
    let bucket = deployment.evidence()?;
    let said = said(&deployment, &id).await?;
    let to = arguments
        .to
        .unwrap_or_else(|| PathBuf::from(format!("evidence-{id}")));
    folder::empty(&to)?;
    let (files, strange) = download(&bucket, &id, &to).await?;
    let mut checked = check(&files);
    checked.problems.extend(strange);
    let as_the_log_says = checked.head.as_ref() == Some(&said.head);
    Ok(Evidence::of(to, checked, Some(as_the_log_says)))
}

/// The manifest that the incident's log leads to.
async fn said(deployment: &Deployment, id: &IncidentId) -> Result<Manifest, FetchError> {
    let incident = deployment.ledger.log(id).await?.incident()?;
    match Manifest::of(id, &incident.evidence) {
        Some(manifest) => Ok(manifest),
        None => Err(match incident.evidence.failure {
            Some(why) => FetchError::NotKept {
                incident: id.clone(),
                why,
            },
            None => FetchError::NotYet(id.clone()),
        }),
    }
}

type Downloaded = (BTreeMap<String, Vec<u8>>, Vec<Problem>);

/// All that is below the incident's name, whether the manifest knows it or not.
async fn download(bucket: &EvidenceBucket, id: &IncidentId, to: &Path) -> Result<Downloaded, CliError> {
    let mut files = BTreeMap::new();
    let mut strange = Vec::new();
    for name in bucket.names(id).await.map_err(FetchError::from)? {
        if !folder::is_plain(&name) {
            strange.push(Problem {
                item: name,
                what: "it has a name that Backstop doesn't give, so it wasn't fetched".to_owned(),
            });
            continue;
        }
        let bytes = bucket.get(id, &name).await.map_err(FetchError::from)?;
        folder::write(to, &name, &bytes).map_err(|error: FolderError| CliError::from(error))?;
        files.insert(name, bytes);
    }
    Ok((files, strange))
}
