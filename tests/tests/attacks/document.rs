//! What `docs/threat-model.md` says of attacks is what they came to here.

use std::collections::BTreeMap;

use crate::tried::Tried;

const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");
const BY_RIGHT: &str = "## Who can do what with which right";
const BY_POLICY: &str = "## What equals an administrator";
const BY_NAME: &str = "## What else was tried";
const ONCE: &str = "## What was possible once";

/// Each right of each line that says "refused" was tried for that line, and refused; so was an attempt for each line of
/// what the service control policy leaves to the deployer; every attack of the second table was tried, and ended as it
/// says; and each that was tried by its name stands there.
pub(crate) fn agrees_with(tried: &[Tried], named: &[Tried]) {
    for row in rows(BY_RIGHT) {
        let [with, _, what] = row.as_slice() else {
            panic!("{row:?}");
        };
        if what.starts_with("refused") {
            for right in rights(with) {
                assert!(
                    is_refused(tried, with, &right),
                    "docs/threat-model.md says that `{right}` is refused in the line {with}; that isn't tried"
                );
            }
        }
    }
    for row in rows(BY_POLICY) {
        let with = &row[0];
        assert!(
            rights(with).iter().any(|right| is_refused(tried, with, right)),
            "no attempt for the line {with} of docs/threat-model.md was refused"
        );
    }
    let lines: Vec<String> = [BY_RIGHT, BY_POLICY]
        .into_iter()
        .flat_map(rows)
        .map(|row| plain(&row[0]))
        .collect();
    for row in tried.iter().filter_map(Tried::row) {
        assert!(
            lines.iter().any(|line| line.starts_with(row)),
            "docs/threat-model.md has no line that begins with {row}"
        );
    }
    let told: BTreeMap<String, String> = rows(BY_NAME)
        .into_iter()
        .map(|row| {
            (
                row[0].clone(),
                row[2].split([':', ' ', ',']).next().unwrap().to_owned(),
            )
        })
        .collect();
    let seen: BTreeMap<String, String> = named
        .iter()
        .map(|one| (one.attack().to_owned(), one.ended()))
        .collect();
    assert_eq!(told, seen, "docs/threat-model.md, \"What else was tried\"");
    let mut once: Vec<&str> = Vec::new();
    let found = rows(ONCE);
    for attack in found.iter().flat_map(|row| row[1].split("; ")) {
        assert!(
            seen.contains_key(attack),
            "docs/threat-model.md, {ONCE}: {attack} isn't tried"
        );
        once.push(attack);
    }
    assert_eq!(found.len(), 12, "docs/threat-model.md, {ONCE}");
    let others: Vec<_> = seen
        .keys()
        .filter(|attack| !once.contains(&attack.as_str()))
        .collect();
    assert!(
        others.is_empty(),
        "docs/threat-model.md, {ONCE}, lacks {others:?}"
    );
}

/// Whether this right was tried for the line with this first cell, and refused.
fn is_refused(tried: &[Tried], with: &str, right: &str) -> bool {
    let line = plain(with);
    tried.iter().any(|one| {
        one.row().is_some_and(|row| line.starts_with(row))
            && one.right().split(", ").any(|it| it == right)
            && one.ended() == "refused"
    })
}

fn plain(cell: &str) -> String {
    cell.replace('`', "")
}

/// The cells of the table below a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = DOCUMENT.split_once(&format!("{heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| {
        line.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    lines.map(cells).collect()
}

/// `dynamodb:PutItem`, `UpdateItem` → both with their service.
fn rights(cell: &str) -> Vec<String> {
    let names = cell.split('`').skip(1).step_by(2);
    // Paths, stacks and what else stands in such type is no right.
    let names = names.filter(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":-*".contains(&byte))
    });
    let mut service = "";
    let mut rights = Vec::new();
    for name in names {
        let (of, action) = name.split_once(':').unwrap_or((service, name));
        service = of;
        rights.push(format!("{of}:{action}"));
    }
    assert!(!rights.is_empty(), "no right in `{cell}`");
    rights
}

#[test]
fn rights_of_a_cell_have_their_service() {
    assert_eq!(
        rights("`sqs:ReceiveMessage`, `PurgeQueue` on it"),
        ["sqs:ReceiveMessage", "sqs:PurgeQueue"]
    );
    assert!(rows(BY_RIGHT).len() > 8 && rows(BY_POLICY).len() > 8 && rows(BY_NAME).len() > 8);
}
