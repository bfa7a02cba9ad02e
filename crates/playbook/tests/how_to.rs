//! `docs/adding-an-action.md`: one file with the code, one with the contract, one line in each list.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

#[test]
fn every_action_is_one_file_of_code_and_one_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for action in backstop_actions::actions() {
        let (service, verb_object) = action.id.split_once('.').unwrap();
        let module = verb_object.replace('-', "_");
        let contract = root.join(format!("crates/actions/src/{service}/{module}.rs"));
        assert!(
            fs::read_to_string(&contract)
                .unwrap()
                .contains(&format!("id: \"{}\"", action.id)),
            "{} isn't the contract of `{}`",
            contract.display(),
            action.id
        );
        let source = root.join("functions").join(action.function).join("src");
        let code = fs::read_to_string(source.join(format!("{module}.rs"))).unwrap();
        let part = if action.changes_something() {
            "async fn undo"
        } else {
            "async fn "
        };
        assert!(
            code.contains(part),
            "{module}.rs of {} lacks `{part}`",
            action.function
        );
        let main = fs::read_to_string(source.join("main.rs")).unwrap();
        assert!(
            main.contains(&format!("{module}::")),
            "`{}` isn't registered in main.rs",
            action.id
        );
    }
}

/// A crate without a contract wouldn't be deployed, and a contract without a crate can't be built.
#[test]
fn every_function_is_one_crate_and_one_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut crates: Vec<String> = fs::read_dir(root.join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    crates.sort();
    let mut contracts: Vec<&str> = backstop_actions::functions::FUNCTIONS
        .iter()
        .map(|function| function.name)
        .collect();
    contracts.sort_unstable();
    assert_eq!(crates, contracts);
}
