//! A person releases an incident: nobody looks any more whether what was done holds. It changes no account, and its undo stays
//! possible; whom the incident is about can't, or an attacker would have the watch ended first.

use backstop_core::{
    api::{ErrorCode, ReleaseAnswer, ReleaseRequest},
    log::Event,
    person::Caller,
};
use backstop_runtime::{decision::is_subject, now};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, refusal},
    request::{Request, words},
};

impl Api {
    pub(crate) async fn release(&self, request: &Request, caller: Caller) -> Answered {
        let incident = request.incident()?;
        let ReleaseRequest { reason } = request.body()?;
        let reason = words(Some(reason))?.filter(|reason| !reason.trim().is_empty());
        let reason =
            reason.ok_or_else(|| bad_request("say why, for whoever is on call next: `reason` is empty"))?;
        let person = self.person(caller).await?;
        let mut log = self.ledger.log(&incident).await.map_err(of_ledger)?;
        let state = log.incident().map_err(of_ledger)?;
        if is_subject(&self.ledger, &incident, &person, &state)
            .await
            .map_err(of_ledger)?
        {
            let message = format!(
                "incident `{incident}` is about you (`{}`), or about what acts as you: somebody else must release it",
                person.arn()
            );
            return Err(refusal(ErrorCode::CompromisedPrincipal, &message));
        }
        if let Some(released) = &state.released {
            let message = format!(
                "incident `{incident}` was released by {} at {}; see it with `backstop incidents show {incident}`",
                released.by, released.at
            );
            return Err(refusal(ErrorCode::AlreadyReleased, &message));
        }
        if !state.can_be_read_again() {
            let message = format!(
                "incident `{incident}` is {}: only what is contained is watched, and can be released; see it with \
                 `backstop incidents show {incident}`",
                state.status()
            );
            return Err(refusal(ErrorCode::NotContained, &message));
        }
        let event = Event::Released {
            by: person.arn().to_owned(),
            person: person.id.clone(),
            reason: reason.clone(),
        };
        log.append(&self.ledger, event).await.map_err(of_ledger)?;
        let after = log.incident().map_err(of_ledger)?;
        let status = after.status();
        self.ledger
            .show_status(&incident, status)
            .await
            .map_err(of_ledger)?;
        Done::ok(&ReleaseAnswer {
            incident,
            status,
            by: person.arn().to_owned(),
            reason,
            at: after.released.map_or_else(now, |released| released.at),
        })
    }
}
