//! The moment before which a role's sessions are denied: where it lies, and which one a policy holds.
//!
//! It is taken as the policy is written and lies a margin after that, as AWS's console has it: sessions that are renewed
//! while the policy propagates end too (IAM User Guide, "Revoking IAM role temporary security credentials"). No plan and
//! no receipt says where it lies, or a retry would write an old one, and who assumed the role in between would go on.

use jiff::{SignedDuration, Timestamp};

use crate::{
    inline_policy::{PolicyReceipt, deny_older_sessions},
    now,
};

/// How long after the write sessions are still issued in vain.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The cut-off of a policy that is written now.
pub fn at_write() -> Timestamp {
    after(now())
}

/// The cut-off of a policy that was written at this moment.
pub fn after(written: Timestamp) -> Timestamp {
    written.saturating_add(MARGIN).unwrap_or(written)
}

/// The cut-off of a text that denies older sessions and does nothing else; `None` if the text is another.
pub fn of(policy: &PolicyReceipt, found: &str) -> Option<Timestamp> {
    let cut_off = policy.cutoff_in(found)?;
    policy
        .is_text(found, &deny_older_sessions(cut_off))
        .then_some(cut_off)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::inline_policy::deny_all;

    #[test]
    fn only_a_text_that_denies_older_sessions_has_one() {
        let at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let policy = PolicyReceipt::new("ci", &"01J".into(), &deny_older_sessions(at));
        let later = deny_older_sessions(after(at)).to_string();
        assert_eq!(of(&policy, &later), Some("2026-03-01T12:01:00Z".parse().unwrap()));
        assert_eq!(of(&policy, &deny_all().to_string()), None);
        let narrower = later.replace(r#""Action":"*""#, r#""Action":"s3:*""#);
        assert_ne!(narrower, later);
        assert_eq!(of(&policy, &narrower), None);
    }
}
