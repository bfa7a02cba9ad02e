//! What a responder changed, by the gateway's record.

use backstop_drill::Environment;
use backstop_emulator::RecordedCall;

use crate::role_of;

/// What planning and verifying may call in the account.
const READS: [&str; 5] = ["Describe", "Get", "Head", "List", "Lookup"];

/// The function's calls since then that do more than read, but for its own log.
pub fn changes_since(environment: &Environment, function: &str, mark: u64) -> Vec<String> {
    let role = role_of(function);
    let is_change = |call: &&RecordedCall| {
        call.principal.to_string().contains(&role)
            && !["dynamodb", "logs", "xray"].contains(&call.service.as_str())
            && !READS.iter().any(|read| call.action.starts_with(read))
    };
    let calls = environment.account().calls_since(mark);
    calls
        .iter()
        .filter(is_change)
        .map(|call| format!("{}:{}", call.service, call.action))
        .collect()
}
