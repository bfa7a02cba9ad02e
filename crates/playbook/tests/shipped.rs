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

/// A task that ends before its function would be tried again while the function still works.
#[test]
fn no_task_ends_before_its_function_does() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("statemachines")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let machine = serde_json::from_str(&text).unwrap();
        for (function, timeout) in tasks(&machine) {
            let longest = match function
                .strip_prefix("${")
                .and_then(|name| name.strip_suffix("Arn}"))
            {
                Some(id) => timeout_of(&template, id),
                // The undo machine looks its function up.
                None => playbook::undoing_functions()
                    .into_iter()
                    .map(|name| timeout_of(&template, &(playbook::pascal_case(name) + "Function")))
                    .max()
                    .unwrap(),
            };
            assert!(
                timeout > longest,
                "{}: {function}: {timeout} s, {longest} s",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

/// The function and the timeout of each task, at any depth; one that waits for a person has a parameter instead.
fn tasks(machine: &serde_json::Value) -> Vec<(&str, u64)> {
    let function = machine
        .pointer("/Arguments/FunctionName")
        .and_then(|name| name.as_str());
    let timeout = machine.get("TimeoutSeconds").and_then(|timeout| timeout.as_u64());
    let parts: Vec<&serde_json::Value> = match machine {
        serde_json::Value::Object(fields) => fields.values().collect(),
        serde_json::Value::Array(values) => values.iter().collect(),
        _ => Vec::new(),
    };
    function
        .zip(timeout)
        .into_iter()
        .chain(parts.into_iter().flat_map(tasks))
        .collect()
}

/// The `Timeout` of a function, else that of all.
fn timeout_of(template: &str, id: &str) -> u64 {
    let (_, rest) = template.split_once(&format!("\n  {id}:\n")).unwrap();
    let (own, _) = rest.split_once("\n\n").unwrap();
    let (_, globals) = template.split_once("\nGlobals:\n").unwrap();
    let timeout = |block: &str| {
        let mut lines = block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Timeout: "));
        lines.next()?.split(' ').next()?.parse().ok()
    };
    timeout(own).or_else(|| timeout(globals)).unwrap()
}

#[test]
fn an_auto_incident_stays_within_its_budget_of_transitions() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    let leaked = playbook::compile(catalog.get(&"leaked-access-key".into()).unwrap());
    assert_eq!(playbook::transitions(&leaked, Mode::Auto), 18);
    assert_eq!(playbook::transitions(&leaked, Mode::Observe), 13);
    assert_eq!(playbook::transitions(&leaked, Mode::Approve), 25);
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
            .map(playbook::pascal_case)
            .collect();
        assert_eq!(called, named.iter().map(String::as_str).collect(), "{}", one.name);
    }
}

/// How each reads is in a compiled file, whose diff a reviewer sees.
#[test]
fn what_people_read_of_a_playbook_is_in_the_reference() {
    let catalog = playbook::load_dir(&root().join("playbooks")).unwrap();
    let page = fs::read_to_string(root().join("docs/reference/playbooks.md")).unwrap();
    for text in [playbook::list(&catalog).to_string()]
        .into_iter()
        .chain(catalog.iter().map(|one| playbook::show(one).to_string()))
    {
        assert!(page.contains(text.trim_end()), "{text}");
    }
    let triage = playbook::show(catalog.get(&"triage".into()).unwrap()).to_string();
    assert!(triage.contains("\ntargets     every kind\n"), "{triage}");
}
