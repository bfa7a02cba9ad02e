//! `backstop replay` and `backstop coverage`, on hand-written events; neither needs AWS.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixture(name: &str) -> PathBuf {
    root().join(format!("crates/core/tests/fixtures/{name}.json"))
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn backstop(words: &[&str], stdin: &[u8]) -> Said {
    let output = Command::cargo_bin("backstop")
        .unwrap()
        .args(words)
        .args(["--project", root().to_str().unwrap()])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .write_stdin(stdin)
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn replay(name: &str) -> Said {
    backstop(&["replay", fixture(name).to_str().unwrap()], b"")
}

fn replay_json(name: &str) -> Value {
    let said = backstop(
        &["replay", fixture(name).to_str().unwrap(), "--output", "json"],
        b"",
    );
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_leaked_key_is_answered_and_said_why() {
    let said = replay("guardduty-access-key");
    assert_eq!(said.code, 0, "{}", said.err);
    let text = said
        .out
        .replace(fixture("guardduty-access-key").to_str().unwrap(), "FILE");
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_is_made_of_one_message_and_only_of_what_a_playbook_contains() {
    let folder = root().join("crates/core/tests/fixtures");
    let said = backstop(&["replay", folder.to_str().unwrap(), "--against", "sandbox"], b"");
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(
        said.err.contains("name a file instead of a folder"),
        "{}",
        said.err
    );

    // Neither needs an account, since there is nothing to plan.
    let archived = fixture("guardduty-archived");
    for against in ["sandbox", "account"] {
        let said = backstop(&["replay", archived.to_str().unwrap(), "--against", against], b"");
        assert_eq!(said.code, 7, "{}", said.err);
        assert!(
            said.out.contains("no plan: nothing here is contained"),
            "{}",
            said.out
        );
    }
}

#[test]
fn what_no_playbook_contains_comes_with_steps_for_people() {
    let event = fs::read_to_string(fixture("guardduty-instance"))
        .unwrap()
        .replace("CryptoCurrency:EC2/BitcoinTool.B!DNS", "Recon:EC2/Portscan");
    let said = backstop(&["replay", "-"], event.as_bytes());
    assert_eq!(said.code, 0);
    assert!(
        said.out
            .contains("playbook   triage (observe), which contains nothing"),
        "{}",
        said.out
    );
    assert!(said.out.contains("    to do      "), "{}", said.out);
}

#[test]
fn protected_principals_are_known_offline() {
    let answer = &replay_json("guardduty-root")["findings"][0]["answers"][0];
    assert_eq!(answer["guardrails"][0]["guardrail"], "protected-principal");
    assert_eq!(
        (&answer["playbook_mode"], &answer["mode"]),
        (&json!("auto"), &json!("observe"))
    );
}

#[test]
fn weak_evidence_lowers_the_mode_and_is_said() {
    let event = fs::read_to_string(fixture("guardduty-access-key")).unwrap();
    let provoked = event.replace(
        "UnauthorizedAccess:IAMUser/TorIPCaller",
        "Impact:IAMUser/PromptInjection.Direct",
    );
    assert_ne!(event, provoked);
    let said = backstop(&["replay", "-"], provoked.as_bytes());
    assert_eq!(said.code, 0, "{}", said.err);
    for line in [
        "playbook   leaked-access-key (auto)",
        "mode       approve",
        "weak-evidence: Whoever talks to an application that calls a model can provoke it",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
}

#[test]
fn what_is_not_active_is_left_and_what_it_would_meet_is_said() {
    assert_eq!(replay("guardduty-sample-flag").code, 7);
    let said = replay("guardduty-archived");
    assert_eq!(said.code, 7);
    let nothing = "nothing is done: archived in GuardDuty";
    assert!(said.out.contains(nothing), "{}", said.out);
    assert!(said.out.contains("were it active:"), "{}", said.out);
}

#[test]
fn a_sample_of_a_credential_shows_the_playbook_and_no_plan_for_what_isnt_there() {
    let said = replay("guardduty-sample-flag");
    assert!(said.out.contains("were it active:"), "{}", said.out);
    assert!(
        said.out.contains("playbook   leaked-access-key (auto)"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("see a plan"), "{}", said.out);
}

#[test]
fn a_person_who_sends_what_isnt_active_is_told() {
    let said = replay("asff-custom-action-suppressed");
    assert_eq!(said.code, 7);
    let nothing =
        "nothing is done: suppressed in Security Hub (Workflow.Status)\n  whoever sent it is told so";
    assert!(said.out.contains(nothing), "{}", said.out);
    let value = replay_json("asff-custom-action-suppressed");
    assert_eq!(value["findings"][0]["sender_is_told"], true);
}

#[test]
fn guarddutys_export_is_read_line_by_line_packed_or_not() {
    let lines: Vec<String> = ["guardduty-access-key", "guardduty-instance"]
        .iter()
        .map(|name| {
            let event: Value = serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap();
            event["detail"].to_string()
        })
        .collect();
    let text = lines.join("\n");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();

    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("export.jsonl"), &text).unwrap();
    fs::write(folder.path().join("export.jsonl.gz"), &packed).unwrap();
    for name in ["export.jsonl", "export.jsonl.gz"] {
        let path = folder.path().join(name);
        let said = backstop(&["replay", path.to_str().unwrap(), "--output", "json"], b"");
        assert_eq!(said.code, 0, "{name}: {}", said.err);
        let value: Value = serde_json::from_str(&said.out).unwrap();
        let playbooks: Vec<&Value> = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| &finding["answers"][0]["playbook"])
            .collect();
        assert_eq!(playbooks, ["leaked-access-key", "compromised-instance"], "{name}");
    }
    let words = ["replay", folder.path().to_str().unwrap(), "--output", "json"];
    let value: Value = serde_json::from_str(&backstop(&words, b"").out).unwrap();
    assert_eq!(value["totals"]["answered by leaked-access-key"], 2);
    assert_eq!(backstop(&["replay", "-"], &packed).code, 0);
}

#[test]
fn routine_findings_are_left_with_their_reason() {
    let said = replay("ocsf-vulnerability");
    assert_eq!(said.code, 7);
    assert!(
        said.out
            .contains("no playbook or triage rule for findings of Inspector"),
        "{}",
        said.out
    );
    assert_eq!(replay("asff-control-passed").code, 7);
    assert_eq!(replay("malware-no-threats").code, 7);
}

#[test]
fn what_a_person_sends_is_answered() {
    let value = replay_json("asff-custom-action");
    assert_eq!(value["route"], "security-hub-custom-action");
    assert_eq!(value["findings"][0]["verdict"], "answered");
}

#[test]
fn what_cannot_be_read_has_an_exit_code_of_its_own() {
    for name in ["number", "asff-findings-missing", "asff-two-findings-one-broken"] {
        assert_eq!(replay(name).code, 6, "{name}");
    }
    let said = backstop(&["replay", "-"], b"not json");
    assert_eq!(said.code, 6);
    assert!(
        said.out.contains("standard input: can't be read (NotJson)"),
        "{}",
        said.out
    );
    assert_eq!(backstop(&["replay", "no-such-file.json"], b"").code, 3);
}

#[test]
fn the_same_is_read_from_a_file_and_from_a_pipe() {
    let bytes = fs::read(fixture("sqs-records-drill-and-real")).unwrap();
    let piped = backstop(&["replay", "-"], &bytes);
    let file = replay("sqs-records-drill-and-real");
    assert_eq!(piped.code, file.code);
    assert_eq!(
        piped.out.lines().skip(1).collect::<Vec<_>>(),
        file.out.lines().skip(1).collect::<Vec<_>>()
    );
}

#[test]
fn a_folder_gives_a_table_with_totals() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    for (name, to) in [
        ("guardduty-access-key", "a.json"),
        ("guardduty-sample-flag", "b.json"),
        ("guardduty-instance", "below/c.json"),
        ("ocsf-vulnerability", "below/d.json"),
        ("number", "e.json"),
        ("malware-no-threats", "f.json"),
        ("number", "g.txt"),
    ] {
        fs::copy(fixture(name), folder.path().join(to)).unwrap();
    }
    let said = backstop(&["replay", folder.path().to_str().unwrap()], b"");
    assert_eq!(said.code, 6);
    insta::assert_snapshot!(said.out);
    let words = ["replay", folder.path().to_str().unwrap(), "--output", "json"];
    let value: Value = serde_json::from_str(&backstop(&words, b"").out).unwrap();
    assert_eq!(value["files"].as_array().unwrap().len(), 6);
    assert_eq!(value["totals"]["answered by compromised-instance"], 1);

    let empty = TempDir::new().unwrap();
    assert_eq!(backstop(&["replay", empty.path().to_str().unwrap()], b"").code, 3);
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let mut event: Value =
        serde_json::from_slice(&fs::read(fixture("guardduty-access-key")).unwrap()).unwrap();
    event["detail"]["title"] = json!("\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}title\nfinding 2: all is well");
    let said = backstop(&["replay", "-"], event.to_string().as_bytes());
    assert_eq!(said.code, 0);
    assert!(
        !said.out.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{:?}",
        said.out
    );
    assert!(
        !said.out.lines().any(|line| line.starts_with("finding 2")),
        "{}",
        said.out
    );
}

#[test]
fn coverage_has_three_faces_and_the_document_is_up_to_date() {
    let document = fs::read_to_string(root().join("docs/coverage.md")).unwrap();
    let markdown = backstop(&["coverage", "--output", "markdown"], b"");
    assert_eq!((markdown.code, markdown.out), (0, document));
    let value: Value = serde_json::from_str(&backstop(&["coverage", "--output", "json"], b"").out).unwrap();
    assert_eq!(value["unanswered"], 0);
    assert_eq!(value["rows"][0]["kind"], "finding-type");
    let text = backstop(&["coverage"], b"").out;
    assert!(
        text.lines().last().unwrap().ends_with("0 without an answer"),
        "{text}"
    );
}

#[test]
fn a_hole_in_the_playbooks_fails_coverage() {
    let project = TempDir::new().unwrap();
    let folder = project.path().join("playbooks/leaked-access-key");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(
        root().join("playbooks/leaked-access-key/playbook.yaml"),
        folder.join("playbook.yaml"),
    )
    .unwrap();
    let output = Command::cargo_bin("backstop")
        .unwrap()
        .args(["coverage", "--project", project.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8(output.stdout).unwrap().contains("NOBODY"));
}

#[test]
fn markdown_is_for_coverage_only() {
    let said = backstop(&["replay", "-", "--output", "markdown"], b"{}");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("only `backstop coverage` has markdown"),
        "{}",
        said.err
    );
}
