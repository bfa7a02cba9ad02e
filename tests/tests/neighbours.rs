//! Two stacks whose names begin alike stand side by side in one account. One finding reaches both; what dies in one is told to
//! its own people and closed by itself, and neither starts, looks at or stops a machine of the other.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, path::Path, time::Duration};

use aws_sdk_sfn::error::ProvideErrorMetadata;
use backstop_core::{IncidentId, Mode, incident::Status};
use backstop_emulator::{
    Silent,
    deploy::{Deployment, Stack, Template, build_functions, deploy_built},
};
use backstop_runtime::Ledger;
use backstop_tests::{People, Role, Scene, physical_id_in};
use tokio::time::{Instant, sleep};

const NEIGHBOUR: &str = "backstop-drill";
const PLAYBOOK: &str = "leaked-access-key";
const PATIENCE: Duration = Duration::from_secs(60);
/// What reached the wrong stack would be handled within.
const LATER: Duration = Duration::from_secs(5);

/// One of both, and who hears of it.
struct Side {
    stack: Stack,
    people: People,
    ledger: Ledger,
}

impl Side {
    async fn of(scene: &Scene, stack: Stack, queue: &str) -> Self {
        let account = scene.environment.account();
        let dynamodb = aws_sdk_dynamodb::Client::new(&account.sdk_config(account.root()));
        Self {
            people: People::of_stack(account, &stack, queue).await,
            ledger: Ledger::new(dynamodb, stack.incidents_table().unwrap()),
            stack,
        }
    }

    /// The one incident that waits for people here.
    async fn waiting(&self) -> IncidentId {
        let until = Instant::now() + PATIENCE;
        loop {
            let rows = self.ledger.incidents(10).await.unwrap();
            let mut waiting = rows.iter().filter(|row| row.status == Status::AwaitingApproval);
            if let (Some(row), None) = (waiting.next(), waiting.next()) {
                return row.incident.clone();
            }
            assert!(Instant::now() < until, "{}: {rows:#?}", self.stack.name());
            sleep(Duration::from_millis(200)).await;
        }
    }

    fn execution(&self, id: &IncidentId) -> String {
        let machine = self.stack.machine_arn(PLAYBOOK).unwrap();
        format!("{}:{id}", machine.replace(":stateMachine:", ":execution:"))
    }

    async fn is_waiting(&self, id: &IncidentId) -> bool {
        self.ledger.row(id).await.unwrap().unwrap().status == Status::AwaitingApproval
    }

    /// Its machine is stopped from outside: its people are told, and the incident is closed.
    async fn stop(&self, scene: &Scene, id: &IncidentId) {
        let before = self.told_of_the_dead().await;
        let stop = scene.sfn().stop_execution().execution_arn(self.execution(id));
        stop.send().await.unwrap();
        let until = Instant::now() + PATIENCE;
        while self.told_of_the_dead().await == before || self.is_waiting(id).await {
            assert!(Instant::now() < until, "{}: nobody was told", self.stack.name());
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// How many people were told of a machine that died.
    async fn told_of_the_dead(&self) -> usize {
        let told = self.people.told().await;
        told.iter()
            .filter(|notice| notice.subject.contains("died"))
            .count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two deployments; .ci/nightly runs it"]
async fn two_stacks_whose_names_begin_alike_leave_each_other_alone() {
    let scene = Scene::start(Mode::Approve, &[]).await;
    let neighbour = deployed_beside(&scene).await;
    let first = Side::of(&scene, scene.environment.stack().clone(), "people-of-the-first").await;
    let second = Side::of(&scene, neighbour, "people-of-the-second").await;
    assert!(second.stack.name().starts_with(first.stack.name()));

    for (own, other) in [(&second, &first), (&first, &second)] {
        what_dies_in_one_is_its_own_matter(&scene, own, other).await;
    }
    for (own, other) in [(&first, &second), (&second, &first)] {
        no_role_reaches_a_machine_of_the_other(&scene, own, other).await;
    }
    scene.end().await;
}

async fn deployed_beside(scene: &Scene) -> Stack {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let account = scene.environment.account();
    let template = Template::read(root).await.unwrap();
    let binaries = build_functions(root, &template.functions().unwrap(), &Silent)
        .await
        .unwrap();
    let parameters = [
        ("MaximumMode", "approve"),
        ("DrillEvents", "Enabled"),
        ("ConfirmAfterSeconds", "900"),
    ];
    let deployment = Deployment {
        stack_name: NEIGHBOUR.to_owned(),
        parameters: BTreeMap::from(parameters.map(|(name, value)| (name.to_owned(), value.to_owned()))),
    };
    let sdk = account.sdk_config(account.root());
    deploy_built(&sdk, root, template, &binaries, &deployment, &Silent)
        .await
        .unwrap_or_else(|error| unreachable!("{error:?}"))
}

/// A finding opens an incident in each; the machine of one is stopped from outside.
async fn what_dies_in_one_is_its_own_matter(scene: &Scene, own: &Side, other: &Side) {
    let leaked = scene.leak(true).await;
    scene.send_leak(&leaked).await;
    let (dying, going_on) = tokio::join!(own.waiting(), other.waiting());
    assert_ne!(dying, going_on, "each opened its own");
    let (told, unconcerned) = (own.told_of_the_dead().await, other.told_of_the_dead().await);
    let account = scene.environment.account();
    let close = physical_id_in(account, &other.stack, "CloseRole").await;
    let began = account.mark();

    own.stop(scene, &dying).await;
    sleep(LATER).await;
    assert_eq!(own.told_of_the_dead().await, told + 1);
    let (name, heard) = (other.stack.name(), other.told_of_the_dead().await);
    assert_eq!(heard, unconcerned, "{name} hears of what isn't its own");
    assert!(other.is_waiting(&going_on).await, "{name}");
    let mut closing = account.calls_since(began);
    closing.retain(|call| call.principal.to_string().contains(&close));
    assert!(closing.is_empty(), "{name} was to close it, too: {closing:#?}");
    // So that what the next finding opens is all that waits.
    other.stop(scene, &going_on).await;
}

/// What starts machines and looks at executions is refused the other's, and allowed its own.
async fn no_role_reaches_a_machine_of_the_other(scene: &Scene, own: &Side, other: &Side) {
    let account = scene.environment.account();
    for function in ["intake", "api"] {
        let role = Role::of_stack(account, &own.stack, function).await;
        let session = role.session(&scene.environment).await;
        let sfn = aws_sdk_sfn::Client::new(&account.sdk_config(session));
        for (side, is_refused) in [(own, false), (other, true)] {
            let machine = side.stack.machine_arn("triage").unwrap();
            let started = sfn.start_execution().state_machine_arn(machine).input("{}");
            let started = started.send().await;
            let refused = started.as_ref().err().and_then(ProvideErrorMetadata::code);
            let is_denied = refused == Some("AccessDeniedException");
            assert_eq!(
                is_denied,
                is_refused,
                "{}'s {function}, {}'s machine: {started:?}",
                own.stack.name(),
                side.stack.name()
            );
        }
    }
}
