//! Users with leaked keys in an environment of their own, findings about them, and the end state in the account.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_iam::types::{StatusType, Tag};
use backstop_core::{
    Hash, IncidentId, Mode, NoticeKey,
    guardrail::DRILL_TAG,
    incident::{Incident, Status},
    log::{Event, Record},
};
use backstop_drill::{
    Environment, EnvironmentOptions,
    finding::{self, Occurrence},
    fixtures::{Identity, Subject},
};
use backstop_emulator::{Settings, Silent};
use backstop_runtime::IncidentLog;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use ulid::Ulid;

use crate::lambda;

/// The longest that any incident here takes, retries included.
const PATIENCE: Duration = Duration::from_secs(150);

/// The workspace's directory.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A deployed stack in an account of its own.
pub struct Scene {
    pub environment: Environment,
}

/// A user whose key is said to be leaked.
pub struct Leaked {
    pub user: String,
    pub key_id: String,
    identity: Identity,
    credentials: Credentials,
}

impl Leaked {
    /// What whoever found the key has.
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }
}

impl Scene {
    pub async fn start(mode: Mode, parameters: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        // Later than any test looks, unless it is about the second reading.
        let parameters = [&[("ConfirmAfterSeconds", "900")], parameters].concat();
        let options = EnvironmentOptions {
            root: root(),
            mode,
            without_permission: None,
            parameters: parameters.iter().map(owned).collect::<BTreeMap<_, _>>(),
            // Retries of state machines wait a tenth of what they would.
            account: Settings {
                home: root().join(".backstop"),
                wait_scale: 0.1,
                ..Settings::default()
            },
        };
        Self {
            environment: Environment::start(options, &Silent)
                .await
                .unwrap_or_else(|error| panic!("{error:?}")),
        }
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        let account = self.environment.account();
        aws_sdk_iam::Client::new(&account.sdk_config(account.root()))
    }

    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        let account = self.environment.account();
        aws_sdk_sfn::Client::new(&account.sdk_config(account.root()))
    }

    /// A user with one access key; tagged for drills unless a test wants otherwise.
    pub async fn leak(&self, is_tagged: bool) -> Leaked {
        self.leak_below("/", is_tagged).await
    }

    /// The same, of a user below this path.
    pub async fn leak_below(&self, path: &str, is_tagged: bool) -> Leaked {
        let user = format!("user-{}", Ulid::generate().to_string().to_lowercase());
        let iam = self.iam();
        let tag = Tag::builder().key(DRILL_TAG).value("yes").build().unwrap();
        let tags = is_tagged.then(|| vec![tag]);
        let made = iam
            .create_user()
            .user_name(&user)
            .path(path)
            .set_tags(tags)
            .send()
            .await
            .unwrap();
        let key = iam.create_access_key().user_name(&user).send().await.unwrap();
        let key = key.access_key().unwrap();
        let key_id = key.access_key_id().to_owned();
        let credentials = Credentials::new(&key_id, key.secret_access_key(), None, None, "leaked");
        let identity = Identity {
            key_id: key_id.clone(),
            principal_id: made.user().unwrap().user_id().to_owned(),
            user_type: "IAMUser",
            user_name: user.clone(),
        };
        Leaked {
            user,
            key_id,
            identity,
            credentials,
        }
    }

    /// Sends a finding of a playbook about somebody; gives the finding's id.
    pub async fn send(&self, playbook: &str, identity: &Identity) -> String {
        let finding_id = format!("{:032x}", u128::from(Ulid::generate()));
        self.send_as(playbook, identity, &finding_id).await;
        finding_id
    }

    pub async fn send_as(&self, playbook: &str, identity: &Identity, finding_id: &str) {
        let event = self.finding(playbook, identity, finding_id);
        self.environment
            .put_event(&event.detail_type, &event.detail)
            .await
            .unwrap();
    }

    /// GuardDuty's finding about a leaked key, as an event has it.
    pub fn finding_of_leak(&self, leaked: &Leaked, finding_id: &str) -> finding::Event {
        self.finding("leaked-access-key", &leaked.identity, finding_id)
    }

    /// A playbook's finding about somebody.
    pub fn finding(&self, playbook: &str, identity: &Identity, finding_id: &str) -> finding::Event {
        let occurrence = Occurrence {
            account: self.environment.account().account_id(),
            region: self.environment.account().region(),
            now: Timestamp::now(),
            finding_id,
        };
        let folder = root().join("playbooks").join(playbook);
        finding::read(
            &folder.join("finding.json"),
            Subject::Credential(identity),
            occurrence,
        )
        .unwrap()
    }

    /// Sends a finding about a leaked key and waits until its incident is closed.
    pub async fn answer(&self, leaked: &Leaked) -> (IncidentId, Incident) {
        let finding = self.send("leaked-access-key", &leaked.identity).await;
        self.until(&finding, |incident| incident.closed.is_some()).await
    }

    pub async fn send_leak(&self, leaked: &Leaked) -> String {
        self.send("leaked-access-key", &leaked.identity).await
    }

    /// Waits until the incident of a finding is as wanted.
    pub async fn until(
        &self,
        finding_id: &str,
        wanted: impl Fn(&Incident) -> bool,
    ) -> (IncidentId, Incident) {
        let until = Instant::now() + PATIENCE;
        loop {
            let logs = self.logs_of(finding_id).await;
            for log in &logs {
                let incident = log.incident().unwrap();
                if wanted(&incident) {
                    return (log.id().clone(), incident);
                }
            }
            if Instant::now() > until {
                let records: Vec<_> = logs.iter().map(IncidentLog::records).collect();
                panic!("finding {finding_id} isn't answered as wanted: {records:#?}");
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until this incident is as wanted.
    pub async fn until_of(&self, id: &IncidentId, wanted: impl Fn(&Incident) -> bool) -> Incident {
        let until = Instant::now() + PATIENCE;
        loop {
            let log = self.environment.ledger().log(id).await.unwrap();
            let incident = log.incident().unwrap();
            if wanted(&incident) {
                return incident;
            }
            assert!(Instant::now() < until, "not as wanted: {incident:#?}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits for the token that answers the question about this plan. It is kept before the question is written to the
    /// log, and a step that was retried replaces it.
    pub async fn until_token(&self, id: &IncidentId, plan: &Hash) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let pending = self.environment.ledger().approval(id).await.unwrap();
            if pending.as_ref().is_some_and(|pending| pending.plan_hash == *plan) {
                return;
            }
            assert!(
                Instant::now() < until,
                "nobody waits for a decision on plan {plan}"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Has the sweep look once; gives what it says.
    pub async fn sweep(&self) -> Value {
        let function = self.environment.stack().output("SweepFunctionName").unwrap();
        lambda::invoke(self.environment.account(), function).await
    }

    /// Makes a notice older than what may still be on its way, so that the next sweep has it delivered.
    pub async fn let_be_old(&self, id: &IncidentId, notice: &NoticeKey) {
        let account = self.environment.account();
        let text = |value: String| AttributeValue::S(value);
        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        aws_sdk_dynamodb::Client::new(&account.sdk_config(account.root()))
            .update_item()
            .table_name(self.environment.stack().output("IncidentsTableName").unwrap())
            .key("pk", text(format!("INCIDENT#{id}")))
            .key("sk", text(format!("NOTICE#{notice}")))
            .update_expression("SET opened_at = :old")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":old", text(hour_ago.to_string()))
            .send()
            .await
            .unwrap();
    }

    /// The logs of all incidents that a finding opened or joined; it may have several targets.
    pub async fn logs_of(&self, finding_id: &str) -> Vec<IncidentLog> {
        let ledger = self.environment.ledger();
        let mut found = Vec::new();
        for row in ledger.incidents(500).await.unwrap() {
            let log = ledger.log(&row.incident).await.unwrap();
            if log.records().iter().any(|record| is_about(record, finding_id)) {
                found.push(log);
            }
        }
        found
    }

    /// Whether the leaked key works, and whether the user has a deny of Backstop's.
    pub async fn state(&self, leaked: &Leaked) -> (bool, bool) {
        let iam = self.iam();
        let keys = iam
            .list_access_keys()
            .user_name(&leaked.user)
            .send()
            .await
            .unwrap();
        let is_active = keys.access_key_metadata().iter().any(|key| {
            key.access_key_id() == Some(&leaked.key_id) && key.status() == Some(&StatusType::Active)
        });
        let policies = iam
            .list_user_policies()
            .user_name(&leaked.user)
            .send()
            .await
            .unwrap();
        let is_denied = policies
            .policy_names()
            .iter()
            .any(|name| name.starts_with("BackstopDeny-"));
        (is_active, is_denied)
    }

    /// How often one of the stack's functions published to the alerts topic, by the function's role.
    pub fn published(&self, role: &str) -> usize {
        let calls = self.environment.account().calls();
        calls
            .iter()
            .filter(|call| call.service == "sns" && call.action == "Publish" && call.succeeded())
            .filter(|call| call.principal.to_string().contains(role))
            .count()
    }

    /// Waits until intake has taken every message, and gives how long that took.
    pub async fn drained(&self, patience: Duration) -> Duration {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let account = self.environment.account();
        let sqs = aws_sdk_sqs::Client::new(&account.sdk_config(account.root()));
        let begin = Instant::now();
        loop {
            let answer = sqs
                .get_queue_attributes()
                .queue_url(self.environment.stack().intake_queue_url().unwrap())
                .attribute_names(ApproximateNumberOfMessages)
                .attribute_names(ApproximateNumberOfMessagesNotVisible)
                .send()
                .await
                .unwrap();
            let counts = answer.attributes().unwrap();
            if counts.values().all(|count| count == "0") {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < patience, "the queue still holds {counts:?}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until nothing is on its way to intake or to people. A message is on the queue until intake is done with it, and what
    /// is to be told is written down before it is delivered: one more than there should be would be seen here.
    pub async fn settled(&self, patience: Duration) {
        let ledger = self.environment.ledger();
        let until = Instant::now() + patience;
        loop {
            self.drained(patience).await;
            if ledger.undelivered(1).await.unwrap().is_empty() {
                return;
            }
            assert!(Instant::now() < until, "what is to be told isn't delivered");
            sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn statuses(&self) -> BTreeMap<Status, usize> {
        let mut counts = BTreeMap::new();
        for row in self.environment.ledger().incidents(1000).await.unwrap() {
            *counts.entry(row.status).or_insert(0) += 1;
        }
        counts
    }

    pub async fn end(self) {
        self.environment.clear().await.unwrap();
    }
}

fn is_about(record: &Record, finding_id: &str) -> bool {
    let reference = match &record.event {
        Event::Opened(opened) => &opened.finding,
        Event::FindingJoined(reference) => reference,
        _ => return false,
    };
    reference.key.ends_with(finding_id)
}

/// The names of the guardrails that refused, wherever in the log they stand.
pub fn refusals(incident: &Incident) -> Vec<String> {
    let at_opening = incident
        .opened
        .guardrails
        .iter()
        .map(|decision| decision.guardrail.clone());
    let at_acting = incident.steps.iter().filter_map(|state| match &state.outcome {
        Some(backstop_core::Outcome::Refused { guardrail, .. }) => Some(guardrail.clone()),
        _ => None,
    });
    // A step that several refuse names them all.
    let all = at_opening.chain(at_acting).collect::<Vec<_>>();
    all.iter()
        .flat_map(|names| names.split(", "))
        .map(str::to_owned)
        .collect()
}
