//! The services that this function calls.

backstop_aws::services! {
    pub(crate) S3 = aws_sdk_s3;
    /// The settings of an account.
    pub(crate) S3Control = aws_sdk_s3control;
}
