//! An IAM that keeps what is written: user `alice` with the leaked key and other credentials, role `ci`, and policies of
//! other people's.

use std::sync::Arc;

use aws_sdk_iam::{
    Client,
    operation::{
        delete_role_policy::DeleteRolePolicyOutput,
        delete_user_policy::DeleteUserPolicyOutput,
        get_login_profile::GetLoginProfileError,
        get_role::GetRoleOutput,
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        get_user_policy::{GetUserPolicyError, GetUserPolicyOutput},
        list_access_keys::{ListAccessKeysError, ListAccessKeysOutput},
        list_attached_role_policies::ListAttachedRolePoliciesOutput,
        list_attached_user_policies::ListAttachedUserPoliciesOutput,
        list_instance_profiles_for_role::ListInstanceProfilesForRoleOutput,
        list_mfa_devices::ListMfaDevicesOutput,
        list_service_specific_credentials::ListServiceSpecificCredentialsOutput,
        list_signing_certificates::ListSigningCertificatesOutput,
        list_ssh_public_keys::ListSshPublicKeysOutput,
        list_user_policies::ListUserPoliciesOutput,
        put_role_policy::PutRolePolicyOutput,
        put_user_policy::PutUserPolicyOutput,
        update_access_key::{UpdateAccessKeyError, UpdateAccessKeyOutput},
        update_assume_role_policy::{UpdateAssumeRolePolicyError, UpdateAssumeRolePolicyOutput},
        update_service_specific_credential::{
            UpdateServiceSpecificCredentialError, UpdateServiceSpecificCredentialOutput,
        },
        update_signing_certificate::{UpdateSigningCertificateError, UpdateSigningCertificateOutput},
        update_ssh_public_key::{UpdateSSHPublicKeyError, UpdateSshPublicKeyOutput},
    },
    types::{
        AccessKeyMetadata, Role, ServiceSpecificCredentialMetadata, SigningCertificate, SshPublicKeyMetadata,
        StatusType,
    },
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use backstop_aws::Accounts;
use backstop_runtime::{
    client,
    inline_deny::Iam,
    testing::{
        accounts, error,
        forged::{FakeAccount, States},
    },
};
use serde_json::{Value, json};

use super::{KEY, at, owner, user};
use crate::services::CloudTrail;

const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;

/// What there is before anything is done.
pub(crate) fn planted() -> States {
    let all = [
        (key("alice", KEY), "Active"),
        (key("alice", "AKIAI44QH8DHBEXAMPLE"), "Active"),
        (certificate("alice", "CERT1"), "Active"),
        (specific("alice", "ACCA1"), "Active"),
        (ssh("alice", "APKA1"), "Active"),
        (ssh("alice", "APKAOFFBEFORE"), "Inactive"),
        (policy("user", "alice", "Guardrail"), DENY),
        (policy("user", "mallory", "Guardrail"), DENY),
        (policy("role", "ci", "Guardrail"), DENY),
        (policy("role", "OrgAdmin", "Guardrail"), DENY),
        ("trust of role ci".to_owned(), TRUST),
    ];
    all.map(|(name, value)| (name, json!(value))).into()
}

fn key(user: &str, id: &str) -> String {
    format!("access key {id} of user {user}")
}

fn certificate(user: &str, id: &str) -> String {
    format!("signing certificate {id} of user {user}")
}

fn specific(user: &str, id: &str) -> String {
    format!("service-specific credential {id} of user {user}")
}

fn ssh(user: &str, id: &str) -> String {
    format!("SSH public key {id} of user {user}")
}

fn policy(kind: &str, holder: &str, name: &str) -> String {
    format!("policy {name} of {kind} {holder}")
}

fn read(account: &FakeAccount, name: &str) -> Option<String> {
    let states = account.lock().unwrap();
    states.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn write(account: &FakeAccount, name: String, value: Option<&str>) {
    account.lock().unwrap().insert(name, json!(value.unwrap()));
}

/// The ids of what begins so, each with its status.
fn all(account: &FakeAccount, prefix: &str, user: Option<&str>) -> Vec<(String, StatusType)> {
    let suffix = format!(" of user {}", user.unwrap());
    let states = account.lock().unwrap();
    let of_user = states.iter().filter_map(|(name, status)| {
        let id = name.strip_prefix(prefix)?.strip_suffix(&suffix)?;
        Some((id.to_owned(), StatusType::from(status.as_str()?)))
    });
    of_user.collect()
}

/// A rule that writes what the request says and answers with success.
macro_rules! writes {
    ($account:ident, $operation:ident, $output:ident, |$request:ident, $kept:ident| $write:expr) => {{
        let $kept = Arc::clone($account);
        mock!(Client::$operation).then_compute_output(move |$request| {
            $write;
            $output::builder().build()
        })
    }};
}

/// A rule that changes what is there as the request says, by the name and the value that it gives; what isn't there can't be
/// changed.
macro_rules! updates {
    ($account:ident, $operation:ident, ($error:ident, $output:ident), |$request:ident| $update:expr) => {{
        let kept = Arc::clone($account);
        mock!(Client::$operation).then_compute_response(move |$request| {
            let (name, value): (String, Option<&str>) = $update;
            if read(&kept, &name).is_none() {
                return MockResponse::Error($error::generic(error("NoSuchEntity")));
            }
            write(&kept, name, value);
            MockResponse::Output($output::builder().build())
        })
    }};
}

/// The account's clients: a call that no action of this function makes fails the test.
pub(crate) fn fake_iam(account: &FakeAccount) -> Arc<Accounts> {
    let put_user = writes!(account, put_user_policy, PutUserPolicyOutput, |asked, kept| {
        let name = policy("user", asked.user_name().unwrap(), asked.policy_name().unwrap());
        write(&kept, name, asked.policy_document());
    });
    let put_role = writes!(account, put_role_policy, PutRolePolicyOutput, |asked, kept| {
        let name = policy("role", asked.role_name().unwrap(), asked.policy_name().unwrap());
        write(&kept, name, asked.policy_document());
    });
    let delete_user = writes!(
        account,
        delete_user_policy,
        DeleteUserPolicyOutput,
        |asked, kept| {
            let name = policy("user", asked.user_name().unwrap(), asked.policy_name().unwrap());
            kept.lock().unwrap().remove(&name)
        }
    );
    let delete_role = writes!(
        account,
        delete_role_policy,
        DeleteRolePolicyOutput,
        |asked, kept| {
            let name = policy("role", asked.role_name().unwrap(), asked.policy_name().unwrap());
            kept.lock().unwrap().remove(&name)
        }
    );
    let update_key = updates!(
        account,
        update_access_key,
        (UpdateAccessKeyError, UpdateAccessKeyOutput),
        |asked| {
            let name = key(asked.user_name().unwrap(), asked.access_key_id().unwrap());
            (name, asked.status().map(StatusType::as_str))
        }
    );
    let update_certificate = updates!(
        account,
        update_signing_certificate,
        (UpdateSigningCertificateError, UpdateSigningCertificateOutput),
        |asked| {
            let name = certificate(asked.user_name().unwrap(), asked.certificate_id().unwrap());
            (name, asked.status().map(StatusType::as_str))
        }
    );
    let update_specific = updates!(
        account,
        update_service_specific_credential,
        (
            UpdateServiceSpecificCredentialError,
            UpdateServiceSpecificCredentialOutput
        ),
        |asked| {
            let id = asked.service_specific_credential_id().unwrap();
            let name = specific(asked.user_name().unwrap(), id);
            (name, asked.status().map(StatusType::as_str))
        }
    );
    let update_ssh = updates!(
        account,
        update_ssh_public_key,
        (UpdateSSHPublicKeyError, UpdateSshPublicKeyOutput),
        |asked| {
            let name = ssh(asked.user_name().unwrap(), asked.ssh_public_key_id().unwrap());
            (name, asked.status().map(StatusType::as_str))
        }
    );
    let update_trust = updates!(
        account,
        update_assume_role_policy,
        (UpdateAssumeRolePolicyError, UpdateAssumeRolePolicyOutput),
        |asked| {
            let name = format!("trust of role {}", asked.role_name().unwrap());
            (name, asked.policy_document())
        }
    );
    let profiles = mock!(Client::list_instance_profiles_for_role).then_output(|| {
        ListInstanceProfilesForRoleOutput::builder()
            .set_instance_profiles(Some(vec![]))
            .build()
            .unwrap()
    });
    let iam = client!(aws_sdk_iam: [
        owner("alice"), user("alice"), keys(account), certificates(account), specifics(account), ssh_keys(account),
        user_policy(account), user_policies(account), role_policy(account), role(account), profiles, put_user, put_role, delete_user,
        delete_role, update_key, update_certificate, update_specific, update_ssh, update_trust, no_password(),
        no_mfa_devices(), nothing_attached(), nothing_attached_to_roles(),
    ]);
    let events = mock!(aws_sdk_cloudtrail::Client::lookup_events)
        .then_output(|| aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput::builder().build());
    let trail = client!(aws_sdk_cloudtrail: [events]);
    Arc::new(accounts().mock::<Iam>(iam).mock::<CloudTrail>(trail))
}

fn no_password() -> Rule {
    mock!(Client::get_login_profile).then_error(|| GetLoginProfileError::generic(error("NoSuchEntity")))
}

fn no_mfa_devices() -> Rule {
    mock!(Client::list_mfa_devices).then_output(|| {
        let output = ListMfaDevicesOutput::builder().set_mfa_devices(Some(Vec::new()));
        output.build().unwrap()
    })
}

fn nothing_attached() -> Rule {
    mock!(Client::list_attached_user_policies)
        .then_output(|| ListAttachedUserPoliciesOutput::builder().build())
}

fn nothing_attached_to_roles() -> Rule {
    mock!(Client::list_attached_role_policies)
        .then_output(|| ListAttachedRolePoliciesOutput::builder().build())
}

fn keys(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::list_access_keys).then_compute_response(move |asked| {
        if asked.user_name() != Some("alice") {
            return MockResponse::Error(ListAccessKeysError::generic(error("NoSuchEntity")));
        }
        let found = all(&kept, "access key ", asked.user_name());
        let keys = found.into_iter().map(|(id, status)| {
            AccessKeyMetadata::builder()
                .access_key_id(id)
                .status(status)
                .build()
        });
        let output = ListAccessKeysOutput::builder().set_access_key_metadata(Some(keys.collect()));
        MockResponse::Output(output.build().unwrap())
    })
}

fn certificates(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::list_signing_certificates).then_compute_output(move |asked| {
        let found = all(&kept, "signing certificate ", asked.user_name()).into_iter();
        let found = found.map(|(id, status)| {
            let one = SigningCertificate::builder()
                .user_name("alice")
                .certificate_body("-");
            one.certificate_id(id).status(status).build().unwrap()
        });
        let output = ListSigningCertificatesOutput::builder().set_certificates(Some(found.collect()));
        output.build().unwrap()
    })
}

