//! The coverage as `docs/coverage.md` has it.

use std::fmt::Write as _;

use super::{Coverage, RowKind};

const HEAD: &str = "# What Backstop answers\n\n\
Which playbook answers which finding, on what kind of target, and how far it goes by itself; guardrails and the\n\
stack's `MaximumMode` may lower that. Made from the playbooks by `backstop playbook compile`: don't edit it.\n";

const REST: &str = "A GuardDuty type that is newer than this list is answered as its family is: by the playbook whose \
pattern matches\nit, at least by `triage`. AWS Health's event that a key of the account was found in public \
(`AWS_RISK_CREDENTIALS_EXPOSED`)\nis answered by the playbook that contains an access key, and its other events about risks by `triage`; Health \
delivers them in us-east-1, with a\nbackup in us-west-2 (in China in cn-northwest-1, in GovCloud in us-gov-west-1), so that a \
stack in another Region gets them\nonly by a rule there that forwards them. Findings of Macie, and whatever a person sends by \
a Security Hub custom action, reach\n`triage` as well. All other findings of Security Hub (other controls, vulnerabilities, other products) \
are left with a\nstated reason, since there are thousands of them in any account.\n";

impl Coverage {
    /// The whole document.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{HEAD}\n{}.\n\n{REST}", self.totals());
        table(
            &mut text,
            self,
            RowKind::FindingType,
            "GuardDuty finding types",
            "finding type",
        );
        table(
            &mut text,
            self,
            RowKind::Control,
            "Security Hub controls",
            "control",
        );
        text
    }
}

fn table(text: &mut String, coverage: &Coverage, kind: RowKind, title: &str, column: &str) {
    let mut line = |content: String| {
        // Writing to a text can't fail.
        writeln!(text, "{content}").unwrap_or_default();
    };
    line(format!("\n## {title}\n"));
    line(format!("| {column} | severity | playbook | mode | target |"));
    line("| --- | --- | --- | --- | --- |".to_owned());
    for row in coverage.rows_of(kind) {
        let retired = if row.retired { " (retired)" } else { "" };
        for [playbook, mode, targets] in row.lines() {
            line(format!(
                "| `{}`{retired} | {} | {playbook} | {mode} | {targets} |",
                row.name, row.severity
            ));
        }
    }
}
