#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::{marked as marks, testing::marked};

const WEB: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef";
const PROTECTED: &str = "backstop:before-protect-instance";

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn targets(healthy: &[&str], registered: &[&str]) -> Peers {
    Peers {
        place: "target group web".into(),
        healthy: ids(healthy),
        fleet: Fleet::Registered {
            place: marks::place(WEB),
            targets: ids(registered),
        },
    }
}

/// The tags of an instance that was taken out of these load balancers.
fn taken_out_of(names: &[&str]) -> String {
    format!(
        "backstop:before-deregister-from-load-balancers,{}={}",
        marks::TAKEN_OUT_OF,
        marks::places(names.iter().copied())
    )
}

fn contained(others: &[(&str, &str)]) -> Marked {
    Marked::of(&marked(others), "i-own")
}

#[test]
fn whom_another_incident_contains_serves_nobody() {
    let pair = targets(&["i-0"], &["i-own", "i-0"]);
    assert_eq!(pair.remaining(&Marked::default()), Remaining::Enough);
    let other = contained(&[("i-0", PROTECTED)]);
    assert_eq!(pair.remaining(&other), Remaining::Nobody);
    assert_eq!(
        pair.contained(&other).unwrap(),
        "in target group web another one is healthy still and isn't counted on, since another incident contains it: i-0"
    );
    let own = contained(&[("i-own", PROTECTED)]);
    assert_eq!(
        pair.remaining(&own),
        Remaining::Enough,
        "the instance is none of the others"
    );
    let team = contained(&[("i-0", "team")]);
    assert_eq!(
        pair.remaining(&team),
        Remaining::Enough,
        "another tag says nothing"
    );
}

#[test]
fn no_more_than_half_of_a_fleet_behind_bare_target_groups_goes_unasked() {
    let fleet: Vec<String> = (0..20).map(|number| format!("i-{number}")).collect();
    let fleet: Vec<&str> = fleet.iter().map(String::as_str).collect();
    let tags = taken_out_of(&[WEB]);
    let tags = tags.as_str();
    let unasked = (0..20).take_while(|&gone| {
        let (out, left) = fleet.split_at(gone);
        let out: Vec<(&str, &str)> = out.iter().map(|&id| (id, tags)).collect();
        let own = left.first().unwrap();
        let others: Vec<&str> = left.iter().filter(|id| id != &own).copied().collect();
        let without = Marked::of(&marked(&out), own);
        targets(&others, left).remaining(&without) == Remaining::Enough
    });
    assert_eq!(
        unasked.count(),
        10,
        "and the other ten keep serving until a person decides"
    );
    let eleventh = Marked::of(
        &marked(&fleet.iter().take(10).map(|&id| (id, tags)).collect::<Vec<_>>()),
        "i-10",
    );
    let left = targets(fleet.get(11..).unwrap(), fleet.get(10..).unwrap());
    assert_eq!(left.remaining(&eleventh), Remaining::Few { serving: 9, of: 20 });
}

#[test]
fn what_was_taken_out_elsewhere_or_serves_again_is_not_missing() {
    let three = targets(&["i-1", "i-2"], &["i-own", "i-1", "i-2"]);
    let (here, elsewhere) = (taken_out_of(&["api", WEB]), taken_out_of(&["api"]));
    let back = contained(&[("i-1", &here)]);
    assert_eq!(
        three.remaining(&back),
        Remaining::Few { serving: 1, of: 3 },
        "it is registered: once"
    );
    let lost = contained(&[("i-7", &here), ("i-8", &here)]);
    assert_eq!(three.remaining(&lost), Remaining::Few { serving: 2, of: 5 });
    let others = contained(&[("i-7", &elsewhere), ("i-8", PROTECTED)]);
    assert_eq!(three.remaining(&others), Remaining::Enough);
}

#[test]
fn what_was_taken_out_of_more_than_a_tag_holds_may_have_been_here() {
    let names: Vec<String> = (0..20).map(|number| format!("group-{number}")).collect();
    let tags = taken_out_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(tags.ends_with("=any"), "{tags}");
    let fits = taken_out_of(&names.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
    let (_, value) = fits.split_once('=').unwrap();
    assert!(value.len() <= 256, "{}", value.len());
    let lost = contained(&[("i-7", &tags), ("i-8", &tags)]);
    let three = targets(&["i-1", "i-2"], &["i-own", "i-1", "i-2"]);
    assert_eq!(three.remaining(&lost), Remaining::Few { serving: 2, of: 5 });
}
