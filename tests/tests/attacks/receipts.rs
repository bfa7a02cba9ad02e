//! Logs and receipts that somebody wrote who may write the table: found once as full control of the account. What a
//! responder does follows from its order, and an undo follows no receipt that isn't proven.

use aws_sdk_iam::types::Tag;
use backstop_actions::ActionSpec;
use backstop_core::{
    IncidentId, Mode, Resource, Risk, Target,
    guardrail::DRILL_TAG,
    incident::Status,
    kind,
    log::{Event, Origin, Phase, StepRef},
    task::{RespondTask, StepTask},
};
use backstop_runtime::Ledger;
use backstop_tests::{Case, Functions, Planted, Scene, drill};
use serde_json::{Value, json};

use crate::{
    attacker,
    tried::{Ended, Tried},
};

/// What a break-glass identity may do to the table at most.
pub(crate) const WRITES: [&str; 6] = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];
const STEP: &str = "the-step";
const RIGHT: &str = "break-glass on the table";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let environment = &scene.environment;
    let functions = Functions::of(environment, ["respond-ec2", "respond-iam"]).await;
    let ledger = environment.ledger_as(attacker::break_glass(scene, &WRITES).await);
    let forger = Forger {
        scene,
        functions: &functions,
        ledger: &ledger,
    };
    vec![
        forger.foreign_holder().await,
        forger.foreign_trust().await,
        forger.foreign_profile().await,
    ]
}

struct Forger<'a> {
    scene: &'a Scene,
    functions: &'a Functions,
    ledger: &'a Ledger,
}

/// An incident with one step, whose log says that the step was begun.
struct Forged {
    id: IncidentId,
    task: StepTask,
    function: &'static str,
}

