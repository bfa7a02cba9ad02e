//! The help of every command is a reviewed file.

#![expect(clippy::unwrap_used, reason = "tests")]

use assert_cmd::Command;
use backstop_terminal::EXIT_CODES;

fn help(words: &[&str]) -> String {
    let output = Command::cargo_bin("backstop")
        .unwrap()
        .args(words)
        .arg("--help")
        .env("COLUMNS", "100")
        .env_remove("BACKSTOP_API")
        .env_remove("BACKSTOP_CONTEXT")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_explains_itself() {
    for words in [
        &["incidents", "list"][..],
        &["incidents", "show"],
        &["approve"],
        &["deny"],
        &["report"],
        &["evidence", "fetch"],
        &["evidence", "verify"],
        &["run"],
        &["pause"],
        &["resume"],
        &["exempt", "add"],
        &["exempt", "list"],
        &["exempt", "remove"],
        &["context"],
        &["context", "add"],
        &["playbook"],
        &["playbook", "compile"],
        &["replay"],
        &["coverage"],
        &["completions"],
    ] {
        insta::assert_snapshot!(words.join("-"), help(words));
    }
}

#[test]
fn the_first_page_names_every_command_and_exit_code() {
    let text = help(&[]);
    for command in [
        "incidents",
        "approve",
        "deny",
        "report",
        "evidence",
        "run",
        "pause",
        "resume",
        "exempt",
        "context",
        "playbook",
        "replay",
        "coverage",
        "completions",
        "drill",
    ] {
        assert!(
            text.lines().any(|line| line.trim_start().starts_with(command)),
            "{command}: {text}"
        );
    }
    assert!(text.ends_with(&format!("{EXIT_CODES}\n")), "{text}");
}
