//! Pauses and exemptions: listed, begun and ended. Whoever begins or ends one is a person that can be named, as whoever
//! decides on a plan is: a pause decides for every plan.

use backstop_core::{
    AccountId, PlaybookName,
    api::{
        ApiError, ErrorCode, Exemptions, NewExemption, NewPause, Pauses, RemovedExemption, Resumed,
        WrongGuard,
    },
    guardrail::{Pause, PauseScope},
    person::Caller,
};
use backstop_runtime::{new_id, now};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, refusal},
    request::{Request, shown},
};

/// A ULID.
const ID_CHARS: usize = 26;

impl Api {
    pub(crate) async fn list_pauses(&self) -> Answered {
        Done::ok(&Pauses {
            pauses: self.running().await?,
            read_at: now(),
        })
    }

    pub(crate) async fn pause(&self, request: &Request, caller: Caller) -> Answered {
        let new: NewPause = request.body()?;
        self.check_scope(&new.scope)?;
        let by = self.person(caller).await?;
        let pause = new.begin(by.arn(), now()).map_err(wrong)?;
        // Where one stands that ends later, that end stays.
        let stands = self.ledger.put_pause(&pause).await.map_err(of_ledger)?;
        Done::created(&stands)
    }

    pub(crate) async fn resume(&self, request: &Request, caller: Caller) -> Answered {
        let scope = match (request.query("playbook"), request.query("account")) {
            (Some(_), Some(_)) => return Err(bad_request("name a playbook or an account, not both")),
            (Some(playbook), None) => PauseScope::Playbook(PlaybookName::new(playbook)),
            (None, Some(account)) => PauseScope::Account(AccountId::new(account)),
            (None, None) => PauseScope::Everything,
        };
        self.check_scope(&scope)?;
        self.person(caller).await?;
        let before = self.running().await?;
        let was_there = self.ledger.remove_pause(&scope).await.map_err(of_ledger)?;
        if !was_there {
            let message =
                format!("there is no pause of {scope}; see what is paused with `backstop pause --list`");
            return Err(refusal(ErrorCode::NoSuchPause, &message));
        }
        Done::ok(&Resumed {
            still_paused: before.into_iter().filter(|pause| pause.scope != scope).collect(),
            resumed: scope,
        })
    }

    pub(crate) async fn list_exemptions(&self, request: &Request) -> Answered {
        let with_ended = request.query("all").is_some_and(|all| all == "true");
        let read_at = now();
        let mut exemptions = self.ledger.guardrails().await.map_err(of_ledger)?.exemptions;
        exemptions.retain(|exemption| with_ended || read_at < exemption.ends());
        exemptions.sort_by_key(backstop_core::guardrail::Exemption::ends);
        Done::ok(&Exemptions { exemptions, read_at })
    }

    pub(crate) async fn add_exemption(&self, request: &Request, caller: Caller) -> Answered {
        let new: NewExemption = request.body()?;
        let by = self.person(caller).await?;
        let exemption = new.begin(new_id(), by.arn(), now()).map_err(wrong)?;
        self.ledger.put_exemption(&exemption).await.map_err(of_ledger)?;
        Done::created(&exemption)
    }

    pub(crate) async fn remove_exemption(&self, request: &Request, caller: Caller) -> Answered {
        self.person(caller).await?;
        let id = request.parameter("exemption").trim().to_ascii_uppercase();
        let is_id = id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let was_there = is_id && self.ledger.remove_exemption(&id).await.map_err(of_ledger)?;
        if !was_there {
            let message = format!(
                "there is no exemption `{}`; list them with `backstop exempt list`",
                shown(&id)
            );
            return Err(refusal(ErrorCode::NoSuchExemption, &message));
        }
        Done::ok(&RemovedExemption { removed: id })
    }

    async fn running(&self) -> Result<Vec<Pause>, ApiError> {
        let mut pauses = self.ledger.guardrails().await.map_err(of_ledger)?.pauses;
        let now = now();
        pauses.retain(|pause| now < pause.ends());
        Ok(pauses)
    }

    /// A mistyped name would pause nothing in silence.
    fn check_scope(&self, scope: &PauseScope) -> Result<(), ApiError> {
        match scope {
            PauseScope::Playbook(name) => self.playbook(name.as_str()).map(drop),
            PauseScope::Account(account) if !account.is_well_formed() => Err(wrong(WrongGuard::NoAccount)),
            PauseScope::Account(_) | PauseScope::Everything => Ok(()),
        }
    }
}

fn wrong(error: WrongGuard) -> ApiError {
    refusal(ErrorCode::WrongGuard, &error.to_string())
}