impl Forger<'_> {
    /// An interrupted step was once taken up where its log said: a user of the forger's got `Allow * *`.
    async fn foreign_holder(&self) -> Tried {
        let (intern, mark) = (self.scene.leak(true).await, self.scene.leak(true).await);
        let allow = json!({ "Version": "2012-10-17", "Statement": [attacker::allow(&["*"])] });
        let receipt = json!({ "holder": intern.user, "policy_name": "BackstopDeny-forged",
            "document": allow.to_string(), "hash": "0".repeat(64), "sessions_end": "2030-01-01T00:00:00Z" });
        let target = Resource::AccessKey(kind::AccessKey {
            key_id: mark.key_id.clone(),
            user_name: Some(mark.user.clone()),
            user_id: None,
        });
        let forged = self
            .begun("iam.deny-user", "leaked-access-key", target, receipt)
            .await;
        let answer = self
            .functions
            .ask(forged.function, &RespondTask::Act(forged.task.clone()))
            .await;
        let policies = self.scene.iam().list_user_policies().user_name(&intern.user);
        let policies = policies.send().await.unwrap();
        assert!(policies.policy_names().is_empty(), "{policies:?}, {answer:?}");
        assert!(self.scene.state(&intern).await.0, "{answer:?}");
        Tried::new(
            "a forged log that has a step write a policy of the forger's",
            RIGHT,
            Ended::Harmless,
            "the step plans anew and writes nothing out of the log",
        )
    }

    /// Undo once wrote the trust policy that the receipt has.
    async fn foreign_trust(&self) -> Tried {
        let iam = self.scene.iam();
        let trust = |principal: Value| {
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": principal }] })
            .to_string()
        };
        let name = "OrgAdmin";
        let create = iam.create_role().role_name(name);
        let create = create.assume_role_policy_document(trust(json!({ "Service": "ec2.amazonaws.com" })));
        let tag = Tag::builder().key(DRILL_TAG).value("yes").build().unwrap();
        create.tags(tag).send().await.unwrap();
        let receipt = json!({ "role_name": name, "before": trust(json!({ "AWS": "999999999999" })) });
        let target = Resource::Role(kind::Role {
            role_name: name.to_owned(),
            role_id: None,
        });
        let forged = self
            .begun("iam.narrow-role-trust", "narrow-role-trust", target, receipt)
            .await;
        let seen = self.undo(&forged).await;
        let role = iam.get_role().role_name(name).send().await.unwrap();
        let trusted = role
            .role()
            .unwrap()
            .assume_role_policy_document()
            .unwrap()
            .to_owned();
        assert!(!trusted.contains("999999999999"), "{trusted}, {seen}");
        Tried::new(
            "an undo that trusts a foreign account by a forged receipt",
            RIGHT,
            Ended::Refused,
            seen,
        )
    }

    /// Undo once associated whatever profile the receipt has.
    async fn foreign_profile(&self) -> Tried {
        let account = self.scene.environment.account();
        let planted = Planted::of(account, &drill("bare-instance").unwrap()).await;
        let instance = planted.target.resource.id().to_owned();
        let foreign = format!("arn:aws:iam::{}:instance-profile/evil", account.account_id());
        let before = planted.states(account).await;
        let receipt = json!({ "instance": instance, "profile_arn": foreign, "policy": null });
        let forged = self
            .begun(
                "ec2.revoke-instance-credentials",
                "compromised-instance",
                planted.target.resource.clone(),
                receipt,
            )
            .await;
        let seen = self.undo(&forged).await;
        assert_eq!(planted.states(account).await, before, "{seen}");
        Tried::new(
            "an undo that gives an instance a foreign profile by a forged receipt",
            RIGHT,
            Ended::Refused,
            seen,
        )
    }

    /// The refusal.
    async fn undo(&self, forged: &Forged) -> String {
        let mut log = self.ledger.log(&forged.id).await.unwrap();
        let closed = Event::Closed {
            status: Status::Failed,
        };
        log.append(self.ledger, closed).await.unwrap();
        let asked = Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
            reason: None,
            steps: vec![STEP.into()],
            accepting: vec![Risk::ReviveSessions, Risk::ReactivateKey],
        };
        log.append(self.ledger, asked).await.unwrap();
        let answer = self
            .functions
            .ask(forged.function, &RespondTask::Undo(forged.task.clone()))
            .await
            .unwrap();
        assert!(
            answer.to_string().contains("guardrail `receipt`"),
            "the receipt was followed: {answer}"
        );
        "Backstop.Refused, guardrail `receipt`".to_owned()
    }

    async fn begun(&self, action: &str, playbook: &str, resource: Resource, receipt: Value) -> Forged {
        let spec: &'static ActionSpec = backstop_actions::actions()
            .find(|spec| spec.id == action)
            .unwrap();
        let account = self.scene.environment.account();
        let target = Target {
            account: account.account_id().into(),
            region: account.region().into(),
            partition: "aws".to_owned(),
            resource,
        };
        let case = Case {
            playbook: playbook.into(),
            target: target.clone(),
            mode: Mode::Auto,
            steps: vec![StepRef {
                step: STEP.into(),
                action: action.into(),
                title: spec.sentence.to_owned(),
                phase: Phase::Contain,
                high_impact: false,
                with: serde_json::Map::new(),
            }],
            origin: Origin::Drill,
        };
        let id = case.open(self.ledger).await;
        let change = json!({ "api": "iam:PutUserPolicy", "what": "it", "now": "absent", "after": "there" });
        let plan = json!({ "step": STEP, "action": action, "principal": target.resource.id(),
            "tags": { DRILL_TAG: "yes" }, "changes": [change], "blast_radius": [], "receipt": receipt });
        let acting = Event::Acting {
            plan: serde_json::from_value(plan).unwrap(),
        };
        let mut log = self.ledger.log(&id).await.unwrap();
        log.append(self.ledger, acting).await.unwrap();
        let task = StepTask {
            incident: id.clone(),
            target,
            step: STEP.into(),
            action: action.into(),
            with: serde_json::Map::new(),
        };
        Forged {
            id,
            task,
            function: spec.function,
        }
    }
}
