//! The page that nothing is contained, since the incidents table can't be used. It can't be written down, so that intake
//! sends it by itself.

use jiff::Timestamp;

use super::{Class, Notice, line, outside};
use crate::{about::About, finding::SeverityLabel, ids::NoticeKey};

/// `why` is the error, with AWS's own words.
pub fn ledger_down(why: &str, now: Timestamp) -> Notice {
    Notice {
        about: About::LedgerDown,
        class: Class::Page,
        severity: SeverityLabel::Critical,
        title: "NOT WORKING: the incidents table can't be used".into(),
        lead: vec![
            "Backstop can't use its incidents table, so NOTHING is being contained by itself.".into(),
            line![outside(why)],
        ],
        sections: Vec::new(),
        next: vec![
            "look at the table and at the intake function's log".into(),
            "findings wait in the intake queue, then in the dead-letter queue; none is lost".into(),
            "until then contain by hand".into(),
        ],
        key: NoticeKey::ledger_down(now),
        incident: None,
        case: None,
    }
}
