//! One name for each type of resource: GuardDuty, ASFF, OCSF and attack sequences each have their own, and
//! the same resource must have the same key on every route. That name is CloudFormation's.

use std::borrow::Cow;

/// CloudFormation's names, one a line. ASFF's (`AwsRdsDbSnapshot`) and those of attack sequences (`EC2_LAUNCH_TEMPLATE`)
/// are the same but for signs and case.
const NAMES: &str = include_str!("resource_types.txt");

/// Services that ASFF writes without a sign between them and the resource, as CloudFormation calls them. For types that
/// aren't in the list; the longer name of two that begin alike stands first.
const SERVICES: [(&str, &str); 41] = [
    ("ApiGatewayV2", "ApiGatewayV2"),
    ("ApiGateway", "ApiGateway"),
    ("AppSync", "AppSync"),
    ("Athena", "Athena"),
    ("AutoScaling", "AutoScaling"),
    ("Backup", "Backup"),
    ("Batch", "Batch"),
    ("Bedrock", "Bedrock"),
    ("CloudFormation", "CloudFormation"),
    ("CloudFront", "CloudFront"),
    ("CloudTrail", "CloudTrail"),
    ("CloudWatch", "CloudWatch"),
    ("CodeBuild", "CodeBuild"),
    ("Cognito", "Cognito"),
    ("Dms", "DMS"),
    ("DocDb", "DocDB"),
    ("DynamoDb", "DynamoDB"),
    ("Ec2", "EC2"),
    ("Ecr", "ECR"),
    ("Ecs", "ECS"),
    ("Efs", "EFS"),
    ("Eks", "EKS"),
    ("ElastiCache", "ElastiCache"),
    ("ElasticBeanstalk", "ElasticBeanstalk"),
    ("Emr", "EMR"),
    ("Events", "Events"),
    ("Glue", "Glue"),
    ("Iam", "IAM"),
    ("Iot", "IoT"),
    ("Kinesis", "Kinesis"),
    ("Kms", "KMS"),
    ("Lambda", "Lambda"),
    ("Msk", "MSK"),
    ("Neptune", "Neptune"),
    ("Rds", "RDS"),
    ("Redshift", "Redshift"),
    ("Route53", "Route53"),
    ("S3", "S3"),
    ("SageMaker", "SageMaker"),
    ("Sns", "SNS"),
    ("Sqs", "SQS"),
];

/// The CloudFormation name, if the type has one that is known here; else the type as it came.
pub(super) fn canonical(resource_type: &str) -> Cow<'_, str> {
    if let Some(name) = alias(resource_type) {
        return Cow::Borrowed(name);
    }
    let letters = letters(resource_type);
    let is_it = |name: &&str| {
        let known = self::letters(name);
        known == letters || known.strip_prefix("aws") == Some(&letters)
    };
    if let Some(name) = NAMES.lines().find(is_it) {
        return Cow::Borrowed(name);
    }
    of_service(resource_type).map_or(Cow::Borrowed(resource_type), Cow::Owned)
}

/// Names that differ by more than signs and case.
fn alias(resource_type: &str) -> Option<&'static str> {
    Some(match resource_type {
        "EKSCluster" | "KubernetesCluster" | "EKS_CLUSTER" => "AWS::EKS::Cluster",
        "ECSCluster" => "AWS::ECS::Cluster",
        "CONTAINER" | "AWS::Container::Container" => "Container",
        "Lambda" => "AWS::Lambda::Function",
        "RDSLimitlessDB" => "AWS::RDS::DBShardGroup",
        "EBSSnapshot" => "AWS::EC2::Snapshot",
        "EC2RecoveryPoint" | "S3RecoveryPoint" | "RecoveryPoint" => "AWS::Backup::RecoveryPoint",
        "AwsElbLoadBalancer" => "AWS::ElasticLoadBalancing::LoadBalancer",
        "AwsElbv2LoadBalancer" => "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AwsStepFunctionStateMachine" => "AWS::StepFunctions::StateMachine",
        "AwsAccount" => "AWS::::Account",
        _ => return None,
    })
}

/// `awsrdsdbsnapshot` of `AwsRdsDbSnapshot` and of `AWS::RDS::DBSnapshot`.
fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|it| it.to_ascii_lowercase())
        .collect()
}

/// `AWS::EC2::Host` of `AwsEc2Host`: a type of tomorrow, of a service that is known.
fn of_service(resource_type: &str) -> Option<String> {
    let rest = resource_type.strip_prefix("Aws")?;
    SERVICES.iter().find_map(|(asff, cloudformation)| {
        let resource = rest.strip_prefix(asff)?;
        let is_whole = resource.starts_with(|first: char| first.is_ascii_uppercase());
        is_whole.then(|| format!("AWS::{cloudformation}::{}", capitals(resource)))
    })
}

/// CloudFormation writes these in capitals, ASFF doesn't.
fn capitals(resource: &str) -> String {
    [("Db", "DB"), ("Vpc", "VPC"), ("Vpn", "VPN"), ("Acl", "ACL")]
        .iter()
        .find_map(|(asff, cloudformation)| {
            let rest = resource.strip_prefix(asff)?;
            let is_whole = rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_uppercase());
            is_whole.then(|| format!("{cloudformation}{rest}"))
        })
        .unwrap_or_else(|| resource.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_one_type_come_together_and_stay() {
        for (names, expected) in [
            (
                &["EKSCluster", "AwsEksCluster", "EKS_CLUSTER", "AWS::EKS::Cluster"][..],
                "AWS::EKS::Cluster",
            ),
            (
                &["S3Object", "AwsS3Object", "S3_OBJECT", "AWS::S3::Object"],
                "AWS::S3::Object",
            ),
            (
                &["AwsRdsDbSnapshot", "AWS::RDS::DBSnapshot"],
                "AWS::RDS::DBSnapshot",
            ),
            (
                &["AwsEventsEventbus", "AWS::Events::EventBus"],
                "AWS::Events::EventBus",
            ),
            (
                &[
                    "AwsElbv2LoadBalancer",
                    "AWS::ElasticLoadBalancingV2::LoadBalancer",
                ],
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
            ),
            (
                &["AwsAppSyncGraphQlApi", "AwsAppSyncGraphQLApi"],
                "AWS::AppSync::GraphQLApi",
            ),
            (&["AwsAccount", "AWS::::Account"], "AWS::::Account"),
            (&["EC2Image", "EC2_IMAGE"], "AWS::EC2::Image"),
            (&["IAM_INSTANCE_PROFILE"], "AWS::IAM::InstanceProfile"),
            (&["AwsEc2Host"], "AWS::EC2::Host"),
            (&["AwsRdsDbProxy", "AWS::RDS::DBProxy"], "AWS::RDS::DBProxy"),
        ] {
            for name in names {
                assert_eq!(canonical(name), expected, "{name}");
            }
        }
        assert_eq!(canonical("AwsQuantumTable"), "AwsQuantumTable");
        assert_eq!(canonical("Instance"), "Instance");
    }

    #[test]
    fn every_name_stands_for_itself() {
        for name in NAMES.lines() {
            assert_eq!(canonical(name), name);
        }
    }
}
