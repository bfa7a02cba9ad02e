//! The notice to whoever sent a finding by a custom action of Security Hub, and for whom nothing is done.

use super::{Class, Command, Entry, Line, Notice, Point, Section, line, outside};
use crate::{about::About, finding::Finding, ids::NoticeKey};

/// Enough to know what was meant.
const MOST_TARGETS: usize = 8;

/// Says why nothing is done about the finding that came in this message.
pub fn nothing_done(finding: &Finding, reason: &str, message: &str) -> Notice {
    Notice {
        about: About::NothingDone,
        class: Class::Tell,
        severity: finding.severity.label,
        title: line!["Nothing done: ", outside(&finding.finding_type)],
        lead: vec![
            "Somebody sent this finding by a custom action of Security Hub.".into(),
            line!["Nothing is done about it: ", outside(reason), "."],
        ],
        sections: vec![the_finding(finding), what_it_names(finding)],
        next: vec![
            "if it is to be answered all the same, set its workflow status to NEW and send it again".into(),
            Point::new(
                "or run a playbook by hand".into(),
                Command::own("backstop run PLAYBOOK --target TARGET --mode approve"),
            ),
        ],
        key: NoticeKey::nothing_done(message, &finding.key()),
        incident: None,
        case: None,
    }
}

fn the_finding(finding: &Finding) -> Section {
    let lines = [
        line![outside(&finding.finding_type)],
        line!["\"", outside(&finding.title), "\""],
        line![
            "of ",
            outside(&finding.product),
            " in account ",
            outside(&finding.account),
            ", ",
            outside(&finding.region)
        ],
    ];
    Section {
        heading: "The finding".into(),
        entries: lines.into_iter().map(Entry::Text).collect(),
    }
}

fn what_it_names(finding: &Finding) -> Section {
    let targets = finding.targets.iter().take(MOST_TARGETS);
    let mut lines: Vec<Line> = targets.map(|target| line![outside(target)]).collect();
    let more = finding.targets.len().saturating_sub(MOST_TARGETS);
    if more > 0 {
        lines.push(line!["and ", more, " more"]);
    }
    if lines.is_empty() {
        lines.push("nothing".into());
    }
    Section {
        heading: "What it names".into(),
        entries: lines.into_iter().map(|line| Entry::Point(line.into())).collect(),
    }
}
