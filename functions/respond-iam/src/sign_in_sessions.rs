//! Sign-in sessions: what `aws login` and OAuth clients hold, a refresh token that gets new credentials without a password.
//! People list and end them. AWS has the calls (`ListSessions`, `BatchRevokeSessions` of the AWS SDKs' model of Sign-In), and
//! its Service Authorization Reference names no action that would let a function make them.

/// How many sessions one call ends.
const MOST_AT_ONCE: u8 = 5;

/// What a person types to end those of a user or role, by its ARN.
pub(crate) fn by_hand(arn: &str) -> String {
    let (principal, whose) = owner(arn);
    format!(
        "in each Region where people sign in, `aws signin list-sessions --principal-arn {principal} --status ACTIVE --region \
         REGION` lists them{whose}, and `aws signin batch-revoke-sessions --principal-arn {principal} --region REGION \
         --session-arns ARN ...` ends them, {MOST_AT_ONCE} at a time; credentials that one has got work for up to an hour more, \
         unless a policy denies everything under `\"ArnEquals\": {{\"aws:SignInSessionArn\": \"ARN\"}}`"
    )
}

/// The principal as the calls take it: without a path, so that of one that has a path everything in the account is asked for.
fn owner(arn: &str) -> (String, String) {
    let mut parts = arn.splitn(6, ':');
    let account = parts.by_ref().take(5).collect::<Vec<_>>().join(":");
    let resource = parts.next().unwrap_or_default();
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        [kind, _, .., name] => (
            format!("'{account}:*'"),
            format!(" among all of the account's (those whose `principalArn` ends in {kind}/{name})"),
        ),
        _ => (arn.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_to_type() {
        let text = by_hand("arn:aws:iam::123456789012:user/alice");
        for typed in [
            "`aws signin list-sessions --principal-arn arn:aws:iam::123456789012:user/alice --status ACTIVE --region REGION`",
            "`aws signin batch-revoke-sessions --principal-arn arn:aws:iam::123456789012:user/alice --region REGION",
            r#"`"ArnEquals": {"aws:SignInSessionArn": "ARN"}`"#,
        ] {
            assert!(text.contains(typed), "{text}");
        }
    }

    /// The calls refuse an ARN with a path (the model's pattern of `PrincipalArnFilter`).
    #[test]
    fn of_a_principal_with_a_path_the_accounts_sessions_are_listed() {
        let text = by_hand("arn:aws:iam::123456789012:user/staff/eu/alice");
        assert!(
            text.contains("--principal-arn 'arn:aws:iam::123456789012:*'"),
            "{text}"
        );
        assert!(text.contains("ends in user/alice"), "{text}");
        assert!(!text.contains("staff"), "{text}");
    }
}
