//! What a new kind of target has to touch: its file, and the list. Whatever else there is in the repository asks a kind
//! and doesn't tell kinds apart, since a place that does is forgotten when the next kind comes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use backstop_core::TargetKind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every source file of the workspace, by its path in it.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["crates", "functions", "tests", "fuzz/fuzz_targets"]
        .iter()
        .map(|folder| root().join(folder))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 300, "{} files were read", found.len());
    found
}

/// `role-session` as Rust writes it.
fn variant(kind: TargetKind) -> String {
    kind.as_str()
        .split('-')
        .map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]))
        .collect()
}

/// The places where a text tells kinds apart: a variant that stands as a pattern, of `match`, `if let` or `matches!`.
fn told_apart(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for kind in TargetKind::ALL {
        for path in ["TargetKind::", "Resource::"] {
            let name = format!("{path}{}", variant(*kind));
            for (at, _) in text.match_indices(&name) {
                let (before, after) = (&text[..at], &text[at + name.len()..]);
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let is_other =
                    before.ends_with(is_word) || after.starts_with(is_word) || after.starts_with("::");
                if !is_other && is_pattern(before, after) {
                    found.push(format!("line {}: {name}", before.lines().count()));
                }
            }
        }
    }
    found
}

fn is_pattern(before: &str, after: &str) -> bool {
    let rest = past_fields(after).trim_start_matches(|c: char| c == ')' || c.is_whitespace());
    let is_arm = rest.starts_with("=>") || rest.starts_with("| ") || rest.starts_with("if ");
    let is_let = rest.starts_with("= ");
    is_arm || is_let || in_matches(before)
}

/// The text behind `(…)` or `{ … }`, if the name has any.
fn past_fields(text: &str) -> &str {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            c if depth == 0 && !c.is_whitespace() => return &text[at..],
            _ => continue,
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

fn in_matches(before: &str) -> bool {
    let Some(at) = before.rfind("matches!(") else {
        return false;
    };
    let mut depth = 1_i32;
    for c in before[at + "matches!(".len()..].chars() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return false;
        }
    }
    true
}

#[test]
fn nothing_outside_tells_kinds_apart() {
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("crates/core/src/target") && path != file!())
        .flat_map(|(path, text)| {
            let places = told_apart(&text).into_iter();
            places.map(|place| format!("{path}, {place}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(
        found.is_empty(),
        "ask the kind instead (crates/core/src/target/kind.rs):\n{}",
        found.join("\n")
    );
}

#[test]
fn telling_apart_is_seen_and_making_one_is_not() {
    for pattern in [
        "match it { Resource::Bucket(_) => 1, _ => 2 }",
        "match it { (A, Resource::Bucket(kind::Bucket { name })) => 1, _ => 2 }",
        "match kind { TargetKind::User | TargetKind::Role => 1, _ => 2 }",
        "match it { Resource::User(user) if user.is_own() => 1, _ => 2 }",
        "if let Resource::Account(_) = it {}",
        "let Resource::Account(_) = it else {};",
        "matches!(it.kind(), TargetKind::Other)",
        "matches!(of(it), Resource::Other(_))",
    ] {
        assert!(!told_apart(pattern).is_empty(), "{pattern}");
    }
    for other in [
        "Resource::Bucket(kind::Bucket { name: of(it) }).key()",
        "match it { A => Resource::Bucket(x), B => Resource::Role(y) }",
        "playbook.targets == [TargetKind::Account]",
        "matches!(it, A).then(|| Resource::Role(x))",
        "aws_sdk_securityhub::types::Resource::builder()",
        "TargetKind::UserSession2 => 1",
    ] {
        assert_eq!(told_apart(other), Vec::<String>::new(), "{other}");
    }
}

/// Where code outside looks for one kind, and has nothing to do for all others: each was thought over for a new kind.
/// Responders aren't read: an action is of the kinds that its contract names.
const LOOKED_FOR: [(&str, usize); 10] = [
    ("crates/core/src/case.rs", 1),
    ("crates/core/src/finding.rs", 1),
    ("crates/core/src/finding/attack_sequence.rs", 1),
    ("crates/core/src/finding/guardduty_resource.rs", 1),
    ("crates/core/src/finding/hub_finding.rs", 2),
    ("crates/core/src/finding/read_back.rs", 1),
    ("crates/core/src/investigation/suspect.rs", 1),
    ("crates/core/src/notice/next.rs", 1),
    ("crates/core/src/person.rs", 1),
    ("functions/investigate/src/flow_logs.rs", 1),
];

#[test]
fn one_kind_is_looked_for_only_where_the_others_were_thought_of() {
    let is_code = |path: &str| {
        ![
            "crates/core/src/target",
            "crates/drill",
            "crates/emulator",
            "functions/respond-",
            "tests/",
        ]
        .iter()
        .any(|outside| path.starts_with(outside))
            && !path.contains("/tests")
    };
    let mut found = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| is_code(path)) {
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let times: usize = TargetKind::ALL
            .iter()
            .map(|kind| code.matches(&format!("kind::{}::of(", variant(*kind))).count())
            .sum();
        if times > 0 {
            found.push((path, times));
        }
    }
    found.sort();
    let found: Vec<(&str, usize)> = found
        .iter()
        .map(|(path, times)| (path.as_str(), *times))
        .collect();
    assert_eq!(
        found, LOOKED_FOR,
        "ask the kind (`Kind`) instead, or say here that a new kind needs nothing at this place"
    );
}

/// The kind that only tests have: all that there is of it is its file and its lines in the list's file.
#[test]
fn the_made_up_kind_is_a_file_and_its_lines_in_the_list() {
    let names: BTreeSet<String> = sources()
        .into_iter()
        .filter(|(path, _)| path != file!())
        .filter(|(_, text)| {
            ["MadeUp", "made_up", "made-up"]
                .iter()
                .any(|name| text.contains(name))
        })
        .map(|(path, _)| path)
        .filter(|path| !path.ends_with("/tests.rs"))
        .collect();
    let list = "crates/core/src/target/kind.rs".to_owned();
    let own = "crates/core/src/target/kind/made_up.rs".to_owned();
    assert!(names.contains(&list) && names.contains(&own), "{names:?}");
    let code = |path: &str| {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let named = text
            .lines()
            .filter(|line| line.contains("MadeUp") || line.contains("made_up"));
        named.count()
    };
    assert_eq!(code(&list), 2, "its `mod` and its entry");
    for path in names.iter().filter(|path| **path != list && **path != own) {
        assert_eq!(code(path), 0, "{path}");
    }
}
