//! What somebody does to a target between containment and undo.

use aws_sdk_ec2::types::{Filter, Volume};
use aws_sdk_iam::Client;
use backstop_core::kind;
use backstop_emulator::Account;

use crate::{Planted, States};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    DeleteACredential,
    DeleteATargetGroup,
    DeleteTheAutoScalingGroup,
    DeleteTheKey,
    DetachAVolume,
    MoveAnInterface,
    MoveTheAddress,
    ReplaceARule,
    RewriteTheBlock,
    RewriteThePolicy,
    RewriteTheTag,
    RewriteTheTrust,
}

const OTHER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

impl Drift {
    /// Whether undo puts back what else it can: what somebody took or
    /// changed is left alone, and the rest is of use without it.
    pub fn leaves_a_rest(self) -> bool {
        matches!(
            self,
            Self::DeleteATargetGroup | Self::DetachAVolume | Self::RewriteTheTag
        )
    }

    /// Somebody else changes what the incident changed.
    pub async fn happen(self, account: &Account, planted: &Planted, before: &States, now: &States) {
        let sdk = account.sdk_config(account.root());
        let iam = Client::new(&sdk);
        let ec2 = aws_sdk_ec2::Client::new(&sdk);
        match self {
            Self::DeleteTheKey => {
                let kind::AccessKey {
                    key_id, user_name, ..
                } = planted.expect(kind::AccessKey::of);
                let delete = iam.delete_access_key().set_user_name(user_name.clone());
                delete.access_key_id(key_id).send().await.map(drop).unwrap();
            }
            Self::DeleteACredential => {
                let kind::AccessKey { user_name, .. } = planted.expect(kind::AccessKey::of);
                let delete = iam.delete_ssh_public_key().set_user_name(user_name.clone());
                delete
                    .ssh_public_key_id(named(now, "SSH public key "))
                    .send()
                    .await
                    .map(drop)
                    .unwrap();
            }
            Self::RewriteThePolicy => rewrite_policy(&iam, named(now, "inline policy BackstopDeny")).await,
            Self::RewriteTheTrust => {
                let kind::RoleSession { role_name, .. } = planted.expect(kind::RoleSession::of);
                let update = iam.update_assume_role_policy().role_name(role_name);
                update.policy_document(TRUST).send().await.map(drop).unwrap();
            }
            Self::RewriteTheBlock => rewrite_block(account, planted).await,
            Self::RewriteTheTag => {
                let kind::Instance { instance_id } = planted.expect(kind::Instance::of);
                // Not the tag that says what was before: without that one undo is refused.
                let is_new = |what: &&String| {
                    what.starts_with("tag ")
                        && !what.contains("backstop:before-")
                        && !before.contains_key(*what)
                };
                let key = now.keys().find(is_new).unwrap();
                let key = key.trim_start_matches("tag ").split(' ').next().unwrap();
                let tag = aws_sdk_ec2::types::Tag::builder()
                    .key(key)
                    .value("somebody else's")
                    .build();
                ec2.create_tags()
                    .resources(instance_id)
                    .tags(tag)
                    .send()
                    .await
                    .map(drop)
                    .unwrap();
            }
            Self::MoveAnInterface => {
                let old =
                    |groups: &serde_json::Value| groups.as_array().is_some_and(|groups| groups.len() > 1);
                let (what, groups) = before
                    .iter()
                    .find(|(what, groups)| what.starts_with("security groups of ") && old(groups))
                    .unwrap();
                let modify = ec2.modify_network_interface_attribute();
                let modify = modify.network_interface_id(what.rsplit(' ').next().unwrap());
                modify
                    .groups(groups[0].as_str().unwrap())
                    .send()
                    .await
                    .map(drop)
                    .unwrap();
            }
            Self::MoveTheAddress => {
                let kind::Instance { instance_id } = planted.expect(kind::Instance::of);
                let mut instances = planted.fixtures.instances();
                let instance = instances.find(|one| &one.id == instance_id).unwrap();
                let (allocation, own) = instance.elastic_ip.clone().unwrap();
                let described = ec2.describe_instances().instance_ids(instance_id).send().await;
                let described = described.unwrap();
                let mut interfaces = described.reservations()[0].instances()[0]
                    .network_interfaces()
                    .iter()
                    .filter_map(|interface| interface.network_interface_id());
                let other = interfaces.find(|interface| *interface != own).unwrap();
                let associate = ec2.associate_address().allocation_id(allocation);
                associate
                    .network_interface_id(other)
                    .send()
                    .await
                    .map(drop)
                    .unwrap();
            }
            Self::ReplaceARule => {
                let is_new = |what: &&String| what.starts_with("network ACL ") && !before.contains_key(*what);
                let rule = now.keys().find(is_new).unwrap();
                let [_, _, acl, way, number] = rule.split(' ').collect::<Vec<_>>()[..] else {
                    panic!("{rule}");
                };
                let replace = ec2
                    .replace_network_acl_entry()
                    .network_acl_id(acl)
                    .egress(way == "egress");
                let replace = replace.rule_number(number.parse().unwrap()).protocol("-1");
                let replace = replace.rule_action(aws_sdk_ec2::types::RuleAction::Deny);
                replace.cidr_block("192.0.2.0/24").send().await.map(drop).unwrap();
            }
            Self::DeleteTheAutoScalingGroup => {
                let kind::Instance { instance_id } = planted.expect(kind::Instance::of);
                let group = planted
                    .fixtures
                    .instances()
                    .find(|one| &one.id == instance_id)
                    .unwrap();
                let delete = aws_sdk_autoscaling::Client::new(&sdk).delete_auto_scaling_group();
                let delete = delete.set_auto_scaling_group_name(group.auto_scaling.clone());
                delete.force_delete(true).send().await.map(drop).unwrap();
            }
            Self::DeleteATargetGroup => {
                let kind::Instance { instance_id } = planted.expect(kind::Instance::of);
                let mut instances = planted.fixtures.instances();
                let instance = instances.find(|one| &one.id == instance_id).unwrap();
                let (target_group, _) = instance.load_balancers.clone().unwrap();
                let delete = aws_sdk_elasticloadbalancingv2::Client::new(&sdk).delete_target_group();
                delete
                    .target_group_arn(target_group)
                    .send()
                    .await
                    .map(drop)
                    .unwrap();
            }
            Self::DetachAVolume => {
                let kind::Instance { instance_id } = planted.expect(kind::Instance::of);
                let attached = Filter::builder()
                    .name("attachment.instance-id")
                    .values(instance_id)
                    .build();
                let found = ec2.describe_volumes().filters(attached).send().await.unwrap();
                let is_data = |volume: &&Volume| volume.attachments()[0].device() != Some("/dev/sda1");
                let volume = found.volumes().iter().find(is_data).unwrap();
                let detach = ec2.detach_volume().set_volume_id(volume.volume_id.clone());
                detach.instance_id(instance_id).send().await.map(drop).unwrap();
            }
        }
    }
}

