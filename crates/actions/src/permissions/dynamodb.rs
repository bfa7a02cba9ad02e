//! Permissions of DynamoDB, which functions have on items of the incidents table; no action has any.

pub const DELETE_ITEM: &str = "dynamodb:DeleteItem";
pub const GET_ITEM: &str = "dynamodb:GetItem";
pub const PUT_ITEM: &str = "dynamodb:PutItem";
pub const QUERY: &str = "dynamodb:Query";
pub const UPDATE_ITEM: &str = "dynamodb:UpdateItem";
