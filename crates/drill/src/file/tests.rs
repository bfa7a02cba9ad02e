//! The drills that ship, and slips that people make.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

fn playbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks")
}

fn leaked_key() -> String {
    fs::read_to_string(playbooks().join("leaked-access-key").join(FILE)).unwrap()
}

fn error_with(old: &str, new: &str) -> String {
    let text = leaked_key();
    assert!(text.contains(old), "{old}");
    parse(Path::new("drill.yaml"), &text.replacen(old, new, 1))
        .unwrap_err()
        .to_string()
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
fn a_drill_is_found_by_its_own_name_or_its_playbooks() {
    let drills = Drills::read(&playbooks()).unwrap();
    assert_eq!(
        drills.find("stolen-role-session").unwrap().name,
        "stolen-role-session"
    );
    assert_eq!(
        drills.find("compromised-role").unwrap().name,
        "stolen-role-session"
    );
    let error = drills.find("stolen-role").unwrap_err().to_string();
    assert!(
        error.starts_with("there is no drill `stolen-role`; there are")
            && error.contains("`stolen-role-session`"),
        "{error}"
    );
}

#[test]
fn an_unknown_field_is_named_with_its_place() {
    let error = error_with("    finding_about: leaked-key", "    finding_abuot: leaked-key");
    assert!(
        error.contains("`drill.yaml` is no drill file") && error.contains("finding_abuot"),
        "{error}"
    );
    assert!(
        error.contains("line 31") || error.contains(":31:") || error.contains("31 |"),
        "{error}"
    );
    let nested = error_with(
        "          of: leaked-key",
        "          of: leaked-key\n          for: 1h",
    );
    assert!(nested.contains("for"), "{nested}");
}

#[test]
fn a_call_or_credential_that_doesn_t_exist_is_named() {
    assert!(error_with("call: list-buckets", "call: list-bucket").contains("list-bucket"));
    assert!(error_with("[signing-certificate,", "[signing-certificates,").contains("signing-certificates"));
}

#[test]
fn names_must_be_planted_before_they_are_used() {
    let error = error_with("        who: bystander-key", "        who: bystander");
    let expected = "drill `leaked-access-key` in `drill.yaml`: no credential `bystander` is planted before it is \
                    used; there is `backdoor-key`, `bystander-key`, `leaked-key`, `session-of-leaked-key`";
    assert_eq!(error, expected);
    assert!(
        error_with("{ bucket: reports }", "{ bucket: report }").contains("no bucket `report` is planted")
    );
    assert!(error_with("of: build-server", "of: leaked-key").contains("no user `leaked-key` is planted"));
    assert!(
        error_with("          of: leaked-key", "          of: stolen-key").contains("no key `stolen-key`")
    );
}

#[test]
fn a_drill_starts_by_its_finding_or_by_hand() {
    let by_hand = |target: &str| {
        format!("    run_by_hand:\n      target: {target}\n      reason: pasted in a public channel")
    };
    let start = "    finding_about: leaked-key";
    let text = leaked_key().replacen(start, &by_hand("leaked-key"), 1);
    let drills = parse(Path::new("drill.yaml"), &text).unwrap();
    assert!(matches!(drills[0].start(), Some(Start::ByHand(run)) if run.target == "leaked-key"));
    for (new, problem) in [
        (String::new(), "it needs either `finding_about` or `run_by_hand`"),
        (format!("{start}\n{}", by_hand("leaked-key")), "it needs either"),
        (
            by_hand("session-of-leaked-key"),
            "no access key, role or user `session-of-leaked-key`",
        ),
    ] {
        let error = error_with(start, &new);
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn two_things_of_one_name_are_refused() {
    let error = error_with("key: bystander-key", "key: leaked-key");
    assert!(error.ends_with("`leaked-key` is planted twice"), "{error}");
}

#[test]
fn a_drill_that_proves_nothing_is_refused() {
    let text = leaked_key()
        .replace("after: denied", "after: allowed")
        .replace("after: inactive", "after: active");
    let error = parse(Path::new("drill.yaml"), &text).unwrap_err().to_string();
    assert!(
        error.ends_with("no probe goes from allowed to denied and no check changes, so it proves nothing"),
        "{error}"
    );
}