fn specifics(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::list_service_specific_credentials).then_compute_output(move |asked| {
        let found = all(&kept, "service-specific credential ", asked.user_name()).into_iter();
        let found = found.map(|(id, status)| {
            let one = ServiceSpecificCredentialMetadata::builder().user_name("alice");
            let one = one
                .status(status)
                .create_date(at())
                .service_name("codecommit.amazonaws.com");
            one.service_specific_credential_id(id).build().unwrap()
        });
        ListServiceSpecificCredentialsOutput::builder()
            .set_service_specific_credentials(Some(found.collect()))
            .build()
    })
}

fn ssh_keys(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::list_ssh_public_keys).then_compute_output(move |asked| {
        let found = all(&kept, "SSH public key ", asked.user_name()).into_iter();
        let found = found.map(|(id, status)| {
            let one = SshPublicKeyMetadata::builder()
                .user_name("alice")
                .upload_date(at());
            one.ssh_public_key_id(id).status(status).build().unwrap()
        });
        ListSshPublicKeysOutput::builder()
            .set_ssh_public_keys(Some(found.collect()))
            .build()
    })
}

fn user_policy(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::get_user_policy).then_compute_response(move |asked| {
        let (holder, name) = (asked.user_name().unwrap(), asked.policy_name().unwrap());
        let Some(document) = read(&kept, &policy("user", holder, name)) else {
            return MockResponse::Error(GetUserPolicyError::generic(error("NoSuchEntity")));
        };
        let output = GetUserPolicyOutput::builder().user_name(holder).policy_name(name);
        MockResponse::Output(output.policy_document(document).build().unwrap())
    })
}

