//! The manifest: a chain of entries that only grows, and the one text it may have.

mod kept;

use serde::{Deserialize, Serialize};

pub use kept::{Entry, Item, Kept, LogHead};

use crate::{
    canonical::{self, CanonicalError},
    ids::{Hash, IncidentId},
};

/// The manifest's own name.
pub const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// All that is kept of one incident. It follows from the log's `evidence-kept` events alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// The incident.
    pub incident: IncidentId,
    /// How far the log goes that was kept last.
    pub log: LogHead,
    /// What is kept, in the order in which it was.
    pub entries: Vec<Entry>,
    /// The hash of the last entry.
    pub head: Hash,
}

/// The manifest isn't one, or was altered.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It isn't a manifest.
    #[error("it can't be read")]
    Unreadable(#[source] serde_json::Error),
    /// A later version wrote it.
    #[error("it has format {0}, which this version doesn't know: update the CLI")]
    Format(u32),
    /// It says the same in other bytes, so somebody wrote it anew.
    #[error("its text isn't the one that was written: it was altered")]
    Rewritten,
    /// An entry is out of order, or its content doesn't match its hash.
    #[error("entry {0} doesn't follow the one before it, or doesn't match its hash: it was altered")]
    Broken(u32),
    /// The head isn't that of the last entry.
    #[error("its `head` isn't the hash of its last entry: it was altered, or entries were cut off")]
    WrongHead,
    /// It can't be written as JSON.
    #[error("hashing it")]
    Unhashable(#[from] CanonicalError),
}

impl Manifest {
    /// The manifest that a log leads to; `None` if nothing was kept.
    pub fn of(id: &IncidentId, kept: &Kept) -> Option<Self> {
        Some(Self {
            format: FORMAT,
            incident: id.clone(),
            log: kept.log.clone()?,
            head: kept.entries.last()?.hash.clone(),
            entries: kept.entries.clone(),
        })
    }

    /// The one text that this manifest has.
    pub fn text(&self) -> Result<String, ManifestError> {
        let mut text = serde_json::to_string_pretty(self).map_err(CanonicalError::from)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a manifest and checks its text and its chain. What else the folder holds is for
    /// [`crate::evidence::check`].
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(ManifestError::Unreadable)?;
        if manifest.format != FORMAT {
            return Err(ManifestError::Format(manifest.format));
        }
        let mut prev = genesis(&manifest.incident);
        for (number, entry) in (1..).zip(&manifest.entries) {
            if entry.number != number || entry.prev != prev || entry.hash != entry.computed_hash()? {
                return Err(ManifestError::Broken(number));
            }
            prev = entry.hash.clone();
        }
        if manifest.head != prev {
            return Err(ManifestError::WrongHead);
        }
        // Spaces, escapes and other spellings of a time change no value, yet nobody but a forger writes them.
        if manifest.text()?.as_bytes() != bytes {
            return Err(ManifestError::Rewritten);
        }
        Ok(manifest)
    }
}

impl Entry {
    fn computed_hash(&self) -> Result<Hash, CanonicalError> {
        canonical::hash(&(
            self.number,
            &self.name,
            &self.sha256,
            self.size,
            self.at,
            &self.prev,
        ))
    }
}

/// What the first entry follows: a manifest can't be passed off as another incident's.
fn genesis(id: &IncidentId) -> Hash {
    canonical::sha256(format!("evidence of incident {id}").as_bytes())
}

/// Whether `new` continues the chain that ends with `known`.
pub fn continues(known: &[Entry], new: &[Entry]) -> bool {
    let mut last = known.last();
    new.iter().all(|entry| {
        let follows = match last {
            None => entry.number == 1,
            Some(before) => entry.number == before.number + 1 && entry.prev == before.hash,
        };
        last = Some(entry);
        follows && entry.computed_hash().is_ok_and(|hash| hash == entry.hash)
    })
}

/// The entries that `items` add to what is known, with what they hold. What is kept already, byte for byte, adds none; a
/// name that is taken by something else gets how many records the log has into it, so that nothing kept is ever
/// replaced.
pub fn extend(
    id: &IncidentId,
    known: &[Entry],
    items: Vec<Item>,
    records: u32,
) -> Result<Vec<(Entry, Item)>, CanonicalError> {
    let mut added: Vec<(Entry, Item)> = Vec::new();
    for mut item in items {
        let sha256 = canonical::sha256(&item.bytes);
        let all = known.iter().chain(added.iter().map(|(entry, _)| entry));
        if all
            .clone()
            .any(|entry| entry.sha256 == sha256 && is_name_of(&entry.name, &item.name))
        {
            continue;
        }
        if all.clone().any(|entry| entry.name == item.name) {
            item.name = tagged(&item.name, &format!("{records:06}"));
        }
        let last = all.last();
        let mut entry = Entry {
            number: last.map_or(1, |entry| entry.number + 1),
            name: item.name.clone(),
            sha256,
            size: item.bytes.len() as u64,
            at: item.at,
            prev: last.map_or_else(|| genesis(id), |entry| entry.hash.clone()),
            hash: Hash::default(),
        };
        entry.hash = entry.computed_hash()?;
        added.push((entry, item));
    }
    Ok(added)
}

fn tagged(name: &str, tag: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, end)) => format!("{stem}-{tag}.{end}"),
        None => format!("{name}-{tag}"),
    }
}

/// Whether an entry's name is the item's, perhaps tagged.
fn is_name_of(entry: &str, item: &str) -> bool {
    let (stem, end) = item.rsplit_once('.').unwrap_or((item, ""));
    let tag = entry
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_suffix(end))
        .map(|rest| rest.trim_end_matches('.'));
    entry == item
        || tag.is_some_and(|tag| tag.starts_with('-') && tag.chars().skip(1).all(|c| c.is_ascii_digit()))
}
