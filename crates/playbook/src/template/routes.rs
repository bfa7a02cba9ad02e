//! The routes of the HTTP API in the template, and the policies that say who may use them. API Gateway proves by the
//! request's signature who asks; a route that isn't here isn't there.

use backstop_core::api::{ROUTES, Right, Route, STAGE};

use super::yaml::Lines;

/// Every route.
pub(super) fn routes() -> Vec<String> {
    ROUTES.iter().map(route).collect()
}

/// A policy for each right; each allows what those before it do.
pub(super) fn policies() -> Vec<String> {
    Right::ALL.into_iter().map(policy).collect()
}

fn route(route: &Route) -> String {
    let mut lines = Lines::default();
    lines.add(2, &format!("{:?}Route:", route.operation));
    lines.add(4, "Type: AWS::ApiGatewayV2::Route");
    lines.add(4, "Properties:");
    lines.add(6, "ApiId: !Ref Api");
    lines.add(6, &format!("RouteKey: {}", route.key()));
    lines.add(6, "AuthorizationType: AWS_IAM");
    lines.add(6, "Target: !Sub integrations/${ApiIntegration}");
    lines.into_text()
}

fn policy(right: Right) -> String {
    let name = right.as_str();
    let mut lines = Lines::default();
    lines.add(2, &format!("{name}Policy:"));
    lines.add(4, "Type: AWS::IAM::ManagedPolicy");
    lines.add(4, "Properties:");
    lines.add(6, "Path: !Sub /${AWS::StackName}/");
    lines.add(6, &format!("Description: {}", description(right)));
    lines.add(6, "PolicyDocument:");
    lines.add(8, "Version: \"2012-10-17\"");
    lines.add(8, "Statement:");
    lines.add(10, "- Sid: Ask");
    lines.add(12, "Effect: Allow");
    lines.add(12, "Action: execute-api:Invoke");
    lines.add(12, "Resource:");
    for route in ROUTES.iter().filter(|route| route.right <= right) {
        let end = route.in_policy();
        lines.add(
            14,
            &format!(
                "- !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{STAGE}/{end}"
            ),
        );
    }
    lines.into_text()
}

const fn description(right: Right) -> &'static str {
    match right {
        Right::Viewer => "Looks at incidents, guardrails and playbooks of Backstop.",
        Right::Responder => {
            "Answers incidents of Backstop - runs, approves, denies, undoes, pauses - and reads evidence."
        }
        Right::Administrator => "Says what Backstop leaves alone, and does all that responders do.",
    }
}
