//! Sessions of roles that AWS itself names: where nobody else may assume the role, the name proves whose session it is, and
//! a deny can be about it alone.

use backstop_core::{Target, guardrail::Protection, kind};
use backstop_runtime::StepError;

use crate::{
    principal::{Role, instance_of},
    trust::Trust,
};

/// A service's principal without its domain, and what it names a session after: Lambda after the function, ECS after the
/// task (Lambda Developer Guide, "Lambda execution role"; Amazon ECS Developer Guide, "Task IAM role").
const SERVICES: [(&str, &str); 2] = [("lambda", "function"), ("ecs-tasks", "task")];

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// "function", or "function or task" where both may have the role.
    pub(crate) what: String,
    /// The session's name.
    pub(crate) name: &'a str,
    /// What IAM knows the session by, in `aws:userid`: `AROA…:name`.
    pub(crate) user_id: String,
}

/// The session of the target, if AWS named it. Not one that looks like an instance's: no service of these names one so.
pub(crate) fn of<'a>(target: &'a Target, trust: &Trust) -> Option<Named<'a>> {
    let session = kind::RoleSession::of(&target.resource)?;
    let what: Option<Vec<&str>> = trust.principals.iter().map(|name| named_after(name)).collect();
    let what = what.filter(|what| !what.is_empty())?.join(" or ");
    let is_named = is_session_name(&session.session_name) && instance_of(target).is_none();
    is_named.then(|| Named {
        what,
        name: &session.session_name,
        user_id: format!("{}:{}", session.role_id, session.session_name),
    })
}

/// What STS takes for one (AWS STS API Reference, "AssumeRole"): nothing that means something else in a policy.
fn is_session_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_=,.@-".contains(c))
}

/// Refuses a session of a role of IAM Identity Center, which names sessions after its users (IAM Identity Center User Guide,
/// "Revoke active IAM role sessions created by permission sets"): nobody can write a policy on such a role, so a person must
/// deny that user in the permission set. Only the role's path tells such a role.
pub(crate) fn refuse_identity_center(role: &Role, target: &Target) -> Result<(), StepError> {
    let path = role.arn.splitn(6, ':').nth(5).unwrap_or_default();
    let is_identity_center = path.starts_with("role/aws-reserved/sso.amazonaws.com/");
    let session = kind::RoleSession::of(&target.resource).filter(|_| is_identity_center);
    let (Some(session), Some(protected)) = (session, Protection::default().decide(&role.arn)) else {
        return Ok(());
    };
    let user = &session.session_name;
    let only_them = match is_session_name(user) {
        true => format!(
            "the session is that of its user {user}: an inline deny in the permission set under the condition \
             `\"StringLike\": {{\"aws:userid\": \"*:{user}\"}}`, provisioned to its accounts, holds this user's sessions alone, \
             and others with the permission set go on"
        ),
        false => "deny its user in the permission set, provisioned to its accounts".to_owned(),
    };
    Err(StepError::Refused {
        guardrail: protected.guardrail,
        reason: format!(
            "role {} is of IAM Identity Center, and IAM lets nobody change it; {only_them}",
            role.name
        ),
    })
}

fn named_after(principal: &str) -> Option<&'static str> {
    let service = principal
        .strip_suffix(".amazonaws.com")
        .or_else(|| principal.strip_suffix(".amazonaws.com.cn"))?;
    let known = SERVICES.iter().find(|(name, _)| *name == service);
    known.map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::Resource;

    use super::*;
    use crate::testing::{instance_session, role_session, step_request};

    fn trusting(principal: &str) -> Trust {
        Trust::of(&format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
        ))
    }

    fn named(resource: Resource, principal: &str) -> Option<(String, String)> {
        let target = step_request(resource).target;
        of(&target, &trusting(principal)).map(|named| (named.what, named.user_id))
    }

    #[test]
    fn a_name_counts_only_where_nobody_else_may_choose_it() {
        let session = || role_session("AROAEXAMPLE");
        let lambda = r#"{"Service":"lambda.amazonaws.com"}"#;
        let found = named(session(), lambda).unwrap();
        assert_eq!(found, ("function".to_owned(), "AROAEXAMPLE:build-7".to_owned()));
        let both = r#"{"Service":["lambda.amazonaws.com","ecs-tasks.amazonaws.com"]}"#;
        assert_eq!(named(session(), both).unwrap().0, "task or function");
        for open in [
            r#"{"Service":"lambda.amazonaws.com","AWS":"arn:aws:iam::123456789012:root"}"#,
            r#"{"Service":["lambda.amazonaws.com","states.amazonaws.com"]}"#,
            r#"{"Federated":"token.actions.githubusercontent.com"}"#,
            r#"{"AWS":"arn:aws:iam::123456789012:user/lambda.amazonaws.com"}"#,
            r#""*""#,
        ] {
            assert_eq!(named(session(), open), None, "{open}");
        }
        assert_eq!(named(instance_session("AROAEXAMPLE"), lambda), None);
    }

    #[test]
    fn an_identity_center_users_session_is_refused_with_the_deny_that_holds_that_user_alone() {
        let role = |arn: &str| Role {
            name: "AWSReservedSSO_Admin_0123456789abcdef".into(),
            arn: arn.into(),
            tags: std::collections::BTreeMap::new(),
            max_session_seconds: 3600,
            last_used: None,
            trust: trusting(
                r#"{"Federated":"arn:aws:iam::123456789012:saml-provider/AWSSSO_DO_NOT_DELETE"}"#,
            ),
        };
        let target = step_request(role_session("AROAEXAMPLE")).target;
        let own = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/\
                   AWSReservedSSO_Admin_0123456789abcdef";
        let refused = refuse_identity_center(&role(own), &target)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains(r#""StringLike": {"aws:userid": "*:build-7"}"#)
                && refused.contains("protected-principal"),
            "{refused}"
        );
        // What whoever reads this code would call it.
        for other in [
            "arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_0123456789abcdef",
            "arn:aws:iam::123456789012:role/x/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
        ] {
            assert!(refuse_identity_center(&role(other), &target).is_ok(), "{other}");
        }
    }

    /// A policy's text knows variables, and `*` where wildcards are.
    #[test]
    fn a_name_that_no_session_has_is_never_written() {
        for name in ["", "${aws:userid}", "*", "a b", "a\"b"] {
            let session = backstop_core::kind::RoleSession {
                key_id: "ASIAIOSFODNN7EXAMPLE".into(),
                role_name: "ci".into(),
                role_id: "AROAEXAMPLE".into(),
                session_name: name.into(),
            };
            let lambda = r#"{"Service":"lambda.amazonaws.com"}"#;
            assert_eq!(named(Resource::RoleSession(session), lambda), None, "{name}");
        }
    }
}
