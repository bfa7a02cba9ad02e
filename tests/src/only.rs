//! Which part of a long suite runs: all of it, unless `BACKSTOP_ONLY` names a part, or `BACKSTOP_SOME` says how many are drawn.
#![expect(
    clippy::print_stderr,
    reason = "what is left out is said beside the test's figures"
)]

use std::collections::BTreeSet;

use backstop_core::canonical;

const ONLY: &str = "BACKSTOP_ONLY";
const SOME: &str = "BACKSTOP_SOME";

/// Those whose name begins with one of the texts in `BACKSTOP_ONLY`, which are separated by commas; all, if it isn't
/// set. Says what is left out. Fails if nothing is left, so that a misspelt name doesn't pass as a test.
pub fn only<T>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let Some(wanted) = wanted() else { return items };
    let (kept, left_out) = part(items, &name, &wanted);
    let names: BTreeSet<&str> = left_out.iter().map(&name).collect();
    eprintln!("left out by {ONLY}={wanted}: {names:?}");
    kept
}

/// As many as `BACKSTOP_SOME` says, drawn by the lot that follows the number, as in `6 a-commit`; all, if it isn't set. Says how
/// many are left out.
pub fn some<T>(items: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    let Ok(wanted) = std::env::var(SOME) else {
        return items;
    };
    let all = items.len();
    let kept = drawn(items, name, &wanted);
    eprintln!("{} of {all} by {SOME}={wanted}", kept.len());
    kept
}

fn drawn<T>(mut items: Vec<T>, name: impl Fn(&T) -> String, wanted: &str) -> Vec<T> {
    let (count, lot) = wanted.split_once(' ').unwrap_or((wanted, ""));
    let count: usize = count
        .parse()
        .unwrap_or_else(|_| panic!("{SOME}={wanted} names no number"));
    items.sort_by_cached_key(|item| {
        canonical::hash(&(lot, name(item)))
            .map(|hash| hash.to_string())
            .ok()
    });
    items.truncate(count);
    items
}

/// Whether nothing is left out.
pub fn is_whole() -> bool {
    wanted().is_none() && std::env::var(SOME).is_err()
}

fn wanted() -> Option<String> {
    std::env::var(ONLY).ok().filter(|wanted| !wanted.is_empty())
}

fn part<T>(items: Vec<T>, name: impl Fn(&T) -> &str, wanted: &str) -> (Vec<T>, Vec<T>) {
    let is_wanted = |item: &T| wanted.split(',').any(|begin| name(item).starts_with(begin));
    let (kept, left_out): (Vec<T>, Vec<T>) = items.into_iter().partition(is_wanted);
    assert!(!kept.is_empty(), "no name begins as one of {wanted}");
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(wanted: &str) -> Vec<&'static str> {
        part(vec!["ec2.one", "ec2.two", "iam.one"], |name| *name, wanted).0
    }

    #[test]
    fn a_part_is_what_begins_as_it_is_named() {
        assert_eq!(kept("ec2."), ["ec2.one", "ec2.two"]);
        assert_eq!(kept("iam.,ec2.two"), ["ec2.two", "iam.one"]);
    }

    #[test]
    fn each_has_its_turn_by_the_lot() {
        let drawn = |lot: u32| {
            drawn(
                (0..9).collect(),
                |one| format!("fault {one}"),
                &format!("3 {lot}"),
            )
        };
        assert_eq!(drawn(1), drawn(1));
        assert_eq!(drawn(1).len(), 3);
        let met: BTreeSet<u32> = (0..40).flat_map(drawn).collect();
        assert_eq!(met.len(), 9);
    }

    #[test]
    #[should_panic(expected = "no name begins as one of s3.")]
    fn a_part_of_nothing_fails() {
        kept("s3.");
    }
}
