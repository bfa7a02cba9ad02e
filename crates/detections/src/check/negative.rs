//! Rules that say what isn't hidden, and so hide all else.

use super::{Criteria, Judged};
use crate::suppression::narrows;

pub(super) fn check(criteria: &Criteria<'_>, judged: &mut Judged) {
    let conditions = || criteria.plain.values().filter(|condition| !condition.is_empty());
    if conditions().next().is_some() && conditions().all(|condition| !condition.is_positive()) {
        let message = "it says only what isn't hidden, so that it hides everything else".to_owned();
        let help = "say what is hidden, by `equals` or `matches`";
        return judged.refuse(criteria.file.criteria.referenced, "only-negative", message, help);
    }
    for condition in &criteria.file.criteria.value {
        let condition = &condition.value;
        let asked = criteria.plain.get(&condition.field.value);
        let is_negative = asked.is_some_and(|asked| !asked.is_empty() && !asked.is_positive());
        if is_negative && narrows(&criteria.plain).any(|(field, _)| field == condition.field.value) {
            let message = format!("a finding without `{}` is hidden as well", condition.field.value);
            judged.warn(
                condition.place(),
                "negative",
                message,
                "say what is hidden, by `equals` or `matches`",
            );
        }
    }
}
