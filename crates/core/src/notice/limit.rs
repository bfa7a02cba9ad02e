//! The notice that the hourly limit is reached.

use super::{Class, Command, Kind, Notice, Point, line, outside};
use crate::{
    about::About,
    guardrail::Decision,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
};

/// One notice for all incidents of an hour beyond the limit, instead of one each.
pub fn limit_reached(id: &IncidentId, incident: &Incident, decision: &Decision) -> Notice {
    let opened = &incident.opened;
    let kind = Kind {
        about: About::Limit,
        class: Class::Page,
        key: NoticeKey::limit(),
        word: "LIMIT REACHED".into(),
    };
    Notice {
        title: line![
            "LIMIT REACHED: ",
            &opened.playbook,
            " in account ",
            outside(&opened.target.account),
            ", further targets wait for you",
        ],
        lead: vec![
            line![outside(&decision.detail), "."],
            "Further targets of this hour are NOT contained by themselves: each waits for a decision. Of what is high or \
             critical you are asked one by one; the rest is listed by severity by the next sweep."
                .into(),
        ],
        next: vec![
            Point::new(
                "list them".into(),
                Command::own("backstop incidents list --status awaiting-approval"),
            ),
            Point::new(
                "see one".into(),
                Command::own("backstop incidents show <incident>"),
            ),
            Point::new("do it".into(), Command::own("backstop approve <incident>")),
            Point::new(
                "stop all acting if this is a flood of false findings".into(),
                Command::own("backstop pause --for 2h --reason \"…\""),
            ),
        ],
        // It is about an hour's incidents, whichever cases they belong to.
        case: None,
        ..kind.of(id, incident)
    }
}
