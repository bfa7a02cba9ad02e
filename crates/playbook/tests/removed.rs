//! A playbook is its folder: without it nothing breaks but its own tests, and nobody is told to run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstop_core::{
    IncidentId, Mode, Outcome, Playbooks, Resource, TargetKind,
    finding::{Route, Severity},
    incident::Incident,
    investigation::{Call, Investigation, Scope, Suspect},
    log::{Event, FindingRef, Opened, Origin, Record},
    notice::{self, mail},
    step::{Phase, StepRef},
    target::Location,
};
use backstop_playbook::{Catalog, lint, load_dir, new_playbook, outputs, parse};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shipped() -> Catalog {
    load_dir(&root().join("playbooks")).unwrap()
}

/// For each playbook its name, and the catalog without it.
fn without_each() -> Vec<(String, Catalog)> {
    let all = shipped();
    all.iter()
        .map(|removed| {
            let rest = all.iter().filter(|playbook| playbook.name != removed.name);
            (removed.name.to_string(), Catalog::new(rest.cloned().collect()))
        })
        .collect()
}

fn at() -> Location {
    Location {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

/// The playbooks that a text tells people to run.
fn told_to_run(text: &str) -> Vec<&str> {
    text.match_indices("backstop run ")
        .filter_map(|(at, found)| text[at + found.len()..].split_whitespace().next())
        .collect()
}

#[test]
fn the_table_is_the_catalogs_and_every_playbook_in_it_contains_its_kind() {
    let all = shipped();
    let table = fs::read_to_string(root().join("playbooks/containing.tsv")).unwrap();
    assert_eq!(Playbooks::from_table(&table), all.containing());
    assert!(all.iter().filter(|playbook| playbook.contains()).count() > 2);
    for (removed, catalog) in without_each() {
        let playbooks = catalog.containing();
        assert!(!playbooks.to_table().contains(&removed), "{removed}");
        for kind in TargetKind::ALL {
            if let Some(name) = playbooks.containing(*kind) {
                assert!(
                    catalog.get(name).unwrap().targets.contains(kind),
                    "{name}: {kind}"
                );
            }
        }
    }
}

/// A skeleton contains the same kinds by the same steps, whatever it is called: no proposal turns to it by that.
#[test]
fn a_new_playbooks_name_takes_no_proposals() {
    let files = new_playbook(Path::new("nowhere"), "a-first-one").unwrap();
    let text = &files.first().unwrap().text;
    let skeleton = parse(&"a-first-one".into(), "playbook.yaml", text).unwrap();
    let all = shipped();
    let with_it = Catalog::new(all.iter().cloned().chain([skeleton]).collect());
    let first = with_it.iter().next().unwrap().name.to_string();
    assert_eq!(first, "a-first-one");
    for kind in TargetKind::ALL {
        assert_eq!(
            with_it.containing().containing(*kind),
            all.containing().containing(*kind),
            "{kind}"
        );
    }
}

/// What findings start comes before what only people do.
#[test]
fn a_kind_is_contained_by_the_playbook_that_findings_start_if_there_is_one() {
    let all = shipped();
    let by_hand = |catalog: &Catalog, kind: TargetKind| {
        let playbooks = catalog.containing();
        let name = playbooks.containing(kind)?;
        Some(catalog.get(name)?.triggers.manual)
    };
    for kind in [TargetKind::Role, TargetKind::Instance] {
        assert_eq!(by_hand(&all, kind), Some(false), "{kind}");
        let rest = all.iter().filter(|playbook| playbook.triggers.manual);
        assert_eq!(
            by_hand(&Catalog::new(rest.cloned().collect()), kind),
            Some(true),
            "{kind}"
        );
    }
}

#[test]
fn an_investigation_proposes_only_playbooks_that_are_there() {
    let iam = "iam.amazonaws.com";
    let events = [
        ("CreateUser", iam, r#"{"userName":"x"}"#, "{}"),
        ("CreateRole", iam, r#"{"roleName":"deploy"}"#, "{}"),
        (
            "CreateAccessKey",
            iam,
            r#"{"userName":"x"}"#,
            r#"{"accessKey":{"userName":"x","accessKeyId":"AKIAI44QH8DHBEXAMPLE"}}"#,
        ),
        (
            "RunInstances",
            "ec2.amazonaws.com",
            "{}",
            r#"{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]}}"#,
        ),
    ];
    let calls: Vec<Call> = events
        .iter()
        .map(|(name, source, request, response)| {
            let event = format!(
                r#"{{"eventID":"{name}","eventName":"{name}","eventSource":"{source}",
                "eventTime":"2026-03-01T12:00:00Z","userIdentity":{{"type":"IAMUser","userName":"ci",
                "accessKeyId":"AKIAIOSFODNN7EXAMPLE"}},"requestParameters":{request},"responseElements":{response}}}"#
            );
            Call::read(&event).unwrap()
        })
        .collect();
    let suspect = Suspect::new(
        &at().target(TargetKind::AccessKey.example()),
        Some("example".into()),
    );
    let found = |playbooks: &Playbooks| {
        let scope = Scope {
            from: "2026-03-01T00:00:00Z".parse().unwrap(),
            to: "2026-03-02T00:00:00Z".parse().unwrap(),
            regions: vec![],
            incomplete: vec![],
            contacts: vec![],
        };
        Investigation::of(&suspect, scope, &calls, playbooks).proposals
    };
    let all = found(&shipped().containing());
    assert_eq!(
        all.iter().filter(|proposal| proposal.command().is_some()).count(),
        4
    );
    for (removed, catalog) in without_each() {
        let proposals = found(&catalog.containing());
        assert_eq!(
            proposals.len(),
            all.len(),
            "{removed}: what to do is said all the same"
        );
        for line in proposals.iter().map(backstop_core::investigation::Proposal::line) {
            for name in told_to_run(&line) {
                assert!(catalog.get(&name.into()).is_some(), "{removed}: {line}");
            }
        }
    }
}

/// An incident whose target was gone when it was to be contained.
fn gone(target: Resource, playbook: &str) -> Incident {
    let step = StepRef {
        step: "contain".into(),
        action: "example.contain".into(),
        title: "Contain it".to_owned(),
        phase: Phase::Contain,
        high_impact: false,
        with: serde_json::Map::new(),
    };
    let opened = Opened {
        playbook: playbook.into(),
        target: at().target(target),
        mode: Mode::Auto,
        steps: vec![step],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "123456789012/eu-west-1/5ec0ffee".into(),
            finding_type: "Purpose:Resource/Family".into(),
            route: Route::GuardDutyEvent,
            severity: Severity::of_score(8.0),
            count: 1,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            peers: Vec::new(),
            hub: None,
        },
        title: String::new(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: Vec::new(),
    };
    let ended = Event::StepEnded {
        step: "contain".into(),
        outcome: Outcome::failed(backstop_core::ErrorName::TargetGone, "it is gone"),
    };
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let first = Record::next(None, at, "1".into(), Event::Opened(Box::new(opened))).unwrap();
    let second = Record::next(Some(&first), at, "2".into(), ended).unwrap();
    Incident::replay(&[first, second]).unwrap()
}

#[test]
fn a_notice_names_only_playbooks_that_are_there() {
    let id = IncidentId::from("01JDXQ6T8R7M5V9N2K4H3G1FZB");
    let notice =
        |incident: &Incident, playbooks: &Playbooks| mail(&notice::outcome(&id, incident, playbooks)).body;
    for (target, outlives) in [
        (TargetKind::Instance.example(), "revoke that role's sessions"),
        (
            TargetKind::AccessKey.example(),
            "sessions made with the key outlive it",
        ),
    ] {
        let incident = gone(target, "its-own");
        let all = notice(&incident, &shipped().containing());
        assert_eq!(told_to_run(&all).len(), 1, "{all}");
        for (removed, catalog) in without_each() {
            let told = notice(&incident, &catalog.containing());
            assert!(told.contains(outlives), "{removed}: {told}");
            for name in told_to_run(&told) {
                assert!(catalog.get(&name.into()).is_some(), "{removed}: {told}");
            }
        }
        let none = notice(&incident, &Playbooks::default());
        assert!(none.contains(outlives), "{none}");
        // Its own would fail again in the same way.
        assert!(told_to_run(&none).is_empty(), "{none}");
    }
}

/// The rest lints and compiles.
#[test]
fn the_folder_can_be_taken_away() {
    for (removed, catalog) in without_each() {
        let copy = Copy::of(&root(), &removed);
        let report = lint(&copy.0.join("playbooks")).unwrap();
        assert!(report.is_clean(), "{removed}: {report}");
        assert_eq!(load_dir(&copy.0.join("playbooks")).unwrap(), catalog);
        for output in outputs(&copy.0).unwrap() {
            let machine = format!("statemachines/{removed}.asl.json");
            assert_ne!(output.path, Path::new(&machine));
        }
    }
}

/// The project's playbooks and template, without one playbook.
struct Copy(PathBuf);

impl Copy {
    fn of(root: &Path, without: &str) -> Self {
        let to = std::env::temp_dir().join(format!("backstop-without-{without}-{}", std::process::id()));
        for entry in fs::read_dir(root.join("playbooks")).unwrap() {
            let from = entry.unwrap().path();
            let name = from.file_name().unwrap().to_string_lossy().into_owned();
            if from.is_dir() && name != without {
                let folder = to.join("playbooks").join(&name);
                fs::create_dir_all(&folder).unwrap();
                for file in fs::read_dir(&from).unwrap() {
                    let file = file.unwrap().path();
                    fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
                }
            }
        }
        for template in ["template.yaml", "member.yaml"] {
            fs::copy(root.join(template), to.join(template)).unwrap();
        }
        Self(to)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A left-over folder of a test harms nobody.
        drop(fs::remove_dir_all(&self.0));
    }
}
