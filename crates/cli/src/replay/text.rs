//! One message and what would be done with it, for people. What a finding says is hostile.

use std::fmt;

use backstop_core::{finding::DRILL_SOURCE, text::for_terminal};

use super::{
    Message, guard,
    reading::{Content, Done, Reading, Response, Verdict},
};

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = for_terminal(&self.file);
        match &self.reading {
            Reading::Unreadable(unread) => {
                writeln!(f, "{file}: can't be read ({})", unread.error)?;
                writeln!(f, "  {}", for_terminal(&unread.reason))?;
                writeln!(f, "\nit would go to the dead-letter queue with this reason")
            }
            Reading::Read(content) => {
                write!(f, "{file}: ")?;
                content.fmt(f)?;
                self.fmt_plans(f)
            }
        }
    }
}

impl Message {
    fn fmt_plans(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plans.as_deref() {
            None => Ok(()),
            Some([]) => writeln!(f, "\nno plan: nothing here is contained by a playbook"),
            Some(plans) => plans.iter().try_for_each(|plan| write!(f, "{plan}")),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.detail_type.as_deref().unwrap_or("no event around it");
        writeln!(f, "{} ({})", self.route, for_terminal(what))?;
        if let Some(action) = &self.custom_action {
            writeln!(
                f,
                "  a person sent it by the custom action {}",
                for_terminal(action)
            )?;
        }
        if self.is_drill {
            writeln!(
                f,
                "  a drill ({DRILL_SOURCE}): accepted only with DrillEvents=Enabled, changes only what is tagged for it"
            )?;
        }
        for (number, verdict) in self.findings.iter().enumerate() {
            write!(f, "\nfinding {}: {verdict}", number + 1)?;
        }
        for item in &self.not_findings {
            writeln!(f, "\nitem {}: {}", item.index + 1, for_terminal(&item.reason))?;
        }
        for item in &self.unreadable {
            let reason = for_terminal(&item.reason);
            writeln!(
                f,
                "\nitem {}: can't be read ({}): {reason}",
                item.index + 1,
                item.error
            )?;
        }
        if self.findings.iter().any(|verdict| !verdict.answers.is_empty()) {
            writeln!(f, "\nnot known offline: {}", guard::UNKNOWN_OFFLINE)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = self.severity;
        let finding_type = for_terminal(&self.finding_type);
        write!(f, "{finding_type} ({} {:.1})", severity.label, severity.score)?;
        writeln!(f, "\n  \"{}\"", for_terminal(&self.title))?;
        let (account, region) = (
            for_terminal(self.account.as_str()),
            for_terminal(self.region.as_str()),
        );
        writeln!(
            f,
            "  of {} in account {account}, {region}, seen {} time(s)",
            for_terminal(&self.product),
            self.count
        )?;
        if self.is_new_type {
            writeln!(f, "  warning: this type is newer than this version of Backstop")?;
        }
        match &self.done {
            Done::Answered => {}
            Done::Inactive { reason } | Done::Unanswered { reason } => {
                writeln!(f, "  nothing is done: {}", for_terminal(reason))?;
            }
        }
        if self.sender_is_told {
            writeln!(f, "  whoever sent it is told so")?;
        }
        if matches!(self.done, Done::Inactive { .. }) && !self.answers.is_empty() {
            writeln!(f, "  were it active:")?;
        }
        for response in &self.answers {
            write!(f, "{response}")?;
        }
        for related in &self.related {
            writeln!(
                f,
                "  named besides, never acted on by itself: {}",
                for_terminal(&related.to_string())
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", for_terminal(&self.target.to_string()))?;
        let tells = if self.contains {
            ""
        } else {
            ", which contains nothing and tells people"
        };
        writeln!(
            f,
            "    playbook   {} ({}){tells}",
            self.playbook, self.playbook_mode
        )?;
        writeln!(f, "    why        {}", for_terminal(&self.why))?;
        for decision in &self.guardrails {
            writeln!(
                f,
                "    guardrail  {}: {}",
                decision.guardrail,
                for_terminal(&decision.detail)
            )?;
        }
        if self.mode != self.playbook_mode {
            writeln!(f, "    mode       {}", self.mode)?;
        }
        for step in &self.steps_for_people {
            writeln!(f, "    to do      {step}")?;
        }
        if let Some(target) = self.target.as_typed().filter(|_| self.can_be_planned) {
            let target = for_terminal(&target);
            writeln!(
                f,
                "    see a plan backstop run {} --target {target} --mode observe",
                self.playbook
            )?;
        }
        Ok(())
    }
}
