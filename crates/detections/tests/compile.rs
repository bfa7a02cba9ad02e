//! What is compiled: a project with every kind of file, what has ended, and what projects begin with.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use backstop_detections::{
    change::{Weakening, changes, parse},
    compile::{CompileError, Compiled, compile, text},
    lint::{LintReport, lint},
    load::{Sources, load},
    outputs,
    starter::{schemas, starter},
};
use backstop_playbook::{Catalog, load_dir};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::Value;

const TODAY: Date = date(2026, 11, 27);
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const FULL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/full");

static PLAYBOOKS: LazyLock<Catalog> = LazyLock::new(|| load_dir(&Path::new(ROOT).join("playbooks")).unwrap());

fn linted(project: &Path, today: Date) -> LintReport {
    lint(&load(&project.join("detections")).unwrap(), today, &PLAYBOOKS)
}

static WHOLE: LazyLock<LintReport> = LazyLock::new(|| linted(Path::new(FULL), TODAY));

fn full() -> LintReport {
    WHOLE.clone()
}

fn resources(compiled: &Compiled) -> &serde_json::Map<String, Value> {
    compiled.template["Resources"].as_object().unwrap()
}

/// `BACKSTOP_WRITE_COMPILED=1` writes them.
fn assert_compiled(project: &Path, compiled: &Compiled) {
    if std::env::var_os("BACKSTOP_WRITE_COMPILED").is_some() {
        outputs::write(project, compiled).unwrap();
    }
    let stale = outputs::check(project, compiled).unwrap();
    assert!(stale.is_empty(), "{stale:?}");
}

#[test]
fn every_kind_of_file_is_compiled_as_it_was_reviewed() {
    let report = full();
    assert!(report.is_compilable(), "{report}");
    assert_compiled(Path::new(FULL), &compile(&report).unwrap());
}

/// What stands in the project's own folder is what `backstop detections new` writes.
#[test]
fn the_project_s_own_files_are_those_that_projects_begin_with() {
    let own = Path::new(ROOT).join("detections");
    for (path, text) in starter(Path::new("/nowhere")).unwrap() {
        let path = own.join(path.strip_prefix("/nowhere").unwrap());
        if std::env::var_os("BACKSTOP_WRITE_COMPILED").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{}", path.display());
    }
    let report = linted(Path::new(ROOT), TODAY);
    assert!(report.is_clean() && report.warned.is_empty(), "{report}");
    assert_eq!(report.suppressions.len(), 0, "nothing is hidden");
    assert_compiled(Path::new(ROOT), &compile(&report).unwrap());
}

