//! What `docs/threat-model.md` says of attacks is what they came to here.

use std::collections::BTreeMap;

use crate::tried::Tried;

const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");
const BY_RIGHT: &str = "## Who can do what with which right";
const BY_NAME: &str = "## What else was tried";

/// Every right of a line that says "refused" was tried, and refused; every attack of the second table was tried, and
/// ended as it says; and each that was tried by its name stands there.
pub(crate) fn agrees_with(tried: &[Tried], named: &[Tried]) {
    for row in rows(BY_RIGHT) {
        let [with, _, what] = row.as_slice() else {
            panic!("{row:?}");
        };
        if !what.starts_with("refused") {
            continue;
        }
        for right in rights(with) {
            let is_it = |one: &&Tried| one.right().split(", ").any(|it| it == right);
            let ended: Vec<_> = tried.iter().filter(is_it).map(Tried::ended).collect();
            assert!(
                ended.iter().any(|ended| ended == "refused"),
                "docs/threat-model.md says that `{right}` is refused; it came to {ended:?}"
            );
        }
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
    assert!(rows(BY_RIGHT).len() > 8 && rows(BY_NAME).len() > 8);
}
