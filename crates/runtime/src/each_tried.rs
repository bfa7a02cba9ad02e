//! Several calls of one step, each of which is tried even if another fails.

use crate::StepError;

/// The failure that decides what becomes of the step: one that passes by waiting before one that doesn't, since the step is
/// made again for the former only, and what doesn't pass fails again then; else the first.
pub fn each_tried<E: Into<StepError>>(
    results: impl IntoIterator<Item = Result<(), E>>,
) -> Result<(), StepError> {
    let passes = |error: &StepError| error.name().is_retryable();
    let mut failed = results.into_iter().filter_map(Result::err).map(Into::into);
    match failed.next() {
        None => Ok(()),
        Some(first) if passes(&first) => Err(first),
        Some(first) => Err(failed.find(passes).unwrap_or(first)),
    }
}

#[cfg(test)]
mod tests {
    use backstop_core::ErrorName;

    use super::*;

    fn refused() -> StepError {
        StepError::NotApplicable {
            reason: "no".to_owned(),
        }
    }

    fn waiting() -> StepError {
        StepError::NotYetVerified {
            observed: "not yet".to_owned(),
        }
    }

    fn name(results: Vec<Result<(), StepError>>) -> Option<ErrorName> {
        each_tried(results).err().map(|error| error.name())
    }

    #[test]
    fn what_fails_for_good_hides_nothing_that_passes_by_waiting() {
        let later = Some(ErrorName::NotYetVerified);
        assert_eq!(name(vec![Ok(()), Err(refused()), Err(waiting())]), later);
        assert_eq!(name(vec![Err(waiting()), Err(refused())]), later);
        assert_eq!(name(vec![Err(refused()), Ok(())]), Some(refused().name()));
        assert_eq!(name(vec![Ok(()), Ok(())]), None);
    }
}
