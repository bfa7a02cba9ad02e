//! One name for each type of resource: GuardDuty, ASFF, OCSF and attack sequences each have their own, and
//! the same resource must have the same key on every route.

/// The CloudFormation name, if the type has one that is known here; else the type as it came.
pub(super) fn canonical(resource_type: &str) -> &str {
    match resource_type {
        "EKSCluster" | "KubernetesCluster" | "AwsEksCluster" | "EKS_CLUSTER" => "AWS::EKS::Cluster",
        "ECSCluster" | "AwsEcsCluster" | "ECS_CLUSTER" => "AWS::ECS::Cluster",
        "AwsEcsTask" | "ECS_TASK" => "AWS::ECS::Task",
        "CONTAINER" | "AWS::Container::Container" => "Container",
        "Lambda" | "AwsLambdaFunction" | "LAMBDA_FUNCTION" => "AWS::Lambda::Function",
        "RDSDBInstance" | "AwsRdsDbInstance" => "AWS::RDS::DBInstance",
        "RDSLimitlessDB" => "AWS::RDS::DBShardGroup",
        "EBSSnapshot" | "AwsEc2Snapshot" => "AWS::EC2::Snapshot",
        "EC2Image" => "AWS::EC2::Image",
        "EC2RecoveryPoint" | "S3RecoveryPoint" | "RecoveryPoint" | "AwsBackupRecoveryPoint" => {
            "AWS::Backup::RecoveryPoint"
        }
        "S3Object" | "AwsS3Object" | "S3_OBJECT" => "AWS::S3::Object",
        "AwsIamAccessKey" | "ACCESS_KEY" => "AWS::IAM::AccessKey",
        "AwsIamUser" => "AWS::IAM::User",
        "AwsIamRole" => "AWS::IAM::Role",
        "AwsIamPolicy" => "AWS::IAM::Policy",
        "AwsS3Bucket" | "S3_BUCKET" => "AWS::S3::Bucket",
        "AwsEc2Instance" | "EC2_INSTANCE" => "AWS::EC2::Instance",
        "AwsEc2SecurityGroup" => "AWS::EC2::SecurityGroup",
        "AwsAccount" => "AWS::::Account",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_one_type_come_together_and_stay() {
        for names in [
            ["EKSCluster", "AwsEksCluster", "EKS_CLUSTER", "AWS::EKS::Cluster"],
            ["S3Object", "AwsS3Object", "S3_OBJECT", "AWS::S3::Object"],
        ] {
            let canonicals: Vec<_> = names.iter().map(|name| canonical(name)).collect();
            assert!(
                canonicals.windows(2).all(|pair| pair.first() == pair.last()),
                "{canonicals:?}"
            );
        }
        assert_eq!(canonical("AwsQuantumTable"), "AwsQuantumTable");
    }
}
