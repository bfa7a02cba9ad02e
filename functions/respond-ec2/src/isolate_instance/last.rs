//! Whether nothing would serve any more once the instance is cut off, or others would lose their network with it, which a
//! person must want.

use std::time::Duration;

use backstop_aws::Access;
use backstop_runtime::StepError;

use crate::{
    deregister_from_load_balancers::last_healthy_target, detach_from_auto_scaling::last_healthy_member,
    instance::Instance, owner,
};

/// All callers in the Region share the rate at which target groups can be read, and isolation doesn't wait for them: where
/// that takes longer, a person is asked.
const LONGEST_READING: Duration = Duration::from_secs(15);

/// Why isolating it waits for a person, also in `auto` mode. What can't be read counts as the worst.
pub(super) async fn serving(aws: &Access<'_>, instance: &Instance) -> Result<Option<String>, StepError> {
    let (member, target) = tokio::join!(
        tokio::time::timeout(LONGEST_READING, last_healthy_member(aws, &instance.id)),
        tokio::time::timeout(LONGEST_READING, last_healthy_target(aws, instance))
    );
    let mut why: Vec<String> = owner::forwards(instance).into_iter().collect();
    for found in [member, target] {
        match found {
            Ok(Ok(found)) => why.extend(found),
            Ok(Err(error)) if error.name.is_retryable() => return Err(error.into()),
            Ok(Err(error)) => why.push(format!("whether others serve can't be read: {error}")),
            Err(_elapsed) => why.push(format!(
                "whether others serve couldn't be read in {} seconds",
                LONGEST_READING.as_secs()
            )),
        }
    }
    Ok((!why.is_empty()).then(|| why.join("; ")))
}
