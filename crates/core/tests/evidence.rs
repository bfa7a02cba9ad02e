//! What is kept of an incident, and that nothing in it can be altered, lost or added unseen.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{collections::BTreeMap, fs, path::Path};

use backstop_core::{
    IncidentId,
    evidence::{self, Entry, Item, MANIFEST, Manifest, RawFinding, check, later_version},
    incident::Incident,
    log::{self, Event, Log, Record},
};

type Files = BTreeMap<String, Vec<u8>>;

fn id() -> IncidentId {
    "01KJTESTEVIDENCE0000000000".into()
}

/// A recorded log without what it says was kept: each test keeps it anew.
fn recorded(name: &str) -> Vec<Record> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-logs");
    let log: Vec<Record> = serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
    let mut without: Vec<Record> = Vec::new();
    for record in log {
        if matches!(record.event, Event::EvidenceKept { .. }) {
            continue;
        }
        without.push(Record::next(without.last(), record.at, record.id, record.event).unwrap());
    }
    without
}

/// The same events in a log whose steps have chains of their own, the last of a step's after everything else.
fn in_lanes(records: &[Record]) -> Vec<Record> {
    let (first, rest) = records.split_first().unwrap();
    let first = Record::first(first.at, first.id.clone(), first.event.clone()).unwrap();
    let mut log = Log::read(vec![first]).unwrap();
    for record in rest {
        log = appended(&log, record);
    }
    let is_verified = |record: &&Record| matches!(record.event, Event::Verified { .. });
    let again = rest.iter().find(is_verified).unwrap();
    let late = Record {
        at: records.last().unwrap().at,
        ..again.clone()
    };
    appended(&log, &late).records().to_vec()
}

fn appended(log: &Log, record: &Record) -> Log {
    let next = log
        .next(record.at, record.id.clone(), record.event.clone())
        .unwrap();
    log.with(next).unwrap()
}

fn finding(log: &[Record]) -> RawFinding {
    let Event::Opened(opened) = &log[0].event else {
        unreachable!("a log begins with `opened`")
    };
    RawFinding {
        key: opened.finding.key.clone(),
        message: opened.finding.message.clone(),
        bytes: br#"{ "detail": { "id": "abc" } }"#.to_vec(),
    }
}

/// Keeps what the log says, as `close` does: the items, then the entries in the log, then the manifest.
fn keep(log: &mut Vec<Record>, files: &mut Files) -> Vec<String> {
    let known = Incident::replay(log).unwrap().evidence.entries;
    let (head, at) = (log::head(log), log.last().unwrap().at);
    let mut items = evidence::items(log, &[finding(log)]).unwrap();
    items.push(Item {
        name: evidence::report_name(head.records, "md"),
        at,
        bytes: b"# the report\n".to_vec(),
    });
    let news = evidence::extend(&id(), &known, items, head.records).unwrap();
    let entries: Vec<Entry> = news.iter().map(|(entry, _)| entry.clone()).collect();
    let names = entries.iter().map(|entry| entry.name.clone()).collect();
    files.extend(news.into_iter().map(|(entry, item)| (entry.name, item.bytes)));
    let event = Event::EvidenceKept {
        records: head.records,
        head: head.head,
        entries,
        lanes: head.lanes,
    };
    let whole = Log::read(log.clone()).unwrap();
    let kept = whole.next(at, "kept".into(), event).unwrap();
    *log = whole.with(kept).unwrap().records().to_vec();
    let manifest = Manifest::of(&id(), &Incident::replay(log).unwrap().evidence).unwrap();
    files.insert(MANIFEST.into(), manifest.text().unwrap().into_bytes());
    names
}

/// A closed incident, and the same once it was undone.
fn kept() -> (Vec<Record>, Files) {
    let whole = recorded("leaked-access-key-undone.json");
    let closed = whole
        .iter()
        .position(|it| matches!(it.event, Event::Closed { .. }))
        .unwrap();
    let mut log = whole[..=closed].to_vec();
    let mut files = Files::new();
    keep(&mut log, &mut files);
    for record in &whole[closed + 1..] {
        let next = Record::next(log.last(), record.at, record.id.clone(), record.event.clone()).unwrap();
        log.push(next);
    }
    keep(&mut log, &mut files);
    (log, files)
}

