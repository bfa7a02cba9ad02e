//! The part of `member.yaml` that follows from the contracts: the roles of a member account, whom they trust, and what they
//! may do there.

use backstop_actions::{MemberRole, Scope, member_roles};

use super::{
    policy::{self, EVEN_IF_GUARDRAILS_ARE_WRONG, Stated},
    yaml::{Lines, scalar},
};
use crate::compile::pascal_case;

/// Roles that nothing changes, by their whole paths: Backstop's in this account, those of the hub if it is this one, and
/// those that belong to AWS.
const OWN_AND_AWS_ROLES: &[&str] = &[
    "arn:{partition}:iam::{account}:role/{HubStack}/*",
    "arn:{partition}:iam::{account}:role/aws-service-role/*",
    "arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/*",
];

/// What deploys into the account from outside, and AWS's own responders (AWS Organizations User Guide, on member
/// accounts; CloudFormation User Guide, "Configure a custom execution role template for StackSets"; AWS Security Incident
/// Response User Guide, "Containment only").
const ROLES_OF_THE_ORGANIZATION: &[&str] = &[
    "arn:{partition}:iam::{account}:role/AWSSecurityIncidentResponseContainment*",
    "arn:{partition}:iam::{account}:role/OrganizationAccountAccessRole",
    "arn:{partition}:iam::{account}:role/stacksets-exec-*",
];

/// Control Tower's, and those of its Account Factory for Terraform.
const ROLES_OF_CONTROL_TOWER: &[&str] = &[
    "arn:{partition}:iam::{account}:role/AWSAFT*",
    "arn:{partition}:iam::{account}:role/AWSControlTowerExecution",
    "arn:{partition}:iam::{account}:role/aws-controltower-*",
];

/// Every role's resource.
pub(super) fn roles() -> Vec<String> {
    member_roles().iter().map(block).collect()
}

/// What a role may do and may not.
fn statements(role: &MemberRole) -> Vec<Stated> {
    let of = |sid, roles, only_if, why| {
        let scope = Scope::of(sid, roles);
        policy::never_roles(
            &role.grants,
            Scope {
                only_if,
                why,
                ..scope
            },
        )
    };
    let mut statements: Vec<Stated> = role.statements.iter().copied().map(policy::own).collect();
    statements.extend(policy::allowed(&role.grants));
    statements.extend(of(
        "NeverItsOwnNorAwsRoles",
        OWN_AND_AWS_ROLES,
        None,
        EVEN_IF_GUARDRAILS_ARE_WRONG,
    ));
    statements.extend(of(
        "NeverTheOrganizationsRoles",
        ROLES_OF_THE_ORGANIZATION,
        None,
        "Known by name alone, which is anybody's to choose who may create roles: what is refused here is told, never passed over.",
    ));
    statements.extend(of(
        "NeverControlTowersRoles",
        ROLES_OF_CONTROL_TOWER,
        Some("HasControlTower"),
        "Where Control Tower governs, its own service control policies keep these names.",
    ));
    statements.extend(policy::never_break_glass(&role.grants));
    statements
}

fn block(role: &MemberRole) -> String {
    let mut lines = Lines::default();
    lines.add(2, &format!("{}Role:", pascal_case(&role.suffix)));
    lines.add(4, "Type: AWS::IAM::Role");
    lines.add(4, "Properties:");
    lines.add(6, "Path: !Sub /${HubStack}/");
    lines.add(6, &format!("RoleName: !Sub ${{HubStack}}-{}", role.suffix));
    lines.add(6, &format!("Description: {}", scalar(&role.description)));
    write_trust(&mut lines, role);
    lines.add(6, "Policies:");
    lines.add(8, &format!("- PolicyName: {}", role.suffix));
    lines.add(10, "PolicyDocument:");
    lines.add(12, "Version: \"2012-10-17\"");
    lines.add(12, "Statement:");
    for stated in statements(role) {
        policy::write(&mut lines, 14, &stated);
    }
    lines.into_text()
}

/// The account as the principal, and the role as a condition: a role that is named as a principal is kept by its id, so that
/// the hub's stack, made anew, would be let in nowhere.
fn write_trust(lines: &mut Lines, role: &MemberRole) {
    lines.add(6, "AssumeRolePolicyDocument:");
    lines.add(8, "Version: \"2012-10-17\"");
    lines.add(8, "Statement:");
    lines.comment(
        10,
        "The organization is asked of the hub, not of this account: an account that is taken out of the organization still lets the hub in.",
    );
    lines.add(10, "- Sid: OnlyFromItsFunctions");
    write_hub(lines, "sts:AssumeRole");
    lines.add(12, "Condition:");
    lines.add(14, "ArnEquals:");
    let functions: Vec<String> = role
        .assumed_by
        .iter()
        .map(|function| {
            format!(
                "!Sub arn:${{AWS::Partition}}:iam::${{HubAccount}}:role/${{HubStack}}/${{HubStack}}-{}",
                function.name
            )
        })
        .collect();
    lines.list(16, "aws:PrincipalArn", &functions);
    lines.add(14, "StringEquals:");
    lines.add(16, "aws:PrincipalOrgID: !Ref OrganizationId");
    lines.add(16, "sts:ExternalId: !Ref ExternalId");
    lines.add(14, "StringLike:");
    lines.add(
        16,
        &format!("sts:SourceIdentity: {}", scalar(role.source_identity())),
    );
    lines.comment(
        10,
        "Without this nobody could say for which incident the session is, and so nobody be let in.",
    );
    lines.add(10, "- Sid: SayForWhichIncident");
    write_hub(lines, "sts:SetSourceIdentity");
    lines.add(12, "Condition:");
    lines.add(14, "ArnLike:");
    lines.add(
        16,
        "aws:PrincipalArn: !Sub arn:${AWS::Partition}:iam::${HubAccount}:role/${HubStack}/*",
    );
}

fn write_hub(lines: &mut Lines, action: &str) {
    lines.add(12, "Effect: Allow");
    lines.add(12, "Principal:");
    lines.add(14, "AWS: !Sub arn:${AWS::Partition}:iam::${HubAccount}:root");
    lines.add(12, &format!("Action: {action}"));
}
