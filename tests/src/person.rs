//! People who decide past the api, where a test is about what comes of it.

use backstop_core::{
    Risk,
    api::UndoState,
    person::{Caller, Person},
};
use backstop_runtime::{
    IncidentLog, Ledger,
    machines::Machines,
    undoing::{self, UndoError, Undoable},
};

/// As many as anything takes.
const PEOPLE: [&str; 2] = ["bob", "carol"];

/// An IAM user of this name.
pub fn person(name: &str) -> Person {
    let caller = Caller {
        arn: format!("arn:aws:iam::123456789012:user/{name}"),
        user_id: format!("AIDA{:0<17}", name.to_ascii_uppercase()),
        access_key: None,
    };
    caller.person(None, &[]).unwrap()
}

/// As many people as any decision takes.
pub fn people() -> [Person; 2] {
    PEOPLE.map(person)
}

/// Asks for undo as the api does, by as many people as it takes.
pub async fn ask_undo(
    ledger: &Ledger,
    machines: &Machines,
    log: &mut IncidentLog,
    steps: &[Undoable],
    accepting: &[Risk],
) -> Result<(), UndoError> {
    for by in people() {
        let asked = undoing::request(ledger, machines, log, &by, None, steps, accepting);
        if asked.await? == UndoState::Started {
            break;
        }
    }
    Ok(())
}
