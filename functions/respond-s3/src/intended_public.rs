//! Whether somebody meant the bucket to be public, or serves it by CloudFront in a way that breaks: then a person decides, not
//! a finding.
//!
//! Distributions themselves aren't looked for: which ones read a bucket can only be told by listing all of them, and those
//! of other accounts not at all. What breaks them is looked at: the website endpoint, and origin access identities that a
//! public policy names; the plan names the rest.

use std::collections::BTreeMap;

use backstop_core::text;
use backstop_runtime::{CallError, StepError};

/// The tag by which an owner says so. Unlike an exemption it doesn't end Backstop's care: somebody who opened a
/// bucket may have set the tag too, so it asks for a person and doesn't refuse.
pub(crate) const TAG: &str = "backstop:intended-public";

/// Tags hold up to 256 characters; a reason is read in a message.
const LONGEST_VALUE: usize = 120;

/// Why a person should decide; `None` if nothing says that the bucket is meant to be public.
pub(crate) fn reason(
    tags: &BTreeMap<String, String>,
    is_website: Result<bool, CallError>,
    identities: Result<Vec<String>, CallError>,
) -> Result<Option<String>, StepError> {
    let tag = tags.get(TAG).map(|value| {
        let value = text::bounded(&text::sanitize(value), LONGEST_VALUE);
        format!("it carries the tag {TAG}={value}")
    });
    let website = match is_website {
        Ok(true) => Some("it hosts a website".to_owned()),
        Ok(false) => None,
        Err(error) if error.name.is_retryable() => return Err(error.into()),
        Err(error) => Some(format!("whether it hosts a website couldn't be read ({error})")),
    };
    let cloudfront = match identities {
        Ok(found) if found.is_empty() => None,
        Ok(found) => Some(format!(
            "CloudFront reads it by what its public policy names ({}), which is outside the account and cut off",
            found.join(", ")
        )),
        Err(error) if error.name.is_retryable() => return Err(error.into()),
        Err(error) => Some(format!(
            "whether CloudFront reads it by an origin access identity couldn't be read ({error})"
        )),
    };
    let signs: Vec<String> = tag.into_iter().chain(website).chain(cloudfront).collect();
    Ok(
        (!signs.is_empty())
            .then(|| format!("the bucket may be meant to be public: {}", signs.join(", and "))),
    )
}
