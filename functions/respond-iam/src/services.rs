//! The services that this function calls, beside IAM, which is called through the inline denies.

backstop_aws::services! {
    pub(crate) CloudTrail = aws_sdk_cloudtrail;
    /// Which instances have a role.
    pub(crate) Ec2 = aws_sdk_ec2;
    /// Which functions have a role.
    pub(crate) Lambda = aws_sdk_lambda;
}
