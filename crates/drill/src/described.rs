//! An instance as EC2 describes it to who looks on.

use aws_sdk_ec2::{Client, types::Instance};

use super::{DrillError, error::call};

/// The instance of this id; none where there is none of it any more.
pub(crate) async fn instance(ec2: &Client, id: &str) -> Result<Vec<Instance>, DrillError> {
    let found = ec2.describe_instances().instance_ids(id).send().await;
    let found = found.map_err(call("ec2:DescribeInstances"))?;
    let reservations = found.reservations.unwrap_or_default().into_iter();
    Ok(reservations
        .flat_map(|reservation| reservation.instances.unwrap_or_default())
        .collect())
}