#[test]
fn a_project_that_was_begun_isn_t_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in starter(folder.path()).unwrap() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    assert!(starter(folder.path()).is_err());
    let names: Vec<&str> = schemas().map(|(name, _)| name).collect();
    for name in names {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn without_settings_there_is_no_detector_to_hide_findings_of() {
    let report = lint(&Sources::default(), TODAY, &PLAYBOOKS);
    assert!(matches!(compile(&report), Err(CompileError::NoSettings)));
}

/// What ended is refused by lint, named, and left out of what is compiled; whatever else is refused stops it.
#[test]
fn what_has_ended_is_left_out() {
    let report = full();
    assert!(!report.is_clean());
    assert_eq!(report.expired().len(), 2, "{:?}", report.expired());
    let compiled = compile(&report).unwrap();
    let all = text(&compiled.template).unwrap();
    assert!(
        all.contains("office-scanner") && !all.contains("over_since-June"),
        "{all}"
    );
    let lists: String = compiled.lists.iter().map(|list| list.text.as_str()).collect();
    assert!(
        lists.contains("198.51.100.7\n") && !lists.contains("203.0.113.0"),
        "{lists}"
    );

    let later = linted(Path::new(FULL), date(2027, 4, 1));
    assert!(later.is_compilable());
    let compiled = compile(&later).unwrap();
    let kinds: BTreeSet<&str> = resources(&compiled)
        .values()
        .map(|resource| resource["Type"].as_str().unwrap())
        .collect();
    for gone in [
        "AWS::GuardDuty::Filter",
        "AWS::GuardDuty::TrustedEntitySet",
        "AWS::GuardDuty::IPSet",
        "AWS::SecurityHub::AutomationRule",
        "AWS::SecurityHub::AutomationRuleV2",
    ] {
        assert!(!kinds.contains(gone), "{gone} ended");
    }
    assert!(
        kinds.contains("AWS::GuardDuty::ThreatEntitySet"),
        "threat lists need no end"
    );
    let features = compiled.template["Resources"]["Detector"]["Properties"]["Features"].to_string();
    assert!(
        !features.contains("DISABLED"),
        "a plan comes back after the end of its exception: {features}"
    );

    let soon = linted(Path::new(FULL), date(2027, 3, 17));
    assert!(
        soon.ends_soon()
            .iter()
            .any(|it| it.contains("office-scanner.yaml") && it.contains("2027-03-31")),
        "{:?}",
        soon.ends_soon()
    );
    assert!(linted(Path::new(FULL), date(2027, 3, 16)).ends_soon().is_empty());
}

/// Deleting the stack, or replacing these, would blind the account.
#[test]
fn what_an_account_has_once_outlives_the_stack() {
    let compiled = compile(&full()).unwrap();
    let import = compiled.import["Resources"].as_object().unwrap();
    assert_eq!(import.keys().collect::<Vec<_>>(), ["Detector", "Hub", "HubV2"]);
    for (id, resource) in import {
        assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
        assert_eq!(
            Some(resource),
            resources(&compiled).get(id),
            "imported as it is deployed"
        );
    }
}

#[test]
fn a_list_s_key_follows_its_content() {
    let compiled = compile(&full()).unwrap();
    let one = &compiled.lists[0];
    let template = text(&compiled.template).unwrap();
    for list in &compiled.lists {
        assert!(template.contains(&list.file), "{}", list.file);
    }
    let mut report = full();
    let list = report
        .address_lists
        .iter_mut()
        .find(|list| one.file.starts_with(&list.name))
        .unwrap();
    list.entries.push("203.0.113.99".to_owned());
    let other = compile(&report).unwrap();
    assert_ne!(other.lists[0].file, one.file);
    let found: Vec<_> = changes(&compiled.template, &other.template);
    assert!(
        found.iter().all(|it| it.property.starts_with("Location")),
        "{found:?}"
    );
}

#[test]
fn left_over_lists_go_and_nothing_else() {
    let project = tempfile::tempdir().unwrap();
    let compiled = compile(&full()).unwrap();
    let lists = project.path().join("detections/compiled-lists");
    fs::create_dir_all(&lists).unwrap();
    fs::write(lists.join("old-0.txt"), "198.51.100.1\n").unwrap();
    fs::write(project.path().join("detections/notes.md"), "ours").unwrap();
    let stale = outputs::write(project.path(), &compiled).unwrap();
    assert_eq!(
        stale.left_over,
        [PathBuf::from("detections/compiled-lists/old-0.txt")]
    );
    assert!(!lists.join("old-0.txt").exists());
    assert!(project.path().join("detections/notes.md").exists());
    assert!(outputs::check(project.path(), &compiled).unwrap().is_empty());
    fs::write(project.path().join(outputs::TEMPLATE), "Resources: {}\n").unwrap();
    let stale = outputs::check(project.path(), &compiled).unwrap();
    assert_eq!(stale.changed, [PathBuf::from(outputs::TEMPLATE)]);
}

#[test]
fn what_a_file_says_can_t_break_out_of_a_message() {
    let compiled = compile(&full()).unwrap();
    let target = &compiled.template["Resources"]["EventRootReads"]["Properties"]["Targets"][0];
    let template = target["InputTransformer"]["InputTemplate"].as_str().unwrap();
    let inside = template.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    assert!(!inside.contains(['"', '\\']), "{inside}");
    let paths = target["InputTransformer"]["InputPathsMap"].as_object().unwrap();
    let placeholders: Vec<&str> = inside
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .collect();
    assert_eq!(placeholders.len(), paths.len());
    assert!(placeholders.iter().all(|name| paths.contains_key(*name)));
}

proptest! {
    /// Readers of YAML 1.1, as CloudFormation's, may take `on`, `1e3` or `012` for something else.
    #[test]
    fn a_template_is_read_back_as_it_was(texts in prop::collection::vec(any::<String>(), 0..4), odd in prop::sample::select(vec![
        "on", "yes", "012345678901", "1e3", "2026-11-27", "~", "null", "0x1f", "1:30", "- a", "a: b", "#", "", " a ", "!Ref x", "*a", "&a", "%",
    ])) {
        let document = serde_json::json!({ "Resources": { "A": { "Type": odd, "Properties": { "Texts": texts, odd: odd } } } });
        prop_assert_eq!(parse(&text(&document).unwrap()).unwrap(), document);
    }

    /// Whatever is taken away, nothing else becomes another resource, and only what hides can find less when it comes.
    #[test]
    fn files_don_t_disturb_each_other(keep in prop::collection::vec(any::<bool>(), 8)) {
        let whole = full();
        let mut part = whole.clone();
        let mut keep = keep.into_iter();
        let mut kept = || keep.next().unwrap_or(true);
        part.suppressions.retain(|_| kept());
        part.address_lists.retain(|_| kept());
        part.automation_rules.retain(|_| kept());
        let whole = compile(&whole).unwrap();
        let part = compile(&part).unwrap();
        for (id, resource) in resources(&part) {
            prop_assert_eq!(Some(resource), resources(&whole).get(id), "{}", id);
        }
        for change in changes(&part.template, &whole.template) {
            prop_assert!(change.now.is_none(), "{:?}", change);
            let hides = matches!(
                change.weakening,
                Some(Weakening::Suppression | Weakening::TrustedList | Weakening::AutomationRule)
            );
            prop_assert_eq!(hides, change.weakening.is_some());
        }
    }
}
