//! Instance profiles, and inline policies of their roles.

use aws_sdk_iam::{
    Client,
    operation::{
        delete_role_policy::{DeleteRolePolicyError, DeleteRolePolicyOutput},
        get_instance_profile::{GetInstanceProfileError, GetInstanceProfileOutput},
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        put_role_policy::{PutRolePolicyError, PutRolePolicyOutput},
    },
    types::{InstanceProfile, Role},
};
use aws_smithy_mocks::Rule;
use aws_smithy_types::DateTime;
use backstop_runtime::testing::forged::FakeAccount;

use super::{answers, remove, text, write};

pub(super) fn answers(account: &FakeAccount) -> [Rule; 4] {
    [
        answers!(
            account,
            Client::get_instance_profile,
            GetInstanceProfileError,
            |kept, asked| {
                let name = asked.instance_profile_name().unwrap();
                let role = text(&kept, &format!("profile {name}")).ok_or("NoSuchEntity")?;
                let profile = profile(name, &role);
                Ok(GetInstanceProfileOutput::builder()
                    .instance_profile(profile)
                    .build())
            }
        ),
        answers!(
            account,
            Client::get_role_policy,
            GetRolePolicyError,
            |kept, asked| {
                let (role, name) = (asked.role_name().unwrap(), asked.policy_name().unwrap());
                let document = text(&kept, &policy(role, name)).ok_or("NoSuchEntity")?;
                let output = GetRolePolicyOutput::builder().role_name(role).policy_name(name);
                Ok(output.policy_document(document).build().unwrap())
            }
        ),
        answers!(
            account,
            Client::put_role_policy,
            PutRolePolicyError,
            |kept, asked| {
                let name = policy(asked.role_name().unwrap(), asked.policy_name().unwrap());
                write(&kept, name, asked.policy_document());
                Ok(PutRolePolicyOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::delete_role_policy,
            DeleteRolePolicyError,
            |kept, asked| {
                let name = policy(asked.role_name().unwrap(), asked.policy_name().unwrap());
                remove(&kept, &name).ok_or("NoSuchEntity")?;
                Ok(DeleteRolePolicyOutput::builder().build())
            }
        ),
    ]
}

fn policy(role: &str, name: &str) -> String {
    format!("policy {name} of role {role}")
}

fn profile(name: &str, role: &str) -> InstanceProfile {
    let at = DateTime::from_secs(1_772_366_400);
    let role = Role::builder()
        .role_name(role)
        .arn(format!("arn:aws:iam::123456789012:role/{role}"))
        .path("/")
        .role_id("AROAEXAMPLE")
        .create_date(at);
    let profile = InstanceProfile::builder()
        .path("/")
        .instance_profile_name(name)
        .instance_profile_id("AIPAEXAMPLE")
        .arn(format!("arn:aws:iam::123456789012:instance-profile/{name}"))
        .create_date(at);
    profile.roles(role.build().unwrap()).build().unwrap()
}
