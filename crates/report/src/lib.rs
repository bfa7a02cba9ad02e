//! The report on an incident: a function of its log and of what was kept as evidence, as Markdown and as one
//! self-contained HTML file. Pure: no AWS, no clock.
//!
//! | module | concept |
//! | --- | --- |
//! | [`report`] | what the report says, as data; every text made harmless |
//! | [`summary`] | what happened, for who decides |
//! | [`timeline`] | what came when |
//! | [`steps`] | what was changed, now → after, and how to put it back |
//! | [`activity`] | what was done with the credential, and what that calls for |
//! | [`unknown`] | what the log can't say |
//! | [`cost`] | what answering cost, estimated |
//! | [`questions`] | what to ask afterwards |
//! | [`harmless`] | texts that attackers may have chosen, made harmless for a line |
//! | [`markdown`] | the report as Markdown |
//! | [`html`] | the report as a page |

mod activity;
mod cost;
mod harmless;
mod html;
mod markdown;
mod questions;
mod report;
mod steps;
mod summary;
mod timeline;
mod unknown;

pub use activity::{Activity, Proposed};
pub use cost::{Cost, CostLine};
pub use html::HtmlError;
pub use report::{EvidenceLine, Fact, Report};
pub use steps::{Change, Step, Undo};
pub use timeline::{Dot, Line, Segment, Timeline, Tone};
