//! One run: read, feed, tidy up, tell. Each part is done whatever became of the others.

use std::time::Duration;

use backstop_core::ErrorName;
use backstop_runtime::now;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use tokio::time::Instant;

use crate::{
    Sweep,
    feed::Feeder,
    guardduty,
    report::Report,
    security_hub,
    source::{ReadError, Source},
};

/// Reading stops after this, so that the rest fits into the function's timeout of ten minutes.
const TIME_TO_READ: Duration = Duration::from_secs(200);
/// The watch begins nothing after this: what it began by then takes minutes at most.
const TIME_TO_BEGIN: Duration = Duration::from_secs(390);

/// Parts of a run failed; what could be done was done.
#[derive(Debug, thiserror::Error)]
#[error("{} parts of the sweep failed, the first: {}", .0.len(), .0.first().map_or("?", String::as_str))]
pub(crate) struct SweepError(Vec<String>);

impl From<SweepError> for Diagnostic {
    fn from(error: SweepError) -> Self {
        Self {
            error_type: ErrorName::Internal.to_string(),
            error_message: error.to_string(),
        }
    }
}

impl Sweep {
    /// Runs once. Running twice at the same time is harmless: intake opens one incident for a target.
    pub(crate) async fn run(&self) -> Result<Report, SweepError> {
        let mut report = Report::default();
        let begun = Instant::now();
        self.feed_all(begun + TIME_TO_READ, &mut report).await;
        self.tell_of_guards(&mut report).await;
        self.look_at_itself(&mut report).await;
        self.expire_guards(&mut report).await;
        self.see_to_incidents(&mut report).await;
        self.deliver_notices(&mut report).await;
        self.tell_endings(&mut report).await;
        self.look_who_hears(&mut report).await;
        self.watch(begun + TIME_TO_BEGIN, &mut report).await;
        self.leave_word(&mut report).await;
        report.log();
        if report.failures.is_empty() {
            Ok(report)
        } else {
            Err(SweepError(report.failures))
        }
    }

    async fn feed_all(&self, until: Instant, report: &mut Report) {
        let mut sources = Vec::new();
        match guardduty::detectors(&self.config).await {
            Ok(detectors) => sources.extend(detectors.into_iter().map(Source::Detector)),
            Err(error) => {
                if !unread("GuardDuty", &error, report) {
                    report.unfinished.push("GuardDuty".to_owned());
                }
            }
        }
        sources.extend(
            security_hub::products(&self.catalog)
                .into_iter()
                .map(Source::Product),
        );
        let mut feeder = Feeder::new(self);
        for source in &sources {
            self.feed_from(source, until, &mut feeder, report).await;
        }
    }

    /// Reads a source to its end, or notes where the next run is to go on.
    async fn feed_from(&self, source: &Source, until: Instant, feeder: &mut Feeder<'_>, report: &mut Report) {
        let (name, now) = (source.name(), now());
        let note = format!("resume {name}");
        let left = match self.ledger.memo::<Timestamp>(&note, now).await {
            Ok(left) => left,
            Err(error) => return report.failed(&name, &error),
        };
        let begin = left.unwrap_or(now - self.window);
        let mut reached = begin;
        let mut token = None;
        let is_done = loop {
            if Instant::now() >= until || feeder.is_full() {
                break false;
            }
            let page = match self.page(source, begin, now, token.take()).await {
                Ok(page) => page,
                Err(error) => break unread(&name, &error, report),
            };
            match feeder.feed(source, &page.findings, report).await {
                Ok(updated) => reached = reached.max(updated.unwrap_or(reached)),
                Err(error) => {
                    report.failed(&name, &error);
                    break false;
                }
            }
            match page.next {
                Some(next) => token = Some(next),
                None => break true,
            }
        };
        let noted = if !is_done {
            report.unfinished.push(format!("{name}, from {reached}"));
            self.ledger.keep_memo(&note, &reached, now + self.window).await
        } else if left.is_some() {
            // Over at once: what it said is done.
            self.ledger.keep_memo(&note, &reached, now).await
        } else {
            Ok(())
        };
        if let Err(error) = noted {
            report.failed(&name, &error);
        }
    }
}

/// Writes down why a source isn't read; says whether nothing is left to read there.
fn unread(name: &str, error: &ReadError, report: &mut Report) -> bool {
    match error {
        ReadError::Off(_) => {
            let what = error.to_string();
            if !report.off.contains(&what) {
                report.off.push(what);
            }
            true
        }
        error if error.is_throttled() => {
            tracing::warn!(source = name, %error, "throttled: the next run goes on");
            false
        }
        error => {
            report.failed(name, error);
            false
        }
    }
}
