//! One resource has one key, whether Security Hub names it in ASFF or in OCSF: the pairs here are the resources of the
//! controls about exposure, as the two formats write them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::finding::parse;
use serde_json::{Value, json};

/// Control, ASFF's type, OCSF's type, the ARN, and what OCSF writes besides as `uid`.
const PAIRS: &[[&str; 5]] = &[
    [
        "S3.2",
        "AwsS3Bucket",
        "AWS::S3::Bucket",
        "arn:aws:s3:::open-data",
        "open-data",
    ],
    [
        "S3.19",
        "AwsS3AccessPoint",
        "AWS::S3::AccessPoint",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap",
        "ap",
    ],
    [
        "S3.24",
        "AwsS3MultiRegionAccessPoint",
        "AWS::S3::MultiRegionAccessPoint",
        "arn:aws:s3::123456789012:accesspoint/m.mrap",
        "m.mrap",
    ],
    [
        "CloudFront.12",
        "AwsCloudFrontDistribution",
        "AWS::CloudFront::Distribution",
        "arn:aws:cloudfront::123456789012:distribution/E1",
        "E1",
    ],
    [
        "EC2.2",
        "AwsEc2SecurityGroup",
        "AWS::EC2::SecurityGroup",
        "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0abc1234",
        "sg-0abc1234",
    ],
    [
        "EC2.8",
        "AwsEc2Instance",
        "AWS::EC2::Instance",
        "arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc1234def567890",
        "i-0abc1234def567890",
    ],
    [
        "EC2.15",
        "AwsEc2Subnet",
        "AWS::EC2::Subnet",
        "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
        "subnet-1",
    ],
    [
        "EC2.21",
        "AwsEc2NetworkAcl",
        "AWS::EC2::NetworkAcl",
        "arn:aws:ec2:eu-west-1:123456789012:network-acl/acl-1",
        "acl-1",
    ],
    [
        "EC2.23",
        "AwsEc2TransitGateway",
        "AWS::EC2::TransitGateway",
        "arn:aws:ec2:eu-west-1:123456789012:transit-gateway/tgw-1",
        "tgw-1",
    ],
    [
        "EC2.25",
        "AwsEc2LaunchTemplate",
        "AWS::EC2::LaunchTemplate",
        "arn:aws:ec2:eu-west-1:123456789012:launch-template/lt-1",
        "lt-1",
    ],
    [
        "AutoScaling.3",
        "AwsAutoScalingLaunchConfiguration",
        "AWS::AutoScaling::LaunchConfiguration",
        "arn:aws:autoscaling:eu-west-1:123456789012:launchConfiguration:u:launchConfigurationName/lc",
        "lc",
    ],
    [
        "RDS.1",
        "AwsRdsDbSnapshot",
        "AWS::RDS::DBSnapshot",
        "arn:aws:rds:eu-west-1:123456789012:snapshot:s1",
        "s1",
    ],
    [
        "RDS.1",
        "AwsRdsDbClusterSnapshot",
        "AWS::RDS::DBClusterSnapshot",
        "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:s2",
        "s2",
    ],
    [
        "RDS.2",
        "AwsRdsDbInstance",
        "AWS::RDS::DBInstance",
        "arn:aws:rds:eu-west-1:123456789012:db:d1",
        "d1",
    ],
    [
        "DMS.1",
        "AwsDmsReplicationInstance",
        "AWS::DMS::ReplicationInstance",
        "arn:aws:dms:eu-west-1:123456789012:rep:R",
        "R",
    ],
    [
        "Redshift.1",
        "AwsRedshiftCluster",
        "AWS::Redshift::Cluster",
        "arn:aws:redshift:eu-west-1:123456789012:cluster:c",
        "c",
    ],
    [
        "RedshiftServerless.3",
        "AwsRedshiftServerlessWorkgroup",
        "AWS::RedshiftServerless::Workgroup",
        "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/w",
        "w",
    ],
    [
        "Lambda.1",
        "AwsLambdaFunction",
        "AWS::Lambda::Function",
        "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "f",
    ],
    [
        "SNS.4",
        "AwsSnsTopic",
        "AWS::SNS::Topic",
        "arn:aws:sns:eu-west-1:123456789012:t",
        "arn:aws:sns:eu-west-1:123456789012:t",
    ],
    [
        "SQS.3",
        "AwsSqsQueue",
        "AWS::SQS::Queue",
        "arn:aws:sqs:eu-west-1:123456789012:orders",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    ],
    [
        "SSM.4",
        "AwsSsmDocument",
        "AWS::SSM::Document",
        "arn:aws:ssm:eu-west-1:123456789012:document/d",
        "d",
    ],
    [
        "KMS.3",
        "AwsKmsKey",
        "AWS::KMS::Key",
        "arn:aws:kms:eu-west-1:123456789012:key/k",
        "k",
    ],
    [
        "IAM.1",
        "AwsIamPolicy",
        "AWS::IAM::Policy",
        "arn:aws:iam::123456789012:policy/p",
        "ANPAEXAMPLEEXAMPLE01",
    ],
    [
        "IAM.3",
        "AwsIamUser",
        "AWS::IAM::User",
        "arn:aws:iam::123456789012:user/alice",
        "AIDACKCEVSQ6C2EXAMPLE",
    ],
    [
        "EKS.1",
        "AwsEksCluster",
        "AWS::EKS::Cluster",
        "arn:aws:eks:eu-west-1:123456789012:cluster/c",
        "c",
    ],
    [
        "ECS.2",
        "AwsEcsService",
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-west-1:123456789012:service/c/s",
        "s",
    ],
    [
        "ECS.16",
        "AwsEcsTaskSet",
        "AWS::ECS::TaskSet",
        "arn:aws:ecs:eu-west-1:123456789012:task-set/c/s/t",
        "t",
    ],
    [
        "EMR.1",
        "AwsEmrCluster",
        "AWS::EMR::Cluster",
        "arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j",
        "j",
    ],
    [
        "ES.2",
        "AwsElasticsearchDomain",
        "AWS::Elasticsearch::Domain",
        "arn:aws:es:eu-west-1:123456789012:domain/d",
        "d",
    ],
    [
        "Opensearch.2",
        "AwsOpenSearchServiceDomain",
        "AWS::OpenSearchService::Domain",
        "arn:aws:es:eu-west-1:123456789012:domain/o",
        "o",
    ],
    [
        "MSK.4",
        "AwsMskCluster",
        "AWS::MSK::Cluster",
        "arn:aws:kafka:eu-west-1:123456789012:cluster/c/u",
        "u",
    ],
    [
        "EFS.6",
        "AwsEfsFileSystem",
        "AWS::EFS::FileSystem",
        "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1",
        "fs-1",
    ],
    [
        "SageMaker.1",
        "AwsSageMakerNotebookInstance",
        "AWS::SageMaker::NotebookInstance",
        "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/n",
        "n",
    ],
    [
        "AppSync.5",
        "AwsAppSyncGraphQLApi",
        "AWS::AppSync::GraphQLApi",
        "arn:aws:appsync:eu-west-1:123456789012:apis/a",
        "a",
    ],
    [
        "APIGateway.8",
        "AwsApiGatewayV2Route",
        "AWS::ApiGatewayV2::Route",
        "arn:aws:apigateway:eu-west-1::/apis/a/routes/r",
        "r",
    ],
    [
        "EventBridge.3",
        "AwsEventsEventbus",
        "AWS::Events::EventBus",
        "arn:aws:events:eu-west-1:123456789012:event-bus/b",
        "b",
    ],
    [
        "ServiceCatalog.1",
        "AwsServiceCatalogPortfolio",
        "AWS::ServiceCatalog::Portfolio",
        "arn:aws:catalog:eu-west-1:123456789012:portfolio/p",
        "p",
    ],
    [
        "CodeBuild.2",
        "AwsCodeBuildProject",
        "AWS::CodeBuild::Project",
        "arn:aws:codebuild:eu-west-1:123456789012:project/p",
        "p",
    ],
    [
        "EC2.1",
        "AwsAccount",
        "AWS::::Account",
        "AWS::::Account:123456789012",
        "AWS::::Account:123456789012",
    ],
];

