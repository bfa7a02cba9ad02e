//! The roles of a member account in `member.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use backstop_actions::{MemberRole, actions, functions::FUNCTIONS, is_reading, member_roles};
use backstop_playbook::template;

use crate::text::{self, LONGEST_POLICY, actions_with, json_length, pascal_case, trust_and_policy};

/// The most characters of a role's trust policy, unless AWS is asked for more (IAM and STS quotas).
const LONGEST_TRUST: usize = 2_048;

/// The longest name of a role.
const LONGEST_NAME: usize = 64;

fn member() -> String {
    text::file("member.yaml")
}

fn role<'a>(template: &'a str, role: &MemberRole) -> &'a str {
    text::role(template, &pascal_case(&role.suffix))
}

/// What a role's policy allows.
fn allowed<'a>(template: &'a str, member: &MemberRole) -> BTreeSet<&'a str> {
    actions_with(trust_and_policy(role(template, member)).1, "Allow")
}

/// A statement of a role's block by its Sid, without what follows it.
fn statement<'a>(block: &'a str, sid: &str) -> &'a str {
    let (_, rest) = block.split_once(&format!("- Sid: {sid}\n")).unwrap();
    rest.split("- Sid: ").next().unwrap()
}

#[test]
fn there_is_one_role_to_read_and_one_for_each_power() {
    let template = member();
    let roles = member_roles();
    let suffixes: Vec<&str> = roles.iter().map(|role| role.suffix.as_str()).collect();
    assert_eq!(suffixes, ["read", "act-ec2", "act-iam", "act-s3"]);
    assert_eq!(template.matches("Type: AWS::IAM::Role\n").count(), roles.len());
    for function in FUNCTIONS {
        let acts = roles
            .iter()
            .filter(|role| role.changes_something() && role.assumed_by.contains(function));
        let is_responder = function.name.starts_with("respond-");
        assert_eq!(acts.count(), usize::from(is_responder), "{}", function.name);
    }
}

#[test]
fn a_role_grants_what_the_actions_of_its_function_call_and_no_more() {
    let template = member();
    for member in member_roles().iter().filter(|role| role.changes_something()) {
        let [function] = member.assumed_by.as_slice() else {
            unreachable!("{} is one function's", member.suffix)
        };
        let needed: BTreeSet<&str> = actions()
            .filter(|action| action.function == function.name)
            .flat_map(|action| action.grants.all().map(|grant| grant.action))
            .collect();
        assert_eq!(allowed(&template, member), needed, "{}", member.suffix);
    }
}

#[test]
fn the_role_that_reads_has_every_call_of_planning_and_reading_back_and_none_that_changes() {
    let template = member();
    let reading = member_roles()
        .into_iter()
        .find(|role| role.suffix == "read")
        .unwrap();
    let granted = allowed(&template, &reading);
    for action in actions() {
        for grant in [action.grants.plan, action.grants.verify].concat() {
            assert!(granted.contains(grant.action), "{}: {}", action.id, grant.action);
        }
    }
    assert!(granted.contains("guardduty:GetFindings") && granted.contains("cloudtrail:LookupEvents"));
    let changing: Vec<&&str> = granted.iter().filter(|action| !is_reading(action)).collect();
    assert!(changing.is_empty(), "{changing:?}");
    // Nor any that reads what is in a bucket.
    assert!(!granted.iter().any(|action| action.starts_with("s3:GetObject")));
}

/// The statements are the same as in the hub, where the stack's own parameters stand for the same things.
#[test]
fn what_is_allowed_is_allowed_as_in_the_hub() {
    let (hub, template) = (text::file("template.yaml"), member());
    let statements = |block: &str| -> BTreeMap<String, String> {
        let lines = |text: &str| -> String {
            let kept = text.lines().map(str::trim).filter(|line| {
                !line.starts_with('#')
                    && !line.is_empty()
                    && !["- !If", "- !Ref AWS::NoValue"].contains(line)
                    && !line.starts_with("- Has")
            });
            kept.collect::<Vec<_>>().join("\n")
        };
        let (_, policy) = trust_and_policy(block);
        let each = policy.split("- Sid: ").skip(1);
        each.filter(|text| text.contains("Effect: Allow"))
            .map(|text| (text.lines().next().unwrap().to_owned(), lines(text)))
            .collect()
    };
    for function in ["ec2", "iam", "s3"] {
        let of_hub = statements(text::role(&hub, &format!("Respond{}", pascal_case(function))));
        let of_member = statements(text::role(&template, &format!("Act{}", pascal_case(function))));
        assert!(of_member.len() > 2, "{function}");
        for (sid, text) in &of_member {
            assert_eq!(of_hub.get(sid), Some(text), "{function}");
        }
    }
}

