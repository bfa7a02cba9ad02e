//! The VPC's security groups.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::{
    Client,
    operation::{
        authorize_security_group_egress::AuthorizeSecurityGroupEgressOutput,
        authorize_security_group_ingress::AuthorizeSecurityGroupIngressOutput,
        create_security_group::{CreateSecurityGroupError, CreateSecurityGroupOutput},
        delete_security_group::{DeleteSecurityGroupError, DeleteSecurityGroupOutput},
        describe_security_group_rules::DescribeSecurityGroupRulesOutput,
        describe_security_groups::DescribeSecurityGroupsOutput,
        revoke_security_group_egress::{RevokeSecurityGroupEgressError, RevokeSecurityGroupEgressOutput},
        revoke_security_group_ingress::RevokeSecurityGroupIngressOutput,
    },
    types::{IpPermission, SecurityGroup, SecurityGroupRule},
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use backstop_runtime::testing::error;

use super::{State, VPC, values};

/// How EC2 answers about security groups.
pub(super) fn answers(state: &Arc<Mutex<State>>) -> Vec<Rule> {
    let own = || Arc::clone(state);
    let (state1, state2, state3, state4, state5, state6, state7, state8) =
        (own(), own(), own(), own(), own(), own(), own(), own());
    vec![
        mock!(Client::describe_security_groups).then_compute_output(move |request| {
            let mut state = state1.lock().unwrap();
            assert_eq!(values(request.filters(), "vpc-id"), [VPC]);
            let purposes = values(request.filters(), "tag:backstop:purpose");
            let ids = values(request.filters(), "group-id");
            if !ids.is_empty() {
                state.questions.push(ids.clone());
            }
            let is_asked = |group: &&SecurityGroup| {
                let has = |purpose: &String| {
                    let mut tags = group.tags().iter();
                    tags.any(|tag| tag.key() == Some("backstop:purpose") && tag.value() == Some(purpose))
                };
                purposes.iter().any(has) || ids.iter().any(|id| group.group_id() == Some(id))
            };
            let mut found: Vec<SecurityGroup> = state.groups.iter().filter(is_asked).cloned().collect();
            // Those that the interfaces had before, wherever tests got them from.
            let missing = |id: &&String| {
                !state.lost.contains(id) && !found.iter().any(|group| group.group_id() == Some(id))
            };
            let plain: Vec<SecurityGroup> = ids
                .iter()
                .filter(missing)
                .map(|id| SecurityGroup::builder().group_id(id).vpc_id(VPC).build())
                .collect();
            found.extend(plain);
            DescribeSecurityGroupsOutput::builder()
                .set_security_groups(Some(found))
                .build()
        }),
        mock!(Client::create_security_group).then_compute_response(move |request| {
            let mut state = state2.lock().unwrap();
            let name = request.group_name().unwrap();
            let tag = request
                .tag_specifications()
                .first()
                .and_then(|tags| tags.tags().first());
            if !state.allows(format!("create {name}")) {
                return MockResponse::Error(CreateSecurityGroupError::generic(error(
                    "UnauthorizedOperation",
                )));
            }
            if state.groups.iter().any(|group| group.group_name() == Some(name)) {
                return MockResponse::Error(CreateSecurityGroupError::generic(error(
                    "InvalidGroup.Duplicate",
                )));
            }
            let end = if name.len() > 40 && name.contains("isolation") {
                "-own"
            } else {
                ""
            };
            let id = format!("sg-{}{end}", name.chars().take(14).collect::<String>());
            let tag = tag.map(|tag| (tag.key().unwrap(), tag.value().unwrap()));
            state.add_group(&id, name, tag);
            if state.is_raced {
                return MockResponse::Error(CreateSecurityGroupError::generic(error(
                    "InvalidGroup.Duplicate",
                )));
            }
            MockResponse::Output(CreateSecurityGroupOutput::builder().group_id(id).build())
        }),
        mock!(Client::delete_security_group).then_compute_response(move |request| {
            let mut state = state3.lock().unwrap();
            let id = request.group_id().unwrap();
            if state
                .nics
                .iter()
                .any(|nic| nic.groups.iter().any(|group| group == id))
            {
                return MockResponse::Error(DeleteSecurityGroupError::generic(error("DependencyViolation")));
            }
            state.allows(format!("delete {id}"));
            state.groups.retain(|group| group.group_id() != Some(id));
            MockResponse::Output(DeleteSecurityGroupOutput::builder().build())
        }),
        mock!(Client::describe_security_group_rules).then_compute_output(move |request| {
            let mut state = state4.lock().unwrap();
            let id = values(request.filters(), "group-id").concat();
            let group = state.group(&id);
            let into = rules(group.ip_permissions(), false);
            let out = rules(group.ip_permissions_egress(), true);
            DescribeSecurityGroupRulesOutput::builder()
                .set_security_group_rules(Some([into, out].concat()))
                .build()
        }),
        mock!(Client::revoke_security_group_egress).then_compute_response(move |request| {
            let mut state = state5.lock().unwrap();
            let id = request.group_id().unwrap();
            if !state.allows(format!("strip {id}")) {
                return MockResponse::Error(RevokeSecurityGroupEgressError::generic(error(
                    "UnauthorizedOperation",
                )));
            }
            let group = state.group(id);
            let left = without(
                group.ip_permissions_egress(),
                request.security_group_rule_ids(),
                true,
            );
            group.ip_permissions_egress = Some(left);
            MockResponse::Output(RevokeSecurityGroupEgressOutput::builder().build())
        }),
        mock!(Client::revoke_security_group_ingress).then_compute_output(move |request| {
            let mut state = state6.lock().unwrap();
            let group = state.group(request.group_id().unwrap());
            let left = without(group.ip_permissions(), request.security_group_rule_ids(), false);
            group.ip_permissions = Some(left);
            RevokeSecurityGroupIngressOutput::builder().build()
        }),
        mock!(Client::authorize_security_group_egress).then_compute_output(move |request| {
            let mut state = state7.lock().unwrap();
            let group = state.group(request.group_id().unwrap());
            group
                .ip_permissions_egress
                .get_or_insert_default()
                .extend(request.ip_permissions().to_vec());
            AuthorizeSecurityGroupEgressOutput::builder().build()
        }),
        mock!(Client::authorize_security_group_ingress).then_compute_output(move |request| {
            let mut state = state8.lock().unwrap();
            let group = state.group(request.group_id().unwrap());
            group
                .ip_permissions
                .get_or_insert_default()
                .extend(request.ip_permissions().to_vec());
            AuthorizeSecurityGroupIngressOutput::builder().build()
        }),
    ]
}

/// One rule for each permission.
fn rules(permissions: &[IpPermission], is_egress: bool) -> Vec<SecurityGroupRule> {
    let one = |(index, _): (usize, &IpPermission)| {
        SecurityGroupRule::builder()
            .security_group_rule_id(format!("sgr-{is_egress}-{index}"))
            .is_egress(is_egress)
            .build()
    };
    permissions.iter().enumerate().map(one).collect()
}

/// The permissions whose rules aren't among these.
fn without(permissions: &[IpPermission], ids: &[String], is_egress: bool) -> Vec<IpPermission> {
    let rules = rules(permissions, is_egress);
    let kept = permissions
        .iter()
        .zip(&rules)
        .filter(|(_, rule)| !ids.iter().any(|id| rule.security_group_rule_id() == Some(id)));
    kept.map(|(permission, _)| permission.clone()).collect()
}
