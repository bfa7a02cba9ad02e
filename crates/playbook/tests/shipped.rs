//! The playbooks of this project: what is compiled from them is what is in the repository.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use backstop_core::Mode;
use backstop_playbook as playbook;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

#[test]
fn compiled_files_are_up_to_date() {
    let compiled = playbook::check_outputs(&root()).unwrap();
    assert!(
        compiled.changed.is_empty(),
        "{compiled}run `backstop playbook compile`"
    );
}

#[test]
fn lint_finds_nothing() {
    let report = playbook::lint(&root().join("playbooks")).unwrap();
    assert!(report.is_clean(), "{report}");
    assert!(report.playbooks.len() >= 2);
}

#[test]
fn every_machine_in_the_repository_is_sound() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("statemachines")).unwrap() {
        let path = entry.unwrap().path();
        let machine = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let faults = playbook::asl::check_machine(&machine);
        assert!(faults.is_empty(), "{}: {faults:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn an_auto_incident_stays_within_its_budget_of_transitions() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    let leaked = playbook::compile(catalog.get(&"leaked-access-key".into()).unwrap());
    assert_eq!(playbook::transitions(&leaked, Mode::Auto), 12);
    assert_eq!(playbook::transitions(&leaked, Mode::Observe), 11);
    assert_eq!(playbook::transitions(&leaked, Mode::Approve), 19);
}

#[test]
fn a_playbook_that_contains_nothing_tells_people_and_closes() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    let triage = catalog.get(&"triage".into()).unwrap();
    assert!(!triage.contains());
    for mode in [Mode::Observe, Mode::Approve, Mode::Auto] {
        assert_eq!(playbook::transitions(&playbook::compile(triage), mode), 2);
    }
    let functions: Vec<&str> = playbook::functions_of(triage).into_iter().collect();
    assert_eq!(functions, ["close", "notify"]);
}

#[test]
fn a_machine_calls_the_functions_its_playbook_names_and_no_others() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    for one in catalog.iter() {
        let machine = playbook::compile(one).to_json().unwrap();
        let called: BTreeSet<&str> = machine
            .split("\"FunctionName\": \"${")
            .skip(1)
            .filter_map(|rest| rest.split("FunctionArn}").next())
            .collect();
        let named: BTreeSet<String> = playbook::functions_of(one)
            .into_iter()
            .map(|function| function.split('-').map(capital).collect())
            .collect();
        assert_eq!(called, named.iter().map(String::as_str).collect(), "{}", one.name);
    }
}

fn capital(word: &str) -> String {
    word.chars()
        .enumerate()
        .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })
        .collect()
}

#[test]
fn every_permission_an_action_needs_is_in_the_template() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    for action in playbook::actions::ACTIONS {
        for permission in action.permissions.all() {
            let is_named = template
                .split(|c: char| c.is_whitespace() || ",[]".contains(c))
                .any(|word| word == permission);
            assert!(is_named, "`{}` needs {permission}", action.id);
        }
    }
}

#[test]
fn playbooks_read_well() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    insta::assert_snapshot!("list", playbook::list(&catalog).to_string());
    for one in catalog.iter() {
        insta::assert_snapshot!(format!("show-{}", one.name), playbook::show(one).to_string());
    }
}
