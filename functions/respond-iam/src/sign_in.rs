//! How a user signs in beside access keys: the password and MFA devices. Console sessions carry `ASIA…` keys whose source is
//! the password, which no step changes: people must. And whether AWS itself has put the user into quarantine. Best effort:
//! what can't be read is said to be unknown.

use std::time::Duration;

use aws_sdk_iam::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
};
use backstop_actions::permissions;
use backstop_core::{ErrorName, Target, kind};
use backstop_runtime::CallError;
use jiff::Timestamp;

use crate::{
    principal::{User, moment},
    sign_in_sessions,
};

/// How long containment may wait for an answer that only people read.
const PATIENCE: Duration = Duration::from_secs(3);

/// What IAM says of a user's password and MFA devices.
pub(crate) struct SignIn {
    password: Result<Option<Password>, CallError>,
    mfa_devices: Result<Vec<String>, CallError>,
    quarantine: Result<Vec<String>, CallError>,
}

/// AWS attaches it, or a later version of it, to a user whose key it found in public (IAM User Guide, "AWS managed policies":
/// `AWSCompromisedKeyQuarantineV3`).
const QUARANTINE: &str = ":policy/AWSCompromisedKeyQuarantine";

struct Password {
    made: Option<Timestamp>,
}

/// All at once.
pub(crate) async fn read(iam: &Client, user: &str) -> SignIn {
    let (password, mfa_devices, quarantine) =
        tokio::join!(password(iam, user), mfa_devices(iam, user), quarantine(iam, user));
    SignIn {
        password,
        mfa_devices,
        quarantine,
    }
}

/// The names of AWS's quarantine policies that the user has. One page: a user has 10 attached policies, 20 at most (IAM User
/// Guide, "IAM and AWS STS quotas").
async fn quarantine(iam: &Client, user: &str) -> Result<Vec<String>, CallError> {
    let answer = iam
        .list_attached_user_policies()
        .user_name(user)
        .customize()
        .config_override(patience())
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::LIST_ATTACHED_USER_POLICIES.action,
            format!("user `{user}`"),
        ))?;
    let arns = answer
        .attached_policies()
        .iter()
        .filter_map(|policy| policy.policy_arn());
    let quarantine = arns.filter(|arn| arn.contains(":iam::aws:") && arn.contains(QUARANTINE));
    Ok(quarantine
        .filter_map(|arn| Some(arn.rsplit('/').next()?.to_owned()))
        .collect())
}

async fn password(iam: &Client, user: &str) -> Result<Option<Password>, CallError> {
    let answer = iam
        .get_login_profile()
        .user_name(user)
        .customize()
        .config_override(patience())
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::GET_LOGIN_PROFILE.action,
            format!("user `{user}`"),
        ));
    match answer {
        Ok(answer) => Ok(answer.login_profile().map(|profile| Password {
            made: moment(profile.create_date()),
        })),
        Err(error) if error.name == ErrorName::TargetGone => Ok(None),
        Err(error) => Err(error),
    }
}

async fn mfa_devices(iam: &Client, user: &str) -> Result<Vec<String>, CallError> {
    let answer = iam
        .list_mfa_devices()
        .user_name(user)
        .customize()
        .config_override(patience())
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::LIST_MFA_DEVICES.action,
            format!("user `{user}`"),
        ))?;
    let devices = answer.mfa_devices().iter();
    Ok(devices.map(|device| device.serial_number().to_owned()).collect())
}

fn patience() -> Builder {
    Builder::new().timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
}

impl SignIn {
    /// What the deny leaves as it was, a sentence each.
    pub(crate) fn limits(&self, target: &Target, user: &User) -> Vec<String> {
        let name = &user.name;
        let password = match &self.password {
            Ok(None) => None,
            Ok(Some(password)) => Some(self.password_stays(password, name)),
            Err(error) => Some(format!(
                "whether user {name} has a console password is unknown: {error}"
            )),
        };
        let sign_in_sessions = password.is_some().then(|| {
            format!(
                "sign-in sessions (`aws login`, OAuth clients) are renewed without the password, up to 90 days; the deny holds \
                 them while it stands, and Backstop ends none of them: before an undo, {}",
                sign_in_sessions::by_hand(&user.arn)
            )
        });
        let source = session_source(target, user, !matches!(self.password, Ok(None)));
        source
            .into_iter()
            .chain(password)
            .chain(sign_in_sessions)
            .chain(self.quarantine(name))
            .collect()
    }

    fn quarantine(&self, name: &str) -> Option<String> {
        match &self.quarantine {
            Ok(found) if found.is_empty() => None,
            Ok(found) => Some(format!(
                "AWS has attached {} to user {name}, since it found one of the user's keys in public: that denies the calls \
                 that attackers make most, and the key works on for all others; no step and no undo takes it away: detach it \
                 once the key is replaced",
                found.join(", ")
            )),
            Err(error) => Some(format!(
                "whether AWS has put user {name} into quarantine (AWSCompromisedKeyQuarantineV2 or V3) is unknown: {error}"
            )),
        }
    }

    fn password_stays(&self, password: &Password, name: &str) -> String {
        let made = password
            .made
            .map_or_else(String::new, |made| format!(" (made {made})"));
        let mfa = match &self.mfa_devices {
            Ok(devices) if devices.is_empty() => {
                "there is no MFA device, so the password alone is enough".to_owned()
            }
            Ok(devices) => format!(
                "its MFA devices are {}: one that the owner doesn't know is the attacker's",
                devices.join(", ")
            ),
            Err(error) => format!("its MFA devices are unknown: {error}"),
        };
        format!(
            "user {name} has a console password{made}, which no step changes: reset the password before an undo, or \
             whoever knows it signs in again (`aws iam delete-login-profile --user-name {name}` takes it away for good); \
             {mfa}"
        )
    }
}

/// Where a temporary key came from. Nothing in it tells.
fn session_source(target: &Target, user: &User, may_have_password: bool) -> Option<String> {
    let session = kind::UserSession::of(&target.resource)?;
    let keys: Vec<&str> = user.keys.iter().map(|key| key.id.as_str()).collect();
    let from_key = format!(
        "by `GetSessionToken` with one of its access keys ({}): the call in CloudTrail whose answer names the session was \
         signed with the key to deactivate",
        keys.join(", ")
    );
    let from_password = "by signing in to the console, with the password";
    let how = match (may_have_password, keys.is_empty()) {
        (true, true) => from_password.to_owned(),
        (true, false) => format!("{from_password}, or {from_key}"),
        (false, false) => from_key,
        (false, true) => "by a password or an access key that is gone".to_owned(),
    };
    Some(format!(
        "session {} of user {} was made {how}",
        session.key_id, user.name
    ))
}
