//! A way to people. One file each; a new one is added to the list in `main`.

pub(crate) mod sns;

use async_trait::async_trait;
use backstop_core::notice::Notice;
use backstop_runtime::CallError;

/// What a channel took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The channel's own id of the message.
    pub(crate) message_id: String,
    /// The subject, as it was sent.
    pub(crate) subject: String,
    /// The text, as it was sent.
    pub(crate) body: String,
}

/// See the module.
#[async_trait]
pub(crate) trait Channel: Send + Sync {
    /// What the log knows it by; stays the same for the same receiver.
    fn name(&self) -> &str;

    /// Renders the notice for this channel and hands it over. May be called again for the same notice.
    async fn send(&self, notice: &Notice) -> Result<Sent, CallError>;
}
