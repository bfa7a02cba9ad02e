//! The text of a template, as far as roles go.

use std::{collections::BTreeSet, fs, path::Path};

/// The most characters of all inline policies of a role, white space not counted (IAM and STS quotas).
pub(crate) const LONGEST_POLICY: usize = 10_240;

/// A file of the project.
pub(crate) fn file(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(name)).unwrap()
}

pub(crate) fn pascal_case(name: &str) -> String {
    name.split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// The block of a role.
pub(crate) fn role<'a>(template: &'a str, id: &str) -> &'a str {
    let (_, rest) = template
        .split_once(&format!("\n  {id}Role:\n"))
        .expect("there is such a role");
    rest.split_once("\n\n").unwrap().0
}

/// The statements of a role's trust, and those of its policy.
pub(crate) fn trust_and_policy(role: &str) -> (&str, &str) {
    let (_, trust) = role.split_once("Statement:\n").unwrap();
    trust.split_once("Statement:\n").unwrap()
}

/// The IAM actions of all statements with this effect, in a role's block.
pub(crate) fn actions_with<'a>(role: &'a str, effect: &str) -> BTreeSet<&'a str> {
    role.split("- Sid: ")
        .skip(1)
        .filter(|statement| statement.contains(&format!("Effect: {effect}\n")))
        .flat_map(|statement| {
            let (_, rest) = statement.split_once("Action:").unwrap();
            let (actions, _) = rest.split_once("Resource:").unwrap();
            actions.split(|c: char| c.is_whitespace() || "[],".contains(c))
        })
        .filter(|word| word.contains(':'))
        .collect()
}

/// How long a role's policy gets.
pub(crate) fn policy_length(role: &str) -> usize {
    json_length(trust_and_policy(role).1)
}

/// As long as what CloudFormation makes of statements: names of stacks may have 52 characters here, and ARNs of what is in
/// them 200.
pub(crate) fn json_length(statements: &str) -> usize {
    let stack = "s".repeat(52);
    let filled = statements
        .replace("${AWS::Partition}", "aws-us-gov")
        .replace("${AWS::AccountId}", "123456789012")
        .replace("${AWS::Region}", "ap-southeast-4")
        .replace("${AWS::StackName}", &stack)
        .replace("${HubStack}", &stack)
        .replace("${HubAccount}", "123456789012")
        .replace("!Ref OrganizationId", &"o".repeat(34))
        .replace("!Ref ExternalId", &"e".repeat(64))
        .replace("!GetAtt ", &"a".repeat(150))
        .replace("!Ref BreakGlassArns", &"b".repeat(600));
    filled
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        // JSON's quotes, commas and braces, three or four a line.
        .map(|line| line.chars().filter(|c| !c.is_whitespace()).count() + 4)
        .sum()
}
