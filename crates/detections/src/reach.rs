//! How far a rule reaches: the finding types it names, and the playbooks that live on them.

use backstop_playbook::{
    Catalog, Playbook,
    known::{self, FindingType},
};
use wildmatch::WildMatch;

use crate::condition::Condition;

/// Whether a value or pattern of `type` means a type.
pub(crate) fn like(text: &str, name: &str) -> bool {
    text == name || WildMatch::new(text).matches(name)
}

/// The known types that a condition on `type` lets through.
pub(crate) fn types(condition: &Condition) -> impl Iterator<Item = FindingType> + '_ {
    known::finding_types().filter(|known| {
        let is_named =
            condition.equals.is_empty() || condition.equals.iter().any(|value| value == known.name);
        let is_matched =
            condition.matches.is_empty() || condition.matches.iter().any(|it| like(it, known.name));
        let is_left_out = condition.not_equals.iter().any(|value| value == known.name)
            || condition.not_matches.iter().any(|it| like(it, known.name));
        is_named && is_matched && !is_left_out
    })
}

/// The playbooks all of whose finding types are gone. Those that answer none, or other products as well, lose nothing.
pub(crate) fn lost_playbooks(playbooks: &Catalog, is_gone: impl Fn(&str) -> bool) -> Vec<String> {
    let is_lost = |playbook: &&Playbook| {
        let triggers = &playbook.triggers;
        let has_others = !triggers.products.is_empty()
            || triggers.controls().next().is_some()
            || triggers.health_events().next().is_some();
        let patterns = triggers.finding_types().chain(triggers.actor_finding_types());
        let answered: Vec<FindingType> = patterns
            .flat_map(|pattern| known::matching(pattern))
            .filter(|known| !known.retired)
            .collect();
        playbook.contains()
            && !has_others
            && !answered.is_empty()
            && answered.iter().all(|known| is_gone(known.name))
    };
    playbooks
        .iter()
        .filter(is_lost)
        .map(|playbook| playbook.name.to_string())
        .collect()
}
