//! What an attacker's calls mean: the one table. A call that isn't in it is counted, and kept in the timeline.

use std::sync::LazyLock;

/// By service: CloudTrail's `eventSource` without `.amazonaws.com`, its `eventName` without the API version that some
/// services add, what it did (what it was done to follows), where the names stand, and other words for a failure where
/// "which failed" would mislead.
const TABLE: &str = include_str!("meanings.tsv");

static MEANINGS: LazyLock<Vec<Meaning>> = LazyLock::new(|| TABLE.lines().skip(1).filter_map(row).collect());

/// A call worth a person's eye.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    service: &'static str,
    name: &'static str,
    /// What it did; what it was done to follows.
    pub(super) says: &'static str,
    /// Where the names stand, and what follows from them.
    pub(super) about: About,
    /// What is said instead of a failed one.
    pub(super) in_vain: Option<&'static str>,
}

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A user who was made, or got more than before: deny them.
    User,
    /// A new access key: deactivate it.
    NewKey,
    /// A role that was made or changed: revoke its sessions.
    Role,
    /// A role whose credentials were taken: revoke its sessions.
    AssumedRole,
    /// Temporary credentials of the caller's own: they die with the caller's containment.
    Session,
    /// Instances that were started: isolate them.
    Instances,
    /// Something that goes on without the caller and that no playbook contains, named by the first of these parameters: a
    /// person takes it back.
    Left(Vec<&'static str>),
    /// Something else, named by the first of these parameters: a person looks.
    Named(Vec<&'static str>),
}

/// The meaning of a call.
pub(super) fn find(source: &str, name: &str) -> Option<&'static Meaning> {
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    let name = without_version(name);
    MEANINGS
        .iter()
        .find(|meaning| meaning.service == service && meaning.name == name)
}

/// Lambda's calls are recorded as `CreateFunction20150331` and `AddPermission20150331v2`.
fn without_version(name: &str) -> &str {
    let version = |digits: &str| digits.len() == 8 && digits.bytes().all(|it| it.is_ascii_digit());
    let unrevised = name
        .rsplit_once('v')
        .filter(|(_, revision)| !revision.is_empty() && revision.bytes().all(|it| it.is_ascii_digit()))
        .map_or(name, |(before, _)| before);
    match unrevised.split_at_checked(unrevised.len().saturating_sub(8)) {
        Some((name, digits)) if version(digits) => name,
        _ => name,
    }
}

fn row(line: &'static str) -> Option<Meaning> {
    let mut columns = line.split('\t');
    let (service, name, says) = (columns.next()?, columns.next()?, columns.next()?);
    let about = columns.next()?;
    let (about, names) = about.split_once(' ').unwrap_or((about, ""));
    let about = match about {
        "user" => About::User,
        "new-key" => About::NewKey,
        "role" => About::Role,
        "assumed-role" => About::AssumedRole,
        "session" => About::Session,
        "instances" => About::Instances,
        "left" => About::Left(listed(names)),
        "named" => About::Named(listed(names)),
        _ => return None,
    };
    Some(Meaning {
        service,
        name,
        says,
        about,
        in_vain: columns.next().filter(|words| !words.is_empty()),
    })
}

fn listed(names: &'static str) -> Vec<&'static str> {
    names.split(',').filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_read_and_each_call_has_one_meaning() {
        assert_eq!(MEANINGS.len(), TABLE.lines().count() - 1);
        let names: BTreeSet<_> = MEANINGS.iter().map(|it| (it.service, it.name)).collect();
        assert_eq!(names.len(), MEANINGS.len());
        for meaning in MEANINGS.iter() {
            assert!(!meaning.says.is_empty() && meaning.says.len() < 80, "{meaning:?}");
            assert_eq!(without_version(meaning.name), meaning.name);
        }
    }

    #[test]
    fn the_service_counts_not_the_name_alone() {
        assert!(find("iam.amazonaws.com", "CreateUser").is_some());
        assert!(find("cognito-idp.amazonaws.com", "CreateUser").is_none());
    }

    #[test]
    fn the_version_in_a_name_does_not_count() {
        for name in [
            "CreateFunction20150331",
            "UpdateFunctionCode20150331v2",
            "PublishLayerVersion20181031",
        ] {
            assert!(find("lambda.amazonaws.com", name).is_some(), "{name}");
        }
        assert_eq!(without_version("v2"), "v2");
        assert_eq!(without_version("GetDevice"), "GetDevice");
    }

    /// What an attacker does with a stolen credential, service by service.
    #[test]
    fn what_experts_look_for_has_a_meaning() {
        for (service, names) in [
            (
                "iam",
                "DeleteUserPolicy DeleteRolePolicy AcquireRole EnableOutboundWebIdentityFederation UpdateRole",
            ),
            ("sts", "AssumeRoot GetWebIdentityToken GetScopedCredentials"),
            (
                "signin",
                "CreateOAuth2Token CreateOAuth2TokenWithIAM ConsoleLogin",
            ),
            ("rolesanywhere", "CreateTrustAnchor CreateProfile"),
            ("account-access", "CreateEntitlement"),
            ("account", "EnableRegion"),
            ("s3", "PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock"),
            (
                "ecs",
                "RunTask CreateService RegisterTaskDefinition ExecuteCommand",
            ),
            ("autoscaling", "CreateAutoScalingGroup UpdateAutoScalingGroup"),
            (
                "ses",
                "VerifyEmailIdentity CreateEmailIdentity PutAccountDetails SendEmail",
            ),
            (
                "bedrock",
                "InvokeModel CreateFoundationModelAgreement DeleteModelInvocationLoggingConfiguration",
            ),
            (
                "lambda",
                "RunMicrovm CreateMicrovmShellAuthToken CreateWebFunction CreateFunctionUrlConfig",
            ),
            ("events", "CreateSubscriber PutRule"),
        ] {
            for name in names.split(' ') {
                assert!(
                    find(&format!("{service}.amazonaws.com"), name).is_some(),
                    "{service}:{name}"
                );
            }
        }
    }
}
