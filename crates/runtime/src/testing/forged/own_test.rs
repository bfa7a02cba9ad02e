//! The test by which an action tries receipts that somebody forged, where its function's scenes have no target for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstop_actions::ActionSpec;

/// Its name, the same beside each such action.
pub(super) const OWN_TEST: &str = "no_forged_receipt_gives_anybody_more";

/// An action's code: its file, and those in its folder.
pub(super) fn code_of(spec: &ActionSpec) -> String {
    let (_, verb_object) = spec.id.split_once('.').unwrap();
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let folder = functions
        .join(spec.function)
        .join("src")
        .join(verb_object.replace('-', "_"));
    let (mut code, mut files) = (String::new(), vec![folder.with_extension("rs"), folder]);
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            files.extend(
                entries
                    .map(|entry| entry.unwrap().path())
                    .collect::<Vec<PathBuf>>(),
            );
        } else if path.is_file() {
            code.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    code
}

/// Whether a test of its own, which runs with all others, tries the action's receipts.
pub(super) fn tries_itself(id: &str, code: &str) -> bool {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.flat_map(str::split_whitespace).collect();
    let Some((_, test)) = code.split_once(&format!("#[tokio::test]asyncfn{OWN_TEST}(){{")) else {
        return false;
    };
    let body = test.split("#[tokio::test]").next().unwrap_or_default();
    body.contains(&format!("nothing_is_gained_by(\"{id}\","))
}

#[cfg(test)]
#[test]
fn an_action_tries_itself_by_a_test_that_runs_and_is_about_it() {
    let test =
        |attributes: &str, body: &str| format!("{attributes}\n    async fn {OWN_TEST}() {{\n{body}\n}}");
    let calls = "    nothing_is_gained_by(\n        \"iam.deny-group\",\n        &scenes, all).await;";
    let runs = "#[tokio::test]";
    assert!(tries_itself("iam.deny-group", &test(runs, calls)));
    for other in [
        String::new(),
        test("", calls),
        test("#[tokio::test]\n#[ignore]", calls),
        test(runs, "    let nothing = ();"),
        test(runs, &calls.replace("iam.deny-group", "iam.deny-user")),
        test(
            runs,
            "    // nothing_is_gained_by(\"iam.deny-group\", &scenes, all).await;",
        ),
        format!("{}\n{runs}\nasync fn other() {{ {calls} }}", test(runs, "")),
    ] {
        assert!(!tries_itself("iam.deny-group", &other), "{other}");
    }
}

#[cfg(test)]
#[test]
fn the_code_of_every_action_is_found() {
    for spec in backstop_actions::actions() {
        assert!(code_of(spec).contains("fn spec("), "{}", spec.id);
    }
}
