//! Pauses and exemptions: listed, begun and ended. Whoever begins or ends one is a person that can be named, as whoever
//! decides on a plan is: a pause decides for every plan. So whom an incident that isn't settled is about does neither, and people are
//! told at once.

use backstop_core::{
    AccountId, PlaybookName,
    api::{
        ApiError, ErrorCode, Exemptions, NewExemption, NewPause, Pauses, RemovedExemption, Resumed,
        WrongGuard,
    },
    guardrail::{Exemption, Guardrails, Pause, PauseScope},
    incident::Status,
    notice::GuardChanges,
    person::{Caller, Person},
};
use backstop_runtime::{LedgerError, decision::is_subject, ledger::IncidentRow, new_id, now};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Api,
    answer::{Answered, Done},
    incidents::{MOST as MOST_ROWS, limit},
    refusal::{bad_request, of_ledger, refusal},
    request::{Request, shown},
};

/// A ULID.
const ID_CHARS: usize = 26;
/// Incidents whose subject may be an attacker who still acts. Left out is what people have decided on or put back, what was
/// only told, and what guardrails kept Backstop from: they may be right that nothing is wrong.
const INVOLVING: [Status; 13] = [
    Status::Open,
    Status::AwaitingApproval,
    Status::Containing,
    Status::Contained,
    // Of one session, say, while its role has others.
    Status::Confirmed,
    Status::Reopened,
    Status::PartiallyContained,
    Status::Failed,
    Status::Observed,
    Status::Expired,
    Status::Unreached,
    Status::Undoing,
    Status::Stuck,
];
/// Of those, as many are looked at, the newest first.
const MOST_LOOKED_AT: usize = 1000;
/// For so long after it was opened: whom an old finding was about isn't shut out for ever.
const RECENT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Logs that are read at a time.
const AT_A_TIME: usize = 16;

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
        let by = self.uninvolved(caller).await?;
        let pause = new.begin(by.arn(), now()).map_err(wrong)?;
        let before = self.standing(&pause.scope).await?;
        // Where one stands that ends later, that end stays.
        let stands = self.ledger.put_pause(&pause).await.map_err(of_ledger)?;
        self.tell(&by, &before, &with_pause(Some(stands.clone()))).await;
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
        let by = self.uninvolved(caller).await?;
        let before = self.running().await?;
        let was_there = self.ledger.remove_pause(&scope).await.map_err(of_ledger)?;
        if !was_there {
            let message =
                format!("there is no pause of {scope}; see what is paused with `backstop pause --list`");
            return Err(refusal(ErrorCode::NoSuchPause, &message));
        }
        let ended = before.iter().find(|pause| pause.scope == scope).cloned();
        self.tell(&by, &with_pause(ended), &Guardrails::default()).await;
        Done::ok(&Resumed {
            still_paused: before.into_iter().filter(|pause| pause.scope != scope).collect(),
            resumed: scope,
        })
    }

    pub(crate) async fn list_exemptions(&self, request: &Request) -> Answered {
        let with_ended = match request.query("all") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad_request("`all` must be `true` or `false`")),
        };
        let limit = request
            .query("limit")
            .map(limit)
            .transpose()?
            .unwrap_or(MOST_ROWS);
        let read_at = now();
        let mut exemptions = self.ledger.guardrails().await.map_err(of_ledger)?.exemptions;
        exemptions.retain(|exemption| with_ended || read_at < exemption.ends());
        exemptions.sort_by(|one, other| (one.ends(), &one.id).cmp(&(other.ends(), &other.id)));
        if let Some(after) = request.query("after") {
            // Where the page before ended, also if that exemption is gone meanwhile.
            let (ended, id) = page_end(after)?;
            exemptions.retain(|one| (one.ends(), one.id.as_str()) > (ended, id));
        }
        let is_last = exemptions.len() <= limit;
        exemptions.truncate(limit);
        let last = exemptions.last().filter(|_| !is_last);
        let next = last.map(|one| format!("{}~{}", one.ends(), one.id));
        Done::ok(&Exemptions {
            exemptions,
            next,
            read_at,
        })
    }

    pub(crate) async fn add_exemption(&self, request: &Request, caller: Caller) -> Answered {
        let new: NewExemption = request.body()?;
        let by = self.uninvolved(caller).await?;
        let exemption = new.begin(new_id(), by.arn(), now()).map_err(wrong)?;
        self.ledger.put_exemption(&exemption).await.map_err(of_ledger)?;
        let begun = with_exemption(Some(exemption.clone()));
        self.tell(&by, &Guardrails::default(), &begun).await;
        Done::created(&exemption)
    }

    pub(crate) async fn remove_exemption(&self, request: &Request, caller: Caller) -> Answered {
        let by = self.uninvolved(caller).await?;
        let id = request.parameter("exemption").trim().to_ascii_uppercase();
        let is_id = id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut before = self.ledger.guardrails().await.map_err(of_ledger)?.exemptions;
        let was_there = is_id && self.ledger.remove_exemption(&id).await.map_err(of_ledger)?;
        if !was_there {
            let message = format!(
                "there is no exemption `{}`; list them with `backstop exempt list`",
                shown(&id)
            );
            return Err(refusal(ErrorCode::NoSuchExemption, &message));
        }
        before.retain(|exemption| exemption.id == id);
        self.tell(&by, &with_exemption(before.pop()), &Guardrails::default())
            .await;
        Done::ok(&RemovedExemption { removed: id })
    }

    /// Who asks, if no incident that isn't settled is about them: whom Backstop contains doesn't switch it off.
    async fn uninvolved(&self, caller: Caller) -> Result<Person, ApiError> {
        let person = self.person(caller).await?;
        let rows = self
            .ledger
            .incidents_since(&INVOLVING, now() - RECENT, MOST_LOOKED_AT)
            .await
            .map_err(of_ledger)?;
        let Some(row) = self.first_about(rows, &person).await.map_err(of_ledger)? else {
            return Ok(person);
        };
        let message = format!(
            "incident `{}` is about you (`{}`), or about what acts as you: somebody else must begin and end pauses and \
             exemptions, or release or undo it first; see it with `backstop incidents show {0}`",
            row.incident,
            person.arn()
        );
        Err(refusal(ErrorCode::CompromisedPrincipal, &message))
    }

    async fn first_about(
        &self,
        rows: Vec<IncidentRow>,
        person: &Person,
    ) -> Result<Option<IncidentRow>, LedgerError> {
        let looked_at = stream::iter(rows).map(|row| self.is_about(row, person));
        let mut looked_at = looked_at.buffer_unordered(AT_A_TIME);
        while let Some(found) = looked_at.try_next().await? {
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The row, if its incident is about this person. What can't be read is about nobody: whoever may write one incident
    /// would keep everybody from ending a pause.
    async fn is_about(&self, row: IncidentRow, person: &Person) -> Result<Option<IncidentRow>, LedgerError> {
        match self.is_subject_of(&row, person).await {
            Ok(is_subject) => Ok(is_subject.then_some(row)),
            Err(error @ LedgerError::Call(_)) => Err(error),
            Err(error) => {
                tracing::error!(incident = %row.incident, %error, "whom it is about can't be read");
                Ok(None)
            }
        }
    }

    async fn is_subject_of(&self, row: &IncidentRow, person: &Person) -> Result<bool, LedgerError> {
        let log = self.ledger.log(&row.incident).await?;
        let incident = log.incident()?;
        is_subject(&self.ledger, &row.incident, person, &incident).await
    }

    /// Has people told of what this person has changed. The change is made by then: if this fails, the sweep tells.
    async fn tell(&self, by: &Person, before: &Guardrails, after: &Guardrails) {
        let now = now();
        let Some(notice) = GuardChanges::between((before, now), after, now).notice_by(by.arn()) else {
            return;
        };
        if let Err(error) = self.outbox.hand_over(&self.ledger, &notice).await {
            tracing::error!(%error, notice = %notice.key, "people aren't told of a guard yet: the sweep does it");
        }
    }

    /// The pause of this scope, if one stands.
    async fn standing(&self, scope: &PauseScope) -> Result<Guardrails, ApiError> {
        let mut running = self.running().await?;
        running.retain(|pause| pause.scope == *scope);
        Ok(with_pause(running.pop()))
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

/// Where a page of exemptions ended, as its `next` has it.
fn page_end(text: &str) -> Result<(Timestamp, &str), ApiError> {
    let parts = text.split_once('~');
    let read = parts.and_then(|(ended, id)| Some((ended.parse().ok()?, id)));
    read.ok_or_else(|| bad_request("`after` must be the `next` of a page before"))
}

fn with_pause(pause: Option<Pause>) -> Guardrails {
    Guardrails {
        pauses: pause.into_iter().collect(),
        ..Guardrails::default()
    }
}

fn with_exemption(exemption: Option<Exemption>) -> Guardrails {
    Guardrails {
        exemptions: exemption.into_iter().collect(),
        ..Guardrails::default()
    }
}

fn wrong(error: WrongGuard) -> ApiError {
    refusal(ErrorCode::WrongGuard, &error.to_string())
}
