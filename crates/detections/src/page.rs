//! What each rule hides as one self-contained page: no script, nothing loaded from elsewhere. The template escapes every
//! text; findings hold texts that attackers chose.

use askama::Template;
use backstop_core::text::{bounded, sanitize};
use jiff::civil::Date;

use crate::{suppression::Suppression, trial::Trial, truth::Truth};

/// Longer texts are in the findings.
const LONGEST: usize = 300;
/// Findings that are listed of one rule; the JSON has all.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "trial.html")]
struct Page {
    day: String,
    findings: usize,
    left: usize,
    most_percent: u8,
    is_passed: bool,
    failed: usize,
    lost_playbooks: Vec<String>,
    rules: Vec<RuleOnPage>,
}

struct RuleOnPage {
    name: String,
    title: String,
    facts: Vec<(&'static str, String)>,
    criteria: Vec<String>,
    fails: Vec<String>,
    hidden: usize,
    percent: usize,
    findings: Vec<FindingOnPage>,
    more: usize,
    attacks: Vec<String>,
}

struct FindingOnPage {
    kind: String,
    place: String,
    is_perhaps: bool,
    is_contained: bool,
}

/// The page can't be filled in.
#[derive(Debug, thiserror::Error)]
#[error("filling in the page")]
pub struct PageError(#[from] askama::Error);

/// The page of a trial, made on a day.
pub fn page(trial: &Trial, rules: &[Suppression], day: Date) -> Result<String, PageError> {
    let on_page: Vec<RuleOnPage> = trial
        .rules
        .iter()
        .filter_map(|hidden| {
            let rule = rules.iter().find(|rule| rule.name == hidden.rule)?;
            Some(of_rule(rule, hidden, trial.most_percent))
        })
        .collect();
    let failed = on_page.iter().filter(|rule| !rule.fails.is_empty()).count() + trial.lost_playbooks.len();
    let page = Page {
        day: day.to_string(),
        findings: trial.findings,
        left: trial.left.len(),
        most_percent: trial.most_percent,
        is_passed: trial.is_passed(),
        failed,
        lost_playbooks: trial.lost_playbooks.iter().map(|it| clean(it)).collect(),
        rules: on_page,
    };
    Ok(page.render()?)
}

fn of_rule(rule: &Suppression, hidden: &crate::trial::Hidden, most_percent: u8) -> RuleOnPage {
    let mut fails = Vec::new();
    let contained = hidden.findings.iter().filter(|it| it.contained).count();
    if contained > 0 {
        fails.push(format!(
            "It hides {contained} for which an incident was contained."
        ));
    }
    if hidden.percent > usize::from(most_percent) {
        fails.push(format!(
            "It hides {} % of the findings; at most {most_percent} % are let pass.",
            hidden.percent
        ));
    }
    let mut facts = vec![
        ("Owner", clean(&rule.owner)),
        ("Reason", clean(&rule.reason)),
        ("Until", rule.expires.to_string()),
    ];
    facts.extend(rule.ticket.as_ref().map(|ticket| ("Ticket", clean(ticket))));
    facts.extend(rule.overrides.iter().map(|code| ("Overridden", clean(code))));
    let listed = hidden.findings.iter().take(LISTED);
    RuleOnPage {
        name: clean(&rule.name),
        title: clean(&rule.title),
        facts,
        criteria: rule
            .criteria
            .iter()
            .map(|(field, condition)| clean(&format!("{field}: {condition}")))
            .collect(),
        fails,
        hidden: hidden.findings.len(),
        percent: hidden.percent,
        findings: listed
            .map(|finding| FindingOnPage {
                kind: clean(&finding.finding_type),
                place: clean(&finding.place),
                is_perhaps: finding.hidden == Truth::Perhaps,
                is_contained: finding.contained,
            })
            .collect(),
        more: hidden.findings.len().saturating_sub(LISTED),
        attacks: hidden.attacks.iter().map(|it| clean(it)).collect(),
    }
}

fn clean(text: &str) -> String {
    bounded(&sanitize(text), LONGEST)
}