fn key(event: &Value) -> String {
    let parsed = parse(&serde_json::to_vec(event).unwrap()).unwrap();
    let targets = &parsed.findings[0].targets;
    assert_eq!(targets.len(), 1, "{targets:?}");
    targets[0].key()
}

fn in_asff(asff_type: &str, id: &str) -> Value {
    let mut event: Value = serde_json::from_slice(&fixture::bytes("asff-control")).unwrap();
    event["detail"]["findings"][0]["Resources"] = json!([{
        "Type": asff_type, "Id": id, "Partition": "aws", "Region": "eu-west-1"
    }]);
    event
}

fn in_ocsf(resource: &Value) -> Value {
    let mut event: Value = serde_json::from_slice(&fixture::bytes("ocsf-compliance-failed")).unwrap();
    event["detail"]["findings"][0]["resources"] = json!([resource]);
    event
}

#[test]
fn one_resource_has_one_key_in_both_formats() {
    let mut different = Vec::new();
    for [control, asff_type, ocsf_type, arn, uid] in PAIRS {
        let asff = key(&in_asff(asff_type, arn));
        for resource in [
            json!({"type": ocsf_type, "uid": uid, "uid_alt": arn, "region": "eu-west-1"}),
            json!({"type": ocsf_type, "uid": arn, "name": uid, "region": "eu-west-1"}),
            json!({"type": asff_type, "uid": arn, "region": "eu-west-1"}),
        ] {
            let ocsf = key(&in_ocsf(&resource));
            if asff != ocsf {
                different.push(format!("{control}: {asff} in ASFF, {ocsf} in OCSF"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_bare_id_alone_is_known_where_the_arn_follows_from_it() {
    let mut known = Vec::new();
    for [control, asff_type, ocsf_type, arn, uid] in PAIRS {
        let ocsf = key(&in_ocsf(
            &json!({"type": ocsf_type, "uid": uid, "region": "eu-west-1"}),
        ));
        if key(&in_asff(asff_type, arn)) == ocsf {
            known.push(*control);
        }
    }
    for control in [
        "S3.2", "EC2.2", "EC2.8", "EC2.15", "EC2.21", "EC2.25", "RDS.2", "Lambda.1", "SQS.3", "KMS.3",
        "EC2.1",
    ] {
        assert!(known.contains(&control), "{control} isn't among {known:?}");
    }
}
