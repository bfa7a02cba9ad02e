//! Rules about single resources, as exemptions.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;

use backstop_core::api::check_pattern;
use backstop_detections::{condition::Condition, exemption::convert, suppression::Suppression};

fn rule(asked: &[(&str, &[&str])]) -> Suppression {
    let condition = |values: &[&str]| Condition {
        equals: values.iter().map(|&value| value.to_owned()).collect(),
        ..Condition::default()
    };
    let criteria = asked
        .iter()
        .map(|(field, values)| ((*field).to_owned(), condition(values)));
    let mut rule = fixture::rule(criteria.collect::<BTreeMap<_, _>>());
    rule.owner = "o'neil".to_owned();
    rule.reason = "ours; $(reboot)".to_owned();
    rule
}

fn arns(asked: &[(&str, &[&str])]) -> Vec<String> {
    let converted = convert(&rule(asked));
    let commands = converted.map(|it| it.commands).unwrap_or_default();
    commands
        .iter()
        .map(|it| it.split('\'').nth(1).unwrap().to_owned())
        .collect()
}

const TYPE: (&str, &[&str]) = ("type", &["Recon:EC2/Portscan"]);

#[test]
fn resources_that_are_named_one_by_one_become_exemptions() {
    let user = "resource.accessKeyDetails.userName";
    let kind = "resource.accessKeyDetails.userType";
    for (asked, expected) in [
        (
            vec![TYPE, ("resource.instanceDetails.instanceId", &["i-1", "i-2"][..])],
            vec!["arn:aws:ec2:*:*:instance/i-1", "arn:aws:ec2:*:*:instance/i-2"],
        ),
        (
            vec![
                TYPE,
                ("accountId", &["111122223333"][..]),
                ("resource.instanceDetails.instanceId", &["i-1"]),
            ],
            vec!["arn:aws:ec2:*:111122223333:instance/i-1"],
        ),
        (
            vec![("resource.s3BucketDetails.name", &["open-data"][..])],
            vec!["arn:aws:s3:::open-data"],
        ),
        (
            vec![("resource.lambdaDetails.functionName", &["scan"][..])],
            vec!["arn:aws:lambda:*:*:function:scan"],
        ),
        (
            vec![(kind, &["IAMUser"][..]), (user, &["scanner"])],
            vec!["arn:aws:iam::*:user/scanner"],
        ),
        (
            vec![
                (kind, &["Role"][..]),
                (user, &["scanner"]),
                ("accountId", &["111122223333"]),
            ],
            vec!["arn:aws:iam::111122223333:role/scanner"],
        ),
        (
            vec![(
                "resource.eksClusterDetails.arn",
                &["arn:aws:eks:eu-west-1:111122223333:cluster/test"][..],
            )],
            vec!["arn:aws:eks:eu-west-1:111122223333:cluster/test"],
        ),
    ] {
        let found = arns(&asked);
        assert_eq!(found, expected, "{asked:?}");
        for arn in found {
            check_pattern(&arn).unwrap();
        }
    }
}

#[test]
fn what_names_no_resource_or_nearly_all_stays_a_rule() {
    for asked in [
        vec![TYPE],
        vec![TYPE, ("resource.instanceDetails.imageId", &["ami-1"][..])],
        // Whether a user or a role isn't said.
        vec![TYPE, ("resource.accessKeyDetails.userName", &["scanner"][..])],
        vec![TYPE, ("resource.s3BucketDetails.arn", &["*"][..])],
        vec![
            TYPE,
            ("resource.s3BucketDetails.arn", &["arn:aws:s3:::open", "open"][..]),
        ],
    ] {
        assert!(convert(&rule(&asked)).is_none(), "{asked:?}");
    }
}

#[test]
fn the_command_is_one_command_and_says_what_it_drops() {
    let converted = convert(&rule(&[TYPE, ("resource.instanceDetails.instanceId", &["i-1"])])).unwrap();
    assert_eq!(
        converted.commands,
        [
            r"backstop exempt add --arn 'arn:aws:ec2:*:*:instance/i-1' --owner 'o'\''neil' --reason 'ours; $(reboot)' --until 2027-01-01"
        ]
    );
    assert_eq!(converted.dropped, ["type"]);
}