fn user_policies(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::list_user_policies).then_compute_output(move |asked| {
        let suffix = format!(" of user {}", asked.user_name().unwrap());
        let states = kept.lock().unwrap();
        let names = states
            .keys()
            .filter_map(|name| name.strip_prefix("policy ")?.strip_suffix(&suffix))
            .map(str::to_owned)
            .collect();
        ListUserPoliciesOutput::builder()
            .set_policy_names(Some(names))
            .is_truncated(false)
            .build()
            .unwrap()
    })
}

fn role_policy(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::get_role_policy).then_compute_response(move |asked| {
        let (holder, name) = (asked.role_name().unwrap(), asked.policy_name().unwrap());
        let Some(document) = read(&kept, &policy("role", holder, name)) else {
            return MockResponse::Error(GetRolePolicyError::generic(error("NoSuchEntity")));
        };
        let output = GetRolePolicyOutput::builder().role_name(holder).policy_name(name);
        MockResponse::Output(output.policy_document(document).build().unwrap())
    })
}

fn role(account: &FakeAccount) -> Rule {
    let kept = Arc::clone(account);
    mock!(Client::get_role)
        .match_requests(|request| request.role_name() == Some("ci"))
        .then_compute_output(move |_| {
            let role = Role::builder()
                .path("/")
                .role_name("ci")
                .role_id("AROAEXAMPLE")
                .arn("arn:aws:iam::123456789012:role/ci")
                .create_date(at())
                .max_session_duration(7200)
                .set_assume_role_policy_document(read(&kept, "trust of role ci"))
                .build()
                .unwrap();
            GetRoleOutput::builder().role(role).build()
        })
}