/// The first item that is named.
fn first_problem(files: &Files) -> Option<String> {
    check(files).problems.first().map(|problem| problem.item.clone())
}

#[test]
fn what_is_kept_is_complete_and_whole() {
    let (_, files) = kept();
    let checked = check(&files);
    assert_eq!(checked.problems, [], "{files:?}");
    assert_eq!(checked.incident, Some(id()));
    let has = |prefix: &str| checked.entries.iter().any(|entry| entry.name.starts_with(prefix));
    for prefix in [
        "findings/",
        "before/deny-user.json",
        "notices/",
        "log-",
        "report-",
    ] {
        assert!(has(prefix), "{prefix}: {:?}", checked.entries);
    }
    let logs = checked
        .entries
        .iter()
        .filter(|entry| entry.name.starts_with("log-"));
    assert_eq!(logs.count(), 2, "the log as it was closed, and as it was undone");
}

#[test]
fn a_log_of_several_chains_is_kept_and_its_ends_are_known() {
    let mut log = in_lanes(&recorded("leaked-access-key-undone.json"));
    let mut files = Files::new();
    let whole = log.clone();
    let names = keep(&mut log, &mut files);
    assert_eq!(check(&files).problems, []);
    let known = Incident::replay(&log).unwrap().evidence.log.unwrap();
    assert!(
        whole
            .iter()
            .all(|record| known.holds(record.lane.as_ref(), record.seq))
    );
    let kept = log.iter().find(|record| record.id == "kept").unwrap();
    assert!(!known.holds(None, kept.seq), "that it was kept is news to it");

    // Nothing else in the log names this one.
    let end = whole.iter().rposition(|record| record.lane.is_some()).unwrap();
    let mut without = whole;
    without.remove(end);
    Log::read(without.clone()).unwrap();
    let name = names.iter().find(|name| name.starts_with("log-")).unwrap();
    files.insert(name.clone(), serde_json::to_vec(&without).unwrap());
    let problems = check(&files).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.what.contains("aren't the ones that the manifest names")),
        "{problems:?}"
    );
}

#[test]
fn keeping_it_again_adds_nothing() {
    let (log, _) = kept();
    let known = Incident::replay(&log).unwrap().evidence.entries;
    let before_keeping = &log[..log.len() - 1];
    let items = evidence::items(before_keeping, &[finding(&log)]).unwrap();
    let news = evidence::extend(&id(), &known, items, before_keeping.len() as u32).unwrap();
    assert_eq!(
        news.iter().map(|(entry, _)| &entry.name).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn what_has_a_taken_name_is_kept_beside_it() {
    let (log, _) = kept();
    let known = Incident::replay(&log).unwrap().evidence.entries;
    let item = Item {
        name: "before/deny-user.json".into(),
        at: log[0].at,
        bytes: b"something else".to_vec(),
    };
    let news = evidence::extend(&id(), &known, vec![item], 99).unwrap();
    assert_eq!(news[0].0.name, "before/deny-user-000099.json");
    assert_eq!(news[0].0.prev, known.last().unwrap().hash);
}

#[test]
fn entries_that_do_not_continue_the_chain_are_illegal() {
    let (mut log, _) = kept();
    let known = Incident::replay(&log).unwrap().evidence.entries;
    let head = log.last().unwrap().hash.clone();
    let again = Event::EvidenceKept {
        records: 1,
        head,
        entries: known,
        lanes: BTreeMap::new(),
    };
    log.push(Record::next(log.last(), log[0].at, "again".into(), again).unwrap());
    assert!(Incident::replay(&log).is_err());
}

#[test]
fn any_flipped_byte_of_any_item_is_found_and_named() {
    let (_, files) = kept();
    for (name, bytes) in files.iter().filter(|(name, _)| *name != MANIFEST) {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            for bit in [0x01, 0x20, 0x80] {
                let mut altered = files.clone();
                altered.get_mut(name).unwrap()[place] ^= bit;
                assert_eq!(
                    first_problem(&altered).as_ref(),
                    Some(name),
                    "byte {place} of {name}"
                );
            }
        }
    }
}

#[test]
fn any_flipped_byte_of_the_manifest_is_found() {
    let (_, files) = kept();
    for place in 0..files[MANIFEST].len() {
        // The least bit, upper and lower case, and a space that becomes another white space or back.
        for bit in [0x01, 0x20, 0x2a] {
            let mut altered = files.clone();
            altered.get_mut(MANIFEST).unwrap()[place] ^= bit;
            assert!(
                first_problem(&altered).is_some(),
                "byte {place} ^ {bit:#x} goes unseen"
            );
        }
    }
}

#[test]
fn what_is_missing_added_or_cut_off_is_named() {
    let (_, files) = kept();
    for name in files.keys() {
        let mut without = files.clone();
        without.remove(name);
        assert_eq!(first_problem(&without).as_ref(), Some(name));
        let mut shorter = files.clone();
        shorter.get_mut(name).unwrap().pop();
        assert_eq!(first_problem(&shorter).as_ref(), Some(name));
    }
    let mut added = files.clone();
    added.insert("before/planted.json".into(), b"{}".to_vec());
    assert_eq!(first_problem(&added).as_deref(), Some("before/planted.json"));
}

#[test]
fn a_later_version_is_a_fault_of_the_item_that_it_was_written_over() {
    let (_, mut files) = kept();
    let name = files
        .keys()
        .find(|name| name.starts_with("log-"))
        .unwrap()
        .clone();
    files.insert(later_version(&name, 2), b"[]".to_vec());
    let problems = check(&files).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].item, name);
    assert!(problems[0].what.contains("version 2"), "{problems:?}");
}

