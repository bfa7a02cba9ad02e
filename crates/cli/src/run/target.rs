//! What a person types to mean a target.

use backstop_core::{AccountId, IncidentId, Region, Resource, Target, target::name};

/// Where a target is if the text doesn't say.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) partition: String,
}

/// What the text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A resource.
    Target(Target),
    /// The target of this incident.
    OfIncident(IncidentId),
}

/// The text means no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error(
        "`{0}` names no target: type an access key id (AKIA…), the ARN of a user, role, bucket or instance, an \
         instance id (i-…), `bucket/NAME`, `user/NAME`, `role/NAME`, a twelve-digit account, or an incident's id"
    )]
    Unreadable(String),
    #[error(
        "`{0}` is a temporary key, which doesn't tell whose it is: type the ARN of its role or user, or the id of \
         the incident that has it"
    )]
    TemporaryKey(String),
    #[error(
        "`{0}` is one session of a role, and a role's sessions can only be contained together: type `{1}`"
    )]
    Session(String, String),
    #[error("`{0}` is an ARN of a kind that no playbook answers")]
    OtherArn(String),
}

/// Reads what a person typed.
pub(crate) fn parse(text: &str, place: &Place) -> Result<Typed, TargetError> {
    let text = text.trim();
    if text.starts_with("arn:") {
        return arn(text, place).map(Typed::Target);
    }
    let unreadable = || TargetError::Unreadable(text.to_owned());
    if name::is_temporary_key(text) {
        return Err(TargetError::TemporaryKey(text.to_owned()));
    }
    let resource = if name::is_long_term_key(text) {
        Resource::AccessKey {
            key_id: text.to_owned(),
            user_name: None,
        }
    } else if is_incident(text) {
        return Ok(Typed::OfIncident(IncidentId::new(text.to_ascii_uppercase())));
    } else if text.starts_with("i-") {
        Resource::Instance {
            instance_id: instance_id(text).ok_or_else(unreadable)?,
        }
    } else if AccountId::new(text).is_well_formed() {
        return Ok(Typed::Target(target(
            Resource::Account,
            &AccountId::new(text),
            &place.region,
            &place.partition,
        )));
    } else {
        let (kind, name) = text.split_once('/').ok_or_else(unreadable)?;
        named(kind, name).ok_or_else(unreadable)?
    };
    Ok(Typed::Target(target(
        resource,
        &place.account,
        &place.region,
        &place.partition,
    )))
}

fn named(kind: &str, name: &str) -> Option<Resource> {
    match kind {
        "user" => Some(Resource::User {
            user_name: iam_name(name)?,
        }),
        "role" => Some(Resource::Role {
            role_name: iam_name(name)?,
        }),
        "bucket" => Some(Resource::Bucket {
            name: bucket_name(name)?,
        }),
        "instance" => Some(Resource::Instance {
            instance_id: instance_id(name)?,
        }),
        _ => None,
    }
}

/// `arn:partition:service:region:account:resource`.
fn arn(text: &str, place: &Place) -> Result<Target, TargetError> {
    let unreadable = || TargetError::Unreadable(text.to_owned());
    let other = || TargetError::OtherArn(text.to_owned());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, service, region, account, rest] = parts.as_slice() else {
        return Err(unreadable());
    };
    let owner = if account.is_empty() {
        place.account.clone()
    } else {
        AccountId::new(*account)
    };
    let region = if region.is_empty() {
        place.region.clone()
    } else {
        Region::new(*region)
    };
    if !owner.is_well_formed() {
        return Err(unreadable());
    }
    let resource = match *service {
        "iam" if *rest == "root" => Resource::Root { key_id: None },
        "iam" => {
            let (kind, path) = rest.split_once('/').ok_or_else(other)?;
            let name = path.rsplit('/').next().unwrap_or(path);
            match kind {
                "user" | "role" => named(kind, name).ok_or_else(unreadable)?,
                _ => return Err(other()),
            }
        }
        "sts" => return Err(session(text, partition, &owner, rest)),
        "s3" if !rest.contains('/') => Resource::Bucket {
            name: bucket_name(rest).ok_or_else(unreadable)?,
        },
        "ec2" => {
            let id = rest.strip_prefix("instance/").ok_or_else(other)?;
            Resource::Instance {
                instance_id: instance_id(id).ok_or_else(unreadable)?,
            }
        }
        _ => return Err(other()),
    };
    Ok(target(resource, &owner, &region, partition))
}

