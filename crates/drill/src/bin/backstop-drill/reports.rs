//! What the command gives back, and with which code it ends.

use backstop_drill::{Report, Verdict};
use backstop_terminal::Exit;
use serde::Serialize;

/// One drill's report, or those of all.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Reports {
    One(Box<Report>),
    All { drills: Vec<Report> },
}

impl Reports {
    pub(crate) fn all(&self) -> &[Report] {
        match self {
            Self::One(report) => std::slice::from_ref(report),
            Self::All { drills } => drills,
        }
    }

    /// The worst of them.
    pub(crate) fn exit(&self) -> Exit {
        let exits = self.all().iter().map(exit_of);
        exits.max_by_key(|exit| badness(*exit)).unwrap_or(Exit::Done)
    }
}

/// What isn't contained outweighs what isn't proven, and that what isn't tidy.
const fn badness(exit: Exit) -> u8 {
    match exit {
        Exit::NotContained => 5,
        Exit::PartiallyContained => 4,
        Exit::NotRestored => 2,
        Exit::NotFoundOut => 1,
        Exit::Done => 0,
        _ => 3,
    }
}

fn exit_of(report: &Report) -> Exit {
    match report.verdict {
        _ if report.as_expected => Exit::Done,
        Verdict::PartiallyContained => Exit::PartiallyContained,
        Verdict::NotContained => Exit::NotContained,
        Verdict::Contained if report.undo.as_ref().is_some_and(|undo| !undo.restored) => Exit::NotRestored,
        Verdict::Contained if report.proposals != report.expected_proposals => Exit::NotFoundOut,
        Verdict::Contained | Verdict::Error => Exit::DrillError,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::path::Path;

    use backstop_core::Mode;
    use backstop_drill::{Drills, undo::Undone};

    use super::*;

    fn report(change: impl FnOnce(&mut Report)) -> Report {
        let playbooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks");
        let drills = Drills::read(&playbooks).unwrap();
        let mut report = Report::blank(drills.find("leaked-access-key").unwrap(), Mode::Auto);
        report.verdict = Verdict::Contained;
        change(&mut report);
        report
    }

    #[test]
    fn each_ending_has_its_code() {
        let exit = |change: fn(&mut Report)| Reports::One(Box::new(report(change))).exit();
        assert_eq!(exit(|report| report.as_expected = true), Exit::Done);
        let partly = exit(|report| report.verdict = Verdict::PartiallyContained);
        assert_eq!(partly, Exit::PartiallyContained);
        assert_eq!(
            exit(|report| report.verdict = Verdict::NotContained),
            Exit::NotContained
        );
        assert_eq!(exit(|report| report.verdict = Verdict::Error), Exit::DrillError);
        assert_eq!(
            exit(|report| report.undo = Some(Undone::default())),
            Exit::NotRestored
        );
        let lacking = exit(|report| report.expected_proposals.push("backstop run".to_owned()));
        assert_eq!(lacking, Exit::NotFoundOut);
    }

    #[test]
    fn the_worst_of_all_counts() {
        let drills = vec![
            report(|report| report.as_expected = true),
            report(|report| report.verdict = Verdict::PartiallyContained),
            report(|report| report.undo = Some(Undone::default())),
        ];
        assert_eq!(Reports::All { drills }.exit(), Exit::PartiallyContained);
        assert_eq!(Reports::All { drills: Vec::new() }.exit(), Exit::Done);
    }
}
