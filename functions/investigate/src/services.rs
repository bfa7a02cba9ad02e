//! The services that this function calls, beside CloudTrail, which has a pace of its own.

backstop_aws::services! {
    pub(crate) Ec2 = aws_sdk_ec2;
    pub(crate) global Iam = aws_sdk_iam;
}
