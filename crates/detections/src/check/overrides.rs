//! Refusals that somebody takes upon themselves, by name, with a reason and an end.

use std::collections::BTreeSet;

use backstop_playbook::{Problem, suggest};
use jiff::civil::Date;

use super::{Judged, check_end, not_blank};
use crate::suppression::SuppressionFile;

/// The refusals that weigh rather than show a mistake: all else can't be right anywhere.
const OVERRIDABLE: [&str; 9] = [
    "chosen-by-attacker",
    "cloud-network",
    "lost-trigger",
    "no-type",
    "only-broad",
    "only-negative",
    "proves-attack",
    "wide-network",
    "wide-type",
];

/// Turns what is overridden into warnings, and returns the refusals' names.
pub(super) fn apply(file: &SuppressionFile, today: Date, judged: &mut Judged) -> BTreeSet<String> {
    let mut applied = BTreeSet::new();
    for written in &file.overrides {
        let written = &written.value;
        let (code, place) = (written.refusal.value.as_str(), written.refusal.referenced);
        if !OVERRIDABLE.contains(&code) {
            let message = format!("`{code}` is no refusal that can be overridden");
            judged.refuse(
                place,
                "unknown-refusal",
                message,
                suggest::one_of(code, OVERRIDABLE),
            );
            continue;
        }
        let before = judged.refusals.len();
        not_blank(&written.owner, "owner", judged);
        not_blank(&written.reason, "reason", judged);
        check_end(&written.expires, today, "override-expired", judged);
        if judged.refusals.len() > before {
            continue;
        }
        let (meant, left): (Vec<Problem>, Vec<Problem>) = std::mem::take(&mut judged.refusals)
            .into_iter()
            .partition(|problem| problem.code == code);
        judged.refusals = left;
        if meant.is_empty() {
            let message = format!("nothing here is refused as `{code}`");
            judged.warn(place, "needless-override", message, "remove it");
        } else {
            applied.insert(code.to_owned());
            judged.warnings.extend(meant.into_iter().map(Problem::warning));
        }
    }
    applied
}
