#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::testing::{VPC, marked};

const TAKEN_OUT: &str = "backstop:before-deregister-from-load-balancers";
const PROTECTED: &str = "backstop:before-protect-instance";

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn targets(healthy: &[&str], registered: &[&str]) -> Peers {
    Peers {
        place: "target group web".into(),
        healthy: ids(healthy),
        fleet: Fleet::Registered {
            vpc: Some(VPC.into()),
            targets: ids(registered),
        },
    }
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
    let unasked = (0..20).take_while(|&gone| {
        let (out, left) = fleet.split_at(gone);
        let out: Vec<(&str, &str)> = out.iter().map(|&id| (id, TAKEN_OUT)).collect();
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
        &marked(
            &fleet
                .iter()
                .take(10)
                .map(|&id| (id, TAKEN_OUT))
                .collect::<Vec<_>>(),
        ),
        "i-10",
    );
    let left = targets(fleet.get(11..).unwrap(), fleet.get(10..).unwrap());
    assert_eq!(left.remaining(&eleventh), Remaining::Few { serving: 9, of: 20 });
}

#[test]
fn what_was_taken_out_elsewhere_or_serves_again_is_not_missing() {
    let three = || targets(&["i-1", "i-2"], &["i-own", "i-1", "i-2"]);
    let back = contained(&[("i-1", TAKEN_OUT)]);
    assert_eq!(
        three().remaining(&back),
        Remaining::Few { serving: 1, of: 3 },
        "it is registered: once"
    );
    let many = contained(&[("i-7", TAKEN_OUT), ("i-8", TAKEN_OUT)]);
    assert_eq!(three().remaining(&many), Remaining::Few { serving: 2, of: 5 });
    let elsewhere = Peers {
        fleet: Fleet::Registered {
            vpc: Some("vpc-other".into()),
            targets: ids(&["i-own", "i-1", "i-2"]),
        },
        ..three()
    };
    assert_eq!(elsewhere.remaining(&many), Remaining::Enough);
}