/// Opens the bucket or the account again, in part.
async fn rewrite_block(account: &Account, planted: &Planted) {
    let sdk = account.sdk_config(account.root());
    if let Some(bucket) = kind::Bucket::of(&planted.target.resource) {
        let one = aws_sdk_s3::types::PublicAccessBlockConfiguration::builder().block_public_acls(true);
        let put = aws_sdk_s3::Client::new(&sdk)
            .put_public_access_block()
            .bucket(&bucket.name);
        put.public_access_block_configuration(one.build())
            .send()
            .await
            .map(drop)
            .unwrap();
    } else {
        planted.expect(kind::Account::of);
        let one = aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder().block_public_acls(true);
        let put = aws_sdk_s3control::Client::new(&sdk).put_public_access_block();
        put.account_id(account.account_id())
            .public_access_block_configuration(one.build())
            .send()
            .await
            .map(drop)
            .unwrap();
    }
}

/// What comes after the prefix in the name of the first such state.
fn named<'a>(states: &'a States, prefix: &str) -> &'a str {
    states.keys().find_map(|what| what.strip_prefix(prefix)).unwrap()
}

/// The rest of `inline policy BackstopDeny… of role …`.
async fn rewrite_policy(iam: &Client, rest: &str) {
    let [policy, "of", kind, holder] = rest.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{rest}");
    };
    let policy = format!("BackstopDeny{policy}");
    if kind == "user" {
        let put = iam.put_user_policy().user_name(holder).policy_name(policy);
        put.policy_document(OTHER).send().await.map(drop).unwrap();
    } else {
        let put = iam.put_role_policy().role_name(holder).policy_name(policy);
        put.policy_document(OTHER).send().await.map(drop).unwrap();
    }
}
