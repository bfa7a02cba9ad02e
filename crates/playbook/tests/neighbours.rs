//! Two stacks whose names begin alike live in one account and Region: neither starts, reads or hears of the other's machines.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

const STACKS: [&str; 4] = ["backstop", "backstop-drill", "backstop-drill-2", "backstop-undo"];
const NAME: &str = "${AWS::StackName}";

fn template() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read_to_string(root.join("template.yaml")).unwrap()
}

/// What stands behind a key of Step Functions in the template, with the stack's name still to be filled in.
fn found(template: &str, before: &str) -> Vec<String> {
    let all = template.lines().filter_map(|line| line.split_once(before));
    all.map(|(_, name)| name.trim().trim_matches('"').to_owned())
        .filter(|name| name.starts_with(NAME))
        .collect()
}

#[test]
fn no_prefix_of_one_stack_fits_a_machine_of_another() {
    let template = template();
    let machines = found(&template, "      Name: !Sub ");
    assert!(machines.len() >= 9, "{machines:?}");
    let prefixes: Vec<String> = [":stateMachine:", ":execution:"]
        .iter()
        .flat_map(|before| found(&template, before))
        .map(|pattern| pattern.split('*').next().unwrap().to_owned())
        .collect();
    // The rule of failed executions, and those of the functions that start machines and look at executions.
    assert!(prefixes.len() >= 7, "{prefixes:?}");
    let of = |stack: &str, text: &str| text.replace(NAME, stack);
    for (own, other) in STACKS.iter().flat_map(|own| STACKS.map(|other| (*own, other))) {
        for (prefix, machine) in prefixes
            .iter()
            .flat_map(|prefix| machines.iter().map(move |machine| (prefix, machine)))
        {
            let fits = of(other, machine).starts_with(&of(own, prefix));
            assert_eq!(fits, own == other, "{prefix} of {own}, {machine} of {other}");
        }
    }
}

/// Step Functions names are 80 characters long at most, and roles' paths and names are asked for elsewhere.
#[test]
fn a_long_stack_name_still_fits() {
    let longest = found(&template(), "      Name: !Sub ")
        .iter()
        .map(|name| name.len() - NAME.len())
        .max()
        .unwrap();
    assert!(50 + longest <= 80, "{longest}");
}
