//! The report as Markdown: for tickets and wikis. Every text is escaped here; commands stand in code blocks.

use backstop_core::text::for_markdown;

use crate::{
    activity::Activity,
    report::{Fact, Report},
    steps::{Step, Undo},
};

impl Report {
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        let mut page = Page::default();
        let drill = if self.is_drill { "DRILL: " } else { "" };
        page.line(&format!("# {drill}{}", for_markdown(&self.title)));
        page.line("");
        page.line(&format!("**{}**: {}", self.status, for_markdown(&self.standing)));
        page.heading("Summary");
        page.list(&self.summary);
        page.heading("Facts");
        page.facts(&self.facts);
        page.heading("How long it took");
        page.facts(&self.durations);
        page.heading("What was done");
        for step in &self.steps {
            page.step(step);
        }
        if self.steps.is_empty() {
            page.line("This playbook has no steps: it tells people.");
        }
        if let Some(activity) = &self.activity {
            page.activity(activity);
        }
        page.section("What may break", &self.impact);
        page.section("What is not known", &self.unknown);
        page.section("What to do next", &self.next);
        page.heading("Timeline");
        page.line("| after | time (UTC) | |");
        page.line("| --- | --- | --- |");
        for line in &self.timeline.lines {
            page.line(&format!(
                "| {} | {} | {} {} |",
                line.after,
                line.at,
                line.tone.mark(),
                for_markdown(&line.what)
            ));
        }
        page.evidence(self);
        page.cost(self);
        page.heading("Lessons learned");
        for question in &self.questions {
            page.line(&format!("1. {}", for_markdown(question)));
            page.line("");
            page.line("   *Answer:*");
        }
        page.line("");
        page.line("---");
        page.line("");
        page.line(&format!("Made from {}.", for_markdown(&self.made_from)));
        page.0
    }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.line("");
        self.line(&format!("## {text}"));
        self.line("");
    }

    fn list(&mut self, lines: &[String]) {
        for line in lines {
            self.line(&format!("- {}", for_markdown(line)));
        }
    }

    fn section(&mut self, heading: &str, lines: &[String]) {
        if !lines.is_empty() {
            self.heading(heading);
            self.list(lines);
        }
    }

    fn facts(&mut self, facts: &[Fact]) {
        self.line("| | |");
        self.line("| --- | --- |");
        for fact in facts {
            self.line(&format!("| {} | {} |", fact.label, for_markdown(&fact.value)));
        }
    }

    fn step(&mut self, step: &Step) {
        self.line(&format!(
            "- {} **{}** ({}): {}",
            step.tone.mark(),
            for_markdown(&step.title),
            step.phase,
            for_markdown(&step.how)
        ));
        for change in &step.changes {
            self.line(&format!(
                "  - {}: {} → {} ({})",
                for_markdown(&change.what),
                for_markdown(&change.now),
                for_markdown(&change.after),
                for_markdown(&change.api)
            ));
        }
        if let Some(observed) = &step.observed {
            self.line(&format!("  - read back: {}", for_markdown(observed)));
        }
        if let Some(undo) = &step.undo {
            self.undo(undo);
        }
    }

    fn activity(&mut self, activity: &Activity) {
        self.heading("What it did, by CloudTrail");
        self.line(&format!("{}.", for_markdown(&activity.in_short)));
        self.line("");
        self.list(&activity.notable);
        if activity.left_out > 0 {
            self.line(&format!("- and {} more before these", activity.left_out));
        }
        if activity.proposals.is_empty() {
            self.contacts(activity);
            return;
        }
        self.line("");
        self.line("To do about it (nothing of this was done; each asks before it acts):");
        self.line("");
        for proposed in &activity.proposals {
            self.line(&format!("- {}", for_markdown(&proposed.what)));
            match &proposed.command {
                Some(command) => self.code(std::slice::from_ref(command)),
                None => self.line("  - by hand"),
            }
        }
        self.contacts(activity);
    }

    fn contacts(&mut self, activity: &Activity) {
        if activity.contacts.is_empty() {
            return;
        }
        self.heading("Who reached it, and with whom it talked");
        self.list(&activity.contacts);
    }

    fn undo(&mut self, undo: &Undo) {
        if let Some(ended) = &undo.ended {
            self.line(&format!("  - {}", for_markdown(ended)));
        }
        let Some(command) = &undo.command else {
            return;
        };
        self.line("  - put it back:");
        self.code(std::slice::from_ref(command));
        if undo.by_hand.is_empty() {
            self.line("  - undo leaves this off on purpose");
        } else {
            self.line("  - by hand, without Backstop:");
            self.code(&undo.by_hand);
        }
    }

    /// A code block in a list. Its lines begin with the names of commands, so none can end it.
    fn code(&mut self, lines: &[String]) {
        self.line("");
        self.line("    ```sh");
        for line in lines {
            self.line(&format!("    {line}"));
        }
        self.line("    ```");
        self.line("");
    }

    fn evidence(&mut self, report: &Report) {
        self.heading("Evidence");
        if report.evidence.is_empty() {
            self.line("None is kept in the evidence bucket yet.");
            return;
        }
        self.line("| item | bytes | time (UTC) | SHA-256 |");
        self.line("| --- | --- | --- | --- |");
        for item in &report.evidence {
            let name = for_markdown(&item.name);
            self.line(&format!(
                "| {name} | {} | {} | {} |",
                item.size, item.at, item.sha256
            ));
        }
        self.line("");
        self.line("Fetch and check it:");
        self.line("");
        self.line("```sh");
        self.line(&report.fetch());
        self.line("```");
    }

    fn cost(&mut self, report: &Report) {
        self.heading("Cost");
        self.line("| | count | US$ |");
        self.line("| --- | --- | --- |");
        for line in &report.cost.lines {
            self.line(&format!("| {} | {} | {} |", line.what, line.count, line.price()));
        }
        let total = report.cost.total();
        self.line(&format!("| **together** | | **{total}** |"));
        self.line("");
        self.line(&format!("It is {}.", report.cost.source));
    }
}
