//! The commands that deploy end with the check that fails while nobody hears of an incident.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use assert_cmd::Command;

const DOCUMENT: &str = include_str!("../../../docs/deploying.md");

/// The commands of a document's first block, each with what it goes on with on further lines.
fn commands_of(document: &str) -> Vec<String> {
    let (_, rest) = document.split_once("```sh\n").unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    let joined = block.replace("\\\n", "");
    joined.lines().map(str::to_owned).collect()
}

fn commands() -> Vec<String> {
    commands_of(DOCUMENT)
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
    // Without it CloudFormation makes no role that has a name.
    let deploy = &commands[at("sam deploy")];
    assert!(deploy.contains("--capabilities CAPABILITY_NAMED_IAM"), "{deploy}");
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

/// A template that is sent with the command may have 51,200 bytes (CloudFormation quotas); a longer one has to be in a
/// bucket, and `docs/organization.md` would have to say so.
#[test]
fn the_template_of_a_member_account_can_be_sent_as_the_document_says() {
    const MEMBER: &str = include_str!("../../../member.yaml");
    let commands = commands_of(include_str!("../../../docs/organization.md"));
    let [external_id, make, place] = commands.as_slice() else {
        unreachable!("{commands:?}")
    };
    assert!(make.contains(" --template-body file://member.yaml ") && MEMBER.len() <= 51_200);
    assert!(external_id.starts_with("external_id=") && make.contains("ParameterValue=\"$external_id\""));
    assert!(make.contains("--auto-deployment Enabled=true,RetainStacksOnAccountRemoval=true"));
    assert!(make.contains("--capabilities CAPABILITY_NAMED_IAM"));
    assert_eq!(place.matches("--regions eu-west-1 ").count(), 1, "{place}");
    // Each parameter without a default is given, and no other one.
    let (_, parameters) = MEMBER.split_once("\nParameters:\n").unwrap();
    let (parameters, _) = parameters.split_once("\nConditions:\n").unwrap();
    let mut needed: Vec<&str> = Vec::new();
    for line in parameters.lines() {
        if let Some(name) = line.strip_prefix("  ").filter(|name| !name.starts_with(' ')) {
            needed.push(name.trim_end_matches(':'));
        } else if line.starts_with("    Default:") {
            needed.pop();
        }
    }
    let given: Vec<&str> = make
        .split("ParameterKey=")
        .skip(1)
        .filter_map(|rest| rest.split(',').next())
        .collect();
    assert_eq!(given, needed);
}
