//! What people's programs send to a deployment and get back: the routes, the bodies and the errors. The function that
//! answers and the program that asks share these types; `docs/openapi.json` says the same to others.

mod error;
mod guards;
mod health;
mod incidents;
mod next;
mod requests;
mod route;
mod view;

pub use error::{ApiError, ErrorBody, ErrorCode};
pub use guards::{
    Exemptions, NewExemption, NewPause, Pauses, RemovedExemption, Resumed, WrongGuard, check_pattern,
};
pub use health::{Check, CheckHealth, HealthAnswer, LAST_RUN};
pub use incidents::{Cursor, IncidentPage, IncidentRow, is_incident};
pub use requests::{
    ApproveRequest, CallerAnswer, Decided, DecisionAnswer, DenyRequest, EvidenceAnswer, EvidenceItem,
    PlanAnswer, PlanRequest, PlaybookAnswer, PlaybookList, PlaybookRow, ReleaseAnswer, ReleaseRequest,
    ReportAnswer, ReportFormat, RunAnswer, RunRequest, Started, UndoAnswer, UndoRequest, UndoState, Undoable,
};
pub use route::{Method, Operation, ROUTES, Right, Route, STAGE};
pub use view::{Proposed, View};
