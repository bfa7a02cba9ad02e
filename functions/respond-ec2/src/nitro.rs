//! Which instance types can't have their connection tracking configured: it takes the Nitro System (EC2 User Guide, "Amazon
//! EC2 security group connection tracking"). `DescribeInstances` calls the hypervisor of both kinds `xen`.

/// Families without the Nitro System (EC2 User Guide, "Instances built on the AWS Nitro System", and "Previous generation
/// instances"). None has come since 2018, and none is to come.
const XEN_FAMILIES: [&str; 29] = [
    "c1", "c3", "c4", "cc1", "cc2", "cg1", "cr1", "d2", "f1", "g2", "g3", "g3s", "h1", "hi1", "hs1", "i2",
    "i3", "m1", "m2", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
];
/// Bare metal has no hypervisor but Nitro's cards, in those families, too.
const METAL: &str = "metal";

/// Whether the type is known to be without the Nitro System.
pub(crate) fn is_without(instance_type: &str) -> bool {
    instance_type
        .split_once('.')
        .is_some_and(|(family, size)| XEN_FAMILIES.contains(&family) && !size.starts_with(METAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previous_generations_are_without_and_their_metal_is_not() {
        for without in ["t2.micro", "m4.large", "i3.2xlarge", "p3.2xlarge", "x1e.xlarge"] {
            assert!(is_without(without), "{without}");
        }
        for with in [
            "t3.micro",
            "m5.large",
            "i3.metal",
            "i3en.large",
            "p3dn.24xlarge",
            "c5.large",
            "new9.large",
            "t2",
        ] {
            assert!(!is_without(with), "{with}");
        }
    }
}
