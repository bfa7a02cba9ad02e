//! The part of `template.yaml` that follows from the playbooks: their machines, and the machines' outputs.

use std::fmt::Write as _;

use crate::{
    catalog::Catalog,
    compile::{functions_of, pascal_case},
    playbook::Playbook,
};

const MACHINES: &str = "compiled machines";
const OUTPUTS: &str = "compiled outputs";

/// The template hasn't the place for what is compiled.
#[derive(Debug, thiserror::Error)]
#[error("the template has no line `# {block}: {end}`; put both marker lines back, `begin` before `end`")]
pub struct NoSuchBlock {
    block: &'static str,
    end: &'static str,
}

/// The template with its compiled blocks made anew from the catalog; all else stays as it is.
pub fn replace_block(template: &str, catalog: &Catalog) -> Result<String, NoSuchBlock> {
    let machines: Vec<String> = catalog.iter().map(machine).collect();
    let outputs: String = catalog.iter().map(output).collect();
    let with_machines = replace(template, MACHINES, &machines.join("\n"))?;
    replace(&with_machines, OUTPUTS, &outputs)
}

/// `leaked-access-key` → `LeakedAccessKeyMachine`.
pub fn machine_logical_id(playbook: &Playbook) -> String {
    format!("{}Machine", pascal_case(playbook.name.as_str()))
}

/// Keeps the marker lines and replaces what is between them.
fn replace(template: &str, block: &'static str, content: &str) -> Result<String, NoSuchBlock> {
    let (head, rest) = cut_behind(template, block, "begin")?;
    let at = line_start(rest, block, "end")?;
    let tail = rest.get(at..).unwrap_or_default();
    Ok(format!(
        "{head}{content}{}{tail}",
        if block == MACHINES { "\n" } else { "" }
    ))
}

fn cut_behind<'a>(
    text: &'a str,
    block: &'static str,
    end: &'static str,
) -> Result<(&'a str, &'a str), NoSuchBlock> {
    let start = line_start(text, block, end)?;
    let length = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(0, |at| at + 1);
    text.split_at_checked(start + length)
        .ok_or(NoSuchBlock { block, end })
}

/// Where the marker's line starts.
fn line_start(text: &str, block: &'static str, end: &'static str) -> Result<usize, NoSuchBlock> {
    let marker = format!("# {block}: {end}");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim() == marker {
            return Ok(at);
        }
        at += line.len();
    }
    Err(NoSuchBlock { block, end })
}

fn machine(playbook: &Playbook) -> String {
    let name = &playbook.name;
    let functions = functions_of(playbook);
    let arn = |function: &str| format!("!GetAtt {}Function.Arn", pascal_case(function));
    let mut substitutions: Vec<String> = functions
        .iter()
        .map(|function| format!("{}FunctionArn: {}", pascal_case(function), arn(function)))
        .collect();
    if playbook.contains() {
        substitutions.push("ApprovalTimeoutSeconds: !Ref ApprovalTimeoutSeconds".to_owned());
    }
    substitutions.push("Partition: !Ref AWS::Partition".to_owned());
    substitutions.sort();
    let mut text = String::new();
    let mut line = |indent: usize, content: &str| {
        // Writing to a text can't fail.
        writeln!(text, "{:indent$}{content}", "").unwrap_or_default();
    };
    line(2, &format!("{}:", machine_logical_id(playbook)));
    line(4, "Type: AWS::Serverless::StateMachine");
    line(4, "Properties:");
    line(6, &format!("Name: !Sub ${{AWS::StackName}}-{name}"));
    line(6, &format!("DefinitionUri: statemachines/{name}.asl.json"));
    line(6, "DefinitionSubstitutions:");
    for substitution in &substitutions {
        line(8, substitution);
    }
    line(6, "RolePath: !Sub /${AWS::StackName}/");
    line(6, "Policies:");
    line(8, "- !Ref MachineLogsPolicy");
    line(8, "- Version: \"2012-10-17\"");
    line(10, "Statement:");
    line(12, "- Effect: Allow");
    line(14, "Action: lambda:InvokeFunction");
    line(14, "Resource:");
    for function in &functions {
        line(16, &format!("- {}", arn(function)));
    }
    for (indent, content) in LOGGING_AND_TRACING {
        line(indent, content);
    }
    text
}

/// Execution data stays out of the logs: it holds task tokens.
const LOGGING_AND_TRACING: [(usize, &str); 8] = [
    (6, "Logging:"),
    (8, "Level: ALL"),
    (8, "IncludeExecutionData: false"),
    (8, "Destinations:"),
    (10, "- CloudWatchLogsLogGroup:"),
    (14, "LogGroupArn: !GetAtt MachineLogs.Arn"),
    (6, "Tracing:"),
    (8, "Enabled: true"),
];

fn output(playbook: &Playbook) -> String {
    let id = machine_logical_id(playbook);
    format!(
        "  {id}Arn:\n    Description: The machine of {}\n    Value: !Ref {id}\n",
        playbook.name
    )
}
