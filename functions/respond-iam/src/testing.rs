//! IAM's usual answers, for the wire tests of the actions.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fake_iam;

use aws_sdk_iam::{
    Client,
    operation::{
        get_access_key_last_used::GetAccessKeyLastUsedOutput,
        get_login_profile::{GetLoginProfileError, GetLoginProfileOutput},
        get_role::GetRoleOutput,
        get_user::{GetUserError, GetUserOutput},
        list_access_keys::ListAccessKeysOutput,
        list_attached_role_policies::ListAttachedRolePoliciesOutput,
        list_attached_user_policies::ListAttachedUserPoliciesOutput,
        list_mfa_devices::ListMfaDevicesOutput,
        list_user_policies::ListUserPoliciesOutput,
    },
    types::{
        AccessKeyLastUsed, AccessKeyMetadata, AttachedPolicy, LoginProfile, Role, StatusType, User,
        error::NoSuchEntityException,
    },
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::{DateTime, error::ErrorMetadata};

pub(crate) use fake_iam::{fake_iam, planted};

pub(crate) use backstop_runtime::testing::{
    INCIDENT, KEY, access_key, instance_session, permit, role_session, step_request,
};

/// The second key of a user who has the reported one; it is active.
pub(crate) const OTHER_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

pub(crate) fn at() -> DateTime {
    DateTime::from_secs(1_772_366_400)
}

/// `GetAccessKeyLastUsed` names this owner.
pub(crate) fn owner(name: &'static str) -> Rule {
    mock!(Client::get_access_key_last_used)
        .match_requests(|request| request.access_key_id() == Some(KEY))
        .then_output(move || {
            let used = AccessKeyLastUsed::builder()
                .last_used_date(at())
                .service_name("s3")
                .region("eu-west-1")
                .build()
                .unwrap();
            GetAccessKeyLastUsedOutput::builder()
                .user_name(name)
                .access_key_last_used(used)
                .build()
        })
}

/// `GetUser` knows this user.
pub(crate) fn user(name: &'static str) -> Rule {
    mock!(Client::get_user)
        .match_requests(move |request| request.user_name() == Some(name))
        .then_output(move || {
            let user = User::builder()
                .path("/")
                .user_name(name)
                .user_id(format!("AIDA{}", name.to_uppercase()))
                .arn(format!("arn:aws:iam::123456789012:user/{name}"))
                .create_date(at())
                .build()
                .unwrap();
            GetUserOutput::builder().user(user).build()
        })
}

/// `GetUser` finds nobody of this name.
pub(crate) fn no_user(name: &'static str) -> Rule {
    mock!(Client::get_user)
        .match_requests(move |request| request.user_name() == Some(name))
        .then_error(|| {
            let meta = ErrorMetadata::builder()
                .code("NoSuchEntity")
                .message("no such user")
                .build();
            GetUserError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
        })
}

/// `ListAccessKeys` of this user: the leaked key with this status, and one more that is active.
pub(crate) fn keys(name: &'static str, status: StatusType) -> Rule {
    mock!(Client::list_access_keys)
        .match_requests(move |request| request.user_name() == Some(name))
        .then_output(move || {
            let key = |id: &str, status: StatusType| {
                AccessKeyMetadata::builder()
                    .user_name(name)
                    .access_key_id(id)
                    .status(status)
                    .create_date(at())
                    .build()
            };
            ListAccessKeysOutput::builder()
                .access_key_metadata(key(KEY, status.clone()))
                .access_key_metadata(key(OTHER_KEY, StatusType::Active))
                .is_truncated(false)
                .build()
                .unwrap()
        })
}

/// `ListAccessKeys` of this user: none.
pub(crate) fn no_keys(name: &'static str) -> Rule {
    mock!(Client::list_access_keys)
        .match_requests(move |request| request.user_name() == Some(name))
        .then_output(|| {
            ListAccessKeysOutput::builder()
                .set_access_key_metadata(Some(vec![]))
                .is_truncated(false)
                .build()
                .unwrap()
        })
}

/// `GetLoginProfile`: the user has a password, or none.
pub(crate) fn password(is_there: bool) -> Rule {
    let rule = mock!(Client::get_login_profile).match_requests(|request| request.user_name().is_some());
    if !is_there {
        return rule.then_error(|| {
            let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
            GetLoginProfileError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
        });
    }
    rule.then_output(|| {
        let profile = LoginProfile::builder()
            .user_name("alice")
            .create_date(at())
            .build()
            .unwrap();
        GetLoginProfileOutput::builder().login_profile(profile).build()
    })
}

/// `ListMFADevices`: none.
pub(crate) fn no_mfa() -> Rule {
    mock!(Client::list_mfa_devices).then_output(|| {
        ListMfaDevicesOutput::builder()
            .set_mfa_devices(Some(vec![]))
            .build()
            .unwrap()
    })
}

/// `ListAttachedUserPolicies`: AWS's deny of everything, or none.
pub(crate) fn attached(is_denied: bool) -> Rule {
    mock!(Client::list_attached_user_policies).then_output(move || {
        let policy = AttachedPolicy::builder()
            .policy_name("AWSDenyAll")
            .policy_arn("arn:aws:iam::aws:policy/AWSDenyAll")
            .build();
        ListAttachedUserPoliciesOutput::builder()
            .set_attached_policies(is_denied.then(|| vec![policy]))
            .is_truncated(false)
            .build()
    })
}

/// `ListUserPolicies`: the inline policies of these names.
pub(crate) fn inline_policies(names: &'static [&'static str]) -> Rule {
    mock!(Client::list_user_policies)
        .match_requests(|request| request.user_name() == Some("alice"))
        .then_output(move || {
            ListUserPoliciesOutput::builder()
                .set_policy_names(Some(names.iter().map(|name| (*name).to_owned()).collect()))
                .is_truncated(false)
                .build()
                .unwrap()
        })
}

