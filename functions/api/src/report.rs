//! The report on an incident, from its log as it is now.

use backstop_core::api::{ApiError, ReportAnswer, ReportFormat};
use backstop_report::Report;
use backstop_runtime::playbooks;

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, fault, of_ledger, of_log},
    request::Request,
};

impl Api {
    pub(crate) async fn show_report(&self, request: &Request) -> Answered {
        let id = request.incident()?;
        let format = request.query("format").map(format).transpose()?;
        let log = self.ledger.log(&id).await.map_err(of_ledger)?;
        let kept = log.incident().map_err(of_ledger)?.evidence.entries;
        let report = Report::of(&id, log.records(), &kept, playbooks()).map_err(of_log)?;
        let text = match format.unwrap_or(ReportFormat::Markdown) {
            ReportFormat::Markdown => report.markdown(),
            ReportFormat::Html => report.html().map_err(|error| fault(&error))?,
        };
        let report = serde_json::to_value(&report).map_err(|error| fault(&error))?;
        Done::ok(&ReportAnswer { report, text })
    }
}

fn format(text: &str) -> Result<ReportFormat, ApiError> {
    serde_json::from_value(text.into())
        .map_err(|_unknown| bad_request("`format` must be `markdown` or `html`"))
}
