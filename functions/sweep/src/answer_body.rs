//! The body of an AWS answer as it came over the wire: the SDK's types leave out what they don't know, and can't be
//! written as JSON again.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_guardduty::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef,
    },
    error::BoxError,
};
use serde_json::Value;

/// Keeps the body of the last answer of the one call that it is given to.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnswerBody(Arc<Mutex<Vec<u8>>>);

impl Intercept for AnswerBody {
    fn name(&self) -> &'static str {
        "AnswerBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default().to_vec();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}

impl AnswerBody {
    /// The objects of the list `name` of the answer.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Value>, serde_json::Error> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer: Value = serde_json::from_slice(&body)?;
        Ok(match answer.get_mut(name).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        })
    }
}
