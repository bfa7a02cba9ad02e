//! The drills that ship, and every slip that people make in one: where it is, what is wrong, what to write instead.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstop_core::PlaybookName;
use backstop_playbook::{
    InvalidFile,
    drill::{Drill, Drills, FILE, Start, parse},
};

fn playbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks")
}

fn shipped(playbook: &str) -> String {
    fs::read_to_string(playbooks().join(playbook).join(FILE)).unwrap()
}

fn read(text: &str) -> Result<Vec<Drill>, InvalidFile> {
    parse(&PlaybookName::from("example"), FILE, text)
}

/// Place, code, reason and hint of every mistake after these changes of a shipped file.
fn mistakes(playbook: &str, changes: &[(&str, &str)]) -> String {
    let mut text = shipped(playbook);
    for (from, to) in changes {
        assert!(text.contains(from), "{playbook}'s drills have no `{from}`");
        text = text.replacen(from, to, 1);
    }
    let invalid = read(&text).unwrap_err();
    let lines = invalid.problems.iter().map(|problem| {
        let help = problem.help.as_deref().unwrap_or("no hint");
        format!(
            "{} [{}] {problem}\n  -> {help}\n",
            invalid.place(problem),
            problem.code
        )
    });
    lines.collect()
}

#[test]
fn every_shipped_drill_is_sound() {
    let drills = Drills::read(&playbooks()).unwrap();
    let names: Vec<_> = drills
        .all()
        .iter()
        .map(|drill| (drill.playbook.as_str(), drill.name.as_str()))
        .collect();
    let leaked = ("leaked-access-key", "leaked-access-key");
    let stolen = ("compromised-role", "stolen-role-session");
    assert!(names.contains(&leaked) && names.contains(&stolen), "{names:?}");
}

