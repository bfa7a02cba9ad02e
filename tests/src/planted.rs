//! What a drill planted: the target that its finding is about, and every state around it that a step may change.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Filter;
use backstop_core::{Resource, Target, kind};
use backstop_drill::{
    Drill, Fixtures,
    fixtures::{PlantedInstance, Subject},
    state_snapshot::StateSnapshot,
};
use backstop_emulator::Account;
use backstop_playbook::drill::{Plant, Start};
use serde_json::{Value, json};
use ulid::Ulid;

/// Every state by what it is a state of.
pub type States = BTreeMap<String, Value>;

/// What was planted, and the target.
#[derive(Debug)]
pub struct Planted {
    pub fixtures: Fixtures,
    pub target: Target,
    /// By its name in the drill, what the finding is about.
    about: Option<String>,
}

impl Planted {
    pub async fn of(account: &Account, drill: &Drill) -> Self {
        let ending = Ulid::generate().to_string().to_lowercase();
        let fixtures = Fixtures::plant(account, drill, &ending[ending.len() - 10..])
            .await
            .unwrap();
        let target = match drill.start().unwrap() {
            Start::Finding(about) => {
                let is_closed = |plant: &Plant| matches!(plant, Plant::Role(role) if role.then_only_services);
                let is_named_by_aws = drill.plant.iter().any(is_closed);
                target_of(account, fixtures.subject(about).unwrap(), is_named_by_aws)
            }
            Start::ManualRun(run) => fixtures.target(account, &run.target).unwrap(),
        };
        let about = drill.finding_about.as_ref().map(|about| about.to_string());
        Self {
            fixtures,
            target,
            about,
        }
    }

    /// How many network interfaces the target has.
    pub fn interfaces(&self) -> usize {
        self.instance().map_or(0, |instance| instance.groups.len())
    }

    /// Texts one of which stands in every changing call about the target, or in an earlier call of the same
    /// invocation.
    pub fn names(&self) -> Vec<String> {
        let resource = &self.target.resource;
        if let Some(kind::Instance { instance_id }) = kind::Instance::of(resource) {
            let interfaces = self.instance().unwrap().groups.keys().cloned();
            interfaces.chain([instance_id.clone()]).collect()
        } else if kind::Account::of(resource).is_some() {
            vec![self.target.account.to_string()]
        } else if let Some(name) = resource.iam_user().and_then(|user| user.name()) {
            vec![name.to_owned()]
        } else if let Some(role) = resource.iam_role() {
            vec![role.name.to_owned()]
        } else if let Some(bucket) = kind::Bucket::of(resource) {
            vec![bucket.name.clone()]
        } else {
            panic!("say here how calls about {resource} are known")
        }
    }

    /// The target as this kind.
    pub fn expect<K>(&self, of: fn(&Resource) -> Option<&K>) -> &K {
        of(&self.target.resource).unwrap_or_else(|| panic!("{} is of another kind", self.target))
    }

    fn instance(&self) -> Option<&PlantedInstance> {
        let id = self.target.resource.id();
        self.fixtures.instances().find(|instance| instance.id == id)
    }

    /// What the drill's finding is about; none if a person starts the playbook.
    pub fn subject(&self) -> Option<Subject<'_>> {
        let about = self.about.as_deref()?;
        Some(self.fixtures.subject(about).unwrap())
    }

    /// Every state there is.
    pub async fn states(&self, account: &Account) -> States {
        let snapshot = StateSnapshot::take(account, &self.fixtures).await.unwrap();
        let mut states = snapshot.states().clone();
        states.extend(self.traces(account).await);
        if kind::Account::of(&self.target.resource).is_none() {
            // Whoever tests what is done to the account may be at it at the same time.
            states.retain(|what, _| !what.starts_with("Block Public Access of account "));
        }
        states
    }

    async fn traces(&self, account: &Account) -> States {
        let mut states = States::new();
        let Some(kind::Instance { instance_id }) = kind::Instance::of(&self.target.resource) else {
            return states;
        };
        let sdk = account.sdk_config(account.root());
        let ec2 = aws_sdk_ec2::Client::new(&sdk);
        let volumes = Filter::builder()
            .name("attachment.instance-id")
            .values(instance_id)
            .build();
        let volumes = ec2.describe_volumes().filters(volumes).send().await.unwrap();
        let snapshots = ec2.describe_snapshots().owner_ids("self").send().await.unwrap();
        for volume in volumes.volumes() {
            let of_it = snapshots
                .snapshots()
                .iter()
                .filter(|one| one.volume_id() == volume.volume_id());
            let id = volume.volume_id().unwrap();
            states.insert(format!("snapshots of volume {id}"), json!(of_it.count()));
        }
        let active = aws_sdk_ssm::types::SessionState::Active;
        let by_target = aws_sdk_ssm::types::SessionFilter::builder()
            .key(aws_sdk_ssm::types::SessionFilterKey::TargetId)
            .value(instance_id);
        let sessions = aws_sdk_ssm::Client::new(&sdk).describe_sessions().state(active);
        let sessions = sessions.filters(by_target.build().unwrap()).send().await.unwrap();
        states.insert("open sessions".to_owned(), json!(sessions.sessions().len()));
        states
    }
}

/// The states that undo is to bring back: all but evidence, and sessions that were ended.
pub fn undoable(states: &States) -> States {
    let is_trace = |what: &str| what.starts_with("snapshots of volume ") || what == "open sessions";
    let kept = states.iter().filter(|(what, _)| !is_trace(what));
    // EC2 lets nobody unset a timeout; undo sets the default, which is the same.
    let or_default = |what: &str, state: &Value| match state {
        Value::Null if what.starts_with("TCP established timeout ") => json!(432_000),
        state => state.clone(),
    };
    kept.map(|(what, state)| (what.clone(), or_default(what, state)))
        .collect()
}

/// The target that a finding about `subject` has.
fn target_of(account: &Account, subject: Subject<'_>, is_named_by_aws: bool) -> Target {
    let resource = match subject {
        Subject::Account => Resource::Account(kind::Account {}),
        Subject::Bucket(name) => Resource::Bucket(kind::Bucket {
            name: name.to_owned(),
        }),
        Subject::Instance(id) => Resource::Instance(kind::Instance {
            instance_id: id.to_owned(),
        }),
        Subject::Credential(identity) if identity.user_type == "AssumedRole" => {
            let (role_id, own) = identity.principal_id.split_once(':').unwrap();
            Resource::RoleSession(kind::RoleSession {
                key_id: identity.key_id.clone(),
                role_name: identity.user_name.clone(),
                role_id: role_id.to_owned(),
                // Where people may assume the role, named after an instance, so that every step for such roles applies: what
                // others may assume, too, isn't that instance's alone.
                session_name: if is_named_by_aws {
                    own
                } else {
                    "i-0abc1234def567890"
                }
                .to_owned(),
            })
        }
        Subject::Credential(identity) if identity.key_id.starts_with("ASIA") => {
            Resource::UserSession(kind::UserSession {
                key_id: identity.key_id.clone(),
                user_name: identity.user_name.clone(),
                user_id: identity.principal_id.clone(),
            })
        }
        Subject::Credential(identity) => Resource::AccessKey(kind::AccessKey {
            key_id: identity.key_id.clone(),
            user_name: Some(identity.user_name.clone()),
            user_id: None,
        }),
    };
    Target {
        account: account.account_id().into(),
        region: account.region().into(),
        partition: "aws".to_owned(),
        resource,
    }
}
