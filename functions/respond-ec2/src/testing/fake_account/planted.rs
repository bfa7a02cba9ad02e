//! What there is of our instance and of the other, and what a forger pretends.

use backstop_runtime::testing::{INCIDENT, INSTANCE, forged::States};
use serde_json::{Value, json};

use super::OTHER;
use crate::testing::{ADDRESS, VPC};

/// The group of another team, which opens what it holds to all that it holds.
const FOREIGN_GROUP: &str = "sg-0fedcba9876543210";
const FOREIGN_INTERFACE: &str = "eni-0fedcba9876543210";
const FOREIGN_ADDRESS: &str = "192.0.2.66";

/// What there is before anything is done.
pub(crate) fn planted() -> States {
    let profiles = [
        ("profile web", json!("web-role")),
        ("profile admin", json!("OrgAdmin")),
        ("policy Guardrail of role OrgAdmin", json!("{}")),
    ];
    let groups = [
        ("security group sg-1", json!({ "vpc": VPC })),
        ("security group sg-2", json!({ "vpc": VPC })),
        ("security group sg-0fedcba9876543210", json!({ "vpc": VPC })),
        ("security group sg-far", json!({ "vpc": "vpc-far" })),
        (
            "security group sg-isolation",
            json!({ "vpc": VPC, "name": "backstop-isolation" }),
        ),
    ];
    let rules = [
        ("rule 99 in of acl-1", json!("deny 192.0.2.66/32")),
        ("rule 99 out of acl-1", json!("deny 192.0.2.66/32")),
        ("rule 100 in of acl-1", json!("allow 0.0.0.0/0")),
        ("rule 100 out of acl-1", json!("allow 0.0.0.0/0")),
        ("acl acl-1", json!({ "vpc": VPC })),
        ("acl acl-far", json!({ "vpc": "vpc-far" })),
    ];
    let balancers = [
        ("target group web", json!({ "vpc": VPC, "type": "instance" })),
        ("target group payments", json!({ "vpc": VPC, "type": "instance" })),
        ("target group addresses", json!({ "vpc": VPC, "type": "ip" })),
        ("target 192.0.2.66 port 8080 of addresses", json!("eu-west-1a")),
        ("classic old", json!([INSTANCE, OTHER])),
        ("classic mallory", json!([OTHER])),
    ];
    let fleet = [
        ("desired of web", json!(2)),
        ("desired of mallory", json!(2)),
        ("desired of payments", json!(2)),
        ("session s-1", json!(INSTANCE)),
        ("session mallory", json!(OTHER)),
    ];
    let evidence = [
        (
            "snapshot snap-boot",
            json!({ "volume": "vol-boot", "incident": INCIDENT }),
        ),
        (
            "snapshot snap-other",
            json!({ "volume": "vol-other", "incident": "01JOTHER" }),
        ),
    ];
    let interfaces = [
        ("groups of eni-0fedcba9876543210", json!(["sg-isolation"])),
        ("timeout of eni-0fedcba9876543210", json!(60)),
        ("addresses of eni-0fedcba9876543210", json!([FOREIGN_ADDRESS])),
        ("groups of eni-1", json!(["sg-1", "sg-2"])),
        ("addresses of eni-1", json!([ADDRESS])),
    ];
    let addresses = [
        (
            "elastic eipalloc-1",
            json!({ "address": "203.0.113.7", "interface": "eni-1", "private": ADDRESS }),
        ),
        (
            "elastic eipalloc-other",
            json!({ "address": "203.0.113.8", "interface": FOREIGN_INTERFACE, "private": FOREIGN_ADDRESS }),
        ),
        ("elastic eipalloc-free", json!({ "address": "203.0.113.9" })),
    ];
    let containers = [
        ("cluster main", json!("ACTIVE")),
        ("cluster payments", json!("ACTIVE")),
        (
            "container instance main/own",
            json!({ "instance": INSTANCE, "status": "ACTIVE" }),
        ),
        (
            "container instance main/other",
            json!({ "instance": OTHER, "status": "DRAINING" }),
        ),
    ];
    let mut planted = States::new();
    for some in [
        profiles.as_slice(),
        &groups,
        &rules,
        &balancers,
        &fleet,
        &evidence,
        &interfaces,
        &addresses,
        &containers,
    ] {
        planted.extend(
            some.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
    }
    planted.extend(of_instance(INSTANCE, "web", "eni-1"));
    planted.extend(of_instance(OTHER, "admin", FOREIGN_INTERFACE));
    planted.insert(format!("target {INSTANCE} port 80 of web"), json!("all"));
    planted.insert(
        format!("target {ADDRESS} port 8080 of addresses"),
        json!("eu-west-1a"),
    );
    planted.insert(format!("DisableApiStop of {INSTANCE}"), json!(true));
    planted.insert(
        format!("membership of {INSTANCE}"),
        json!({ "group": "web", "state": "InService", "protected": false }),
    );
    planted
}

fn of_instance(id: &str, profile: &str, interface: &str) -> Vec<(String, Value)> {
    let volumes = json!({ "/dev/xvda": "vol-boot", "/dev/xvdb": "vol-data" });
    vec![
        (
            format!("profile of {id}"),
            json!(format!("arn:aws:iam::123456789012:instance-profile/{profile}")),
        ),
        (format!("interfaces of {id}"), json!([interface])),
        (format!("volumes of {id}"), volumes),
        (format!("/dev/xvda dies with {id}"), json!(true)),
        (format!("/dev/xvdb dies with {id}"), json!(false)),
        (format!("DisableApiTermination of {id}"), json!(false)),
        (format!("DisableApiStop of {id}"), json!(false)),
        (format!("Shutdown of {id}"), json!("terminate")),
        (format!("tag team of {id}"), json!("web")),
    ]
}

/// An account in which the instance has, and is in, what it never had and was in.
pub(crate) fn elsewhere() -> States {
    let mut pretended = planted();
    let mut say = |name: String, value: Value| drop(pretended.insert(name, value));
    say(
        format!("profile of {INSTANCE}"),
        json!("arn:aws:iam::123456789012:instance-profile/admin"),
    );
    say(
        "elastic eipalloc-free".to_owned(),
        json!({ "address": "203.0.113.9", "interface": "eni-1", "private": FOREIGN_ADDRESS }),
    );
    say("groups of eni-1".to_owned(), json!([FOREIGN_GROUP]));
    say("timeout of eni-1".to_owned(), json!(350));
    say("addresses of eni-1".to_owned(), json!([FOREIGN_ADDRESS]));
    say(format!("DisableApiStop of {INSTANCE}"), json!(false));
    say(format!("/dev/xvdb dies with {INSTANCE}"), json!(true));
    say(format!("target {INSTANCE} port 80 of payments"), json!("all"));
    say("classic mallory".to_owned(), json!([INSTANCE, OTHER]));
    say("session mallory".to_owned(), json!(INSTANCE));
    say(
        format!("membership of {INSTANCE}"),
        json!({ "group": "payments", "state": "Standby", "protected": true }),
    );
    say(
        format!("tag backstop:incident of {INSTANCE}"),
        json!("01JMALLORY"),
    );
    pretended.remove("container instance main/own");
    pretended.insert(
        "container instance main/other".to_owned(),
        json!({ "instance": INSTANCE, "status": "ACTIVE" }),
    );
    pretended.remove("rule 99 in of acl-1");
    pretended.remove("rule 99 out of acl-1");
    pretended
}

/// An account in which the other instance's interface and volume are ours.
pub(crate) fn attached_otherwise() -> States {
    let mut pretended = planted();
    pretended.insert(
        format!("interfaces of {INSTANCE}"),
        json!(["eni-1", FOREIGN_INTERFACE]),
    );
    pretended.insert(format!("groups of {FOREIGN_INTERFACE}"), json!([FOREIGN_GROUP]));
    pretended.insert(
        format!("volumes of {INSTANCE}"),
        json!({ "/dev/xvda": "vol-boot", "/dev/xvdc": "vol-other" }),
    );
    pretended.insert(format!("/dev/xvdc dies with {INSTANCE}"), json!(true));
    pretended
}
