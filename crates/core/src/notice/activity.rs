//! The notices that a target is heard of again: after its incident has ended, or by another finding while it is open.

use super::{Class, Command, Kind, Line, Notice, Point, Section, line, outside, run_command};
use crate::{
    about::About,
    ids::{IncidentId, NoticeKey},
    incident::{Incident, Status},
    log::FindingRef,
};

/// Says what is still tried after the end; `holds` if what was done was read back just now and holds.
pub fn goes_on(
    id: &IncidentId,
    incident: &Incident,
    finding: &FindingRef,
    holds: bool,
    key: NoticeKey,
) -> Notice {
    let status = incident.status();
    let ended = if holds {
        line!["What was done was read back just now, and it holds. Whoever it is goes on trying."]
    } else {
        line![
            "Its incident has ended as ",
            status,
            ". Nothing more is done by itself."
        ]
    };
    let mut next = vec![Point::new("see everything".into(), Command::show(id))];
    if !holds && status != Status::Reported {
        next.push(Point::new(
            "if it must be contained after all".into(),
            Command::of(id, run_command(id, &incident.opened)),
        ));
    }
    Notice {
        lead: vec![
            line![outside(&incident.opened.target), " is heard of again."],
            ended,
            line!["incident ", id],
        ],
        sections: vec![the_finding(finding)],
        next,
        severity: finding.severity.label,
        ..Kind {
            about: About::Activity,
            class: Class::Tell,
            key,
            word: if holds { "STILL TRIED, holds" } else { "GOES ON" }.into(),
        }
        .of(id, incident)
    }
}

/// Says that another finding is about what an open incident answers. Nothing else tells people of it.
pub fn another_finding(id: &IncidentId, incident: &Incident, finding: &FindingRef) -> Notice {
    let lead = line![
        "Another finding names ",
        outside(&incident.opened.target),
        ", which is being answered."
    ];
    let key = NoticeKey::joined(&finding.key);
    while_answered((id, incident), finding, lead, key, "ANOTHER FINDING")
}

/// Says that the severity of a finding that an open incident answers is higher than it ever was. Nothing else tells people of it.
pub fn graver(id: &IncidentId, incident: &Incident, finding: &FindingRef) -> Notice {
    let lead = line![
        "The finding about ",
        outside(&incident.opened.target),
        " is graver than it was: ",
        outside(finding.severity.label),
        "."
    ];
    let key = NoticeKey::graver(&finding.key, finding.severity.label);
    while_answered((id, incident), finding, lead, key, "GRAVER")
}

fn while_answered(
    (id, incident): (&IncidentId, &Incident),
    finding: &FindingRef,
    lead: Line,
    key: NoticeKey,
    word: &'static str,
) -> Notice {
    Notice {
        lead: vec![lead, line!["incident ", id, ", ", incident.status()]],
        sections: vec![the_finding(finding)],
        next: vec![Point::new("see everything".into(), Command::show(id))],
        severity: finding.severity.label,
        ..Kind {
            about: About::Activity,
            class: Class::Tell,
            key,
            word: word.into(),
        }
        .of(id, incident)
    }
}

fn the_finding(finding: &FindingRef) -> Section {
    let mut lines: Vec<Line> = vec![
        line![outside(&finding.finding_type)],
        line![
            "severity ",
            outside(finding.severity.label),
            ", seen ",
            finding.count,
            " times"
        ],
    ];
    lines.extend(finding.last_seen.map(|at| line!["last seen ", at]));
    lines.extend(finding.facts.iter().map(|fact| line![outside(fact)]));
    Section {
        heading: "The finding".into(),
        entries: lines.into_iter().map(super::Entry::Text).collect(),
    }
}
