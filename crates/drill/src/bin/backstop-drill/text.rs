//! What a drill found, for people.

use std::fmt;

use backstop_core::{Mode, incident::Status, words::undo as undo_in_words};
use backstop_drill::{
    Environment, Report, Verdict,
    calls::CallLine,
    cost::{Billed, Cost},
    report::FailedStep,
    state_snapshot::Difference,
    undo::{Undone, UndoneStep},
};
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};

use crate::reports::Reports;

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, report) in self.all().iter().enumerate() {
            if place > 0 {
                writeln!(f, "\n")?;
            }
            write_report(f, report)?;
        }
        Ok(())
    }
}

fn write_report(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    writeln!(
        f,
        "{} drill `{}`: {}\n",
        mark(report.as_expected),
        report.drill,
        headline(report)
    )?;
    if !report.probes.is_empty() {
        writeln!(f, "{}", probes(report))?;
    }
    if !report.checks.is_empty() {
        writeln!(f, "{}", checks(report))?;
    }
    write_incident(f, report)?;
    if let Some(undo) = &report.undo {
        write_undo(f, undo)?;
    }
    for FailedStep { step, error, detail } in &report.failed_steps {
        writeln!(f, "✘ step `{step}` failed with {error}: {detail}")?;
    }
    for CallLine { call, by, .. } in &report.calls.denied {
        writeln!(f, "✘ AWS denied {call} to {by}")?;
    }
    if let Some(failure) = &report.machine_failure {
        writeln!(f, "✘ the execution ended as {failure}")?;
    }
    if report.mode == Mode::Observe {
        write_plan(f, report)?;
    }
    if let Some(error) = &report.error {
        writeln!(f, "✘ the drill ended early: {error}")?;
    }
    if let Some(files) = &report.files {
        let files = files.display();
        writeln!(
            f,
            "\nlook at   {files}/functions/*.log, {files}/calls.jsonl, {files}/ministack.log"
        )?;
    }
    Ok(())
}

fn headline(report: &Report) -> String {
    match (report.mode, report.as_expected) {
        (Mode::Observe, true) => {
            "nothing was changed, as `observe` promises; the attacker goes on".to_owned()
        }
        (Mode::Observe, false) => format!("{}: `observe` must change nothing, or didn't end", report.verdict),
        (Mode::Approve | Mode::Auto, _) => match report.verdict {
            Verdict::Contained => "contained, and proven so".to_owned(),
            Verdict::PartiallyContained if report.as_expected => {
                "partially-contained, and said so: what goes on can't be reached, and it is named".to_owned()
            }
            Verdict::PartiallyContained => {
                "partially-contained: something the attacker has still works, or somebody else was hit"
                    .to_owned()
            }
            Verdict::NotContained => "not-contained: the attacker goes on as before".to_owned(),
            Verdict::Error => "error: this proves nothing".to_owned(),
        },
    }
}

fn probes(report: &Report) -> Table {
    let mut table = table(["probe", "before", "after", "expected after", ""]);
    for probe in &report.probes {
        let shown = |seen: &Option<_>| {
            seen.as_ref()
                .map_or_else(|| "not run".to_owned(), ToString::to_string)
        };
        let good = probe.is_before_as_expected() && probe.is_after_as_expected();
        table.add_row([
            probe.name.clone(),
            shown(&probe.before),
            shown(&probe.after),
            probe.expected_after.to_string(),
            in_words(good, probe.after.is_some()).to_owned(),
        ]);
    }
    table
}

fn checks(report: &Report) -> Table {
    let mut table = table(["check", "before", "after", "expected after", ""]);
    for check in &report.checks {
        let shown = |state: &Option<_>| {
            state
                .as_ref()
                .map_or_else(|| "not read".to_owned(), ToString::to_string)
        };
        let good = check.is_before_as_expected() && check.is_after_as_expected();
        table.add_row([
            check.name.clone(),
            shown(&check.before),
            shown(&check.after),
            check.expected_after.to_string(),
            in_words(good, check.after.is_some()).to_owned(),
        ]);
    }
    table
}