fn session(text: &str, partition: &str, account: &AccountId, rest: &str) -> TargetError {
    let role = rest
        .strip_prefix("assumed-role/")
        .and_then(|rest| rest.split('/').next());
    match role {
        Some(role) => TargetError::Session(
            text.to_owned(),
            format!("arn:{partition}:iam::{account}:role/{role}"),
        ),
        None => TargetError::OtherArn(text.to_owned()),
    }
}

fn target(resource: Resource, account: &AccountId, region: &Region, partition: &str) -> Target {
    Target {
        account: account.clone(),
        region: region.clone(),
        partition: partition.to_owned(),
        resource,
    }
}

/// A ULID: 26 letters and digits of Crockford's alphabet, the first at most 7.
pub(crate) fn is_incident(text: &str) -> bool {
    text.len() == 26
        && text.starts_with(|first: char| ('0'..='7').contains(&first))
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
        })
}

fn iam_name(text: &str) -> Option<String> {
    name::is_iam_name(text).then(|| text.to_owned())
}

/// A general purpose bucket's name (Amazon S3 User Guide, "Bucket naming rules").
fn bucket_name(text: &str) -> Option<String> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (3..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| letter(byte) || byte == b'-' || byte == b'.')
        && text.bytes().next().is_some_and(letter)
        && text.bytes().last().is_some_and(letter);
    fits.then(|| text.to_owned())
}

