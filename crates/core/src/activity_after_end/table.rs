//! The table of endings and new activity, as `docs/activity-after-the-end.md` has it.

use std::fmt::Write as _;

use super::{Ending, MOST_REOPENED, NewActivity, Reaction};
use crate::mode::Mode;

const HEAD: &str = "# When an incident has ended and its target is heard of again\n\n\
GuardDuty reports what goes on by updating the finding that it made, and Security Hub opens a finding again whose control\n\
fails: so an ending is never the end. What happens then follows from how the last incident of the target ended and from\n\
what is new. Made by `backstop playbook compile` from `crates/core/src/activity_after_end.rs`: don't edit it.\n";

/// Not by a finding, and so beside what findings say.
const CHANGED_BACK: &str = "reverted";
const NOT_LOOKED_FOR: &str = "not looked for";

/// The whole document.
pub fn to_markdown() -> String {
    let mut text = format!("{HEAD}\n## What is new\n\n| activity | which |\n| --- | --- |\n");
    let mut line = |content: String| {
        // Writing to a text can't fail.
        writeln!(text, "{content}").unwrap_or_default();
    };
    for activity in NewActivity::ALL {
        line(format!("| **{}** | {} |", activity.words(), activity.meaning()));
    }
    line(format!(
        "| **{CHANGED_BACK}** | what was done doesn't hold any more, and no finding says so: the sweep reads it back |"
    ));
    line(
        "\nOf what a finding says the weightiest that applies counts, from above.\n\n## What happens\n"
            .to_owned(),
    );
    let by_findings = NewActivity::ALL.iter().map(|it| it.words());
    let activities: Vec<&str> = by_findings.chain([CHANGED_BACK]).collect();
    line(format!("| ended | {} |", activities.join(" | ")));
    line(format!("| --- |{}", " --- |".repeat(activities.len())));
    for ending in Ending::ALL {
        let by_findings = NewActivity::ALL
            .iter()
            .map(|activity| ending.reaction(*activity).words());
        let changed_back = ending.when_changed_back().map_or(NOT_LOOKED_FOR, Reaction::words);
        let cells: Vec<&str> = by_findings.chain([changed_back]).collect();
        line(format!("| {} | {} |", ending.words(), cells.join(" | ")));
    }
    line(format!(
        "\n- **verify again**: what was done is read back. If it holds, people are told, at most once a day, what is still \
         tried; if it\n  doesn't, a linked incident is opened.\n- **verify, ask**: the same, and what is opened asks: a \
         person released it, and isn't overruled.\n- **open**: a linked incident is opened, in the mode that \
         the playbook, the evidence and the guardrails leave now.\n- **ask**: the same, and never further than `approve`: a \
         person refused it or had it undone, and isn't overruled.\n- **tell**: people are told, at most once a day.\n- \
         **note**: the log of the closed incident has it.\n- **{NOT_LOOKED_FOR}**: nothing of ours stands there, or a person wants \
         it undone or released it, and so nobody reads it back.\n  Of what is partially contained only that is read which was \
         contained and is open again.\n\nOf the incidents that follow within a day the first may go as \
         far as the table says, those after it ask, and after\n{MOST_REOPENED} of them people are only told: whoever changes \
         it back again and again, be it an intruder or a pipeline, isn't\nfought by a machine. What was changed back is contained again by itself once, however long ago that was; the next time \
         people\nare asked. Where the mode is `observe`, \
         people are told instead of opening one more incident, unless\nanother finding has \
         something new to tell.\n\nNothing tells of a mode that was raised: no event comes of it. So the sweep looks, at each \
         run, whether what AWS still has as active,\nand updated within `SweepHours`, would be answered by more now, and \
         hands such findings to intake, each once for each mode.\nIt looks at settings alone. An incident that something \
         else lowered (its source wasn't confirmed, the hourly limit was used\nup, only a session's name named it, or a \
         person's word) stays as it is, until the finding itself has something new to tell.\nA raised mode contains what \
         was only observed, at once and within `ContainmentsPerHour`: pause first what isn't to be."
    ));
    text
}

impl Ending {
    const fn words(self) -> &'static str {
        match self {
            Self::Contained => "contained",
            Self::PartiallyContained => "partially contained",
            Self::Failed => "failed",
            Self::Refused => "refused by a guardrail",
            Self::Observed => "observed",
            Self::Reported => "reported",
            Self::Released => "released by a person",
            Self::Denied => "denied by a person",
            Self::Expired => "expired",
            Self::Unreached => "expired, and its question reached nobody",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
        }
    }
}

impl NewActivity {
    const fn words(self) -> &'static str {
        match self {
            Self::AnotherFinding => "another finding",
            Self::Worse => "worse",
            Self::Reset => "reset",
            Self::Continued => "continued",
            Self::ModeRaised => "mode raised",
            Self::Nothing => "nothing",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::AnotherFinding => "a finding that neither the incident nor those before it know",
            Self::Worse => "the known finding has a higher severity than it ever had",
            Self::Reset => "Security Hub took the finding as resolved and has it open again",
            Self::Continued => {
                "the known finding was last seen after the end; a control that goes on failing isn't"
            }
            Self::ModeRaised => {
                "the same finding would be answered by more now: the deployment's or the playbook's mode was raised, or a pause \
                 or an exemption is over"
            }
            Self::Nothing => "another copy, or one that tells of the time before the end",
        }
    }
}

impl Reaction {
    const fn words(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Tell => "tell",
            Self::VerifyAgain { at_most: Mode::Auto } => "verify again",
            Self::VerifyAgain { .. } => "verify, ask",
            Self::Open { at_most: Mode::Auto } => "open",
            Self::Open { .. } => "ask",
        }
    }
}
