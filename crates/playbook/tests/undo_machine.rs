//! The undo machine reaches every function that changes something, or undo would get stuck at the first of its steps.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, fs, path::Path};

use backstop_playbook::pascal_case;

#[test]
fn every_function_that_changes_something_can_undo() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let machine = fs::read_to_string(root.join("statemachines/undo.asl.json")).unwrap();
    let template = fs::read_to_string(root.join("template.yaml")).unwrap();
    let (_, rest) = template.split_once("  UndoMachine:\n").unwrap();
    let (block, _) = rest.split_once("\n\n").unwrap();
    let functions: BTreeSet<&str> = backstop_actions::actions()
        .filter(|action| action.changes_something())
        .map(|action| action.function)
        .collect();
    assert!(functions.len() >= 2);
    for function in functions {
        let id = pascal_case(function);
        assert!(
            machine.contains(&format!("'{function}': '${{{id}FunctionArn}}'")),
            "the machine can't call {function}"
        );
        for line in [
            format!("{id}FunctionArn: !GetAtt {id}Function.Arn"),
            format!("- !GetAtt {id}Function.Arn"),
        ] {
            assert!(block.contains(&line), "UndoMachine lacks `{line}`");
        }
    }
}
