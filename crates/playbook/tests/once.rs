//! Each IAM action that a responder may use is written once: in the permissions, or in the contract of the one action that
//! calls it. Code and messages name a call by its grant or its constant. The emulator and the drills stand outside: they
//! play AWS, the attacker and the people.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const OUTSIDE: [&str; 2] = ["emulator", "drill"];

#[test]
fn each_iam_action_is_written_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let granted =
        backstop_actions::actions().flat_map(|action| action.grants.all().map(|grant| grant.action));
    let responders = backstop_actions::functions::FUNCTIONS
        .iter()
        .filter(|function| function.name.starts_with("respond-"));
    let own = responders.flat_map(|function| {
        function
            .statements
            .iter()
            .flat_map(|one| one.actions.iter().copied())
    });
    let mut found: BTreeMap<&str, Vec<PathBuf>> =
        granted.chain(own).map(|action| (action, Vec::new())).collect();
    assert!(found.contains_key("dynamodb:PutItem") && found.contains_key("s3:PutObject"));
    assert!(found.len() > 60, "{}", found.len());
    for folder in ["crates", "functions"] {
        for file in code(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let text: String = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            for (action, places) in &mut found {
                // Also inside a sentence; `GetObject` isn't written where `GetObjectVersion` is.
                let is_whole = |(at, _): &(usize, &str)| {
                    let next = text.get(at + action.len()..).and_then(|rest| rest.chars().next());
                    !next.is_some_and(char::is_alphanumeric)
                };
                let times = text.match_indices(*action).filter(is_whole).count();
                places.extend(std::iter::repeat_n(file.clone(), times));
            }
        }
    }
    for (action, places) in found {
        assert!(
            matches!(places.as_slice(), [one] if one.starts_with(root.join("crates/actions"))),
            "`{action}` is written in {places:?}: name it by its grant"
        );
    }
}

/// The files of code that isn't test code.
fn code(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if ["tests", "testing"].contains(&name.as_str()) || OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            files.extend(code(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