#[test]
fn every_shipped_file_names_its_schema() {
    for entry in fs::read_dir(playbooks()).unwrap() {
        let path = entry.unwrap().path().join(FILE);
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            let first = text.lines().next().unwrap();
            assert_eq!(
                first,
                "# yaml-language-server: $schema=../drill.schema.json",
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn a_drill_is_found_by_its_own_name_or_its_playbooks() {
    let drills = Drills::read(&playbooks()).unwrap();
    for wanted in ["stolen-role-session", "compromised-role"] {
        assert_eq!(*drills.find(wanted).unwrap().name, "stolen-role-session");
    }
    let error = drills.find("stolen-role-sesion").unwrap_err().to_string();
    assert!(
        error.starts_with("there is no drill `stolen-role-sesion`; there are `")
            && error.ends_with("; did you mean `stolen-role-session`?"),
        "{error}"
    );
}

#[test]
fn a_drill_starts_by_its_finding_or_by_hand() {
    let text = shipped("leaked-access-key").replacen(
        "    finding_about: leaked-key",
        "    manual_run:\n      target: leaked-key\n      reason: pasted in a public channel",
        1,
    );
    let drills = read(&text).unwrap();
    assert!(matches!(drills[0].start(), Some(Start::ManualRun(run)) if *run.target == "leaked-key"));
    assert_eq!(drills[0].about(), "leaked-key");
}

/// Its title, the playbook whose file is changed, and the changes.
type Slip<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// One line each: what somebody wrote instead of what stands in a shipped file.
#[test]
fn each_slip_is_told_at_its_place_with_what_to_write() {
    let key = "leaked-access-key";
    let by_hand = "    manual_run:\n      target: session-of-leaked-key\n      reason: x";
    let start = "    finding_about: leaked-key";
    let cases: &[Slip<'_>] = &[
        ("unknown key", key, &[("finding_about:", "finding_abuot:")]),
        (
            "unknown nested key",
            key,
            &[("          of: leaked-key", "          off: leaked-key")],
        ),
        ("missing key", key, &[("        before: allowed\n", "")]),
        ("unknown plant", key, &[("- backdoor:", "- back-door:")]),
        (
            "unknown call",
            key,
            &[("call: list-buckets", "call: list-bucket")],
        ),
        (
            "unknown key of a call",
            key,
            &[("{ bucket: reports }", "{ bukcet: reports }")],
        ),
        ("unknown value", key, &[("before: allowed", "before: alowed")]),
        (
            "state that is only seen",
            key,
            &[("after: inactive", "after: mixed")],
        ),
        (
            "unknown credential kind",
            key,
            &[("[signing-certificate,", "[signing-certificates,")],
        ),
        ("not yaml", key, &[("    probes:", "   probes:")]),
        ("unknown who", key, &[("who: bystander-key", "who: bystander")]),
        (
            "unknown bucket",
            key,
            &[("{ bucket: reports }", "{ bucket: report }")],
        ),
        (
            "unknown user of a check",
            key,
            &[("of: build-server", "of: leaked-key")],
        ),
        (
            "unknown owner of a session",
            key,
            &[("          of: leaked-key", "          of: stolen-key")],
        ),
        (
            "unknown proposal",
            key,
            &[("deny-user: support", "deny-user: suport")],
        ),
        (
            "finding about nothing planted",
            key,
            &[(start, "    finding_about: leaked")],
        ),
        ("no start", key, &[(start, "")]),
        ("two starts", key, &[(start, &format!("{start}\n{by_hand}"))]),
        ("a person names one session", key, &[(start, by_hand)]),
        ("planted twice", key, &[("key: bystander-key", "key: leaked-key")]),
        (
            "a name that means something else",
            key,
            &[("name: bystander\n", "name: anyone\n")],
        ),
        (
            "a name with capitals",
            key,
            &[("name: leaked-access-key", "name: Leaked Key")],
        ),
        ("no IAM action", key, &[("iam:CreateUser", "CreateUser")]),
        (
            "anyone lists buckets",
            key,
            &[(
                "who: leaked-key\n        call: list-buckets",
                "who: anyone\n        call: list-buckets",
            )],
        ),
        (
            "a check of nothing",
            key,
            &[("        credential: ssh-public-key\n", "")],
        ),
        (
            "a state of something else",
            key,
            &[(
                "before: active\n        after: inactive",
                "before: as-planted\n        after: contained",
            )],
        ),
        (
            "nothing planted",
            "public-bucket",
            &[(
                "- user:\n          name: analyst",
                "- users:\n          name: analyst",
            )],
        ),
        (
            "a session without a name",
            "compromised-role",
            &[("          session_name: deploy-7\n", "")],
        ),
        (
            "a session used before its role",
            "compromised-role",
            &[("role: web-frontend", "role: web-frontends")],
        ),
        (
            "an instance without parts",
            "compromised-instance",
            &[(
                "interfaces: [1, 5]\n          volumes: 2",
                "interfaces: []\n          volumes: 0",
            )],
        ),
        (
            "two drills of one name",
            "compromised-instance",
            &[("name: bare-instance", "name: compromised-instance")],
        ),
        (
            "an attacker who holds nothing, on what isn't there",
            key,
            &[
                ("who: accomplice-key", "who: anyone"),
                (
                    "delete-deny: { of: integration }",
                    "delete-deny: { of: integration-key }",
                ),
            ],
        ),
        (
            "an attacker whom nobody looks for",
            key,
            &[("    expected: { confirmed: false }\n", "")],
        ),
        (
            "a second reading of what can't be proven",
            "compromised-instance",
            &[(
                "    unproven: isolate\n",
                "    unproven: isolate\n    expected: { confirmed: true }\n",
            )],
        ),
        (
            "proves nothing",
            "cut-instance-traffic",
            &[("after: contained", "after: as-planted")],
        ),
    ];
    let mut told = String::new();
    for (title, playbook, changes) in cases {
        told.push_str(&format!("## {title}\n{}\n", mistakes(playbook, changes)));
    }
    insta::assert_snapshot!(told);
    assert!(
        !told.contains("-> no hint") || told.matches("-> no hint").count() == told.matches("[yaml]").count()
    );
}

#[test]
fn a_file_without_drills_is_refused() {
    let invalid = read("drills: []\n").unwrap_err();
    assert_eq!(invalid.problems[0].code, "no-drill");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let told = mistakes(
        "leaked-access-key",
        &[
            ("who: bystander-key", "who: bystander"),
            ("{ bucket: reports }", "{ bucket: report }"),
        ],
    );
    assert_eq!(told.matches("[not-planted]").count(), 2, "{told}");
}
