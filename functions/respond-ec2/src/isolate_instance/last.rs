//! Whether nothing would serve any more once the instance is cut off, which a person must want.

use backstop_aws::Access;
use backstop_runtime::StepError;

use crate::{
    deregister_from_load_balancers::last_healthy_target, detach_from_auto_scaling::last_healthy_member,
    instance::Instance,
};

/// Why isolating it waits for a person, also in `auto` mode. What can't be read counts as the worst.
pub(super) async fn serving(aws: &Access<'_>, instance: &Instance) -> Result<Option<String>, StepError> {
    let (member, target) = tokio::join!(
        last_healthy_member(aws, &instance.id),
        last_healthy_target(aws, instance)
    );
    let mut why = Vec::new();
    for found in [member, target] {
        match found {
            Ok(found) => why.extend(found),
            Err(error) if error.name.is_retryable() => return Err(error.into()),
            Err(error) => why.push(format!("whether others serve can't be read: {error}")),
        }
    }
    Ok((!why.is_empty()).then(|| why.join("; ")))
}
