//! The security control behind a Security Hub finding, such as `S3.2`.

use crate::text;

/// Reads a control's id off the end of a generator's id: `security-control/S3.1`,
/// `aws-foundational-security-best-practices/v/1.0.0/S3.1`. Rules of the CIS benchmark (`4.1`) have numbers
/// of their own and are no control ids; `PCI.S3.1` is another control than `S3.1` and keeps its prefix.
pub(super) fn of_generator(generator: &str) -> Option<String> {
    let last = generator.rsplit('/').next()?;
    is_control(last).then(|| last.to_owned())
}

/// A control's id as a field of its own holds it.
pub(super) fn of_field(id: &str) -> Option<String> {
    is_control(id).then(|| text::bounded(id, 64))
}

fn is_control(id: &str) -> bool {
    let plain = id.strip_prefix("PCI.").unwrap_or(id);
    plain.split_once('.').is_some_and(|(service, number)| {
        service.starts_with(|first: char| first.is_ascii_alphabetic())
            && service.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_controls_generator_is_read() {
        for (generator, expected) in [
            ("security-control/S3.1", Some("S3.1")),
            (
                "aws-foundational-security-best-practices/v/1.0.0/CloudTrail.2",
                Some("CloudTrail.2"),
            ),
            ("service-managed-aws-control-tower/v/1.0.0/EC2.19", Some("EC2.19")),
            ("pci-dss/v/3.2.1/PCI.S3.1", Some("PCI.S3.1")),
            ("cis-aws-foundations-benchmark/v/1.4.0/3.7", None),
            (
                "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
                None,
            ),
            ("prowler-extra748", None),
            ("s3.amazonaws.com", None),
            ("", None),
        ] {
            assert_eq!(of_generator(generator).as_deref(), expected, "{generator}");
        }
    }
}
