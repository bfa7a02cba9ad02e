//! Playbooks are known by name only in `playbooks/`, in docs, and where something is tried out. Code that names one
//! breaks when its folder goes, and never learns of a better one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstop_playbook::load_dir;

/// Places for trying out, besides tests: drills are for named playbooks.
const DRILLS: [&str; 2] = ["crates/drill/", "crates/cli/src/drill.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.starts_with("tests/")
        || ["/tests.rs", "/testing.rs"].iter().any(|end| path.ends_with(end))
        || DRILLS.iter().any(|place| path.starts_with(place))
}

/// A file's code: without comments, and without the test module at its end.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines()
        .map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The lines on which a name stands. As the end of an action's id,
/// such as `iam.narrow-role-trust`, it is no playbook's.
fn named(code: &str, name: &str) -> Vec<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "-_.".contains(c));
    code.lines()
        .enumerate()
        .filter(|(_, line)| {
            line.match_indices(name).any(|(at, _)| {
                let (before, after) = (&line[..at], &line[at + name.len()..]);
                let is_whole = !is_part(before.chars().next_back()) && !is_part(after.chars().next());
                // A word such as `triage` is a playbook's name only where it stands alone.
                let is_within = |quote: char| before.ends_with(quote) && after.starts_with(quote);
                let is_name = name.contains('-') || is_within('"') || is_within('`');
                is_whole && is_name
            })
        })
        .map(|(line, _)| line + 1)
        .collect()
}

#[test]
fn no_code_names_a_playbook() {
    let playbooks = load_dir(&root().join("playbooks")).unwrap();
    let mut folders: Vec<PathBuf> = ["crates", "functions", "tests"]
        .iter()
        .map(|folder| root().join(folder))
        .collect();
    let (mut read, mut found) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !is_test(&name) {
                read += 1;
                let code = code(&fs::read_to_string(&path).unwrap());
                for playbook in playbooks.iter() {
                    let lines = named(&code, playbook.name.as_str());
                    found.extend(
                        lines
                            .into_iter()
                            .map(|line| format!("{name}, line {line}: {}", playbook.name)),
                    );
                }
            }
        }
    }
    assert!(read > 200, "{read} files were read");
    assert!(
        found.is_empty(),
        "ask `Playbooks` which one contains a kind of target instead:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_name_is_seen_where_it_is_one() {
    for line in [
        r#"Some("leaked-access-key".into())"#,
        r#"format!("`backstop run leaked-access-key --target {x}`")"#,
        r#"const DEFAULT: &str = "leaked-access-key";"#,
        "\"first line\nbackstop run leaked-access-key\"",
    ] {
        assert_eq!(named(&code(line), "leaked-access-key").len(), 1, "{line}");
    }
    for line in [
        r#""iam.leaked-access-key""#,
        r#""leaked-access-key-of""#,
        "// such as `leaked-access-key`",
        "#[cfg(test)]\nmod tests { \"leaked-access-key\" }",
    ] {
        assert!(named(&code(line), "leaked-access-key").is_empty(), "{line}");
    }
    assert!(named(r#""no playbook or triage rule""#, "triage").is_empty());
    assert_eq!(named(r#"playbook == "triage""#, "triage"), [1]);
}
