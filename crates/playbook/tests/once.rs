//! Each IAM action that an action may call is written once: in the permissions, or in the contract of the one action that
//! calls it. Code and messages name a call by its grant. The emulator and the drills stand outside: they play AWS, the
//! attacker and the people.
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
    let mut found: BTreeMap<&str, Vec<PathBuf>> = backstop_actions::actions()
        .flat_map(|action| action.grants.all().map(|grant| (grant.action, Vec::new())))
        .collect();
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
                let times = text.matches(&format!("\"{action}\"")).count();
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
