//! Does what a person does with the AWS CLI lines of a stuck undo: each is read as a shell reads it and carried out
//! by the SDK. A command or an option that isn't known fails the test: it would be a person's surprise.

use std::{collections::BTreeMap, fmt::Debug};

use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, ConnectionTrackingSpecificationRequest,
    EbsInstanceBlockDeviceSpecification, IamInstanceProfileSpecification,
    InstanceBlockDeviceMappingSpecification, NetworkAclEntry, Tag,
};
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use aws_sdk_iam::{
    error::{ProvideErrorMetadata, SdkError},
    types::StatusType,
};
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use backstop_emulator::Account;
use serde_json::Value;

/// Carries out one line.
pub async fn manual_undo(account: &Account, line: &str) {
    let words = words(line.split(" # ").next().unwrap());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["aws", service, command, options @ ..] = words.as_slice() else {
        panic!("no line of the AWS CLI: {line}");
    };
    let mut options = Options::of(options, line);
    let sdk = account.sdk_config(account.root());
    match *service {
        "iam" => iam(&aws_sdk_iam::Client::new(&sdk), command, &mut options).await,
        "ec2" => ec2(&aws_sdk_ec2::Client::new(&sdk), command, &mut options).await,
        "autoscaling" => auto_scaling(&aws_sdk_autoscaling::Client::new(&sdk), command, &mut options).await,
        "elbv2" => {
            elbv2(
                &aws_sdk_elasticloadbalancingv2::Client::new(&sdk),
                command,
                &mut options,
            )
            .await
        }
        "elb" => {
            elb(
                &aws_sdk_elasticloadbalancing::Client::new(&sdk),
                command,
                &mut options,
            )
            .await
        }
        "s3api" => s3(&aws_sdk_s3::Client::new(&sdk), command, &mut options).await,
        "s3control" => s3_control(&aws_sdk_s3control::Client::new(&sdk), command, &mut options).await,
        _ => panic!("say here how `{line}` is carried out"),
    }
    assert!(
        options.named.is_empty(),
        "not understood: {:?} of {line}",
        options.named
    );
}

/// The undo may have got that far before it was stuck: AWS says that it is so already, by this code and these words.
fn done_or<T: Debug, E: Debug + ProvideErrorMetadata>(
    answer: Result<T, SdkError<E>>,
    code: &str,
    words: &str,
) {
    let is_done = |error: &SdkError<E>| {
        let error = error.as_service_error();
        error.is_some_and(|error| {
            error.code() == Some(code) && error.message().is_some_and(|message| message.contains(words))
        })
    };
    assert!(answer.as_ref().err().is_none_or(is_done), "{answer:?}");
}

