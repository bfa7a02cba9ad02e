//! The services that this function calls, beside IAM, which is called through the inline denies.

backstop_aws::services! {
    pub(crate) AutoScaling = aws_sdk_autoscaling;
    /// Classic Load Balancers.
    pub(crate) ClassicElb = aws_sdk_elasticloadbalancing;
    pub(crate) Ec2 = aws_sdk_ec2;
    /// Application, Network and Gateway Load Balancers.
    pub(crate) Elb = aws_sdk_elasticloadbalancingv2;
    pub(crate) Ssm = aws_sdk_ssm;
}
