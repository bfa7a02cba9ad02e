//! Every route, and what right it takes. The template's routes and policies are compiled from this list.

use std::fmt;

/// The stage that serves them; its name is the interface's version.
pub const STAGE: &str = "v1";

/// The methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "HTTP's own")]
pub enum Method {
    Get,
    Post,
    Delete,
}

/// Who may use a route; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Looks.
    Viewer,
    /// Answers incidents: runs, approves, denies, undoes, pauses.
    Responder,
    /// Says what is left alone.
    Administrator,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Says who asks, and which person that is.
    ShowCaller,
    /// Says how the deployment is, and what to do.
    ShowHealth,
    /// Lists incidents, the newest first.
    ListIncidents,
    /// Starts a playbook.
    RunPlaybook,
    /// Shows everything about one incident.
    ShowIncident,
    /// Approves the plan that waits.
    ApprovePlan,
    /// Denies the plan that waits.
    DenyPlan,
    /// Shows what an undo would put back.
    ShowUndo,
    /// Undoes what an incident did.
    UndoIncident,
    /// Says that nobody needs to look any more whether what was done holds.
    ReleaseIncident,
    /// Writes the report on an incident.
    ShowReport,
    /// Lists what is kept of an incident, with addresses to get it from.
    ListEvidence,
    /// Plans in observe mode what a playbook would do.
    PlanTarget,
    /// Lists what is paused.
    ListPauses,
    /// Begins a pause.
    Pause,
    /// Ends a pause.
    Resume,
    /// Lists what is left alone.
    ListExemptions,
    /// Begins an exemption.
    AddExemption,
    /// Ends an exemption.
    RemoveExemption,
    /// Lists the playbooks.
    ListPlaybooks,
    /// Shows one playbook.
    ShowPlaybook,
}

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path below the stage, with `{parameters}`.
    pub path: &'static str,
    /// What it takes.
    pub right: Right,
    /// What it does.
    pub operation: Operation,
    /// The parameters that may stand behind a `?`; another one is refused.
    pub query: &'static [&'static str],
}

const fn route(method: Method, path: &'static str, right: Right, operation: Operation) -> Route {
    Route {
        method,
        path,
        right,
        operation,
        query: &[],
    }
}

impl Route {
    const fn taking(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
}

/// All of them. A path's `*` in a policy covers whatever stands below it, so what takes more than looking is never a
/// `GET` below a path that viewers have.
pub const ROUTES: &[Route] = &[
    route(Method::Get, "/caller", Right::Viewer, Operation::ShowCaller),
    route(Method::Get, "/health", Right::Viewer, Operation::ShowHealth),
    route(Method::Get, "/incidents", Right::Viewer, Operation::ListIncidents)
        .taking(&["status", "untold", "origin", "limit", "after"]),
    route(
        Method::Post,
        "/incidents",
        Right::Responder,
        Operation::RunPlaybook,
    ),
    route(
        Method::Get,
        "/incidents/{incident}",
        Right::Viewer,
        Operation::ShowIncident,
    ),
    route(
        Method::Post,
        "/incidents/{incident}/approve",
        Right::Responder,
        Operation::ApprovePlan,
    ),
    route(
        Method::Post,
        "/incidents/{incident}/deny",
        Right::Responder,
        Operation::DenyPlan,
    ),
    route(
        Method::Get,
        "/incidents/{incident}/undo",
        Right::Viewer,
        Operation::ShowUndo,
    )
    .taking(&["step", "accepting"]),
    route(
        Method::Post,
        "/incidents/{incident}/undo",
        Right::Responder,
        Operation::UndoIncident,
    ),
    route(
        Method::Post,
        "/incidents/{incident}/release",
        Right::Responder,
        Operation::ReleaseIncident,
    ),
    route(
        Method::Get,
        "/incidents/{incident}/report",
        Right::Viewer,
        Operation::ShowReport,
    )
    .taking(&["format"]),
    route(
        Method::Get,
        "/evidence/{incident}",
        Right::Responder,
        Operation::ListEvidence,
    ),
    route(Method::Post, "/plans", Right::Responder, Operation::PlanTarget),
    route(Method::Get, "/pauses", Right::Viewer, Operation::ListPauses),
    route(Method::Post, "/pauses", Right::Responder, Operation::Pause),
    route(Method::Delete, "/pauses", Right::Responder, Operation::Resume).taking(&["playbook", "account"]),
    route(
        Method::Get,
        "/exemptions",
        Right::Viewer,
        Operation::ListExemptions,
    )
    .taking(&["all", "limit", "after"]),
    route(
        Method::Post,
        "/exemptions",
        Right::Administrator,
        Operation::AddExemption,
    ),
    route(
        Method::Delete,
        "/exemptions/{exemption}",
        Right::Administrator,
        Operation::RemoveExemption,
    ),
    route(Method::Get, "/playbooks", Right::Viewer, Operation::ListPlaybooks),
    route(
        Method::Get,
        "/playbooks/{playbook}",
        Right::Viewer,
        Operation::ShowPlaybook,
    ),
];

impl Right {
    /// Each, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Responder, Self::Administrator];

    /// As policies are named after it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Responder => "Responder",
            Self::Administrator => "Administrator",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        })
    }
}

impl Route {
    /// `GET /incidents/{incident}`, as API Gateway names the route that a request took.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// `GET/incidents/*`: the end of the ARN that a policy names it by.
    pub fn in_policy(&self) -> String {
        let words = self
            .path
            .split('/')
            .map(|word| if word.starts_with('{') { "*" } else { word });
        format!("{}{}", self.method, words.collect::<Vec<_>>().join("/"))
    }

    /// The route of this key.
    pub fn of_key(key: &str) -> Option<&'static Self> {
        ROUTES.iter().find(|route| route.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, path: &str) -> bool {
        crate::guardrail::matches_pattern(pattern, path)
    }

    /// A policy's `*` takes slashes: nothing that takes more may hide behind what takes less.
    #[test]
    fn no_route_is_reached_by_the_pattern_of_a_lesser_right() {
        for one in ROUTES {
            for other in ROUTES.iter().filter(|other| other.right > one.right) {
                let asked = other.in_policy();
                assert!(
                    !covers(&one.in_policy(), &asked),
                    "{} covers {asked}",
                    one.in_policy()
                );
            }
        }
    }

    #[test]
    fn routes_are_found_by_their_keys() {
        let found = Route::of_key("POST /incidents/{incident}/undo").map(|route| route.operation);
        assert_eq!(found, Some(Operation::UndoIncident));
        assert_eq!(Route::of_key("$default"), None);
    }
}
