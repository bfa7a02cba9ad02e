//! The commands that deploy end with the check that fails while nobody hears of an incident.

#![expect(clippy::unwrap_used, reason = "tests")]

use assert_cmd::Command;

const DOCUMENT: &str = include_str!("../../../docs/deploying.md");

/// The commands of the first block, each with what it goes on with on further lines.
fn commands() -> Vec<String> {
    let (_, rest) = DOCUMENT.split_once("```sh\n").unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    let joined = block.replace("\\\n", "");
    joined.lines().map(str::to_owned).collect()
}

fn backstop(words: &[&str]) -> Command {
    let mut command = Command::cargo_bin("backstop").unwrap();
    command.args(words).env_clear();
    command
}

#[test]
fn the_last_command_says_whether_anybody_hears() {
    let commands = commands();
    let at = |begin: &str| commands.iter().position(|line| line.starts_with(begin)).unwrap();
    assert!(at("cargo lambda build") < at("sam deploy"));
    assert!(at("sam deploy") < at("backstop context add prod --api"));
    assert!(at("cargo install") < at("backstop context add"));
    assert_eq!(commands.last().unwrap(), "backstop doctor");
    assert!(commands.iter().any(|line| line.contains("OutputKey=='Api'")));

    let help = backstop(&["doctor", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("Ends with 1 if a check finds a problem"), "{help}");
}

#[test]
fn a_deployment_that_doesnt_answer_fails_by_its_exit_code() {
    let mut doctor = backstop(&["doctor", "--region", "eu-west-1"]);
    doctor
        // Nothing listens there.
        .env("BACKSTOP_API", "http://127.0.0.1:9/v1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "none");
    let output = doctor.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("PROBLEM  the api"), "{said}");
}
