//! Permissions of Lambda, on the functions of the account that is looked after.

use crate::{Grant, Scope};

/// Which functions have a role.
static FUNCTIONS_READ: Scope = Scope::everything(
    "ReadWhichFunctionsThereAre",
    "It takes no resource (Service Authorization Reference).",
);

pub const LIST_FUNCTIONS: Grant = Grant::on(&FUNCTIONS_READ, "lambda:ListFunctions");
