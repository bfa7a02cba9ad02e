//! A security group of the attacker's under the name or the tag of the isolation group: once it kept a whole VPC from
//! being isolated, or took the instances in.

use std::time::Duration;

use aws_sdk_ec2::{
    Client,
    types::{Filter, IpPermission, IpRange, ResourceType, SecurityGroup, Tag, TagSpecification},
};
use backstop_drill::{Drill, start::finding_about};
use backstop_tests::{Planted, Scene, drill};
use tokio::time::{Instant, sleep};

use crate::{
    attacker,
    tried::{Ended, Tried},
};

const NAME: &str = "backstop-isolation";
const TAG: &str = "backstop:purpose";
const RIGHTS: [&str; 3] = [
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
];
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let drill = drill("bare-instance").unwrap();
    let right = RIGHTS.join(", ");
    isolated(scene, &drill, Foreign::NamedAndTagged).await;
    let both = Tried::new(
        "a foreign open group with the isolation group's name and tag",
        &right,
        Ended::Harmless,
        "the instance is isolated in a group without rules",
    );
    let (foreign, used) = isolated(scene, &drill, Foreign::Named).await;
    assert_ne!(used, foreign, "the attacker's group is left alone");
    let named = Tried::new(
        "a foreign group with the isolation group's name",
        &right,
        Ended::Harmless,
        "the instance is isolated in a group of Backstop's own",
    );
    isolated(scene, &drill, Foreign::Tagged).await;
    let tagged = Tried::new(
        "a foreign open group with the isolation group's tag",
        &right,
        Ended::Harmless,
        "the instance is isolated in a group without rules",
    );
    vec![named, both, tagged]
}

/// What the attacker's group has of the isolation group's.
#[derive(Clone, Copy, PartialEq)]
enum Foreign {
    Named,
    NamedAndTagged,
    Tagged,
}

/// The attacker's group, and the one that the instance is in afterwards, which has no rules.
async fn isolated(scene: &Scene, drill: &Drill, foreign: Foreign) -> (String, String) {
    let account = scene.environment.account();
    let root = Client::new(&account.sdk_config(account.root()));
    let planted = Planted::of(account, drill).await;
    let id = planted.target.resource.id().to_owned();
    let (vpc, before) = place(&root, &id).await;
    let attacker = Client::new(&account.sdk_config(attacker::with(scene, &RIGHTS).await));
    let foreign = group(&attacker, &vpc, foreign).await;

    let event = finding_about(&scene.environment, drill, &planted.fixtures).unwrap();
    scene
        .environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        let (_, now) = place(&root, &id).await;
        // An open group comes first for a moment, so that connections are cut.
        if let [only] = now.as_slice()
            && now != before
        {
            let group = described(&root, only).await;
            if group.ip_permissions().is_empty() && group.ip_permissions_egress().is_empty() {
                return (foreign, only.clone());
            }
        }
        assert!(
            Instant::now() < until,
            "instance {id} isn't isolated: it is in {now:?}"
        );
        sleep(Duration::from_millis(300)).await;
    }
}

/// The instance's VPC and groups.
async fn place(ec2: &Client, id: &str) -> (String, Vec<String>) {
    let found = ec2.describe_instances().instance_ids(id).send().await.unwrap();
    let instance = &found.reservations()[0].instances()[0];
    let interface = &instance.network_interfaces()[0];
    let groups = interface
        .groups()
        .iter()
        .map(|group| group.group_id().unwrap().to_owned());
    (instance.vpc_id().unwrap().to_owned(), groups.collect())
}

async fn described(ec2: &Client, group: &str) -> SecurityGroup {
    let by_id = Filter::builder().name("group-id").values(group).build();
    let found = ec2
        .describe_security_groups()
        .filters(by_id)
        .send()
        .await
        .unwrap();
    found.security_groups()[0].clone()
}

async fn group(ec2: &Client, vpc: &str, foreign: Foreign) -> String {
    let name = match foreign {
        Foreign::Named => NAME,
        // A name of the kind that Backstop takes where its first one is taken.
        Foreign::NamedAndTagged => "backstop-isolation-mine",
        Foreign::Tagged => "innocent",
    };
    let mut create = ec2
        .create_security_group()
        .group_name(name)
        .description("mine")
        .vpc_id(vpc);
    if foreign != Foreign::Named {
        let tag = Tag::builder().key(TAG).value(NAME).build();
        let tags = TagSpecification::builder()
            .resource_type(ResourceType::SecurityGroup)
            .tags(tag);
        create = create.tag_specifications(tags.build());
    }
    let made = create.send().await.unwrap();
    let group = made.group_id().unwrap().to_owned();
    let world = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let all = IpPermission::builder().ip_protocol("-1").ip_ranges(world).build();
    let open = ec2
        .authorize_security_group_ingress()
        .group_id(&group)
        .ip_permissions(all);
    open.send().await.unwrap();
    group
}
