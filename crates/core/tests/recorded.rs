//! Logs that earlier versions wrote stay readable: their chains hold, and they mean what they meant.
//!
//! Each was recorded from a drill (`backstop incidents show --output json`), or from an end-to-end test that attacks between
//! the readings. None is ever edited; a new version adds its
//! own.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, fs, path::Path};

use backstop_core::{
    incident::{Incident, Status},
    log::{Record, check_chain},
    times::Times,
};

/// What each log led to when it was recorded, and whether its times to the first change and to contain are known.
fn noted() -> BTreeMap<&'static str, (Status, bool, bool)> {
    BTreeMap::from([
        (
            "leaked-access-key-contained.json",
            (Status::Contained, true, true),
        ),
        (
            "leaked-access-key-investigated.json",
            (Status::Contained, true, true),
        ),
        ("leaked-access-key-undone.json", (Status::Undone, true, true)),
        // From here on each step has a chain of its own, and what is closed is read a second time.
        (
            "leaked-access-key-confirmed.json",
            (Status::Confirmed, true, true),
        ),
        ("leaked-access-key-reopened.json", (Status::Reopened, true, true)),
        // What an attack sequence names beside its credential, in one case with that.
        ("triage-reported-in-a-case.json", (Status::Reported, false, false)),
        (
            "leaked-access-key-partially-contained.json",
            (Status::PartiallyContained, true, false),
        ),
        (
            "leaked-access-key-observed.json",
            (Status::Observed, false, false),
        ),
        ("compromised-role-approved.json", (Status::Contained, true, true)),
        ("public-bucket-contained.json", (Status::Contained, true, true)),
    ])
}

fn read(path: &Path) -> Vec<Record> {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_recorded_log_is_whole_and_means_what_it_meant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-logs");
    let mut noted = noted();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let log = read(&path);
        check_chain(&log).unwrap_or_else(|error| unreachable!("{name}: {error}"));
        let incident = Incident::replay(&log).unwrap();
        let times = Times::of(&log, &incident);
        let found = (
            incident.status(),
            times.to_first_change_ms.is_some(),
            times.to_contain_ms.is_some(),
        );
        assert_eq!(noted.remove(name.as_str()), Some(found), "{name}");
    }
    assert!(noted.is_empty(), "these logs are gone: {noted:?}");
}

#[test]
fn the_times_of_a_contained_incident_are_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-logs");
    let log = read(&folder.join("leaked-access-key-undone.json"));
    let times = Times::of(&log, &Incident::replay(&log).unwrap());
    let moments = [
        times.first_seen,
        times.detected,
        Some(times.opened),
        times.first_change,
        times.contained,
        times.notified,
        times.closed,
        times.undo_asked,
        times.undo_ended,
    ];
    let known: Vec<_> = moments.into_iter().map(Option::unwrap).collect();
    assert!(known.is_sorted(), "{times:#?}");
    assert!(times.to_recover_ms.is_some());
}

#[test]
fn a_recorded_incident_is_of_the_case_that_it_was_of() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-logs");
    let log = read(&folder.join("triage-reported-in-a-case.json"));
    let opened = Incident::replay(&log).unwrap().opened;
    assert_eq!(opened.case.first, Some("01M8EAMXRM25DEDS5P2TW7RXQ0".into()));
    assert_eq!((opened.case.named.len(), opened.case.more), (84, 0));
}
