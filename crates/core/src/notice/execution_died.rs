//! The page that a state machine ended without having told anybody how. It is about the machine alone, so that it needs no
//! table: `notify` delivers it as it is.

use super::{Class, Command, Notice, Point, line, outside};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    task::DeadExecution,
};

/// Says which incident must be looked at.
pub fn execution_died(died: &DeadExecution) -> Notice {
    let incident = died.incident();
    let next = if is_id(&incident) {
        Command::show(&incident)
    } else {
        Command::own("backstop incidents list")
    };
    Notice {
        about: About::Attention,
        class: Class::Page,
        severity: SeverityLabel::High,
        title: line!["LOOK: the machine of incident ", &incident, " died"],
        lead: vec![
            line![
                "The execution that worked on incident ",
                &incident,
                " ended as ",
                outside(&died.status),
                "."
            ],
            "Its target may be contained only in part. The incident is closed with what its log proves."
                .into(),
        ],
        sections: Vec::new(),
        next: vec![
            Point::new("check by hand what was contained".into(), next),
            line!["execution: ", outside(&died.execution)].into(),
        ],
        key: NoticeKey::execution_died(&died.name),
        incident: None,
        case: None,
    }
}

/// An event's text becomes part of a command only if it is an id.
fn is_id(incident: &IncidentId) -> bool {
    let text = incident.as_str();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::mail;

    fn died(name: &str) -> DeadExecution {
        DeadExecution {
            name: name.to_owned(),
            status: "FAILED".to_owned(),
            execution: format!("arn:aws:states:eu-west-1:123456789012:execution:backstop_triage:{name}"),
        }
    }

    #[test]
    fn it_names_the_incident_also_of_an_undo() {
        for name in ["01JTEST", "01JTEST-01JUNDO"] {
            let mail = mail(&execution_died(&died(name)));
            assert!(mail.subject.contains("incident 01JTEST died"), "{}", mail.subject);
            assert!(
                mail.body.contains("backstop incidents show 01JTEST\n"),
                "{}",
                mail.body
            );
        }
    }

    #[test]
    fn a_name_that_is_no_id_is_nothing_to_type() {
        let mail = mail(&execution_died(&died("evil.example;sh")));
        assert!(mail.body.contains("backstop incidents list"), "{}", mail.body);
        assert!(!mail.body.contains("show evil"), "{}", mail.body);
        assert!(!mail.body.contains("evil.example"), "{}", mail.body);
    }
}