async fn iam(iam: &aws_sdk_iam::Client, command: &str, options: &mut Options<'_>) {
    match command {
        "delete-user-policy" => {
            let delete = iam.delete_user_policy().user_name(options.take("user-name"));
            delete
                .policy_name(options.take("policy-name"))
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "delete-role-policy" => {
            let delete = iam.delete_role_policy().role_name(options.take("role-name"));
            let deleted = delete.policy_name(options.take("policy-name")).send().await;
            done_or(deleted, "NoSuchEntity", "");
        }
        "update-assume-role-policy" => {
            let update = iam
                .update_assume_role_policy()
                .role_name(options.take("role-name"));
            let update = update.policy_document(options.take("policy-document"));
            update.send().await.map(drop).unwrap();
        }
        "update-signing-certificate" => {
            let update = iam
                .update_signing_certificate()
                .user_name(options.take("user-name"));
            let update = update.certificate_id(options.take("certificate-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        "update-access-key" => {
            let update = iam.update_access_key().user_name(options.take("user-name"));
            let update = update.access_key_id(options.take("access-key-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        "update-service-specific-credential" => {
            let update = iam
                .update_service_specific_credential()
                .user_name(options.take("user-name"));
            let update =
                update.service_specific_credential_id(options.take("service-specific-credential-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        "update-ssh-public-key" => {
            let update = iam.update_ssh_public_key().user_name(options.take("user-name"));
            let update = update.ssh_public_key_id(options.take("ssh-public-key-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        _ => panic!("say here how `aws iam {command}` is carried out"),
    }
}

async fn s3(s3: &aws_sdk_s3::Client, command: &str, options: &mut Options<'_>) {
    // The disposable account has one Region.
    options.take("region");
    let (bucket, owner) = (options.take("bucket"), options.take("expected-bucket-owner"));
    match command {
        "delete-public-access-block" => {
            let delete = s3.delete_public_access_block().bucket(bucket);
            delete
                .expected_bucket_owner(owner)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "put-public-access-block" => {
            let put = s3
                .put_public_access_block()
                .bucket(bucket)
                .expected_bucket_owner(owner);
            let block = block(&options.take("public-access-block-configuration"));
            put.public_access_block_configuration(block)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        _ => panic!("say here how `aws s3api {command}` is carried out"),
    }
}

async fn ec2(ec2: &aws_sdk_ec2::Client, command: &str, options: &mut Options<'_>) {
    options.take("region");
    match command {
        "associate-iam-instance-profile" => {
            let associate = ec2
                .associate_iam_instance_profile()
                .instance_id(options.take("instance-id"));
            let profile = options.take("iam-instance-profile");
            let arn = profile.strip_prefix("Arn=").unwrap();
            let profile = IamInstanceProfileSpecification::builder().arn(arn).build();
            let associated = associate.iam_instance_profile(profile).send().await;
            done_or(associated, "IncorrectState", "existing association");
        }
        "associate-address" => {
            assert!(options.named.remove("no-allow-reassociation").is_some());
            ec2.associate_address()
                .allocation_id(options.take("allocation-id"))
                .network_interface_id(options.take("network-interface-id"))
                .private_ip_address(options.take("private-ip-address"))
                .allow_reassociation(false)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "modify-network-interface-attribute" => {
            let modify = ec2
                .modify_network_interface_attribute()
                .network_interface_id(options.take("network-interface-id"));
            let modify = match options.named.remove("groups") {
                Some(groups) => modify.set_groups(Some(groups.split(' ').map(str::to_owned).collect())),
                None => {
                    let tracking = options.take("connection-tracking-specification");
                    let seconds = tracking.strip_prefix("TcpEstablishedTimeout=").unwrap();
                    let tracking = ConnectionTrackingSpecificationRequest::builder();
                    let tracking = tracking.tcp_established_timeout(seconds.parse().unwrap());
                    modify.connection_tracking_specification(tracking.build())
                }
            };
            modify.send().await.map(drop).unwrap();
        }
        "modify-instance-attribute" => modify_instance(ec2, options).await,
        "delete-network-acl-entry" => delete_rule(ec2, options).await,
        "delete-tags" => {
            let delete = ec2.delete_tags().resources(options.take("resources"));
            let given = options.take("tags");
            let keys: Vec<String> = match given.strip_prefix("Key=") {
                Some(key) => vec![key.to_owned()],
                None => {
                    let tags: Vec<BTreeMap<String, String>> = serde_json::from_str(&given).unwrap();
                    tags.into_iter()
                        .map(|mut tag| tag.remove("Key").unwrap())
                        .collect()
                }
            };
            let tags = keys.iter().map(|key| Tag::builder().key(key).build());
            delete
                .set_tags(Some(tags.collect()))
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        _ => panic!("say here how `aws ec2 {command}` is carried out"),
    }
}

/// One that the undo deleted before it was stuck isn't there any more: EC2 says `InvalidNetworkAclEntry.NotFound`, the
/// emulator fails, and a person goes on with the next.
async fn delete_rule(ec2: &aws_sdk_ec2::Client, options: &mut Options<'_>) {
    let (acl, number) = (options.take("network-acl-id"), options.take("rule-number"));
    let number: i32 = number.parse().unwrap();
    let egress = options.named.remove("egress").is_some();
    assert_ne!(egress, options.named.remove("ingress").is_some(), "one direction");
    let answer = ec2
        .describe_network_acls()
        .network_acl_ids(&acl)
        .send()
        .await
        .unwrap();
    let rules = answer.network_acls().iter().flat_map(|acl| acl.entries());
    let is_it = |rule: &NetworkAclEntry| rule.rule_number() == Some(number) && rule.egress() == Some(egress);
    if rules.into_iter().any(is_it) {
        let delete = ec2.delete_network_acl_entry().network_acl_id(acl);
        delete
            .rule_number(number)
            .egress(egress)
            .send()
            .await
            .map(drop)
            .unwrap();
    }
}

async fn modify_instance(ec2: &aws_sdk_ec2::Client, options: &mut Options<'_>) {
    let modify = ec2
        .modify_instance_attribute()
        .instance_id(options.take("instance-id"));
    let off = || AttributeBooleanValue::builder().value(false).build();
    let modify = if options.named.remove("no-disable-api-termination").is_some() {
        modify.disable_api_termination(off())
    } else if options.named.remove("no-disable-api-stop").is_some() {
        modify.disable_api_stop(off())
    } else if let Some(behaviour) = options.named.remove("instance-initiated-shutdown-behavior") {
        let value = AttributeValue::builder().value(behaviour).build();
        modify.instance_initiated_shutdown_behavior(value)
    } else {
        let mappings: Vec<Value> = serde_json::from_str(&options.take("block-device-mappings")).unwrap();
        let mapping = |mapping: &Value| {
            let ebs = EbsInstanceBlockDeviceSpecification::builder();
            let delete = mapping["Ebs"]["DeleteOnTermination"].as_bool().unwrap();
            InstanceBlockDeviceMappingSpecification::builder()
                .device_name(mapping["DeviceName"].as_str().unwrap())
                .ebs(ebs.delete_on_termination(delete).build())
                .build()
        };
        modify.set_block_device_mappings(Some(mappings.iter().map(mapping).collect()))
    };
    modify.send().await.map(drop).unwrap();
}

async fn auto_scaling(client: &aws_sdk_autoscaling::Client, command: &str, options: &mut Options<'_>) {
    assert_eq!(command, "attach-instances", "say here how it is carried out");
    options.take("region");
    let attach = client
        .attach_instances()
        .auto_scaling_group_name(options.take("auto-scaling-group-name"));
    let attached = attach.instance_ids(options.take("instance-ids")).send().await;
    done_or(attached, "ValidationError", "is already part of");
}

async fn elbv2(client: &aws_sdk_elasticloadbalancingv2::Client, command: &str, options: &mut Options<'_>) {
    assert_eq!(command, "register-targets", "say here how it is carried out");
    options.take("region");
    let register = client
        .register_targets()
        .target_group_arn(options.take("target-group-arn"));
    let mut target = TargetDescription::builder();
    for (name, value) in options
        .take("targets")
        .split(',')
        .map(|pair| pair.split_once('=').unwrap())
    {
        target = match name {
            "Id" => target.id(value),
            "Port" => target.port(value.parse().unwrap()),
            _ => panic!("no part `{name}` of a target"),
        };
    }
    register.targets(target.build()).send().await.map(drop).unwrap();
}

async fn elb(client: &aws_sdk_elasticloadbalancing::Client, command: &str, options: &mut Options<'_>) {
    assert_eq!(
        command, "register-instances-with-load-balancer",
        "say here how it is carried out"
    );
    options.take("region");
    let register = client
        .register_instances_with_load_balancer()
        .load_balancer_name(options.take("load-balancer-name"));
    let instance = aws_sdk_elasticloadbalancing::types::Instance::builder();
    let instance = instance.instance_id(options.take("instances")).build();
    register.instances(instance).send().await.map(drop).unwrap();
}

async fn s3_control(control: &aws_sdk_s3control::Client, command: &str, options: &mut Options<'_>) {
    options.take("region");
    let account = options.take("account-id");
    match command {
        "delete-public-access-block" => {
            let delete = control.delete_public_access_block().account_id(account);
            delete.send().await.map(drop).unwrap();
        }
        "put-public-access-block" => {
            let block = block(&options.take("public-access-block-configuration"));
            let block = aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder()
                .set_block_public_acls(block.block_public_acls)
                .set_ignore_public_acls(block.ignore_public_acls)
                .set_block_public_policy(block.block_public_policy)
                .set_restrict_public_buckets(block.restrict_public_buckets)
                .build();
            let put = control.put_public_access_block().account_id(account);
            put.public_access_block_configuration(block)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        _ => panic!("say here how `aws s3control {command}` is carried out"),
    }
}

/// The CLI's shorthand: `BlockPublicAcls=true,…`.
fn block(shorthand: &str) -> PublicAccessBlockConfiguration {
    let mut block = PublicAccessBlockConfiguration::builder();
    for (name, value) in shorthand.split(',').map(|pair| pair.split_once('=').unwrap()) {
        let value = value == "true";
        block = match name {
            "BlockPublicAcls" => block.block_public_acls(value),
            "IgnorePublicAcls" => block.ignore_public_acls(value),
            "BlockPublicPolicy" => block.block_public_policy(value),
            "RestrictPublicBuckets" => block.restrict_public_buckets(value),
            _ => panic!("no setting `{name}`"),
        };
    }
    block.build()
}

struct Options<'a> {
    /// A switch has an empty value, and several values are joined by spaces.
    named: BTreeMap<&'a str, String>,
    line: &'a str,
}

impl<'a> Options<'a> {
    fn of(words: &[&'a str], line: &'a str) -> Self {
        let mut named: BTreeMap<&'a str, String> = BTreeMap::new();
        let mut last = None;
        for word in words {
            match (word.strip_prefix("--"), last) {
                (Some(name), _) => {
                    named.insert(name, String::new());
                    last = Some(name);
                }
                (None, Some(name)) => {
                    let value = named.entry(name).or_default();
                    *value = format!("{value} {word}").trim_start().to_owned();
                }
                (None, None) => panic!("`{word}` has no option in {line}"),
            }
        }
        Self { named, line }
    }

    fn take(&mut self, name: &str) -> String {
        self.named
            .remove(name)
            .unwrap_or_else(|| panic!("no `--{name}` in {}", self.line))
    }

    fn status(&mut self) -> StatusType {
        StatusType::from(self.take("status").as_str())
    }
}

/// Words as a POSIX shell splits them: single quotes keep everything, a backslash keeps the next character.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let (mut is_quoted, mut letters) = (false, line.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(letters.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!is_quoted, "a quote isn't closed in {line}");
    words.extend(word);
    words
}