#[test]
fn a_manifest_of_another_incident_or_written_anew_is_refused() {
    let (_, files) = kept();
    let text = String::from_utf8(files[MANIFEST].clone()).unwrap();
    for forged in [
        text.replace(id().as_str(), "01KJTESTEVIDENCE0000000001"),
        text.replace("  ", " "),
        text.replace("\"format\": 1", "\"format\": 2"),
        text.trim_end().to_owned(),
    ] {
        let mut altered = files.clone();
        altered.insert(MANIFEST.into(), forged.into_bytes());
        assert_eq!(first_problem(&altered).as_deref(), Some(MANIFEST));
    }
}

#[test]
fn a_log_that_was_written_anew_is_told_by_the_head_that_people_were_notified_of() {
    let (log, files) = kept();
    let closed = log
        .iter()
        .position(|it| matches!(it.event, Event::Closed { .. }))
        .unwrap();
    let told = Incident::replay(&log[..=closed]).unwrap().head;
    assert_eq!(told.hash, log[closed].hash);
    let line = format!("log head {} {}", told.seq, told.hash);
    for text in [told.hash.as_str(), line.as_str()] {
        assert_eq!(evidence::check_head(&files, text), None);
    }

    // The whole log anew, its chain and its manifest whole: nothing here says so but the head.
    let mut anew: Vec<Record> = Vec::new();
    for record in &log[..=closed] {
        let later = record.at + jiff::SignedDuration::from_secs(1);
        anew.push(Record::next(anew.last(), later, record.id.clone(), record.event.clone()).unwrap());
    }
    let mut forged = Files::new();
    keep(&mut anew, &mut forged);
    assert!(check(&forged).problems.is_empty());
    assert_eq!(evidence::check_head(&forged, &line).unwrap().item, "log");
    assert!(
        evidence::check_head(&files, "abc")
            .unwrap()
            .what
            .contains("closing notice")
    );
}

/// Object Lock keeps the true log; one that was written anew stands beside it, and names the same evidence, whose hashes
/// don't depend on the log.
#[test]
fn a_log_that_was_written_anew_does_not_go_on_from_the_one_that_was_kept() {
    let (log, mut files) = kept();
    let told = log::head(&log).head;
    let mut anew: Vec<Record> = Vec::new();
    for record in &log {
        let later = record.at + jiff::SignedDuration::from_secs(1);
        anew.push(Record::next(anew.last(), later, record.id.clone(), record.event.clone()).unwrap());
    }
    keep(&mut anew, &mut files);
    let problems = check(&files).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.what.contains("written anew")),
        "{problems:?}"
    );
    assert!(evidence::check_head(&files, told.as_str()).is_some());
}
