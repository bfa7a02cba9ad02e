//! Each alarm of the template, as it is deployed, is set off by what it is for: by the metric that AWS writes of it, with
//! its dimensions. It isn't before, nothing else sets it off here, and people hear of it. CloudWatch's own clock isn't
//! waited for: the laboratory evaluates alarms as of a moment ahead.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backstop_actions::functions::FUNCTIONS;
use backstop_core::{
    Mode,
    incident::{Incident, Status},
};
use backstop_emulator::{Effect, Matcher};
use backstop_tests::{People, Role, Scene, Sender, in_template, lambda, physical_id, role_of};
use serde_json::json;

const TEMPLATE: &str = include_str!("../../template.yaml");
/// The schedule that the stack of the test has, three times.
const THREE_SWEEPS: Duration = Duration::from_mins(90);
const MINUTE: Duration = Duration::from_mins(1);
/// The intake queue's messages may be so old.
const FIVE_MINUTES: Duration = Duration::from_mins(5);
const NOW: Duration = Duration::ZERO;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_alarm_is_set_off_by_what_it_is_for_and_people_hear_of_it() {
    let scene = Scene::start(Mode::Approve, &[]).await;
    let people = People::of(&scene.environment).await;
    let mut alarms = Alarms::of(&scene, &people).await;

    // Right after the deployment the sweep is silent, as the alarm's description says; then it runs.
    assert_eq!(
        alarms.ringing(NOW).await,
        BTreeSet::from(["SweepSilenceAlarm".to_owned()])
    );
    scene.sweep().await;
    assert_eq!(alarms.ringing(NOW).await, BTreeSet::new());

    alarms.of_functions(&scene).await;
    alarms.of_executions(&scene).await;
    alarms.of_queues(&scene).await;

    let just_before = alarms.ringing(THREE_SWEEPS - MINUTE).await;
    alarms
        .is_set_off("SweepSilenceAlarm", THREE_SWEEPS + MINUTE, &just_before)
        .await;
    assert_eq!(alarms.left(), BTreeSet::new(), "nobody sets these off");
    scene.end().await;
}

struct Alarms<'a> {
    scene: &'a Scene,
    people: &'a People,
    /// Their names in the template, by those in the account.
    names: BTreeMap<String, String>,
    driven: BTreeSet<String>,
}

impl<'a> Alarms<'a> {
    async fn of(scene: &'a Scene, people: &'a People) -> Self {
        let lines = TEMPLATE.lines().zip(TEMPLATE.lines().skip(1));
        let logical = lines
            .filter(|(_, kind)| *kind == "    Type: AWS::CloudWatch::Alarm")
            .map(|(name, _)| name.trim().trim_end_matches(':'));
        let mut names = BTreeMap::new();
        for logical in logical {
            names.insert(physical_id(&scene.environment, logical).await, logical.to_owned());
        }
        assert!(names.len() > FUNCTIONS.len(), "{names:?}");
        Self {
            scene,
            people,
            names,
            driven: BTreeSet::new(),
        }
    }

    /// Those that say `ALARM`, if nothing happens until then.
    async fn ringing(&self, ahead: Duration) -> BTreeSet<String> {
        let states = self.scene.environment.account().alarms(ahead).await.unwrap();
        assert_eq!(states.len(), self.names.len(), "{states:?}");
        let ringing = states.iter().filter(|(_, state)| *state == "ALARM");
        ringing.map(|(name, _)| self.names[name].clone()).collect()
    }

    /// It rings, of all that didn't; and people have it.
    async fn is_set_off(&mut self, alarm: &str, ahead: Duration, before: &BTreeSet<String>) {
        let new: BTreeSet<String> = self.ringing(ahead).await.difference(before).cloned().collect();
        assert_eq!(new, BTreeSet::from([alarm.to_owned()]));
        let (name, _) = self.names.iter().find(|(_, logical)| *logical == alarm).unwrap();
        let subject = format!("ALARM: \"{name}\"");
        let told = self.people.told().await;
        assert!(
            told.iter().any(|notice| notice.subject.starts_with(&subject)),
            "{alarm}: {told:#?}"
        );
        self.driven.insert(alarm.to_owned());
    }

