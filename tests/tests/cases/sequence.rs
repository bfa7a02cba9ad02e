//! An attack sequence of GuardDuty that names as many resources as a test likes, the attacker's key last of all.

use std::{collections::BTreeMap, fmt, time::Duration};

use backstop_drill::{calls::FunctionCalls, finding::Event};
use backstop_tests::{Leaked, Scene, physical_id};
use serde_json::{Value, json};
use ulid::Ulid;

/// Objects are in so many buckets.
const BUCKETS: usize = 10;
/// The key of a lone finding is off after fewer; more would be work that grows with the sequence.
const MOST_SERIAL: usize = 8;
/// Calls of intake for both incidents of a sequence, however many resources it names, those for what its resources had before
/// among them. How long they take is the machine's matter: on AWS a call takes milliseconds.
const MOST_OF_INTAKE: usize = 16;

/// See the module.
pub(crate) struct Sequence {
    event: Event,
    told: usize,
}

impl Sequence {
    pub(crate) fn of(scene: &Scene, leaked: &Leaked, finding_type: &str, resources: usize) -> Self {
        let id = format!("{:032x}", u128::from(Ulid::generate()));
        let mut event = scene.finding_of_leak(leaked, &id);
        let account = scene.environment.account();
        let place = Place {
            account: account.account_id(),
            region: account.region(),
        };
        let principal = event.detail["resource"]["accessKeyDetails"]["principalId"].clone();
        let mut named: Vec<Value> = (1..resources).map(|number| place.resource(number)).collect();
        // Sorted by nobody: that the key is off first is Backstop's doing.
        named.push(place.entry(
            "ACCESS_KEY",
            leaked.key_id.clone(),
            json!({ "accessKey": { "principalId": principal, "userName": leaked.user, "userType": "IAMUser" } }),
        ));
        let objects = (1..resources).filter(|number| is_object(*number)).count();
        let told = resources - 1 - objects + objects.min(BUCKETS);
        let detail = &mut event.detail;
        detail["type"] = json!(finding_type);
        detail["severity"] = json!(9);
        detail["title"] = json!("An attack in several steps, each of which is a finding");
        detail["resource"] = json!({ "resourceType": "AttackSequence" });
        let service = detail["service"].as_object_mut().unwrap();
        service.remove("action");
        service.insert(
            "detection".to_owned(),
            json!({ "sequence": {
                "uid": id,
                "description": "one attack",
                "actors": [{ "id": "actor", "user": {
                    "name": leaked.user,
                    "uid": principal,
                    "type": "IAMUser",
                    "credentialUid": leaked.key_id,
                    "account": { "uid": place.account },
                } }],
                "endpoints": [{ "id": "endpoint", "ip": "203.0.113.7" }],
                "signals": [{ "uid": "signal", "type": "CLOUD_TRAIL", "name": "s3:GetObject", "count": 12.0 }],
                "resources": named,
            } }),
        );
        Self { event, told }
    }

    pub(crate) fn id(&self) -> &str {
        &self.event.finding_id
    }

    /// How many resources people are told of besides the credential: objects by their buckets.
    pub(crate) const fn told(&self) -> usize {
        self.told
    }

    /// Gives when, by the gateway's clock.
    pub(crate) async fn send(&self, scene: &Scene) -> u64 {
        let environment = &scene.environment;
        environment
            .put_event(&self.event.detail_type, &self.event.detail)
            .await
            .unwrap();
        let calls = environment.account().calls();
        let sent = calls.iter().rev().find(|call| call.action == "PutEvents");
        sent.unwrap().started_us
    }

    pub(crate) async fn figures(&self, scene: &Scene, began_us: u64) -> Figures {
        let environment = &scene.environment;
        let record = environment.account().calls();
        let calls = FunctionCalls::of(&record, environment.stack().name(), began_us);
        let mut runs: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let of_intake = record
            .iter()
            .filter(|call| call.started_us >= began_us && call.principal.to_string().contains("IntakeRole"));
        let mut intake_calls = Vec::new();
        for call in of_intake {
            intake_calls.push(format!("{}:{}", call.service, call.action));
            let run = runs
                .entry(call.trace.as_deref().unwrap())
                .or_insert((call.started_us, call.ended_us));
            *run = (run.0.min(call.started_us), run.1.max(call.ended_us));
        }
        let took = runs
            .values()
            .map(|(begin, end)| Duration::from_micros(end - begin));
        let function = physical_id(environment, "IntakeFunction").await;
        let lambda =
            aws_sdk_lambda::Client::new(&environment.account().sdk_config(environment.account().root()));
        let configured = lambda.get_function_configuration().function_name(function).send();
        let timeout = configured.await.unwrap().timeout().unwrap();
        Figures {
            serial: calls.summary().serial_before_containment.unwrap(),
            first_change_ms: calls.ms_to_first_change().unwrap(),
            intake_runs: runs.len(),
            intake_calls,
            intake_took: took.max().unwrap(),
            timeout: Duration::from_secs(timeout.unsigned_abs().into()),
        }
    }
}

/// What the gateway's record says of it.
#[derive(Debug)]
pub(crate) struct Figures {
    serial: usize,
    first_change_ms: u64,
    intake_runs: usize,
    intake_calls: Vec<String>,
    intake_took: Duration,
    timeout: Duration,
}

impl Figures {
    pub(crate) fn assert_as_for_a_lone_finding(&self) {
        assert!(self.serial <= MOST_SERIAL, "{self}");
        assert_eq!(self.intake_runs, 1, "no message came back: {self}");
        assert!(
            self.intake_calls.len() <= MOST_OF_INTAKE,
            "{:?}",
            self.intake_calls
        );
        assert!(self.intake_took < self.timeout, "{self}");
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "first change after {} serial calls and {} ms; intake: {} run of {} calls and {} ms, timeout {} s",
            self.serial,
            self.first_change_ms,
            self.intake_runs,
            self.intake_calls.len(),
            self.intake_took.as_millis(),
            self.timeout.as_secs()
        )
    }
}

/// Where the resources are.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
}

const fn is_object(number: usize) -> bool {
    number.is_multiple_of(4)
}

impl Place<'_> {
    fn resource(&self, number: usize) -> Value {
        let ec2 =
            |kind: &str, id: String| format!("arn:aws:ec2:{}:{}:{kind}/{id}", self.region, self.account);
        if is_object(number) {
            let uid = format!("arn:aws:s3:::reports-{}/2026/{number}.csv", number / 4 % BUCKETS);
            let key = json!({ "s3Object": { "key": format!("2026/{number}.csv") } });
            return self.entry("S3_OBJECT", uid, key);
        }
        let (kind, uid) = match number % 4 {
            1 => ("EC2_VPC", ec2("vpc", format!("vpc-{number:017x}"))),
            2 => ("EC2_IMAGE", ec2("image", format!("ami-{number:017x}"))),
            // At risk, in a sequence about a credential: they aren't known to be the attacker's.
            _ => ("EC2_INSTANCE", ec2("instance", format!("i-{number:017x}"))),
        };
        self.entry(kind, uid, Value::Null)
    }

    fn entry(&self, kind: &str, uid: String, data: Value) -> Value {
        json!({
            "uid": uid,
            "resourceType": kind,
            "accountId": self.account,
            "region": self.region,
            "service": kind.split('_').next().unwrap().to_lowercase(),
            "cloudPartition": "aws",
            "data": data,
        })
    }
}
