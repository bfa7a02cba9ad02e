//! The page that a target's lock leads to no incident of Backstop's: whoever wrote it would have had findings about that
//! target join an incident that nobody works on.

use super::{Class, Command, Notice, Point, line, outside};
use crate::{about::About, finding::Finding, ids::IncidentId, ids::NoticeKey};

/// `named` is the incident in the lock, `why` what is wrong with it; `instead` is the incident that answers the finding.
pub fn broken_lock(finding: &Finding, named: &IncidentId, why: &str, instead: &IncidentId) -> Notice {
    Notice {
        about: About::BrokenLock,
        class: Class::Page,
        severity: finding.severity.label,
        title: line!["LOOK: somebody else wrote to the incidents table"],
        lead: vec![
            line![
                "A finding was to join incident ",
                outside(named),
                ", which Backstop didn't open or which was altered since: ",
                outside(why),
                "."
            ],
            line![
                "It is answered by incident ",
                outside(instead),
                " instead. Other findings may have joined the wrong one before."
            ],
            line![outside(&finding.finding_type), ", ", outside(finding.key())],
        ],
        sections: Vec::new(),
        next: vec![
            Point::new("look at the incident that answers it".into(), Command::show(instead)),
            "find out who wrote to the incidents table: its data events in CloudTrail, and whoever used a break-glass identity"
                .into(),
        ],
        key: NoticeKey::broken_lock(named),
        incident: None,
        case: None,
    }
}