#[test]
fn only_its_own_functions_role_of_the_hub_is_let_in_and_has_to_say_for_which_incident() {
    let (hub, template) = (text::file("template.yaml"), member());
    for member in member_roles() {
        let (trust, _) = trust_and_policy(role(&template, &member));
        let trust = trust.split("      Policies:\n").next().unwrap();
        assert_eq!(trust.matches("- Sid: ").count(), 2, "{trust}");
        // The account is the principal, so that the hub's stack can be made anew; the condition says which role of it.
        let principal = "AWS: !Sub arn:${AWS::Partition}:iam::${HubAccount}:root\n";
        assert_eq!(trust.matches("Principal:").count(), 2, "{trust}");
        assert_eq!(trust.matches(principal).count(), 2, "{trust}");
        let assume = statement(trust, "OnlyFromItsFunctions");
        let named: Vec<&str> = assume
            .lines()
            .filter_map(|line| line.split_once("role/${HubStack}/${HubStack}-"))
            .map(|(_, function)| function)
            .collect();
        let expected: Vec<&str> = member.assumed_by.iter().map(|function| function.name).collect();
        assert_eq!(named, expected);
        for function in named {
            // The role has this very name and path in the hub.
            let own = text::role(&hub, &pascal_case(function));
            assert!(own.contains("Path: !Sub /${AWS::StackName}/\n"), "{function}");
            let name = format!("RoleName: !Sub ${{AWS::StackName}}-{function}\n");
            assert!(own.contains(&name), "{function}");
        }
        for line in [
            "Action: sts:AssumeRole\n",
            "ArnEquals:\n",
            "aws:PrincipalOrgID: !Ref OrganizationId\n",
            "sts:ExternalId: !Ref ExternalId\n",
            &format!(
                "StringLike:\n                sts:SourceIdentity: \"{}\"\n",
                member.source_identity()
            ),
        ] {
            assert!(assume.contains(line), "{}: {line}: {assume}", member.suffix);
        }
        // What an account's own organization is isn't asked: one that is taken out of it still lets the hub in.
        for key in [
            "aws:ResourceOrgID",
            "aws:SourceOrgID",
            "IfExists",
            "sts:TagSession",
        ] {
            assert!(!trust.contains(key), "{key}");
        }
        let identity = statement(trust, "SayForWhichIncident");
        assert!(identity.contains("Action: sts:SetSourceIdentity\n"), "{identity}");
        assert!(
            identity.contains("iam::${HubAccount}:role/${HubStack}/*\n"),
            "{identity}"
        );
    }
}

/// An act belongs to an incident, and an incident's id is a ULID.
#[test]
fn no_role_acts_for_less_than_an_incident() {
    for member in member_roles() {
        let pattern = member.source_identity();
        if member.changes_something() {
            assert_eq!(pattern, "?".repeat("01ARZ3NDEKTSV4RRFFQ69G5FAV".len()));
        } else {
            assert_eq!(pattern, "?*");
        }
    }
}

#[test]
fn no_role_changes_what_governs_the_account() {
    let template = member();
    let mut seen = 0;
    for member in member_roles().iter().filter(|role| role.changes_something()) {
        let block = role(&template, member);
        assert!(
            block.contains("Resource: !Ref BreakGlassArns"),
            "{}",
            member.suffix
        );
        let changes_roles: BTreeSet<&str> = member
            .grants
            .iter()
            .filter(|grant| !grant.only_reads())
            .filter(|grant| grant.scope.resources.iter().any(|one| one.contains(":role/")))
            .map(|grant| grant.action)
            .collect();
        if changes_roles.is_empty() {
            assert!(!block.contains("NeverItsOwnNorAwsRoles"), "{}", member.suffix);
            continue;
        }
        for (sid, roles) in [
            (
                "NeverItsOwnNorAwsRoles",
                [
                    "${HubStack}/*",
                    "aws-reserved/sso.amazonaws.com/*",
                    "aws-service-role/*",
                ]
                .as_slice(),
            ),
            (
                "NeverTheOrganizationsRoles",
                &[
                    "AWSSecurityIncidentResponseContainment*",
                    "OrganizationAccountAccessRole",
                    "stacksets-exec-*",
                ],
            ),
            (
                "NeverControlTowersRoles",
                &["AWSAFT*", "AWSControlTowerExecution", "aws-controltower-*"],
            ),
        ] {
            let deny = format!("- Sid: {sid}\n{}", statement(block, sid));
            let denied = actions_with(&deny, "Deny");
            assert_eq!(denied, changes_roles, "{}: {sid}", member.suffix);
            for role in roles {
                let arn = format!("- !Sub arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{role}\n");
                assert!(deny.contains(&arn), "{}: {role}", member.suffix);
                seen += 1;
            }
        }
        let (before, _) = block.split_once("- Sid: NeverControlTowersRoles").unwrap();
        assert!(
            before.trim_end().ends_with("- HasControlTower"),
            "{}",
            member.suffix
        );
    }
    assert_eq!(seen, 2 * 9);
}

/// The stack of a member account has a name of its own, which StackSets choose.
#[test]
fn nothing_hangs_on_the_name_or_the_region_of_the_members_stack() {
    let template = member();
    for pseudo in ["AWS::StackName", "AWS::Region", "!GetAtt"] {
        assert!(!template.contains(pseudo), "{pseudo}");
    }
    let compiled = template::replace_member_block(&template).unwrap();
    assert_eq!(compiled, template, "write it: backstop playbook compile");
}

#[test]
fn each_role_fits_into_iams_limits() {
    let template = member();
    let (mut longest, mut longest_trust) = (0, 0);
    for member in member_roles() {
        let (trust, policy) = trust_and_policy(role(&template, &member));
        let trust = trust.split("      Policies:\n").next().unwrap();
        let (trust, policy) = (json_length(trust), json_length(policy));
        assert!(trust < LONGEST_TRUST, "{}: {trust}", member.suffix);
        assert!(policy < LONGEST_POLICY, "{}: {policy}", member.suffix);
        assert!(52 + 1 + member.suffix.len() <= LONGEST_NAME, "{}", member.suffix);
        (longest, longest_trust) = (longest.max(policy), longest_trust.max(trust));
    }
    for function in FUNCTIONS.iter().filter(|function| function.acts_in_members()) {
        assert!(52 + 1 + function.name.len() <= LONGEST_NAME, "{}", function.name);
    }
    assert!(
        longest > 4_000 && longest_trust > 1_000,
        "{longest} {longest_trust}"
    );
}
