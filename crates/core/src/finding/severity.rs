//! Severity, from whichever of the products' scales is there.

use super::{Severity, SeverityLabel};

impl Severity {
    /// From GuardDuty's number: 1.0–3.9 low, 4.0–6.9 medium, 7.0–8.9 high, 9.0–10.0 critical.
    pub fn of_score(score: f64) -> Self {
        let score = score.clamp(0.0, 10.0);
        let label = match score {
            s if s >= 9.0 => SeverityLabel::Critical,
            s if s >= 7.0 => SeverityLabel::High,
            s if s >= 4.0 => SeverityLabel::Medium,
            s if s >= 1.0 => SeverityLabel::Low,
            _ => SeverityLabel::Informational,
        };
        Self { score, label }
    }

    /// From a band's name alone: the score is the band's lowest.
    pub fn of_label(label: SeverityLabel) -> Self {
        let score = match label {
            SeverityLabel::Informational => 0.0,
            SeverityLabel::Low => 1.0,
            SeverityLabel::Medium => 4.0,
            SeverityLabel::High => 7.0,
            SeverityLabel::Critical => 9.0,
        };
        Self { score, label }
    }
}

/// ASFF's and OCSF's names of the bands; OCSF's `Fatal` is beyond critical.
pub(super) fn label(text: &str) -> Option<SeverityLabel> {
    match text.to_ascii_uppercase().as_str() {
        "INFORMATIONAL" => Some(SeverityLabel::Informational),
        "LOW" => Some(SeverityLabel::Low),
        "MEDIUM" => Some(SeverityLabel::Medium),
        "HIGH" => Some(SeverityLabel::High),
        "CRITICAL" | "FATAL" => Some(SeverityLabel::Critical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_where_guardduty_says() {
        for (score, label) in [
            (0.0, SeverityLabel::Informational),
            (1.0, SeverityLabel::Low),
            (3.9, SeverityLabel::Low),
            (4.0, SeverityLabel::Medium),
            (7.0, SeverityLabel::High),
            (9.0, SeverityLabel::Critical),
            (99.0, SeverityLabel::Critical),
            (-1.0, SeverityLabel::Informational),
        ] {
            assert_eq!(Severity::of_score(score).label, label, "{score}");
        }
    }

    #[test]
    fn a_band_and_its_lowest_score_agree() {
        for name in ["informational", "Low", "MEDIUM", "High", "Critical", "Fatal"] {
            let band = label(name).map(Severity::of_label);
            assert_eq!(band.map(|it| Severity::of_score(it.score)), band, "{name}");
        }
        assert_eq!(label("unknown"), None);
    }
}
