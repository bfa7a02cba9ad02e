//! A state machine in the template, with the role that invokes its functions and no others.

use std::collections::BTreeSet;

use super::yaml::Lines;
use crate::{
    compile::{UNDO, functions_of, functions_of_undo, pascal_case},
    playbook::Playbook,
};

/// Execution data stays out of the logs: it holds task tokens.
const LOGGING_AND_TRACING: &str = "\
Logging:
  Level: ALL
  IncludeExecutionData: false
  Destinations:
    - CloudWatchLogsLogGroup:
        LogGroupArn: !GetAtt MachineLogs.Arn
Tracing:
  Enabled: true
";

/// `leaked-access-key` → `LeakedAccessKeyMachine`.
pub fn machine_logical_id(playbook: &Playbook) -> String {
    logical_id(playbook.name.as_str())
}

/// The machine of a playbook.
pub(super) fn of_playbook(playbook: &Playbook) -> String {
    block(
        playbook.name.as_str(),
        &functions_of(playbook),
        playbook.contains(),
    )
}

/// The machine that undoes what any playbook did.
pub(super) fn of_undo() -> String {
    block(UNDO, &functions_of_undo(), false)
}

/// The output that names a playbook's machine.
pub(super) fn output(playbook: &Playbook) -> String {
    let id = machine_logical_id(playbook);
    format!(
        "  {id}Arn:\n    Description: The machine of {}\n    Value: !Ref {id}\n",
        playbook.name
    )
}

fn logical_id(name: &str) -> String {
    format!("{}Machine", pascal_case(name))
}

fn block(name: &str, functions: &BTreeSet<&str>, waits_for_people: bool) -> String {
    let arn = |function: &str| format!("!GetAtt {}Function.Arn", pascal_case(function));
    let mut substitutions: Vec<String> = functions
        .iter()
        .map(|function| format!("{}FunctionArn: {}", pascal_case(function), arn(function)))
        .collect();
    if waits_for_people {
        substitutions.push("ApprovalTimeoutSeconds: !Ref ApprovalTimeoutSeconds".to_owned());
    }
    substitutions.push("Partition: !Ref AWS::Partition".to_owned());
    substitutions.sort();
    let mut lines = Lines::default();
    lines.add(2, &format!("{}:", logical_id(name)));
    lines.add(4, "Type: AWS::Serverless::StateMachine");
    lines.add(4, "Properties:");
    lines.add(6, &format!("Name: !Sub ${{AWS::StackName}}_{name}"));
    lines.add(6, &format!("DefinitionUri: statemachines/{name}.asl.json"));
    lines.add(6, "DefinitionSubstitutions:");
    for substitution in &substitutions {
        lines.add(8, substitution);
    }
    lines.add(6, "RolePath: !Sub /${AWS::StackName}/");
    lines.add(6, "Policies:");
    lines.add(8, "- !Ref MachineLogsPolicy");
    lines.add(8, "- Version: \"2012-10-17\"");
    lines.add(10, "Statement:");
    lines.add(12, "- Effect: Allow");
    lines.add(14, "Action: lambda:InvokeFunction");
    lines.add(14, "Resource:");
    for function in functions {
        lines.add(16, &format!("- {}", arn(function)));
    }
    lines.add_all(6, LOGGING_AND_TRACING);
    lines.into_text()
}