/// `ListAttachedRolePolicies`: AWS's deny of everything, or none.
pub(crate) fn attached_to_role(is_denied: bool) -> Rule {
    mock!(Client::list_attached_role_policies).then_output(move || {
        let policy = AttachedPolicy::builder()
            .policy_arn("arn:aws:iam::aws:policy/AWSDenyAll")
            .build();
        ListAttachedRolePoliciesOutput::builder()
            .set_attached_policies(is_denied.then(|| vec![policy]))
            .is_truncated(false)
            .build()
    })
}

/// `GetRole` knows the role `ci` under this unique id; a CI system of another account may assume it.
pub(crate) fn role(id: &'static str) -> Rule {
    role_trusting(
        id,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#,
    )
}

/// `GetRole` knows the role `ci`, which only EC2 may assume.
pub(crate) fn instance_role(id: &'static str) -> Rule {
    role_trusting(
        id,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
    )
}

/// `GetRole` knows the role `ci` under this unique id and with this trust policy.
pub(crate) fn role_trusting(id: &'static str, trust: &'static str) -> Rule {
    mock!(Client::get_role)
        .match_requests(|request| request.role_name() == Some("ci"))
        .then_output(move || {
            let role = Role::builder()
                .path("/")
                .role_name("ci")
                .role_id(id)
                .arn("arn:aws:iam::123456789012:role/ci")
                .create_date(at())
                .max_session_duration(7200)
                .assume_role_policy_document(trust)
                .build()
                .unwrap();
            GetRoleOutput::builder().role(role).build()
        })
}

/// Accounts whose IAM knows these rules and fails on anything else.
#[macro_export]
macro_rules! iam {
    ($($rule:expr),* $(,)?) => {
        backstop_runtime::accounts!(backstop_runtime::inline_deny::Iam = aws_sdk_iam: [$($rule),*])
    };
}

/// Whether a text narrows a deny to sessions that are older than a cut-off a minute after now: at its write, whatever the time
/// that a request was made with.
pub(crate) fn is_narrowed_now(document: Option<&str>) -> bool {
    is_narrowed_after(60, document)
}

/// The same, so many seconds after now.
pub(crate) fn is_narrowed_after(seconds: i64, document: Option<&str>) -> bool {
    let cut_off = document
        .and_then(|text| text.split_once(r#""aws:TokenIssueTime":""#))
        .and_then(|(_, rest)| rest.split_once('"'))
        .and_then(|(time, _)| time.parse::<jiff::Timestamp>().ok());
    cut_off.is_some_and(|cut_off| {
        let ahead = cut_off.duration_since(jiff::Timestamp::now()).as_secs();
        (seconds - 5..=seconds).contains(&ahead)
    })
}

/// Whether that is when sessions have expired that were issued up to a minute after now and live so long.
pub(crate) fn is_end_of_sessions(until: jiff::Timestamp, hours: i64) -> bool {
    is_end_of_sessions_after(60, until, hours)
}

/// The same, so many seconds after now.
pub(crate) fn is_end_of_sessions_after(seconds: i64, until: jiff::Timestamp, hours: i64) -> bool {
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    (seconds - 6..=seconds + 1).contains(&until.duration_since(end).as_secs())
}
