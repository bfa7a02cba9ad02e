//! Which notices of an incident were delivered, and which weren't yet, by which channel.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    about::About,
    ids::NoticeKey,
    log::{Event, Record},
};

/// The channel under which the log has it that a notice couldn't be handed to the function that delivers.
pub const HAND_OVER: &str = "notify";

/// What became of handing one notice to one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Which notice; logs from before there were several of a kind don't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeKey>,
    /// What it is about.
    pub about: About,
    /// The channel.
    pub channel: String,
    /// When it was tried.
    pub at: Timestamp,
    /// Why the channel didn't take it: `Backstop.AccessDenied: …`; `None` if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// All of them, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notices {
    /// Each delivery that was tried.
    pub deliveries: Vec<Delivery>,
    /// The notice of how it ends: the playbook, or the undo that was asked for last.
    ending: NoticeKey,
    /// How many deliveries there were when that undo was asked for.
    before_ending: usize,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            deliveries: Vec::new(),
            ending: NoticeKey::outcome(),
            before_ending: 0,
        }
    }
}

impl Notices {
    /// The key of the notice of how it ends.
    pub const fn ending_key(&self) -> &NoticeKey {
        &self.ending
    }

    /// Whether people were notified how it ended; once undo is asked for, how the undo ended.
    pub fn ending_is_known(&self) -> bool {
        let since = self.deliveries.iter().skip(self.before_ending);
        let mut endings = since.filter(|it| it.failure.is_none() && it.about.is_ending());
        endings.any(|it| it.notice.as_ref().is_none_or(|notice| *notice == self.ending))
    }

    /// Whether people were ever notified of this.
    pub fn is_known(&self, about: About) -> bool {
        self.deliveries
            .iter()
            .any(|it| it.failure.is_none() && it.about == about)
    }

    /// Whether any channel took this notice.
    pub fn is_notified(&self, notice: &NoticeKey) -> bool {
        let mut all = self.deliveries.iter();
        all.any(|it| it.failure.is_none() && it.notice.as_ref() == Some(notice))
    }

    /// Whether this channel took this notice.
    pub fn is_delivered(&self, notice: &NoticeKey, channel: &str) -> bool {
        let mut to_channel = self.of(notice, channel);
        to_channel.any(|it| it.failure.is_none())
    }

    /// Why this channel last didn't take this notice.
    pub fn last_failure(&self, notice: &NoticeKey, channel: &str) -> Option<&str> {
        self.of(notice, channel).last()?.failure.as_deref()
    }

    /// What isn't delivered yet: of each notice and channel the last failure, unless it was taken since. A notice that
    /// couldn't be handed to `notify` is on its way once any channel took it.
    pub fn failing(&self) -> Vec<&Delivery> {
        let is_over = |failed: &Delivery, later: &Delivery| {
            let is_same = later.notice == failed.notice;
            let by_another = failed.channel == HAND_OVER && later.failure.is_none();
            is_same && (later.channel == failed.channel || by_another)
        };
        let at = |(place, delivery)| (place + 1, delivery);
        self.deliveries
            .iter()
            .enumerate()
            .map(at)
            .filter(|(_, it)| it.failure.is_some())
            .filter(|(next, it)| !self.deliveries.iter().skip(*next).any(|later| is_over(it, later)))
            .map(|(_, it)| it)
            .collect()
    }

    fn of(&self, notice: &NoticeKey, channel: &str) -> impl Iterator<Item = &Delivery> {
        self.deliveries
            .iter()
            .filter(move |it| it.notice.as_ref() == Some(notice) && it.channel == channel)
    }

    pub(super) fn apply(&mut self, record: &Record) {
        let delivery = match &record.event {
            Event::Notified {
                channel,
                about,
                notice,
                ..
            } => Delivery {
                notice: notice.clone(),
                about: *about,
                channel: channel.clone(),
                at: record.at,
                failure: None,
            },
            Event::NotNotified {
                channel,
                about,
                notice,
                error,
                detail,
            } => Delivery {
                notice: Some(notice.clone()),
                about: *about,
                channel: channel.clone(),
                at: record.at,
                failure: Some(format!("{error}: {detail}")),
            },
            _ => return,
        };
        self.deliveries.push(delivery);
    }

    /// People are to be notified how the undo ends, too.
    pub(super) fn expect_end_of_undo(&mut self, record: &Record) {
        self.ending = NoticeKey::undo(&record.id);
        self.before_ending = self.deliveries.len();
    }
}