fn table(header: [&str; 5]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn write_incident(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let incident = report.incident.as_deref().unwrap_or("none");
    let status = report.status.map_or("unknown", Status::as_str);
    writeln!(f, "incident  {incident}, status {status}")?;
    let mode = match report.incident_mode {
        Some(mode) if mode != report.mode => format!(
            "{mode}, which is as far as the playbook goes (asked for: {})",
            report.mode
        ),
        _ => report.mode.to_string(),
    };
    writeln!(f, "mode      {mode}")?;
    if let Some(first) = report.time_to_first_change_ms {
        let last = report
            .time_to_contain_ms
            .map(|last| format!("; contained after {last} ms"));
        writeln!(
            f,
            "time      first change {first} ms after {}{}",
            if report.by_hand {
                "a person ran it"
            } else {
                "the event"
            },
            last.unwrap_or_default()
        )?;
    }
    writeln!(
        f,
        "calls     {} by the functions, {} of them log writes that another was ahead of",
        report.calls.total, report.calls.lost_log_writes
    )?;
    if let Some(serial) = report.calls.serial_before_containment {
        let series = report.calls.series.join(", ");
        writeln!(f, "          {serial} in series up to the first change: {series}")?;
    }
    for step in &report.unproven {
        writeln!(f, "unproven  step `{}`: {}", step.step, step.observed)?;
    }
    if let Some(allowed) = &report.may_change_unasked {
        writeln!(
            f,
            "asked     changed before: {} (allowed: {}); approved by {}",
            or_nothing(&report.changed_unasked),
            or_nothing(allowed),
            or_nothing(&report.approved_by)
        )?;
    }
    for command in &report.proposals {
        let word = if report.expected_proposals.contains(command) {
            "as expected"
        } else {
            "NOT expected"
        };
        writeln!(f, "proposes  {command} ({word})")?;
    }
    for command in report
        .expected_proposals
        .iter()
        .filter(|it| !report.proposals.contains(it))
    {
        writeln!(f, "LACKS     {command}")?;
    }
    if let Some(transitions) = report.transitions {
        writeln!(
            f,
            "machine   {transitions} state transitions (states entered, retries, and the end)"
        )?;
    }
    if let Some(cost) = &report.cost {
        write_cost(f, cost)?;
    }
    Ok(())
}

fn write_cost(f: &mut fmt::Formatter<'_>, cost: &Cost) -> fmt::Result {
    writeln!(
        f,
        "cost      ${:.6} by the prices of {}, of what is counted:",
        cost.usd, cost.prices
    )?;
    for Billed { what, count, usd, .. } in &cost.billed {
        writeln!(f, "          ${usd:.6}  {count} {what}")?;
    }
    for what in cost.not_counted {
        writeln!(f, "          not counted: {what}")?;
    }
    Ok(())
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.join(", ")
}

fn write_undo(f: &mut fmt::Formatter<'_>, undo: &Undone) -> fmt::Result {
    let (mark, words) = match (undo.restored, undo.ran) {
        (true, true) => ("✔", "everything is as it was before the finding"),
        (true, false) => ("✔", "there was nothing to undo"),
        (false, _) => ("✘", "NOT everything is as it was before the finding"),
    };
    writeln!(f, "undo      {mark} {words}")?;
    for (word, differences) in [
        ("on purpose", &undo.exceptions),
        ("NOT restored", &undo.differences),
    ] {
        for Difference { what, before, after } in differences {
            writeln!(f, "          {word}: {what}: {before} → {after}")?;
        }
    }
    if !undo.restored {
        for UndoneStep { step, outcome } in &undo.steps {
            writeln!(f, "          step `{step}`: {}", undo_in_words(outcome))?;
        }
    }
    Ok(())
}

fn write_plan(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    writeln!(f, "\nplan, not carried out:")?;
    for change in &report.plan {
        writeln!(
            f,
            "  {}: {}\n    {} → {}",
            change.api, change.what, change.now, change.after
        )?;
    }
    Ok(())
}

/// How to go on by hand in an account that is left running.
pub(crate) fn how_to_reach(environment: &Environment) -> String {
    let account = environment.account();
    let mut text = format!(
        "\nthe account is up; in another terminal:\n  export AWS_ENDPOINT_URL={}\n  export AWS_ACCESS_KEY_ID={}\n  \
         export AWS_SECRET_ACCESS_KEY=anything\n  export AWS_REGION={} AWS_DEFAULT_REGION={}\n  \
         aws cloudformation describe-stacks --stack-name {}\nits outputs:\n",
        account.endpoint_url(),
        account.account_id(),
        account.region(),
        account.region(),
        environment.stack().name(),
    );
    let api = environment.stack().api().ok();
    if let Some(api) = api.and_then(|api| account.api_url(api)) {
        text.push_str(&format!("  (for `backstop` here: export BACKSTOP_API={api})\n"));
    }
    for (name, value) in environment.stack().outputs() {
        text.push_str(&format!("  {name} = {value}\n"));
    }
    text.push_str(&format!(
        "logs: {}\nCtrl-C ends it and removes everything",
        account.logs().display()
    ));
    text
}

fn in_words(good: bool, is_known: bool) -> &'static str {
    match (is_known, good) {
        (false, _) => "– unknown",
        (true, true) => "✔ as expected",
        (true, false) => "✘ NOT as expected",
    }
}

fn mark(good: bool) -> &'static str {
    if good { "✔" } else { "✘" }
}
