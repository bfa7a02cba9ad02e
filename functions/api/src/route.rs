//! From a request to its answer.

use backstop_core::{
    api::{ApiError, CallerAnswer, ErrorCode, Operation, Route},
    person::Caller,
};
use serde_json::Value;

use crate::{
    Api,
    answer::{Answered, Done, HttpAnswer},
    refusal::{bad_request, refusal},
    request::{Request, shown},
};

impl Api {
    /// Answers whatever comes. Nothing that a caller can send makes the function fail.
    pub(crate) async fn answer(&self, event: Value) -> HttpAnswer {
        let request: Request = match serde_json::from_value(event) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(%error, "an event that API Gateway doesn't send");
                return HttpAnswer::of(Err(bad_request("this is no request of API Gateway's")), false);
            }
        };
        let takes_gzip = request
            .header("accept-encoding")
            .is_some_and(|encodings| encodings.contains("gzip"));
        let answered = self.answer_request(&request).await;
        tell(&request, &answered);
        HttpAnswer::of(answered, takes_gzip)
    }

    async fn answer_request(&self, request: &Request) -> Answered {
        let caller = self.caller(request)?;
        let route = Route::of_key(&request.route_key).ok_or_else(|| no_route(request))?;
        if let Some(strange) = request.strange_query(route.query) {
            return Err(no_parameter(route, strange));
        }
        match route.operation {
            Operation::ShowCaller => self.show_caller(caller).await,
            Operation::ShowHealth => self.show_health().await,
            Operation::ListIncidents => self.list_incidents(request).await,
            Operation::ShowIncident => self.show_incident(request).await,
            Operation::ShowReport => self.show_report(request).await,
            Operation::ListEvidence => self.list_evidence(request).await,
            Operation::RunPlaybook => self.run_playbook(request, caller).await,
            Operation::PlanTarget => self.plan_target(request, caller).await,
            Operation::ApprovePlan => self.approve(request, caller).await,
            Operation::DenyPlan => self.deny(request, caller).await,
            Operation::ShowUndo => self.show_undo(request).await,
            Operation::UndoIncident => self.undo(request, caller).await,
            Operation::ReleaseIncident => self.release(request, caller).await,
            Operation::ListPauses => self.list_pauses().await,
            Operation::Pause => self.pause(request, caller).await,
            Operation::Resume => self.resume(request, caller).await,
            Operation::ListExemptions => self.list_exemptions(request).await,
            Operation::AddExemption => self.add_exemption(request, caller).await,
            Operation::RemoveExemption => self.remove_exemption(request, caller).await,
            Operation::ListPlaybooks => self.list_playbooks(),
            Operation::ShowPlaybook => self.show_playbook(request),
        }
    }

    async fn show_caller(&self, caller: Caller) -> Answered {
        let arn = caller.arn.clone();
        let person = match self.person(caller).await {
            Ok(person) => Some(person.id),
            Err(error) if error.code == ErrorCode::UnknownPerson => None,
            Err(error) => return Err(error),
        };
        Done::ok(&CallerAnswer { arn, person })
    }
}

fn no_route(request: &Request) -> ApiError {
    let message = format!(
        "there is no route `{}`: see docs/api.md for those that there are",
        shown(&request.route_key)
    );
    refusal(ErrorCode::NoSuchRoute, &message)
}

/// A mistyped filter would show everything, and a mistyped `playbook` end the pause of everything.
fn no_parameter(route: &Route, name: &str) -> ApiError {
    let known = match route.query {
        [] => "none".to_owned(),
        known => known.join(", "),
    };
    bad_request(&format!(
        "there is no parameter `{}` of `{}`, which takes {known}",
        shown(name),
        route.key()
    ))
}

/// Who asked for what, and what came of it: never a body.
fn tell(request: &Request, answered: &Answered) {
    let caller = request
        .identity()
        .and_then(|identity| identity.user_arn.as_deref());
    let (route, id) = (request.route_key.as_str(), request.id());
    match answered {
        Ok(_) => tracing::info!(caller, route, request = id, "answered"),
        Err(error) if error.code.status() >= 500 => {
            tracing::error!(caller, route, request = id, code = %error.code.as_str(), %error, "failed");
        }
        Err(error) => tracing::info!(caller, route, request = id, code = %error.code.as_str(), "refused"),
    }
}
