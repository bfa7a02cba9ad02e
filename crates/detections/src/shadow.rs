//! Rules that another makes needless.

use crate::{condition::Condition, reach::like, suppression::Suppression};

/// Whether all that one rule hides is surely hidden by another.
pub(crate) fn is_covered(rule: &Suppression, by: &Suppression) -> bool {
    by.criteria.iter().all(|(field, wide)| {
        rule.criteria
            .get(field)
            .is_some_and(|narrow| implies(narrow, wide))
    })
}

fn implies(narrow: &Condition, wide: &Condition) -> bool {
    let values = &narrow.equals;
    let all_equal = |is: &dyn Fn(&String) -> bool| !values.is_empty() && values.iter().all(is);
    let matched = |patterns: &[String], value: &str| patterns.iter().any(|pattern| like(pattern, value));
    let subset = |part: &[String], whole: &[String]| part.iter().all(|value| whole.contains(value));

    let equals = wide.equals.is_empty() || all_equal(&|value| wide.equals.contains(value));
    let matches = wide.matches.is_empty()
        || all_equal(&|value| matched(&wide.matches, value))
        || (!narrow.matches.is_empty() && subset(&narrow.matches, &wide.matches));
    let not_equals =
        subset(&wide.not_equals, &narrow.not_equals) || all_equal(&|value| !wide.not_equals.contains(value));
    let not_matches = subset(&wide.not_matches, &narrow.not_matches)
        || all_equal(&|value| !matched(&wide.not_matches, value));
    equals && matches && not_equals && not_matches && is_inside(narrow, wide)
}

/// Whether the bounds of one lie within those of the other. Integers: more than 3 is 4 or more.
fn is_inside(narrow: &Condition, wide: &Condition) -> bool {
    let least = |it: &Condition| {
        it.greater_than
            .map(|bound| bound.saturating_add(1))
            .max(it.greater_than_or_equal)
    };
    let most = |it: &Condition| {
        let below = it.less_than.map(|bound| bound.saturating_sub(1));
        below.into_iter().chain(it.less_than_or_equal).min()
    };
    let from = least(wide).is_none_or(|wide| least(narrow).is_some_and(|narrow| narrow >= wide));
    let to = most(wide).is_none_or(|wide| most(narrow).is_some_and(|narrow| narrow <= wide));
    from && to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(change: impl FnOnce(&mut Condition)) -> Condition {
        let mut condition = Condition::default();
        change(&mut condition);
        condition
    }

    #[test]
    fn what_is_asked_for_less_covers_what_is_asked_for_more() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let one = condition(|it| it.equals = texts(&["Recon:EC2/Portscan"]));
        let two = condition(|it| it.equals = texts(&["Recon:EC2/Portscan", "Impact:EC2/PortSweep"]));
        let pattern = condition(|it| it.matches = texts(&["Recon:EC2/*"]));
        assert!(implies(&one, &two) && !implies(&two, &one));
        assert!(implies(&one, &pattern) && !implies(&pattern, &one));
        assert!(!implies(&two, &pattern));
        let above = condition(|it| it.greater_than = Some(3));
        let higher = condition(|it| it.greater_than_or_equal = Some(4));
        assert!(implies(&higher, &above) && implies(&above, &higher));
        let not = condition(|it| it.not_equals = texts(&["a"]));
        let neither = condition(|it| it.not_equals = texts(&["a", "b"]));
        assert!(implies(&neither, &not) && !implies(&not, &neither));
        assert!(implies(&one, &not));
    }
}
