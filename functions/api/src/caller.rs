//! Who asks: whom API Gateway proved, and nobody whom a header or a body names.

use backstop_actions::permissions;
use backstop_core::{
    ErrorName,
    api::{ApiError, ErrorCode},
    person::{Caller, Person},
};
use backstop_runtime::CallError;

use crate::{
    Api,
    refusal::{of_call, refusal},
    request::Request,
};

impl Api {
    /// The caller; nobody gets anything without one.
    pub(crate) fn caller(&self, request: &Request) -> Result<Caller, ApiError> {
        let unproven = || {
            refusal(
                ErrorCode::Unauthenticated,
                "API Gateway didn't prove who you are: sign the request by AWS Signature Version 4 for `execute-api`",
            )
        };
        let identity = request.identity().ok_or_else(unproven)?;
        let arn = identity.user_arn.clone().filter(|arn| !arn.is_empty());
        let user_id = identity.user_id.clone().filter(|id| !id.is_empty());
        let (Some(arn), Some(user_id)) = (arn, user_id) else {
            return Err(unproven());
        };
        let caller = Caller {
            arn,
            user_id,
            access_key: identity.access_key.clone(),
        };
        Ok(caller)
    }

    /// Which person that is: asked before anything is decided.
    pub(crate) async fn person(&self, caller: Caller) -> Result<Person, ApiError> {
        let role_arn = match caller.seemingly_reserved_role() {
            Some(role) => self.reserved_role(role).await?,
            None => None,
        };
        let arn = caller.arn.clone();
        caller
            .person(role_arn.as_deref(), &self.person_roles)
            .map_err(|why| {
                let message = format!(
                    "you (`{arn}`) can't be told from other people: {why}; sign in as an IAM user, by IAM Identity Center, \
                     or as a role"
                );
                refusal(ErrorCode::UnknownPerson, &message)
            })
    }

    /// Where a role of such a name is. The function may look only where IAM Identity Center's are: a role elsewhere is
    /// none of them. An answer that fails is no answer, or one person could count once as this and once as that.
    async fn reserved_role(&self, name: &str) -> Result<Option<String>, ApiError> {
        let outcome = self.iam.get_role().role_name(name).send().await;
        match outcome {
            Ok(answer) => Ok(answer.role.map(|role| role.arn)),
            Err(error) => {
                let error = CallError::of(permissions::iam::GET_ROLE.action, format!("role `{name}`"))(error);
                match error.name {
                    ErrorName::AccessDenied | ErrorName::TargetGone => Ok(None),
                    _ => Err(of_call(error)),
                }
            }
        }
    }
}
