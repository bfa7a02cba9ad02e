//! What a person types to mean a target: what a kind of target takes, or an incident whose target is meant.

use backstop_core::{
    IncidentId, Target,
    target::{Location, Mistyped, read_typed},
};

/// What the text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A resource.
    Target(Target),
    /// The target of this incident.
    OfIncident(IncidentId),
}

/// Reads what a person typed; `at` is where a target is if the text doesn't say.
pub(crate) fn parse(text: &str, at: &Location) -> Result<Typed, Mistyped> {
    let text = text.trim();
    if is_incident(text) {
        return Ok(Typed::OfIncident(IncidentId::new(text.to_ascii_uppercase())));
    }
    read_typed(text, at).map(Typed::Target)
}

/// A ULID: 26 letters and digits of Crockford's alphabet, the first at most 7.
pub(crate) fn is_incident(text: &str) -> bool {
    text.len() == 26
        && text.starts_with(|first: char| ('0'..='7').contains(&first))
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::kind;

    use super::*;

    fn at() -> Location {
        Location {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        }
    }

    #[test]
    fn an_incident_stands_for_its_target() {
        let incident = "01JDXQ6T8R7M5V9N2K4H3G1FZB";
        for text in [incident, " 01jdxq6t8r7m5v9n2k4h3g1fzb "] {
            assert_eq!(parse(text, &at()), Ok(Typed::OfIncident(incident.into())));
        }
        let bucket = kind::Bucket { name: "logs".into() };
        assert_eq!(
            parse("bucket/logs", &at()),
            Ok(Typed::Target(at().target(bucket)))
        );
        assert!(matches!(parse("alice", &at()), Err(Mistyped::Unreadable(_))));
    }

    /// The commands of an investigation, typed as they are printed.
    #[test]
    fn what_is_proposed_can_be_typed_and_a_playbook_answers_it() {
        use backstop_core::investigation::{Call, Investigation, Scope, Suspect};
        let leaked = kind::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            user_name: Some("ci".into()),
            user_id: None,
        };
        let leaked = at().target(leaked);
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
        let catalog = backstop_playbook::Catalog::from_json(crate::run::CATALOG).unwrap();
        let suspect = Suspect::new(&leaked, Some("ci".into()));
        let found = Investigation::of(&suspect, scope, &calls, &catalog.containing());
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
            let Ok(Typed::Target(read)) = parse(typed, &at()) else {
                unreachable!("{command}: {:?}", parse(typed, &at()))
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
}
