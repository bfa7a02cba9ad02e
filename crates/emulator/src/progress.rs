//! How long steps tell a person that they are under way; drawing is the caller's.

/// Told of each step by whoever takes it. Steps don't overlap.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn started(&self, step: &str);
    /// One line of detail about the step under way.
    fn detail(&self, text: &str);
    /// The step is done; after a failure this is not called, since the error says it.
    fn finished(&self, step: &str);
    /// A line worth keeping, such as a state that an execution entered.
    fn note(&self, _text: &str) {}
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _step: &str) {}
    fn detail(&self, _text: &str) {}
    fn finished(&self, _step: &str) {}
}
