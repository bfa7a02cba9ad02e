//! `backstop detections`, as somebody who begins with it would type it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

fn backstop(project: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("backstop")
        .unwrap()
        .args(["detections", "--project", project.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_rule_is_begun_spoilt_mended_and_tried() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!((code, said.trim()), (0, "0 files in order"));

    let (code, said, _) = backstop(project, &["new", "office-scanner"]);
    assert_eq!(code, 0, "{said}");
    let rule = project.join("detections/suppressions/office-scanner.yaml");
    assert!(said.contains(rule.to_str().unwrap()), "{said}");
    assert!(project.join("detections/suppression.schema.json").is_file());
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!(
        (code, said.trim()),
        (0, "1 file in order"),
        "a rule that was just begun passes"
    );
    let (code, _, said) = backstop(project, &["new", "office-scanner"]);
    assert_eq!(code, 4, "it isn't written over: {said}");
    let (code, _, said) = backstop(project, &["new", "../x"]);
    assert_eq!(code, 4, "{said}");

    let good = fs::read_to_string(&rule).unwrap();
    let bad = good.replace("[Recon:EC2/Portscan]", "[Recon:EC2/PortScan]");
    fs::write(&rule, &bad).unwrap();
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!(code, 5);
    assert!(
        said.contains("unknown-type") && said.contains("did you mean `Recon:EC2/Portscan`?"),
        "{said}"
    );
    let (code, _, said) = backstop(project, &["test"]);
    assert_eq!(code, 5, "nothing is said of rules that aren't in order");
    assert!(said.contains("backstop detections lint"), "{said}");

    fs::write(&rule, &good).unwrap();
    let findings = project.join("findings");
    fs::create_dir(&findings).unwrap();
    let finding = |image: &str| {
        format!(
            r#"{{"detail":{{"type":"Recon:EC2/Portscan","service":{{}},"resource":{{"instanceDetails":{{"imageId":"{image}"}}}}}}}}"#
        )
    };
    fs::write(findings.join("ours.json"), finding("ami-0123456789abcdef0")).unwrap();
    fs::write(findings.join("theirs.json"), finding("ami-0fedcba9876543210")).unwrap();
    fs::write(findings.join("notes.json"), "{}").unwrap();
    let path = findings.to_str().unwrap();
    let (code, said, _) = backstop(project, &["test", "--findings", path, "--most", "50"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("hides 1 finding, 50 % of 2") && said.contains("ours.json"),
        "{said}"
    );
    assert!(!said.contains("theirs.json"), "{said}");

    let (code, said, _) = backstop(project, &["test", "--findings", path]);
    assert_eq!(code, 5, "more than 20 %: {said}");
    let ours = findings.join("ours.json");
    let (code, said, _) = backstop(
        project,
        &["test", "--contained", ours.to_str().unwrap(), "--most", "100"],
    );
    assert_eq!(code, 5, "an incident was contained for it: {said}");
    assert!(said.contains("FAILS: an incident was contained for it"), "{said}");

    let (_, said, _) = backstop(project, &["test", "--findings", path, "--output", "json"]);
    let trial: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        trial.pointer("/rules/0/findings/0/hidden"),
        Some(&Value::from("yes"))
    );
    let (code, _, said) = backstop(project, &["test", "--findings", "/nowhere"]);
    assert_eq!(code, 1);
    assert!(said.contains("/nowhere"), "{said}");
}

#[test]
fn the_schemas_beside_the_project_s_files_are_those_of_this_version() {
    let detections = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../detections");
    for (kind, file) in [
        ("suppression", "suppression.schema.json"),
        ("address-list", "address-list.schema.json"),
    ] {
        let (_, printed, _) = backstop(Path::new("."), &["schema", kind]);
        let kept = fs::read_to_string(detections.join(file)).unwrap();
        assert_eq!(
            printed.trim(),
            kept.trim(),
            "write it: backstop detections schema {kind} > detections/{file}"
        );
    }
}
