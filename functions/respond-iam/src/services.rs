//! The services that this function calls, beside IAM, which is called through the inline denies.

backstop_aws::services! {
    pub(crate) CloudTrail = aws_sdk_cloudtrail;
}
