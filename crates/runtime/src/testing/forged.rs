//! Receipts that somebody forged, in the worst case: with their proof, so that the runner hands them to the action. Each
//! must end in a refusal with a name, or in a state that the action's own receipt leads to as well.

mod own_test;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex},
};

use backstop_actions::{ActionSpec, actions_of, find};
use backstop_core::{Receipt, Risk, UndoOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::own_test::{OWN_TEST, code_of, tries_itself};
use super::permit;
use crate::{Action, StepError, action::StepRequest};

/// What a fake account holds, by the names of what it is.
pub type States = BTreeMap<String, Value>;
/// Shared with the account's clients, which read and write it.
pub type FakeAccount = Arc<Mutex<States>>;

/// What an action may be about, and the account that it is in.
pub struct Scene {
    request: StepRequest,
    planted: States,
    elsewhere: Vec<States>,
}

impl Scene {
    /// An action is asked for this, where there is that before anything is done.
    pub const fn new(request: StepRequest, planted: States) -> Self {
        Self {
            request,
            planted,
            elsewhere: Vec::new(),
        }
    }

    /// What the action would find in an account that this isn't: its receipt there is consistent in all parts, as a forger
    /// makes it who runs our code.
    #[must_use]
    pub fn or(mut self, elsewhere: impl IntoIterator<Item = States>) -> Self {
        self.elsewhere.extend(elsewhere);
        self
    }
}

/// Tries every action of a function that changes something, each on the first scene for which it plans a change: a new
/// action is tried by being registered. One for whose target no scene is tries itself, by a test beside its code that calls
/// [`nothing_is_gained_by`]. Prints the counts; fails where a forged receipt gave anybody anything, and where an action
/// is tried by neither.
#[expect(
    clippy::print_stderr,
    reason = "the counts are what a reader of the run asks for"
)]
pub async fn nothing_is_gained(
    function: &str,
    scenes: &[Scene],
    actions: impl Fn(&FakeAccount) -> Vec<Arc<dyn Action>>,
) {
    let mut tally = Tally::default();
    let (mut tried, mut by_themselves, mut untried) = (0, Vec::new(), Vec::new());
    for spec in actions_of(function).filter(|spec| spec.changes_something()) {
        if let Some(bench) = bench(spec, scenes, &actions).await {
            tally.try_every_receipt(&bench).await;
            tried += 1;
        } else if tries_itself(spec.id, &code_of(spec)) {
            by_themselves.push(spec.id);
        } else {
            untried.push(format!(
                "`{}` plans a change on no scene of {function}'s `src/forged.rs`: add one, or write the test `{OWN_TEST}` \
                 beside its code, which calls `nothing_is_gained_by` (docs/adding-an-action.md)",
                spec.id
            ));
        }
    }
    eprintln!("{function}: {tried} actions, {tally}; {by_themselves:?} by tests of their own");
    assert!(untried.is_empty(), "{}", untried.join("\n"));
    tally.assert_nothing_gained(tried);
}

/// The same for one action, on scenes and a fake account of its own: of a target that its function's hasn't.
#[expect(
    clippy::print_stderr,
    reason = "the counts are what a reader of the run asks for"
)]
pub async fn nothing_is_gained_by(
    id: &str,
    scenes: &[Scene],
    actions: impl Fn(&FakeAccount) -> Vec<Arc<dyn Action>>,
) {
    let spec = find(id).unwrap();
    let bench = bench(spec, scenes, &actions).await;
    let mut tally = Tally::default();
    tally
        .try_every_receipt(
            &bench.unwrap_or_else(|| unreachable!("`{id}` plans nothing: plant what it changes")),
        )
        .await;
    eprintln!("{id}: {tally}");
    tally.assert_nothing_gained(1);
}

async fn bench(
    spec: &ActionSpec,
    scenes: &[Scene],
    actions: &impl Fn(&FakeAccount) -> Vec<Arc<dyn Action>>,
) -> Option<Bench> {
    let on = async |request: &StepRequest, states: &States| {
        let account = Arc::new(Mutex::new(states.clone()));
        let mut all = actions(&account).into_iter();
        let action = all.find(|action| action.spec().id == spec.id).unwrap();
        match action.plan(request).await {
            Ok(plan) if !plan.changes.is_empty() => Some((action, account, plan.receipt)),
            Ok(_) | Err(StepError::NotApplicable { .. } | StepError::Mismatch { .. }) => None,
            Err(error) => unreachable!("{}: {error}", spec.id),
        }
    };
    for scene in scenes {
        let Some((action, account, own)) = on(&scene.request, &scene.planted).await else {
            continue;
        };
        let mut elsewhere = Vec::new();
        for states in &scene.elsewhere {
            elsewhere.extend(on(&scene.request, states).await.map(|(_, _, receipt)| receipt));
        }
        elsewhere.retain(|receipt| *receipt != own);
        return Some(Bench {
            action,
            request: scene.request.clone(),
            account,
            elsewhere,
        });
    }
    None
}

