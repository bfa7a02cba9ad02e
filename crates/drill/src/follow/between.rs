//! An attacker acts between the two readings.

use aws_sdk_iam::{Client, types::StatusType};
use backstop_emulator::{Account, Progress};
use backstop_playbook::drill::{AttackersCall, ChangeBack};

use crate::{DrillError, Fixtures, error::call, fixtures::Held};

/// What the inline policies begin with by which Backstop denies a user everything; the incident follows.
const DENY: &str = "BackstopDeny-";

/// What is still to be done, once.
#[derive(Clone, Copy, Debug)]
pub struct BetweenReadings<'a> {
    todo: Option<(&'a Fixtures, &'a [AttackersCall])>,
}

impl<'a> BetweenReadings<'a> {
    /// Nobody acts.
    pub const NOTHING: Self = Self { todo: None };

    /// These calls, in their order.
    pub const fn of(fixtures: &'a Fixtures, calls: &'a [AttackersCall]) -> Self {
        Self {
            todo: Some((fixtures, calls)),
        }
    }

    /// Whether calls are left that nobody made.
    pub(super) fn is_left(&self) -> bool {
        self.todo.is_some_and(|(_, calls)| !calls.is_empty())
    }

    /// Makes the calls, unless they were made. One that AWS refuses is an error: the drill would prove nothing.
    pub(super) async fn act(&mut self, account: &Account, progress: &dyn Progress) -> Result<(), DrillError> {
        let Some((fixtures, calls)) = self.todo.take() else {
            return Ok(());
        };
        for one in calls {
            let credentials = match fixtures.credentials(account, &one.who).await? {
                Held::Credentials(credentials) => credentials,
                Held::Refused(code) => {
                    return Err(DrillError::AttackerRefused {
                        who: one.who.to_string(),
                        code,
                    });
                }
            };
            let iam = Client::new(&account.sdk_config(credentials));
            match &one.call {
                ChangeBack::DeleteDeny { of } => delete_deny(&iam, fixtures.user(of)?).await?,
                ChangeBack::ActivateKey { key } => {
                    let identity = fixtures.identity(key)?;
                    activate(&iam, &identity.user_name, &identity.key_id).await?;
                }
            }
            progress.note(&format!("    between the readings, {} acts", one.who));
        }
        Ok(())
    }
}

async fn delete_deny(iam: &Client, user: &str) -> Result<(), DrillError> {
    let policies = iam.list_user_policies().user_name(user).send().await;
    let policies = policies.map_err(call("iam:ListUserPolicies"))?;
    let denies = policies
        .policy_names()
        .iter()
        .filter(|name| name.starts_with(DENY));
    let mut deleted = 0;
    for deny in denies {
        let delete = iam.delete_user_policy().user_name(user).policy_name(deny);
        delete.send().await.map_err(call("iam:DeleteUserPolicy"))?;
        deleted += 1;
    }
    if deleted == 0 {
        return Err(DrillError::NoDeny {
            user: user.to_owned(),
        });
    }
    Ok(())
}

async fn activate(iam: &Client, user: &str, key_id: &str) -> Result<(), DrillError> {
    let update = iam.update_access_key().user_name(user).access_key_id(key_id);
    let update = update.status(StatusType::Active).send().await;
    update.map_err(call("iam:UpdateAccessKey")).map(drop)
}
