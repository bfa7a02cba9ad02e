//! The ARN of a resource that is named by its bare id. ASFF gives ARNs, OCSF sometimes the id only; the same resource must
//! have the same key by both. Only for types whose ARNs hold nothing but the id.

use super::guardduty_resource::Context;

/// CloudFormation's type, the service, what stands before the id, and how the id begins.
const TYPES: [[&str; 4]; 17] = [
    ["AWS::DynamoDB::Table", "dynamodb", "table/", ""],
    ["AWS::EC2::LaunchTemplate", "ec2", "launch-template/", "lt-"],
    ["AWS::EC2::NetworkAcl", "ec2", "network-acl/", "acl-"],
    ["AWS::EC2::NetworkInterface", "ec2", "network-interface/", "eni-"],
    ["AWS::EC2::RouteTable", "ec2", "route-table/", "rtb-"],
    ["AWS::EC2::SecurityGroup", "ec2", "security-group/", "sg-"],
    ["AWS::EC2::Subnet", "ec2", "subnet/", "subnet-"],
    ["AWS::EC2::TransitGateway", "ec2", "transit-gateway/", "tgw-"],
    ["AWS::EC2::VPC", "ec2", "vpc/", "vpc-"],
    ["AWS::EC2::Volume", "ec2", "volume/", "vol-"],
    ["AWS::EFS::FileSystem", "elasticfilesystem", "file-system/", "fs-"],
    ["AWS::EKS::Cluster", "eks", "cluster/", ""],
    ["AWS::KMS::Key", "kms", "key/", ""],
    ["AWS::Lambda::Function", "lambda", "function:", ""],
    ["AWS::RDS::DBInstance", "rds", "db:", ""],
    ["AWS::SNS::Topic", "sns", "", ""],
    ["AWS::SQS::Queue", "sqs", "", ""],
];

/// The ARN, if the type is one of those and the id is an id.
pub(super) fn arn(resource_type: &str, id: &str, region: &str, context: &Context<'_>) -> Option<String> {
    let [_, service, before, begins] = TYPES.iter().find(|[name, ..]| *name == resource_type)?;
    // A queue is named by its URL.
    let id = match resource_type {
        "AWS::SQS::Queue" => id.rsplit_once('/').map_or(id, |(_, name)| name),
        _ => id,
    };
    let is_id = (1..=256).contains(&id.len())
        && id.starts_with(begins)
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let (partition, account) = (&context.partition, context.account);
    is_id.then(|| format!("arn:{partition}:{service}:{region}:{account}:{before}{id}"))
}
