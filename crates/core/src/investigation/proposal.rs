//! What an investigation proposes: a command for a person to type, never done by itself. Whatever an attacker could
//! choose is in it only if AWS allows it as a name; what isn't allowed is shown, made harmless, without a command.

use serde::{Deserialize, Serialize};

use super::{call::clean, subject::Subject, suspect::Suspect};
use crate::{
    ids::PlaybookName,
    playbooks::Playbooks,
    target::{Resource, Target, kind},
};

/// Something to be done about what the attacker left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// "deny user helper everything"
    pub what: String,
    /// The calls that it follows from.
    pub because: Vec<String>,
    /// The playbook that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<PlaybookName>,
    /// On what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

impl Proposal {
    /// What to type to do it, with a plan to approve first: the incident that comes of it is about somebody whom no
    /// finding named. None if it is a person's to do by hand.
    pub fn command(&self) -> Option<String> {
        let target = self
            .target
            .as_ref()
            .filter(|target| target.resource.is_well_formed())?;
        let (playbook, typed) = (self.playbook.as_ref()?, target.as_typed()?);
        Some(format!("backstop run {playbook} --target {typed} --mode approve"))
    }

    /// One line: what, and the command or why there is none.
    pub fn line(&self) -> String {
        match self.command() {
            Some(command) => format!("{}: {command}", self.what),
            None => format!("{}: by hand", self.what),
        }
    }

    /// What follows from a call about this, made in the suspect's account; nothing if it is the suspect itself.
    pub(super) fn about(subject: &Subject, suspect: &Suspect, playbooks: &Playbooks) -> Option<Self> {
        let own_user = suspect.user.as_deref();
        let suspect = &suspect.target;
        let (what, resource) = match subject {
            Subject::User(user) if own_user == Some(user) => return None,
            Subject::User(user) => (
                format!("deny user {} everything", clean(user)),
                Resource::User(kind::User {
                    user_name: user.clone(),
                    user_id: None,
                }),
            ),
            Subject::Key { id, user } => (
                key_words(id, user.as_deref(), own_user),
                Resource::AccessKey(kind::AccessKey {
                    key_id: id.clone(),
                    user_name: user.clone(),
                    user_id: None,
                }),
            ),
            Subject::Role { name, account } => match account {
                Some(account) if *account != suspect.account => {
                    return Some(elsewhere(name, account.as_str()));
                }
                _ => (
                    format!("revoke the sessions of role {}", clean(name)),
                    Resource::Role(kind::Role {
                        role_name: name.clone(),
                        role_id: None,
                    }),
                ),
            },
            Subject::Instance(id) => (
                format!("isolate instance {}", clean(id)),
                Resource::Instance(kind::Instance {
                    instance_id: id.clone(),
                }),
            ),
            Subject::Left { says, name } => return Some(left(says, name.as_deref())),
            Subject::Session { .. } | Subject::Other(_) => return None,
        };
        if is_suspect(&resource, suspect) {
            return None;
        }
        let is_nameable = resource.is_well_formed();
        let kind = resource.kind();
        Some(Self {
            what,
            because: Vec::new(),
            playbook: playbooks.containing(kind).filter(|_| is_nameable).cloned(),
            target: is_nameable.then(|| Target {
                resource,
                ..suspect.clone()
            }),
        })
    }
}

/// The key's playbook denies its user as well, which somebody may feel who did nothing.
fn key_words(id: &str, user: Option<&str>, own_user: Option<&str>) -> String {
    let of = match user {
        Some(user) if own_user == Some(user) => " (the same user's)".to_owned(),
        Some(user) => format!(" of user {} (denies that user everything, too)", clean(user)),
        None => String::new(),
    };
    format!("deactivate access key {}{of}", clean(id))
}

fn elsewhere(role: &str, account: &str) -> Proposal {
    Proposal {
        what: format!(
            "tell the owner of account {}: credentials of its role {} were taken",
            clean(account),
            clean(role)
        ),
        because: Vec::new(),
        playbook: None,
        target: None,
    }
}

/// It goes on when the suspect is contained, and no playbook ends it.
fn left(says: &str, name: Option<&str>) -> Proposal {
    let what = name.map_or_else(|| says.to_owned(), |name| format!("{says} {}", clean(name)));
    Proposal {
        what: format!("take back what no playbook does: it {what}"),
        because: Vec::new(),
        playbook: None,
        target: None,
    }
}

fn is_suspect(made: &Resource, suspect: &Target) -> bool {
    match (made.iam_role(), suspect.resource.iam_role()) {
        (Some(made), Some(own)) => made.name == own.name,
        _ => made.kind() == suspect.resource.kind() && made.id() == suspect.resource.id(),
    }
}
