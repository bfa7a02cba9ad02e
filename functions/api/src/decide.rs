//! A person decides on a plan.

use backstop_core::{
    api::{ApproveRequest, DecisionAnswer, DenyRequest},
    person::Caller,
};
use backstop_runtime::decision;

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::of_decision,
    request::{Request, words},
};

impl Api {
    pub(crate) async fn approve(&self, request: &Request, caller: Caller) -> Answered {
        let incident = request.incident()?;
        let ApproveRequest { plan, reason } = request.body()?;
        let reason = words(reason)?;
        let person = self.person(caller).await?;
        let decided = decision::approve(
            &self.ledger,
            &self.sfn,
            &incident,
            &person,
            plan.as_deref(),
            reason,
        );
        Done::ok(&DecisionAnswer {
            decision: decided.await.map_err(of_decision)?,
            incident,
            person: person.caller.arn,
        })
    }

    pub(crate) async fn deny(&self, request: &Request, caller: Caller) -> Answered {
        let incident = request.incident()?;
        let DenyRequest { reason } = request.body()?;
        let reason = words(reason)?;
        let person = self.person(caller).await?;
        let decided = decision::deny(&self.ledger, &self.sfn, &incident, &person, reason);
        Done::ok(&DecisionAnswer {
            decision: decided.await.map_err(of_decision)?,
            incident,
            person: person.caller.arn,
        })
    }
}
