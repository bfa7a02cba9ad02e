//! The coverage as `docs/coverage.md` has it.

use std::fmt::Write as _;

use super::{Coverage, RowKind};

const HEAD: &str = "# What Backstop answers\n\n\
Which playbook answers which finding, on what kind of target, and the furthest mode that the finding's evidence deserves;\n\
guardrails and the stack's `MaximumMode` may lower that. Made from the playbooks and from the reviewed list of finding\n\
types (`crates/playbook/src/guardduty_types.tsv`) by `backstop playbook compile`: don't edit it.\n\
\n\
**Who can provoke it** decides what may be answered unasked. An *intruder* is only who has a credential that was never\n\
theirs, or runs programs where they have no business. A *state* is itself the harm, whoever made it. An *outsider* is\n\
anybody without a credential, by asking, uploading, mailing, or naming a host. An *administrator* is whoever works in the\n\
account: people, pipelines, applications. What an outsider or an administrator can provoke is never `auto`: lint refuses it,\n\
since containing unasked would be a weapon. A type that AWS adds later is never `auto` before it stands in that list. A\n\
server that opens connections wherever its visitors tell it, such as a proxy or a sender of webhooks, can be led to an\n\
attacker's address: give it an exemption, or its playbook a lower mode.\n";

const REST: &str = "A GuardDuty type that is newer than this list is answered as its family is: by the playbook whose \
pattern matches\nit, at least by the playbook that only tells. AWS Health's event that a key of the account was found in public \
(`AWS_RISK_CREDENTIALS_EXPOSED`)\nis answered by the playbook that contains an access key, and its other events about risks by the one that only tells; Health \
delivers them in us-east-1, with a\nbackup in us-west-2 (in China in cn-northwest-1, in GovCloud in us-gov-west-1), so that a \
stack in another Region gets them\nonly by a rule there that forwards them. Findings of Macie, and whatever a person sends by \
a Security Hub custom action, reach\nthat one as well. All other findings of Security Hub (other controls, vulnerabilities, other products) \
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
    line(format!(
        "| {column} | severity | who can provoke it | playbook | furthest mode | target | why |"
    ));
    line("| --- | --- | --- | --- | --- | --- | --- |".to_owned());
    for row in coverage.rows_of(kind) {
        let retired = if row.retired { " (retired)" } else { "" };
        for [playbook, mode, targets, because] in row.lines() {
            line(format!(
                "| `{}`{retired} | {} | {} | {playbook} | {mode} | {targets} | {because} |",
                row.name,
                row.severity,
                row.provoked_by.as_str()
            ));
        }
    }
}
