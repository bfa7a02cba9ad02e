//! Downloads an incident's evidence and holds it against its manifest and against the incident's log.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstop_client::Client;
use backstop_core::{
    api::{EvidenceAnswer, EvidenceItem},
    evidence::{MANIFEST, Problem, check, later_version},
};

use super::{FetchArguments, folder, words::Evidence};
use crate::{api::connect, command::CliError, incidents::find};

/// Fetches and checks.
pub(super) async fn fetch(arguments: FetchArguments) -> Result<Evidence, CliError> {
    let api = connect(&arguments.api).await?;
    let id = find(&api, &arguments.incident).await?;
    let kept: EvidenceAnswer = api.get(&["evidence", id.as_str()], &[]).await?;
    let to = arguments
        .to
        .unwrap_or_else(|| PathBuf::from(format!("evidence-{id}")));
    folder::empty(&to)?;
    let (files, strange) = download(&api, &kept.items, &to).await?;
    let mut checked = check(&files);
    checked.problems.extend(strange);
    let as_the_log_says = checked.head.as_ref() == Some(&kept.head);
    Ok(Evidence::of(to, checked, Some(as_the_log_says)))
}

type Downloaded = (BTreeMap<String, Vec<u8>>, Vec<Problem>);

/// All that is below the incident's name, whether the manifest knows it or not, and what was written over it later.
async fn download(api: &Client, items: &[EvidenceItem], to: &Path) -> Result<Downloaded, CliError> {
    let mut files = BTreeMap::new();
    let mut strange = Vec::new();
    for item in items {
        let EvidenceItem { name, url, .. } = item;
        if !folder::is_plain(name) {
            strange.push(Problem {
                item: name.clone(),
                what: "it has a name that Backstop doesn't give, so it wasn't fetched".to_owned(),
            });
            continue;
        }
        if item.is_hidden && item.version == 1 {
            strange.push(Problem {
                item: name.clone(),
                what: "a delete marker hides it: somebody deleted it after it was kept".to_owned(),
            });
        }
        let name = match item.version {
            later @ 2.. if name != MANIFEST => later_version(name, later),
            _ => name.clone(),
        };
        let bytes = api.fetch(url).await?;
        folder::write(to, &name, &bytes)?;
        files.insert(name, bytes);
    }
    Ok((files, strange))
}
