//! What stands in the account for a name of the template.

use backstop_drill::Environment;
use backstop_emulator::{Account, deploy::Stack};

/// See the module.
pub async fn physical_id(environment: &Environment, logical_id: &str) -> String {
    physical_id_in(environment.account(), environment.stack(), logical_id).await
}

/// The same of a stack beside the environment's own.
pub async fn physical_id_in(account: &Account, stack: &Stack, logical_id: &str) -> String {
    let found = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root()))
        .describe_stack_resource()
        .stack_name(stack.name())
        .logical_resource_id(logical_id)
        .send()
        .await
        .unwrap();
    let found = found.stack_resource_detail().unwrap();
    found.physical_resource_id().unwrap().to_owned()
}
