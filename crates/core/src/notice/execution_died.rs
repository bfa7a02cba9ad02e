//! The page that a state machine ended without having told anybody how. It is about the machine alone, so that it needs no
//! table: `notify` delivers it as it is.

use super::{Class, Command, Notice, Point, line, outside};
use crate::{about::About, finding::SeverityLabel, ids::NoticeKey, task::DeadExecution};

/// Says which incident must be looked at.
pub fn execution_died(died: &DeadExecution) -> Notice {
    let incident = died.incident();
    let check = if died.name.is_undo() {
        "check by hand what was restored"
    } else {
        "check by hand what was contained"
    };
    Notice {
        about: About::Attention,
        class: Class::Page,
        severity: SeverityLabel::High,
        title: if died.name.is_undo() {
            line!["LOOK: the undo of incident ", &incident, " died"]
        } else {
            line!["LOOK: the machine of incident ", &incident, " died"]
        },
        lead: vec![
            line![
                "The execution that worked on incident ",
                &incident,
                " ended as ",
                outside(&died.status),
                "."
            ],
            if died.name.is_undo() {
                "It was to undo what was done: its target may be restored only in part. The incident says which steps are left."
                    .into()
            } else {
                "Its target may be contained only in part. The incident is closed with what its log proves."
                    .into()
            },
        ],
        sections: Vec::new(),
        next: vec![
            Point::new(check.into(), Command::show(&incident)),
            line!["execution: ", outside(&died.execution)].into(),
        ],
        key: NoticeKey::execution_died(died.name.as_str()),
        incident: None,
        case: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::mail;

    fn died(name: &str) -> DeadExecution {
        DeadExecution {
            name: serde_json::from_value(name.into()).unwrap_or_else(|_| unreachable!("a text")),
            status: "FAILED".to_owned(),
            execution: format!("arn:aws:states:eu-west-1:123456789012:execution:backstop_triage:{name}"),
        }
    }

    #[test]
    fn it_names_the_incident_also_of_an_undo() {
        for (name, what) in [("01JTEST", "machine"), ("01JTEST-01JUNDO", "undo")] {
            let mail = mail(&execution_died(&died(name)));
            let subject = format!("the {what} of incident 01JTEST died");
            assert!(mail.subject.contains(&subject), "{}", mail.subject);
            let is_of_undo = mail.body.contains("may be restored only in part");
            assert_eq!(is_of_undo, what == "undo", "{}", mail.body);
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
