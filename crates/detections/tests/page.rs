//! The page of a trial, with what an attacker would write into a finding.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;

use std::{collections::BTreeMap, path::Path};

use backstop_detections::{
    condition::Condition,
    finding::Finding,
    page::page,
    saved::{Collection, collect},
    trial::trial,
};
use backstop_playbook::{Catalog, load_dir};
use jiff::civil::date;
use serde_json::json;

fn playbooks() -> Catalog {
    load_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks"))).unwrap()
}

#[test]
fn a_page_holds_what_was_found_and_runs_nothing() {
    let hostile = "Recon:EC2/Portscan";
    let mut rule = fixture::rule(BTreeMap::from([(
        "type".to_owned(),
        Condition {
            equals: vec![hostile.to_owned(), "<img src=x onerror=alert(1)>".to_owned()],
            ..Condition::default()
        },
    )]));
    rule.title = "Ours </title><script>alert(1)</script>".to_owned();
    rule.reason = "see \u{202e}gnp.exe & \"that\"".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("<b>bold.json");
    let finding = json!({ "detail": { "type": hostile, "service": {}, "resource": {} } });
    std::fs::write(&file, finding.to_string()).unwrap();
    let mut saved = Collection::default();
    collect(folder.path(), true, &mut saved).unwrap();
    let rules = [rule];
    let tried = trial(&rules, &saved, &playbooks(), 20);
    let html = page(&tried, &rules, date(2026, 11, 27)).unwrap();

    for forbidden in [
        "<script", "<img", "<b>", "\u{202e}", "http:", "https:", "url(", "@import", "src=",
    ] {
        let is_text = forbidden == "src=" && !html.contains("<img");
        assert!(is_text || !html.contains(forbidden), "{forbidden} in {html}");
    }
    for wanted in [
        "Content-Security-Policy",
        "width=device-width",
        "prefers-color-scheme: dark",
        "&#60;script&#62;",
        "an incident was contained for it",
        "1 rule was tried over 1 saved finding",
        "It hides 1 of 1 saved findings (100&nbsp;%)",
        "✗",
        "2026-11-27",
    ] {
        assert!(html.contains(wanted), "{wanted} not in {html}");
    }
    let none = trial(&[], &Collection::default(), &playbooks(), 20);
    let html = page(&none, &[], date(2026, 11, 27)).unwrap();
    assert!(html.contains("✓ nothing fails"), "{html}");
    assert!(Finding::sketch(json!({})).text("type").is_none());
}