/// An action on a fake account.
pub struct Bench {
    /// The action, which knows this account only.
    pub action: Arc<dyn Action>,
    /// What it is asked for.
    pub request: StepRequest,
    /// What there is.
    pub account: FakeAccount,
    /// What the action's receipts would be in other accounts.
    pub elsewhere: Vec<Receipt>,
}

/// What came of all forged receipts.
#[derive(Debug, Default)]
pub struct Tally {
    /// Receipts with one value made hostile.
    pub mutations: usize,
    /// How often an action refused one, acting or undoing.
    pub refused: usize,
    /// How often one led where the action's own receipt leads, or changed nothing.
    pub harmless: usize,
    /// What was otherwise than any receipt of the action's leaves it.
    pub gained: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} mutated receipts, each acted on, undone, undone with every risk accepted, and undone after it was acted on: \
             {} refused, {} harmless, {} permissions gained",
            self.mutations,
            self.refused,
            self.harmless,
            self.gained.len()
        )
    }
}

/// What a forger would put where a name, an id, an address, a time, a number or a policy stands. Some of them are there in the
/// fake accounts, and are somebody else's.
fn hostile() -> Vec<Value> {
    let allow = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*", "Principal": { "AWS": "999999999999" } }],
    });
    vec![
        json!(""),
        json!("mallory"),
        json!("OrgAdmin"),
        json!("Guardrail"),
        json!("AKIAI44QH8DHBEXAMPLE"),
        json!("i-0fedcba9876543210"),
        json!("eni-0fedcba9876543210"),
        json!("192.0.2.66"),
        json!("192.0.2.66/32"),
        json!("arn:aws:iam::123456789012:instance-profile/admin"),
        json!("arn:aws:iam::999999999999:instance-profile/evil"),
        json!(allow.to_string()),
        allow,
        json!("x".repeat(20_000)),
        json!(-1),
        json!(i32::MAX),
        json!(true),
        json!(false),
        json!(null),
        json!(["sg-0fedcba9876543210"]),
        json!("1970-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59Z"),
    ]
}

/// The receipt with each of its values made hostile in turn.
pub fn mutated(receipt: &Value) -> Vec<Value> {
    with_each(receipt, &hostile())
}

/// The receipt with each of its values replaced by each of these in turn.
fn with_each(receipt: &Value, values: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for path in paths(receipt, "") {
        for value in values {
            let mut other = receipt.clone();
            other.pointer_mut(&path).unwrap().clone_from(value);
            if &other != receipt {
                all.push(other);
            }
        }
    }
    all
}

/// Where the values of a receipt are, itself the first.
fn paths(value: &Value, at: &str) -> Vec<String> {
    let mut paths = vec![at.to_owned()];
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, inner)| (key.replace('~', "~0").replace('/', "~1"), inner))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(place, inner)| (place.to_string(), inner))
            .collect(),
        _ => Vec::new(),
    };
    for (key, inner) in within {
        paths.extend(self::paths(inner, &format!("{at}/{key}")));
    }
    paths
}

/// Undone with these risks accepted, and where the action's own receipt leads by that.
struct Undo {
    accepted: Vec<Risk>,
    state: States,
}

impl Tally {
    fn assert_nothing_gained(&self, actions: usize) {
        assert!(self.mutations > 20 * actions, "{self}");
        assert!(self.gained.is_empty(), "{:#?}", self.gained);
    }

