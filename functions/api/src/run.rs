//! A person starts a playbook, under the same guardrails as a finding would; or only has it plan.

use backstop_core::{
    IncidentId, Mode, Target,
    api::{ApiError, ErrorCode, PlanAnswer, PlanRequest, RunAnswer, RunRequest, Started, is_incident},
    guardrail::OpeningSubject,
    log::Opened,
    person::Caller,
    target::{Location, read_typed},
    text::for_terminal,
};
use backstop_playbook::Playbook;
use backstop_runtime::{
    manual_run::{self, ManualRun, ManualRunOutcome},
    now,
};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, of_run, refusal},
    request::{Request, words},
};

/// What tells one request from another that asks for the same.
const KEY: &str = "idempotency-key";
const MOST_KEY: usize = 64;
/// Names and ids of AWS have fewer.
const MOST_TYPED: usize = 2_048;

impl Api {
    pub(crate) async fn run_playbook(&self, request: &Request, caller: Caller) -> Answered {
        let key = key(request)?;
        let asked: RunRequest = request.body()?;
        let playbook = self.playbook(&asked.playbook)?;
        let target = self.target(&asked.target, &caller).await?;
        fits(playbook, &target)?;
        let wanted = wanted_mode(playbook, asked.mode, self.limits.maximum)?;
        let by = self.person(caller).await?;
        let arn = by.arn().to_owned();
        let run = ManualRun {
            playbook: playbook.name.clone(),
            steps: playbook.step_refs(),
            target,
            wanted,
            by,
            reason: words(asked.reason)?,
            key,
        };
        match self.open(&run).await? {
            ManualRunOutcome::Started(incident) => {
                // The limit is counted in the write that opens, so only the log knows the mode that was left, and why.
                let opened = self.opened(&incident).await?;
                Done::created(&RunAnswer::Started(Box::new(Started {
                    incident,
                    playbook: opened.playbook,
                    target: opened.target,
                    mode: opened.mode,
                    by: arn,
                    guardrails: opened.guardrails,
                })))
            }
            ManualRunOutcome::AlreadyOpen(incident) => {
                Done::ok(&RunAnswer::AlreadyOpen(Box::new(self.view(&incident).await?)))
            }
        }
    }

    pub(crate) async fn plan_target(&self, request: &Request, caller: Caller) -> Answered {
        let key = key(request)?;
        let asked: PlanRequest = request.body()?;
        let playbook = self.playbook(&asked.playbook)?;
        let target = well_formed(asked.target)?;
        fits(playbook, &target)?;
        let guardrails = self.ledger.guardrails().await.map_err(of_ledger)?;
        let subject = OpeningSubject {
            playbook: &playbook.name,
            target: &target,
            wanted: asked.wanted,
            // Whoever asks to see a plan says what the finding's evidence leaves.
            furthest: None,
            maximum: self.limits.maximum,
        };
        let (mode, guardrails) = guardrails.mode_at_opening(&self.limits.protection, subject, now());
        let run = ManualRun {
            playbook: playbook.name.clone(),
            steps: playbook.step_refs(),
            target,
            wanted: Mode::Observe,
            by: self.person(caller).await?,
            reason: Some("replay of a saved finding, to see the plan".to_owned()),
            key,
        };
        let (incident, was_open) = match self.open(&run).await? {
            ManualRunOutcome::Started(incident) => (incident, false),
            ManualRunOutcome::AlreadyOpen(incident) => (incident, true),
        };
        Done::created(&PlanAnswer {
            incident,
            was_open,
            mode,
            guardrails,
        })
    }

    async fn open(&self, run: &ManualRun) -> Result<ManualRunOutcome, ApiError> {
        let ran = manual_run::run(&self.ledger, &self.machines, run, &self.limits).await;
        ran.map_err(of_run)
    }

    async fn opened(&self, id: &IncidentId) -> Result<Opened, ApiError> {
        let log = self.ledger.log(id).await.map_err(of_ledger)?;
        Ok(log.incident().map_err(of_ledger)?.opened)
    }

    /// What a person typed: a target, or an incident whose target is meant.
    async fn target(&self, typed: &str, caller: &Caller) -> Result<Target, ApiError> {
        let typed = typed.trim();
        if typed.len() > MOST_TYPED {
            return Err(bad_request("the target has more than 2,048 characters"));
        }
        if is_incident(typed) {
            let id = typed.to_ascii_uppercase().as_str().into();
            return Ok(self.opened(&id).await?.target);
        }
        let at = Location {
            account: caller.account(),
            region: self.region.clone(),
            partition: caller.partition().to_owned(),
        };
        read_typed(typed, &at).map_err(|error| refusal(ErrorCode::UnreadableTarget, &error.to_string()))
    }
}

fn key(request: &Request) -> Result<Option<String>, ApiError> {
    let Some(key) = request.header(KEY) else {
        return Ok(None);
    };
    let is_fine = (1..=MOST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_fine
        .then(|| Some(key.to_owned()))
        .ok_or_else(|| bad_request("`idempotency-key` must be 1 to 64 visible ASCII characters"))
}

/// A finding was parsed where it is; here it is only somebody's JSON.
fn well_formed(target: Target) -> Result<Target, ApiError> {
    let is_place = |text: &str| {
        (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_fine = target.account.is_well_formed()
        && is_place(target.region.as_str())
        && is_place(&target.partition)
        && target.resource.is_well_formed();
    is_fine.then_some(target).ok_or_else(|| {
        refusal(
            ErrorCode::UnreadableTarget,
            "the target's account, Region, partition or name isn't of the form that AWS gives them",
        )
    })
}

fn fits(playbook: &Playbook, target: &Target) -> Result<(), ApiError> {
    let kind = target.resource.kind();
    if playbook.targets.contains(&kind) {
        return Ok(());
    }
    let answers: Vec<String> = playbook.targets.iter().map(ToString::to_string).collect();
    let message = format!(
        "playbook `{}` answers {}, and {} is of kind {kind}: see `backstop playbook list` for one that fits",
        playbook.name,
        answers.join(", "),
        for_terminal(&target.resource.to_string()),
    );
    Err(refusal(ErrorCode::WrongKind, &message))
}

/// What a person asks for is refused rather than lowered in silence; what they leave open is lowered, and the log says
/// by what.
fn wanted_mode(playbook: &Playbook, asked: Option<Mode>, maximum: Mode) -> Result<Mode, ApiError> {
    let most = playbook.mode;
    match asked {
        None => Ok(most),
        Some(wanted) if wanted > most => Err(refusal(
            ErrorCode::BeyondPlaybook,
            &format!(
                "playbook `{}` goes no further than `{most}`, so you can't run it in `{wanted}` mode: type `--mode {most}`, \
                 or leave `--mode` out",
                playbook.name
            ),
        )),
        Some(wanted) if wanted > maximum => Err(refusal(
            ErrorCode::BeyondDeployment,
            &format!(
                "this deployment goes no further than `{maximum}` (its parameter MaximumMode), so you can't run anything in \
                 `{wanted}` mode: type `--mode {maximum}`, or leave `--mode` out"
            ),
        )),
        Some(wanted) => Ok(wanted),
    }
}
