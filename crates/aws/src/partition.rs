//! Partitions, and the Regions in which their services without Regions are at home.

use backstop_core::Region;

/// The partition that a Region belongs to (AWS SDKs, `partitions.json`).
pub fn partition_of(region: &Region) -> &'static str {
    let region = region.as_str();
    PARTITIONS
        .iter()
        .find(|(prefix, ..)| region.starts_with(prefix))
        .map_or("aws", |(_, partition, _)| partition)
}

/// Where a partition's IAM is called, and where IAM and the global endpoint of STS record their calls (IAM User Guide,
/// "Logging IAM and AWS STS API calls with AWS CloudTrail"). `partitions.json` says `cn-northwest-1` of China, which
/// holds for its other services; IAM's endpoint signs for `cn-north-1` (`endpoints.json`).
pub fn home_region(partition: &str) -> Region {
    PARTITIONS
        .iter()
        .find(|(_, name, _)| *name == partition)
        .map_or("us-east-1", |(.., home)| home)
        .into()
}

/// What the names of a partition's Regions begin with, its name, IAM's home Region in it. A prefix that begins with
/// another stands before it.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "cn-north-1"),
    ("us-gov-", "aws-us-gov", "us-gov-west-1"),
    ("us-isob-", "aws-iso-b", "us-isob-east-1"),
    ("us-isof-", "aws-iso-f", "us-isof-south-1"),
    ("us-iso-", "aws-iso", "us-iso-east-1"),
    ("eu-isoe-", "aws-iso-e", "eu-isoe-west-1"),
    ("eusc-", "aws-eusc", "eusc-de-east-1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_a_partition_and_each_partition_a_home_in_it() {
        let cases = [
            ("eu-west-1", "aws", "us-east-1"),
            ("us-gov-east-1", "aws-us-gov", "us-gov-west-1"),
            ("cn-northwest-1", "aws-cn", "cn-north-1"),
            ("us-iso-west-1", "aws-iso", "us-iso-east-1"),
            ("us-isob-east-1", "aws-iso-b", "us-isob-east-1"),
            ("eusc-de-east-1", "aws-eusc", "eusc-de-east-1"),
        ];
        for (region, partition, home) in cases {
            assert_eq!(partition_of(&region.into()), partition, "{region}");
            assert_eq!(home_region(partition).as_str(), home, "{partition}");
            assert_eq!(partition_of(&home_region(partition)), partition, "{home}");
        }
    }
}
