//! EC2's default idle timeout of established TCP connections, which undo sets where none was set: EC2 has no call that unsets
//! the value.
//!
//! It is 432,000 seconds, and 350 on instance types of Nitro v6 (EC2 User Guide, "Idle connection tracking timeout"; AWS
//! Networking Blog, "Best practices for TCP connection management on EC2"). No call says which version a type is of, so that
//! the families stand here that were announced with it since June 2025; of any other the longer is set, which cuts nothing
//! off, and undo says that it did.

/// On all types but those of Nitro v6.
const LONG: i32 = 432_000;
/// On those.
const SHORT: i32 = 350;

/// The families of Nitro v6.
const NITRO_V6: [&str; 24] = [
    "c8a", "c8gb", "c8gn", "c8i", "c8i-flex", "c8id", "hpc8a", "m8a", "m8azn", "m8gb", "m8gn", "m8i",
    "m8i-flex", "m8id", "p6-b200", "p6-b300", "r8a", "r8gb", "r8gn", "r8i", "r8i-flex", "r8id", "x8aedz",
    "x8i",
];

/// The default on an instance of this type.
pub(super) fn of(instance_type: Option<&str>) -> i32 {
    let family = instance_type.and_then(|name| name.split('.').next());
    match family {
        Some(family) if NITRO_V6.contains(&family) => SHORT,
        Some(_) | None => LONG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nitro_v6_forgets_idle_connections_sooner() {
        for (name, seconds) in [
            ("m8i.large", 350),
            ("c8gn.metal-48xl", 350),
            ("r8i-flex.xlarge", 350),
            ("m8g.large", 432_000),
            ("m5.large", 432_000),
            ("t3.micro", 432_000),
            ("m8", 432_000),
        ] {
            assert_eq!(of(Some(name)), seconds, "{name}");
        }
        assert_eq!(of(None), 432_000);
    }
}
