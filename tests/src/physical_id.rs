//! What stands in the account for a name of the template.

use backstop_drill::Environment;

/// See the module.
pub async fn physical_id(environment: &Environment, logical_id: &str) -> String {
    let account = environment.account();
    let found = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root()))
        .describe_stack_resource()
        .stack_name(environment.stack().name())
        .logical_resource_id(logical_id)
        .send()
        .await
        .unwrap();
    let found = found.stack_resource_detail().unwrap();
    found.physical_resource_id().unwrap().to_owned()
}