    /// What nobody has set off.
    fn left(&self) -> BTreeSet<String> {
        let all: BTreeSet<String> = self.names.values().cloned().collect();
        all.difference(&self.driven).cloned().collect()
    }

    /// One error more than is none to wake somebody for, and not one less.
    async fn of_functions(&mut self, scene: &Scene) {
        let account = scene.environment.account();
        for function in FUNCTIONS {
            let id = in_template(function.name);
            let name = physical_id(&scene.environment, &format!("{id}Function")).await;
            let faults = account.faults();
            // Nothing that these two are sent makes them fail.
            let fault = match function.name {
                "sweep" => {
                    Some(Matcher::new("events", "DescribeRule").by(format!("role/*{}*", role_of("sweep"))))
                }
                "api" => Some(Matcher::new("dynamodb", "Query").by(format!("role/*{}*", role_of("api")))),
                _ => None,
            };
            let fault = fault.map(|calls| faults.add(calls, Effect::Killed));
            let order = json!({
                "op": "no-such-order", "version": "2.0", "routeKey": "GET /incidents", "headers": {},
                "requestContext": { "requestId": "r-1", "authorizer": { "iam": {
                    "accessKey": "AKIAIOSFODNN7EXAMPLE", "userArn": "arn:aws:iam::123456789012:user/alice",
                    "userId": "AIDAALICE00000001" } } },
            });
            let before = self.ringing(NOW).await;
            for _ in 0..function.alarm.threshold.value {
                lambda::invoke_with(account, &name, &order).await;
            }
            assert_eq!(self.ringing(NOW).await, before, "{}: too early", function.name);
            let said = lambda::invoke_with(account, &name, &order).await;
            assert!(
                said["errorMessage"].is_string() || said["errorType"].is_string(),
                "{said}"
            );
            self.is_set_off(&format!("{id}ErrorsAlarm"), NOW, &before).await;
            if let Some(fault) = fault {
                faults.remove(fault);
            }
        }
    }

    async fn of_executions(&mut self, scene: &Scene) {
        let leaked = scene.leak(true).await;
        let finding = scene.send_leak(&leaked).await;
        let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
        let (id, _) = scene.until(&finding, is_asked).await;
        let before = self.ringing(NOW).await;
        let machine = scene
            .environment
            .stack()
            .machine_arn("leaked-access-key")
            .unwrap();
        let execution = format!("{}:{id}", machine.replace(":stateMachine:", ":execution:"));
        let stop = scene.sfn().stop_execution().execution_arn(execution);
        stop.send().await.unwrap();
        scene.until_of(&id, |incident| incident.closed.is_some()).await;
        self.is_set_off("FailedExecutionAlarm", NOW, &before).await;
    }

    async fn of_queues(&mut self, scene: &Scene) {
        let account = scene.environment.account();
        let stack = scene.environment.stack();
        // Nobody but functions sends to either.
        let intake = Role::of(&scene.environment, "intake").await;
        let intake = intake.session(&scene.environment).await;
        let sqs = aws_sdk_sqs::Client::new(&account.sdk_config(intake));
        let before = self.ringing(NOW).await;
        let letter = sqs.send_message().message_body("{}");
        let letter = letter.queue_url(stack.dead_letter_queue_url().unwrap());
        letter.send().await.unwrap();
        self.is_set_off("DeadLetterAlarm", NOW, &before).await;

        let queue = stack.intake_queue_url().unwrap();
        lambda::switch_queue(account, queue, false).await;
        Sender::of(&scene.environment).await.put("{}").await;
        let just_before = self.ringing(FIVE_MINUTES - MINUTE).await;
        self.is_set_off("IntakeAgeAlarm", FIVE_MINUTES + MINUTE, &just_before)
            .await;
    }
}
