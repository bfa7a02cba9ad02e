//! Each function's role in `template.yaml`.
use std::collections::BTreeSet;

use backstop_actions::{Effect, actions_of, functions::FUNCTIONS, is_reading};

use crate::text::{self, LONGEST_POLICY, actions_with, policy_length};

/// What Lambda does with any function's role.
const BY_LAMBDA: [&str; 4] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

fn template() -> String {
    text::file("template.yaml")
}

/// The block of a function's role.
fn role<'a>(template: &'a str, function: &str) -> &'a str {
    text::role(template, &text::pascal_case(function))
}

#[test]
fn a_role_grants_what_its_contracts_name_and_no_more() {
    let template = template();
    for function in FUNCTIONS {
        let granted = actions_with(role(&template, function.name), "Allow");
        let own = function
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow)
            .flat_map(|statement| statement.actions.iter().copied());
        let needed =
            actions_of(function.name).flat_map(|action| action.grants.all().map(|grant| grant.action));
        let named: BTreeSet<&str> = own.chain(needed).chain(BY_LAMBDA).collect();
        assert_eq!(granted, named, "{}", function.name);
    }
}

#[test]
fn a_permission_of_another_function_is_not_in_the_role() {
    let template = template();
    let s3 = actions_with(role(&template, "respond-s3"), "Allow");
    assert!(s3.contains("s3:PutBucketPublicAccessBlock") && !s3.contains("iam:PutUserPolicy"));
    let investigate = actions_with(role(&template, "investigate"), "Allow");
    assert!(
        investigate.contains("iam:GetUser")
            && !investigate
                .iter()
                .any(|action| action.contains(":Put") && action.starts_with("iam"))
    );
}

#[test]
fn no_role_reaches_its_own_stack_or_break_glass() {
    let template = template();
    let mut seen = 0;
    for function in FUNCTIONS
        .iter()
        .filter(|one| actions_of(one.name).any(|action| action.changes_something()))
    {
        let role = role(&template, function.name);
        let denied = actions_with(role, "Deny");
        assert!(
            role.contains("Resource: !Ref BreakGlassArns"),
            "{}",
            function.name
        );
        for grant in actions_of(function.name).flat_map(|action| action.grants.all()) {
            let is_everywhere = grant.scope.resources == ["*"];
            let whole = format!("{}:*", grant.action.split(':').next().unwrap());
            if !grant.only_reads() && !is_everywhere {
                assert!(
                    denied.contains(grant.action) || denied.contains(whole.as_str()),
                    "{}: {}",
                    function.name,
                    grant.action
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
    for function in ["respond-ec2", "respond-iam"] {
        let (_, own) = role(&template, function)
            .split_once("- Sid: NeverItsOwnNorAwsRoles")
            .unwrap();
        for path in [
            "${AWS::StackName}/*",
            "aws-service-role/*",
            "aws-reserved/sso.amazonaws.com/*",
        ] {
            assert!(own.contains(&format!("role/{path}")), "{function}: {path}");
        }
        assert!(own.contains("iam:PutRolePolicy"));
        assert!(
            !own.contains("${AWS::StackName}-*"),
            "{function}: a name is anybody's to choose"
        );
    }
}

#[test]
fn a_responders_role_grants_something_only_inside_of_its_function() {
    let template = template();
    for function in FUNCTIONS {
        let changes = actions_of(function.name).any(|action| action.changes_something());
        let role = role(&template, function.name);
        let named = format!("      FunctionName: !Sub ${{AWS::StackName}}-{}\n", function.name);
        assert_eq!(template.contains(&named), changes, "{}", function.name);
        let Some((_, statement)) = role.split_once("- Sid: OnlyInsideItsFunction\n") else {
            assert!(!changes, "{} changes accounts from anywhere", function.name);
            continue;
        };
        let statement = statement.split("- Sid:").next().unwrap();
        let arn = format!(
            "${{AWS::AccountId}}:function:${{AWS::StackName}}-{}",
            function.name
        );
        for line in [
            "Effect: Deny",
            "Resource: \"*\"",
            "ArnNotLike:",
            "lambda:SourceFunctionArn:",
        ] {
            assert!(statement.contains(line), "{}: {statement}", function.name);
        }
        // Itself, and its versions.
        assert_eq!(statement.matches(&arn).count(), 2, "{statement}");
        let statement = format!("- Sid: OnlyInsideItsFunction\n{statement}");
        let denied = actions_with(&statement, "Deny");
        let mut allowed = actions_with(role, "Allow");
        allowed.retain(|action| {
            let of_service = ["dynamodb:", "iam:", "s3:"]
                .iter()
                .any(|service| action.starts_with(service));
            let is_left_out = ["iam:PassRole", "dynamodb:Query"].contains(action) || is_reading(action);
            (of_service && !is_left_out) || *action == "ec2:AssociateIamInstanceProfile"
        });
        assert_eq!(denied, allowed, "{}", function.name);
    }
}

#[test]
fn each_role_fits_into_iams_limit() {
    let template = template();
    let mut longest = (0, "");
    for function in FUNCTIONS {
        let length = policy_length(role(&template, function.name));
        assert!(length < LONGEST_POLICY, "{}: {length}", function.name);
        longest = longest.max((length, function.name));
    }
    assert!(longest.0 > 4_000, "{longest:?}");
}
