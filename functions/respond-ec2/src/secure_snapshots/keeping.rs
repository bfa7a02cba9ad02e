//! What is left to be done for each snapshot, and doing it.

use aws_sdk_ec2::Client;
use backstop_aws::SdkConfig;
use backstop_core::IncidentId;
use backstop_runtime::{CallError, StepError, each_tried};

use super::{
    custody::Custody,
    evidence::{self, Evidence, id, is_complete},
};
use crate::snapshots;

/// One thing to do for one original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Lock this snapshot, an original or a copy.
    Lock { snapshot: String },
    /// Copy this original under the key, and lock the copy if locks are wanted.
    Copy { original: String },
    /// Share the copy of this original, or the original itself.
    Share { original: String, copy: Option<String> },
    /// The copy was started and isn't complete.
    Await { copy: String },
}

/// Everything that is left, by original.
pub(super) async fn todo(
    ec2: &Client,
    evidence: &Evidence,
    custody: &Custody,
) -> Result<Vec<Todo>, CallError> {
    let mut todo = Vec::new();
    for original in evidence.originals.keys() {
        let copy = evidence.copies.get(original);
        let wants_lock = |snapshot: &str| custody.lock_days.is_some() && !evidence.locked.contains(snapshot);
        for snapshot in [Some(original.as_str()), copy.map(id)].into_iter().flatten() {
            if wants_lock(snapshot) {
                todo.push(Todo::Lock {
                    snapshot: snapshot.to_owned(),
                });
            }
        }
        if custody.key.is_some() {
            match copy {
                None => todo.push(Todo::Copy {
                    original: original.clone(),
                }),
                Some(copy) if !is_complete(copy) => todo.push(Todo::Await {
                    copy: id(copy).to_owned(),
                }),
                Some(_) => {}
            }
        }
        if let Some(account) = &custody.forensic_account {
            let copy = copy.filter(|_| custody.key.is_some()).map(id);
            let is_shared = match (copy, &custody.key) {
                (Some(copy), _) => evidence::is_shared(ec2, copy, account).await?,
                (None, None) => evidence::is_shared(ec2, original, account).await?,
                (None, Some(_)) => false,
            };
            if !is_shared {
                todo.push(Todo::Share {
                    original: original.clone(),
                    copy: copy.map(str::to_owned),
                });
            }
        }
    }
    Ok(todo)
}

/// Doing it.
pub(super) struct Keeping<'a> {
    pub(super) ec2: &'a Client,
    /// What signs the address that a copy takes.
    pub(super) config: &'a SdkConfig,
    pub(super) evidence: &'a Evidence,
    pub(super) custody: &'a Custody,
    pub(super) incident: &'a IncidentId,
    pub(super) region: &'a str,
}

impl Keeping<'_> {
    /// Does what can be done now for each snapshot. What has to wait is handed back as not proven yet, before what failed for
    /// good: the others are waited for all the same.
    pub(super) async fn keep_all(&self, originals: &[String]) -> Result<(), StepError> {
        let (mut waiting, mut results) = (Vec::new(), Vec::new());
        // Locks need no complete snapshot, and nothing should come between.
        for original in originals {
            results.push(self.lock(original).await);
        }
        for original in originals {
            match self.keep(original).await {
                Ok(None) => {}
                Ok(Some(why)) => waiting.push(why),
                Err(error) => results.push(Err(error)),
            }
        }
        if !waiting.is_empty() {
            results.push(Err(StepError::NotYetVerified {
                observed: waiting.join(", "),
            }));
        }
        each_tried(results)
    }

    async fn lock(&self, original: &str) -> Result<(), StepError> {
        let Some(days) = self.custody.lock_days else {
            return Ok(());
        };
        let copy = self.evidence.copies.get(original).map(id);
        for snapshot in [Some(original), copy].into_iter().flatten() {
            let is_there = self.evidence.originals.contains_key(original);
            if is_there && !self.evidence.locked.contains(snapshot) {
                evidence::lock(self.ec2, snapshot, days).await?;
            }
        }
        Ok(())
    }

    /// Copies and shares; says what it waits for.
    async fn keep(&self, original: &str) -> Result<Option<String>, StepError> {
        let Some(snapshot) = self.evidence.originals.get(original) else {
            return Err(StepError::TargetGone {
                what: format!("snapshot `{original}`"),
            });
        };
        if !is_complete(snapshot) {
            return Ok(Some(format!(
                "snapshot {original} is {}",
                snapshots::state(snapshot)
            )));
        }
        let subject = match &self.custody.key {
            None => original,
            Some(key) => match self.evidence.copies.get(original) {
                Some(copy) if is_complete(copy) => id(copy),
                Some(copy) => {
                    let (copy, state) = (id(copy), snapshots::state(copy));
                    return Ok(Some(format!("copy {copy} of snapshot {original} is {state}")));
                }
                None => return self.copy(original, key).await.map(Some),
            },
        };
        if let Some(account) = &self.custody.forensic_account
            && !evidence::is_shared(self.ec2, subject, account).await?
        {
            evidence::share(self.ec2, subject, account).await?;
        }
        Ok(None)
    }

    async fn copy(&self, original: &str, key: &str) -> Result<String, StepError> {
        let copy = evidence::copy(self.ec2, self.config, original, key, self.region, self.incident).await?;
        if let Some(days) = self.custody.lock_days {
            evidence::lock(self.ec2, &copy, days).await?;
        }
        Ok(format!("copy {copy} of snapshot {original} was started"))
    }
}
