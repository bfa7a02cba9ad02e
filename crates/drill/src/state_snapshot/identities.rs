//! Users and roles: keys, other credentials, inline policies, trust.

use aws_sdk_iam::Client;

use super::StateSnapshot;
use crate::{DrillError, error::call, policy_by_meaning};

pub(super) async fn user(iam: &Client, name: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let keys = iam.list_access_keys().user_name(name).send().await;
    for key in keys.map_err(call("iam:ListAccessKeys"))?.access_key_metadata() {
        let status = key.status().map(|status| status.as_str()).unwrap_or_default();
        snapshot.put(access_key(key.access_key_id().unwrap_or_default()), status);
    }
    let found = iam.list_signing_certificates().user_name(name).send().await;
    for one in found.map_err(call("iam:ListSigningCertificates"))?.certificates() {
        snapshot.put(
            format!("signing certificate {}", one.certificate_id()),
            one.status().as_str(),
        );
    }
    let found = iam
        .list_service_specific_credentials()
        .user_name(name)
        .send()
        .await;
    for one in found
        .map_err(call("iam:ListServiceSpecificCredentials"))?
        .service_specific_credentials()
    {
        let what = format!(
            "service-specific credential {}",
            one.service_specific_credential_id()
        );
        snapshot.put(what, one.status().as_str());
    }
    let found = iam.list_ssh_public_keys().user_name(name).send().await;
    for one in found.map_err(call("iam:ListSSHPublicKeys"))?.ssh_public_keys() {
        snapshot.put(
            format!("SSH public key {}", one.ssh_public_key_id()),
            one.status().as_str(),
        );
    }
    let names = iam.list_user_policies().user_name(name).send().await;
    for policy in names.map_err(call("iam:ListUserPolicies"))?.policy_names() {
        let found = iam
            .get_user_policy()
            .user_name(name)
            .policy_name(policy)
            .send()
            .await;
        let found = found.map_err(call("iam:GetUserPolicy"))?;
        snapshot.put(
            format!("inline policy {policy} of user {name}"),
            found.policy_document(),
        );
    }
    Ok(())
}

/// What a key's status is called in a snapshot.
pub(super) fn access_key(id: &str) -> String {
    format!("access key {id}")
}

pub(super) async fn role(iam: &Client, name: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let role = iam.get_role().role_name(name).send().await;
    let role = role.map_err(call("iam:GetRole"))?;
    let trust = role.role().and_then(|role| role.assume_role_policy_document());
    snapshot.put(
        format!("trust policy of role {name}"),
        policy_by_meaning(trust.unwrap_or_default()),
    );
    let names = iam.list_role_policies().role_name(name).send().await;
    for policy in names.map_err(call("iam:ListRolePolicies"))?.policy_names() {
        let found = iam
            .get_role_policy()
            .role_name(name)
            .policy_name(policy)
            .send()
            .await;
        let found = found.map_err(call("iam:GetRolePolicy"))?;
        snapshot.put(
            format!("inline policy {policy} of role {name}"),
            found.policy_document(),
        );
    }
    Ok(())
}
