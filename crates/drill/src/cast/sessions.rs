//! Plants sessions of keys and roles, and assumes roles.

use aws_credential_types::Credentials;

use super::{Actor, Cast, Identity, Source, not_planted};
use crate::{
    DrillError,
    error::call,
    file::{Assumed, KeySession, RoleSession, SessionName},
};
use backstop_emulator::Account;

impl Cast {
    pub(super) async fn add_key_session(
        &mut self,
        account: &Account,
        session: &KeySession,
    ) -> Result<(), DrillError> {
        const OPERATION: &str = "sts:GetSessionToken";
        let (key, owner) = self.held(&session.of)?;
        let owner = owner.clone();
        let sts = aws_sdk_sts::Client::new(&account.sdk_config(key.clone()));
        let answer = sts.get_session_token().send().await.map_err(call(OPERATION))?;
        let credentials = answer.credentials.ok_or(DrillError::Incomplete {
            operation: OPERATION,
            what: "credentials",
        })?;
        let identity = Identity {
            key_id: credentials.access_key_id().to_owned(),
            ..owner
        };
        self.hold(&session.name, temporary(&credentials), identity);
        Ok(())
    }

    pub(super) async fn add_role_session(
        &mut self,
        account: &Account,
        session: &RoleSession,
    ) -> Result<(), DrillError> {
        let role = self
            .roles
            .get(&session.role)
            .ok_or_else(|| not_planted("role", &session.role))?;
        let (by, _) = self.held(&session.by)?;
        let session_name = match session.named_after() {
            Some(SessionName::Text(text)) => text.to_owned(),
            Some(SessionName::Instance(name)) => self.instance(name)?.id.clone(),
            None => return Err(not_planted("session name of", &session.name)),
        };
        if session.assumed == Assumed::ForEachProbe {
            let source = Source::Assumed {
                role_arn: role.arn.clone(),
                session_name,
                by: by.clone(),
            };
            self.actors.insert(
                session.name.clone(),
                Actor {
                    source,
                    identity: None,
                },
            );
            return Ok(());
        }
        let (credentials, principal_id) = assume(account, by.clone(), &role.arn, &session_name).await?;
        let identity = Identity {
            key_id: credentials.access_key_id().to_owned(),
            principal_id,
            user_type: "AssumedRole",
            user_name: role.name.clone(),
        };
        self.hold(&session.name, credentials, identity);
        Ok(())
    }
}

/// Assumes a role; gives the credentials and the session's principal id.
pub(super) async fn assume(
    account: &Account,
    by: Credentials,
    role_arn: &str,
    session_name: &str,
) -> Result<(Credentials, String), DrillError> {
    const OPERATION: &str = "sts:AssumeRole";
    let sts = aws_sdk_sts::Client::new(&account.sdk_config(by));
    let answer = sts
        .assume_role()
        .role_arn(role_arn)
        .role_session_name(session_name)
        .send()
        .await;
    let answer = answer.map_err(|error| call(OPERATION)(aws_sdk_sts::Error::from(error)))?;
    let lacking = |what| {
        move || DrillError::Incomplete {
            operation: OPERATION,
            what,
        }
    };
    let credentials = answer.credentials.ok_or_else(lacking("credentials"))?;
    let user = answer.assumed_role_user.ok_or_else(lacking("the session's id"))?;
    Ok((temporary(&credentials), user.assumed_role_id))
}

fn temporary(credentials: &aws_sdk_sts::types::Credentials) -> Credentials {
    Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some(credentials.session_token().to_owned()),
        None,
        "backstop-drill",
    )
}