    /// Acts and undoes by every mutation of the receipt that the action itself plans.
    pub async fn try_every_receipt(&mut self, bench: &Bench) {
        let id = bench.action.spec().id;
        let before = bench.states();
        let receipt = bench.action.plan(&bench.request).await.unwrap().receipt;
        bench.act(&receipt).await.unwrap();
        let contained = bench.states();
        assert_ne!(contained, before, "{id}: its own receipt changes nothing");
        let mut undos = Vec::new();
        for accepted in [vec![], vec![Risk::ReviveSessions, Risk::ReactivateKey]] {
            bench.set(&contained);
            bench.undo(&receipt, &accepted).await.unwrap();
            let state = bench.states();
            undos.push(Undo { accepted, state });
        }
        let whole = bench.elsewhere.iter().map(|receipt| receipt.0.clone());
        let forged = mutated(&receipt.0).into_iter().chain(whole);
        // Or without one of its parts, as if there had been nothing to check it by.
        let nothing = [Value::Null];
        let elsewhere = bench
            .elsewhere
            .iter()
            .flat_map(|receipt| with_each(&receipt.0, &nothing));
        for forged in forged.chain(elsewhere).map(Receipt) {
            self.mutations += 1;
            bench.set(&before);
            let acted = bench.act(&forged).await;
            self.count(bench, &forged, acted.is_err(), &[&before, &contained]);
            for Undo { accepted, state } in &undos {
                bench.set(&contained);
                self.undo(bench, &forged, accepted, &[&contained, state]).await;
            }
            // Acting must not make true what undo then believes, neither before nor after it was done by right.
            for from in [&before, &contained] {
                bench.set(from);
                // Whether it is refused was counted above; what it leaves is what undo begins with.
                drop(bench.act(&forged).await);
                let Undo { accepted, state } = undos.last().unwrap();
                self.undo(bench, &forged, accepted, &[&before, &contained, state])
                    .await;
            }
        }
    }

    async fn undo(&mut self, bench: &Bench, forged: &Receipt, accepted: &[Risk], good: &[&States]) {
        let undone = bench.undo(forged, accepted).await;
        let is_refused = matches!(undone, Err(_) | Ok(UndoOutcome::Drifted { .. }));
        self.count(bench, forged, is_refused, good);
    }

    fn count(&mut self, bench: &Bench, forged: &Receipt, is_refused: bool, good: &[&States]) {
        let now = bench.states();
        let names: BTreeSet<&String> = good.iter().flat_map(|one| one.keys()).chain(now.keys()).collect();
        let same = |one: &States, name: &str| {
            one.get(name) == now.get(name)
                || bench.without_later_cut_offs(one.get(name)) == bench.without_later_cut_offs(now.get(name))
        };
        let is_good = |name: &&String| good.iter().any(|one| same(one, name));
        let bad: Vec<&String> = names.into_iter().filter(|name| !is_good(name)).collect();
        if !bad.is_empty() {
            let id = bench.action.spec().id;
            let found: Vec<_> = bad.iter().map(|name| (*name, now.get(*name))).collect();
            self.gained.push(format!("{id}: {found:?} by {}", forged.0));
        } else if is_refused {
            self.refused += 1;
        } else {
            self.harmless += 1;
        }
    }
}

impl Bench {
    fn states(&self) -> States {
        self.account.lock().unwrap().clone()
    }

    /// What stands under the name, where a cut-off is either the request's or later: one that was written later denies more.
    fn without_later_cut_offs(&self, state: Option<&Value>) -> Option<String> {
        let mut text = state?.to_string();
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find("TokenIssueTime")) {
            from += at + "TokenIssueTime".len();
            let digits = |it: char| it.is_ascii_digit();
            let Some(begin) = text
                .get(from..)
                .and_then(|rest| rest.find(digits))
                .map(|it| it + from)
            else {
                break;
            };
            let length = text.get(begin..).and_then(|rest| rest.find(['"', '\\']));
            let end = length.map_or(text.len(), |it| begin + it);
            let cut_off: Option<Timestamp> = text.get(begin..end).and_then(|it| it.parse().ok());
            if cut_off.is_some_and(|it| it > self.request.at) {
                text.replace_range(begin..end, "later");
            }
        }
        Some(text)
    }

    fn set(&self, states: &States) {
        self.account.lock().unwrap().clone_from(states);
    }

    async fn act(&self, receipt: &Receipt) -> Result<(), StepError> {
        self.action.act(&permit(), &self.request, receipt).await
    }

    async fn undo(&self, receipt: &Receipt, accepted: &[Risk]) -> Result<UndoOutcome, StepError> {
        let request = StepRequest {
            accepted: accepted.to_vec(),
            // Whoever forges receipts forges the log.
            ended_at: Some(Timestamp::UNIX_EPOCH),
            ..self.request.clone()
        };
        self.action.undo(&permit(), &request, receipt).await
    }
}

#[cfg(test)]
#[test]
fn every_value_of_a_receipt_is_made_hostile() {
    let receipt = json!({ "holder": "alice", "groups": [{ "id": "sg-1" }, { "id": "sg-2" }] });
    let mut found = paths(&receipt, "");
    found.sort();
    let expected = [
        "",
        "/groups",
        "/groups/0",
        "/groups/0/id",
        "/groups/1",
        "/groups/1/id",
        "/holder",
    ];
    assert_eq!(found, expected);
    assert_eq!(mutated(&receipt).len(), expected.len() * hostile().len());
}