fn instance_id(text: &str) -> Option<String> {
    name::is_instance_id(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn place() -> Place {
        Place {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        }
    }

    fn read(text: &str) -> Result<Typed, TargetError> {
        parse(text, &place())
    }

    fn here(resource: Resource) -> Result<Typed, TargetError> {
        Ok(Typed::Target(target(
            resource,
            &"123456789012".into(),
            &"eu-west-1".into(),
            "aws",
        )))
    }

    #[test]
    fn every_kind_is_read() {
        let key = Resource::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            user_name: None,
        };
        assert_eq!(read("AKIAIOSFODNN7EXAMPLE"), here(key));
        let user = || Resource::User {
            user_name: "ci".into(),
        };
        assert_eq!(read("user/ci"), here(user()));
        assert_eq!(read("arn:aws:iam::123456789012:user/build/ci"), here(user()));
        let role = || Resource::Role {
            role_name: "deploy".into(),
        };
        assert_eq!(read("role/deploy"), here(role()));
        assert_eq!(read(" arn:aws:iam::123456789012:role/deploy "), here(role()));
        assert_eq!(
            read("arn:aws:iam::123456789012:root"),
            here(Resource::Root { key_id: None })
        );
        let bucket = || Resource::Bucket {
            name: "logs-2026".into(),
        };
        assert_eq!(read("arn:aws:s3:::logs-2026"), here(bucket()));
        assert_eq!(read("bucket/logs-2026"), here(bucket()));
        let instance = || Resource::Instance {
            instance_id: "i-0123456789abcdef0".into(),
        };
        assert_eq!(read("i-0123456789abcdef0"), here(instance()));
        assert_eq!(
            read("arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"),
            here(instance())
        );
        assert_eq!(read("123456789012"), here(Resource::Account));
        let incident = "01JDXQ6T8R7M5V9N2K4H3G1FZB";
        assert_eq!(read(incident), Ok(Typed::OfIncident(incident.into())));
    }

    #[test]
    fn an_arn_brings_its_own_account_region_and_partition() {
        let typed = read("arn:aws-us-gov:ec2:us-gov-west-1:111122223333:instance/i-01234567").unwrap();
        let resource = Resource::Instance {
            instance_id: "i-01234567".into(),
        };
        let expected = target(
            resource,
            &"111122223333".into(),
            &"us-gov-west-1".into(),
            "aws-us-gov",
        );
        assert_eq!(typed, Typed::Target(expected));
    }

    #[test]
    fn what_is_named_to_people_can_be_typed() {
        for resource in [
            Resource::AccessKey {
                key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                user_name: None,
            },
            Resource::User {
                user_name: "ci".into(),
            },
            Resource::Role {
                role_name: "deploy".into(),
            },
            Resource::Root { key_id: None },
            Resource::Bucket {
                name: "logs-2026".into(),
            },
            Resource::Instance {
                instance_id: "i-0123456789abcdef0".into(),
            },
            Resource::Account,
        ] {
            let target = target(resource, &"123456789012".into(), &"eu-west-1".into(), "aws");
            assert_eq!(read(&target.as_typed().unwrap()), Ok(Typed::Target(target)));
        }
    }

    /// The commands of an investigation, typed as they are printed.
    #[test]
    fn what_is_proposed_can_be_typed_and_a_playbook_answers_it() {
        use backstop_core::investigation::{Call, Investigation, Scope, Suspect};
        let leaked = Resource::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            user_name: Some("ci".into()),
        };
        let leaked = target(leaked, &"123456789012".into(), &"eu-west-1".into(), "aws");
        let event = |name: &str, source: &str, request: serde_json::Value, response: serde_json::Value| {
            let event = serde_json::json!({
                "eventID": name, "eventName": name, "eventSource": source, "eventTime": "2026-03-01T12:00:00Z",
                "userIdentity": { "type": "IAMUser", "userName": "ci", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" },
                "requestParameters": request, "responseElements": response,
            });
            Call::read(&event.to_string()).unwrap()
        };
        let iam = "iam.amazonaws.com";
        let calls = [
            event(
                "CreateUser",
                iam,
                serde_json::json!({ "userName": "a+=,.@_-b" }),
                serde_json::json!({}),
            ),
            event(
                "CreateAccessKey",
                iam,
                serde_json::json!({ "userName": "x" }),
                serde_json::json!({ "accessKey": { "userName": "x", "accessKeyId": "AKIAI44QH8DHBEXAMPLE" } }),
            ),
            event(
                "CreateRole",
                iam,
                serde_json::json!({ "roleName": "deploy" }),
                serde_json::json!({}),
            ),
            event(
                "RunInstances",
                "ec2.amazonaws.com",
                serde_json::json!({}),
                serde_json::json!({ "instancesSet": { "items": [{ "instanceId": "i-0123456789abcdef0" }] } }),
            ),
        ];
        let scope = Scope {
            from: "2026-03-01T00:00:00Z".parse().unwrap(),
            to: "2026-03-02T00:00:00Z".parse().unwrap(),
            regions: vec![],
            incomplete: vec![],
        };
        let found = Investigation::of(&Suspect::new(&leaked, Some("ci".into())), scope, &calls);
        let catalog = backstop_playbook::Catalog::from_json(crate::run::CATALOG).unwrap();
        let mut kinds = Vec::new();
        for proposal in &found.proposals {
            let command = proposal.command().unwrap();
            let [program, verb, playbook, option, typed, _, mode] =
                command.split(' ').collect::<Vec<_>>()[..]
            else {
                unreachable!("{command}")
            };
            assert_eq!([program, verb, option], ["backstop", "run", "--target"]);
            assert_eq!(mode.parse().ok(), Some(backstop_core::Mode::Approve), "{command}");
            let Ok(Typed::Target(read)) = read(typed) else {
                unreachable!("{command}: {:?}", read(typed))
            };
            assert_eq!(Some(read.key()), proposal.target.as_ref().map(Target::key));
            let kind = read.resource.kind();
            if let Some(playbook) = catalog.get(&playbook.into()) {
                assert!(playbook.targets.contains(&kind), "{command}");
                kinds.push(kind.as_str());
            }
        }
        assert_eq!(found.proposals.len(), 4);
        assert!(
            kinds.starts_with(&["user", "access-key", "role"]),
            "these playbooks ship: {kinds:?}"
        );
    }

    #[test]
    fn sessions_are_refused_with_what_to_type_instead() {
        let error = read("arn:aws:sts::123456789012:assumed-role/deploy/alice").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("type `arn:aws:iam::123456789012:role/deploy`"),
            "{error}"
        );
        assert!(matches!(
            read("ASIAIOSFODNN7EXAMPLE"),
            Err(TargetError::TemporaryKey(_))
        ));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "",
            "alice",
            "AKIA",
            "akiaiosfodnn7example",
            "i-",
            "i-xyz",
            "user/",
            "role/a b",
            "bucket/UPPER",
            "12345",
            "arn:",
            "arn:aws:iam",
            "arn:aws:iam::12:user/ci",
            "arn:aws:s3:::a",
            "false",
            "*",
        ] {
            assert!(
                matches!(read(text), Err(TargetError::Unreadable(_))),
                "{text}: {:?}",
                read(text)
            );
        }
        for text in [
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            "arn:aws:iam::123456789012:policy/p",
            "arn:aws:s3:::bucket/key",
            "arn:aws:sts::123456789012:federated-user/f",
        ] {
            assert!(
                matches!(read(text), Err(TargetError::OtherArn(_))),
                "{text}: {:?}",
                read(text)
            );
        }
    }
}
