//! Keeps the evidence of a closed incident: findings as received, before-states, notices, the log, the report, and the
//! manifest over them. All of it follows from the table, so keeping it again after a crash keeps the same.

use backstop_core::{
    IncidentId,
    evidence::{self, Entry, Item, MANIFEST, Manifest, RawFinding, report_name},
    incident::Incident,
    log::{self, Event, Record},
};
use backstop_report::Report;
use backstop_runtime::{IncidentLog, Ledger, LedgerError, StepError, evidence::EvidenceBucket, playbooks};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

/// Connections at once.
const MOST_AT_ONCE: usize = 8;
/// A record of the log has at most 400 KB; an entry has some 400 bytes.
const MOST_IN_A_RECORD: usize = 500;

/// Keeps what isn't kept yet. An incident stays closed whatever happens here; what fails is written to the log and is
/// this task's error, so that it is tried again and people are paged.
pub(crate) async fn keep(
    ledger: &Ledger,
    bucket: &EvidenceBucket,
    id: &IncidentId,
) -> Result<Value, StepError> {
    let mut kept = attempt(ledger, bucket, id).await;
    if let Err(StepError::Ledger(LedgerError::Illegal(_))) = kept {
        // Another run kept evidence in between: what is left to keep follows from the log as it is now.
        kept = attempt(ledger, bucket, id).await;
    }
    match kept {
        Ok(items) => {
            tracing::info!(incident = %id, items, "evidence is kept");
            Ok(json!({ "incident": id, "items": items }))
        }
        Err(error) => {
            tracing::error!(incident = %id, %error, "evidence couldn't be kept");
            note(ledger, id, &error).await;
            Err(error)
        }
    }
}

async fn attempt(ledger: &Ledger, bucket: &EvidenceBucket, id: &IncidentId) -> Result<usize, StepError> {
    let mut log = ledger.log(id).await?;
    let incident = log.incident()?;
    if incident.closed.is_none() {
        return Ok(0);
    }
    if has_news(log.records(), &incident) {
        keep_news(ledger, bucket, &mut log).await?;
    }
    // Written last, and anew each time: it follows from the log, so it never says more than what is there.
    let incident = log.incident()?;
    let Some(manifest) = Manifest::of(id, &incident.evidence) else {
        return Ok(0);
    };
    let item = Item {
        name: MANIFEST.to_owned(),
        at: incident.opened_at,
        bytes: manifest.text().map_err(invalid)?.into_bytes(),
    };
    bucket.put(id, item, &manifest.log).await?;
    Ok(manifest.entries.len())
}

/// Whether the log says more than the log that was kept.
fn has_news(log: &[Record], incident: &Incident) -> bool {
    let known = incident.evidence.log.as_ref();
    log.iter().any(|record| {
        !known.is_some_and(|log| log.holds(record.lane.as_ref(), record.seq))
            && !matches!(
                record.event,
                Event::EvidenceKept { .. } | Event::EvidenceNotKept { .. }
            )
    })
}

/// Writes what isn't kept, and then names it in the log: the log never names what isn't there.
async fn keep_news(ledger: &Ledger, bucket: &EvidenceBucket, log: &mut IncidentLog) -> Result<(), StepError> {
    let id = log.id().clone();
    let whole = log::head(log.records());
    let before = log.incident()?.evidence;
    let findings = ledger.findings(&id).await?;
    let news = news(&id, log.records(), &findings, before.entries)?;
    let named: Vec<Entry> = entries(&news).collect();
    stream::iter(news.into_iter().map(|(_, item)| bucket.put(&id, item, &whole)))
        .buffer_unordered(MOST_AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let mut chunks = named.chunks(MOST_IN_A_RECORD).peekable();
    while let Some(chunk) = chunks.next() {
        // Until the last of them, the log says that it isn't kept whole yet: whoever goes on after a crash sees it.
        let kept = match chunks.peek() {
            None => whole.clone(),
            Some(_) => before.log.clone().unwrap_or_default(),
        };
        let event = Event::EvidenceKept {
            records: kept.records,
            head: kept.head,
            entries: chunk.to_vec(),
            lanes: kept.lanes,
        };
        log.append(ledger, event).await?;
    }
    Ok(())
}

/// What isn't kept yet. The report comes last: it lists what is kept beside it.
fn news(
    id: &IncidentId,
    records: &[Record],
    findings: &[RawFinding],
    known: Vec<Entry>,
) -> Result<Vec<(Entry, Item)>, StepError> {
    let count = log::head(records).records;
    let items = evidence::items(records, findings).map_err(invalid)?;
    let mut news = evidence::extend(id, &known, items, count).map_err(invalid)?;
    let kept: Vec<Entry> = known.into_iter().chain(entries(&news)).collect();
    let reports = reports(id, records, &kept)?;
    news.extend(evidence::extend(id, &kept, reports, count).map_err(invalid)?);
    Ok(news)
}

fn entries(news: &[(Entry, Item)]) -> impl Iterator<Item = Entry> {
    news.iter().map(|(entry, _)| entry.clone())
}

fn reports(id: &IncidentId, records: &[Record], kept: &[Entry]) -> Result<Vec<Item>, StepError> {
    let report = Report::of(id, records, kept, playbooks()).map_err(LedgerError::from)?;
    let Some(last) = records.last() else {
        return Ok(Vec::new());
    };
    let item = |ending: &str, text: String| Item {
        name: report_name(log::head(records).records, ending),
        at: last.at,
        bytes: text.into_bytes(),
    };
    Ok(vec![
        item("md", report.markdown()),
        item("html", report.html().map_err(invalid)?),
    ])
}

/// Writes the failure to the log, once for the same failure; a table that fails as well leaves only the function's log.
async fn note(ledger: &Ledger, id: &IncidentId, error: &StepError) {
    let written = async {
        let mut log = ledger.log(id).await?;
        let (name, detail) = (error.name().as_str().to_owned(), error.to_string());
        if log.incident()?.evidence.failure != Some(format!("{name}: {detail}")) {
            log.append(ledger, Event::EvidenceNotKept { error: name, detail })
                .await?;
        }
        Ok::<(), LedgerError>(())
    };
    if let Err(error) = written.await {
        tracing::error!(incident = %id, %error, "the failure couldn't be written to the log either");
    }
}

fn invalid(error: impl std::error::Error) -> StepError {
    StepError::Invalid {
        what: "what is to be kept as evidence",
        detail: error.to_string(),
    }
}
