//! A function in the template: itself, its log group, its role and its alarm.

use backstop_actions::{
    Effect, FunctionSpec, Limit, Period, Scope,
    functions::{EVERY_RESPONDER, responders},
};

use super::{
    policy::{self, Stated, statements},
    yaml::{Lines, scalar, with_reason},
};
use crate::compile::pascal_case;

/// What Lambda does with any function's role.
const TRACES: Scope = Scope::everything(
    "WriteTraces",
    "X-Ray defines no resource for either (Service Authorization Reference).",
);

/// The function's resources.
pub(super) fn block(function: &FunctionSpec) -> String {
    let id = pascal_case(function.name);
    let mut lines = Lines::default();
    write_function(&mut lines, function, &id);
    lines.add(0, "");
    write_logs(&mut lines, function.name, &id);
    lines.add(0, "");
    write_role(&mut lines, function, &id);
    lines.add(0, "");
    write_alarm(&mut lines, function, &id);
    lines.into_text()
}

fn write_function(lines: &mut Lines, function: &FunctionSpec, id: &str) {
    let limit = |lines: &mut Lines, key: &str, limit: Option<Limit>| {
        if let Some(Limit { value, why }) = limit {
            lines.add(6, &format!("{key}: {}", with_reason(value, why)));
        }
    };
    lines.add(2, &format!("{id}Function:"));
    lines.add(4, "Type: AWS::Serverless::Function");
    lines.add(4, "Properties:");
    lines.add(6, &format!("Description: {}", scalar(function.description)));
    if !function.outside.is_empty() {
        lines.comment(
            6,
            "Its role names it, and it names its role: one of the two must be known before it is made.",
        );
        lines.add(
            6,
            &format!("FunctionName: !Sub ${{AWS::StackName}}-{}", function.name),
        );
    }
    lines.add(6, &format!("CodeUri: target/lambda/{}/", function.name));
    limit(lines, "MemorySize", function.memory_mib);
    limit(lines, "Timeout", function.timeout_seconds);
    lines.add(6, &format!("Role: !GetAtt {id}Role.Arn"));
    lines.add(6, "LoggingConfig:");
    lines.add(8, "LogFormat: JSON");
    lines.add(8, "ApplicationLogLevel: !Ref LogLevel");
    lines.add(8, &format!("LogGroup: !Ref {id}Logs"));
    lines.add(6, "Environment:");
    lines.add(8, "Variables:");
    for (name, value) in function.environment {
        let value = value.replace(EVERY_RESPONDER, &names_and_arns());
        lines.add(10, &format!("{name}: {value}"));
    }
    lines.add_all(6, function.properties);
}

fn names_and_arns() -> String {
    let pair = |function: &FunctionSpec| {
        format!(
            "{}|${{{}Function.Arn}}",
            function.name,
            pascal_case(function.name)
        )
    };
    responders().map(pair).collect::<Vec<_>>().join(",")
}

fn write_logs(lines: &mut Lines, name: &str, id: &str) {
    lines.add(2, &format!("{id}Logs:"));
    lines.add(4, "Type: AWS::Logs::LogGroup");
    lines.add(4, "Properties:");
    lines.add(
        6,
        &format!("LogGroupName: !Sub /aws/lambda/${{AWS::StackName}}-{name}"),
    );
    lines.add(6, "RetentionInDays: !Ref LogRetentionDays");
}

/// The role's path names the stack whole; a generated role name holds only the first part of a long stack name.
const ROLE: &str = "\
Type: AWS::IAM::Role
Properties:
  Path: !Sub /${AWS::StackName}/
  AssumeRolePolicyDocument:
    Version: \"2012-10-17\"
    Statement:
      - Effect: Allow
        Principal:
          Service: lambda.amazonaws.com
        Action: sts:AssumeRole
";

fn write_role(lines: &mut Lines, function: &FunctionSpec, id: &str) {
    lines.add(2, &format!("{id}Role:"));
    lines.add_all(4, ROLE);
    if function.acts_in_members() {
        lines.comment(6, "The roles of member accounts trust it by this name.");
        lines.add(
            6,
            &format!("RoleName: !Sub ${{AWS::StackName}}-{}", function.name),
        );
    }
    lines.add(6, "Policies:");
    lines.add(8, &format!("- PolicyName: {}", function.name));
    lines.add(10, "PolicyDocument:");
    lines.add(12, "Version: \"2012-10-17\"");
    lines.add(12, "Statement:");
    for stated in statements(function) {
        policy::write(lines, 14, &stated);
    }
    lines.add(14, "- Sid: WriteItsLogs");
    lines.add(16, "Effect: Allow");
    lines.add(16, "Action: [logs:CreateLogStream, logs:PutLogEvents]");
    lines.add(16, &format!("Resource: !GetAtt {id}Logs.Arn"));
    let traces = Stated {
        effect: Effect::Allow,
        actions: vec!["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        scope: TRACES,
    };
    policy::write(lines, 14, &traces);
}

fn write_alarm(lines: &mut Lines, function: &FunctionSpec, id: &str) {
    let alarm = &function.alarm;
    let threshold = with_reason(alarm.threshold.value, alarm.threshold.why);
    lines.add(2, &format!("{id}ErrorsAlarm:"));
    lines.add(4, "Type: AWS::CloudWatch::Alarm");
    lines.add(4, "Properties:");
    lines.add(6, &format!("AlarmDescription: {}", scalar(alarm.description)));
    lines.add(6, "Namespace: AWS/Lambda");
    lines.add(6, "MetricName: Errors");
    lines.add(6, "Dimensions:");
    lines.add(8, "- Name: FunctionName");
    lines.add(8, &format!("  Value: !Ref {id}Function"));
    lines.add(6, "Statistic: Sum");
    lines.add(6, &format!("Period: {}", period(alarm.period)));
    lines.add(6, "EvaluationPeriods: 1");
    lines.add(6, "ComparisonOperator: GreaterThanThreshold");
    lines.add(6, &format!("Threshold: {threshold}"));
    lines.add(6, "TreatMissingData: notBreaching");
    lines.add(6, "AlarmActions: [!Ref AlertsTopic]");
}

fn period(period: Period) -> String {
    match period {
        Period::Seconds(seconds) => seconds.to_string(),
        Period::OfThreeSweeps => {
            "!FindInMap [SweepSchedule, !Ref SweepMinutes, ThreeRunsInSeconds]".to_owned()
        }
    }
}
