//! Partitions, and the Regions in which their services without Regions are at home.

use backstop_core::Region;

/// The partition that a Region belongs to (AWS SDKs, `partitions.json`).
pub fn partition_of(region: &Region) -> &'static str {
    let region = region.as_str();
    PARTITIONS
        .iter()
        .find(|it| region.starts_with(it.prefix))
        .map_or("aws", |it| it.name)
}

/// What the hosts of a partition's services end in (AWS SDKs, `partitions.json`, `dnsSuffix`).
pub(crate) fn suffix_of(partition: &str) -> &'static str {
    find(partition).map_or("amazonaws.com", |it| it.suffix)
}

/// Where a partition's IAM is called, and where IAM and the global endpoint of STS record their calls (IAM User Guide,
/// "Logging IAM and AWS STS API calls with AWS CloudTrail"). `partitions.json` says `cn-northwest-1` of China, which
/// holds for its other services; IAM's endpoint signs for `cn-north-1` (`endpoints.json`).
pub fn home_region(partition: &str) -> Region {
    find(partition).map_or("us-east-1", |it| it.home).into()
}

/// Where a partition's AWS Health answers: it has one active endpoint (AWS Health API Reference, "Accessing the AWS Health
/// API"; `endpoints.json`). Only in China is it elsewhere than IAM's.
pub fn health_region(partition: &str) -> Region {
    match partition {
        "aws-cn" => "cn-northwest-1".into(),
        other => home_region(other),
    }
}

fn find(partition: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|it| it.name == partition)
}

/// A partition beside `aws`.
struct Partition {
    /// What the names of its Regions begin with.
    prefix: &'static str,
    name: &'static str,
    /// IAM's home Region in it.
    home: &'static str,
    suffix: &'static str,
}

const fn partition(
    prefix: &'static str,
    name: &'static str,
    home: &'static str,
    suffix: &'static str,
) -> Partition {
    Partition {
        prefix,
        name,
        home,
        suffix,
    }
}

/// A prefix that begins with another stands before it.
static PARTITIONS: [Partition; 7] = [
    partition("cn-", "aws-cn", "cn-north-1", "amazonaws.com.cn"),
    partition("us-gov-", "aws-us-gov", "us-gov-west-1", "amazonaws.com"),
    partition("us-isob-", "aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov"),
    partition("us-isof-", "aws-iso-f", "us-isof-south-1", "csp.hci.ic.gov"),
    partition("us-iso-", "aws-iso", "us-iso-east-1", "c2s.ic.gov"),
    partition("eu-isoe-", "aws-iso-e", "eu-isoe-west-1", "cloud.adc-e.uk"),
    partition("eusc-", "aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
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

    #[test]
    fn health_answers_in_a_region_of_the_same_partition() {
        for (partition, region) in [
            ("aws", "us-east-1"),
            ("aws-cn", "cn-northwest-1"),
            ("aws-us-gov", "us-gov-west-1"),
        ] {
            assert_eq!(health_region(partition).as_str(), region);
            assert_eq!(partition_of(&health_region(partition)), partition);
        }
    }
}
