//! What an incident that only tells tells of besides its target, and which case it belongs to.

use super::{Entry, Section, line, outside};
use crate::incident::Incident;

/// Mails list this many; `backstop incidents show` has them all.
const MOST: usize = 25;

/// The resources that the finding names besides.
pub(super) fn gathered(incident: &Incident) -> Option<Section> {
    let case = &incident.opened.case;
    let named = case.named.iter().take(MOST);
    let mut entries: Vec<Entry> = named
        .map(|target| Entry::Point(line![outside(target)].into()))
        .collect();
    if entries.is_empty() {
        return None;
    }
    let shown = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let more = case.others().saturating_sub(shown);
    if more > 0 {
        entries.push(Entry::Point(line!["and ", more, " more"].into()));
    }
    Some(Section {
        heading: line![
            "The finding also names ",
            case.others(),
            ", answered by no incident of their own"
        ],
        entries,
    })
}
