//! Not more often than AWS allows: CloudTrail takes two lookups a second, by account and Region (CloudTrail API
//! Reference, "LookupEvents").

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Between the starts of two calls: a little more than half a second, since they don't all take the same way.
const GAP: Duration = Duration::from_millis(550);

/// Spreads the calls of one Region.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Waits for its turn. Whoever comes at the same time gets the turn after.
    pub(crate) async fn turn(&self) {
        sleep_until(self.take(Instant::now())).await;
    }

    fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + GAP);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_two_a_second_and_the_first_at_once() {
        let (pace, start) = (Pace::default(), Instant::now());
        // Three pairs that come at the same time, each when the one before had its turns.
        let mut now = start;
        let mut turns = Vec::new();
        for _ in 0..3 {
            let both = [pace.take(now), pace.take(now)];
            now = now.max(both[1]);
            turns.extend(both);
        }
        let expected: Vec<Instant> = (0..6).map(|turn| start + GAP * turn).collect();
        assert_eq!(turns, expected);
    }

    #[test]
    fn time_gone_by_is_not_saved_up() {
        let (pace, start) = (Pace::default(), Instant::now());
        pace.take(start);
        let later = start + Duration::from_secs(60);
        let turns = [later, later, later].map(|now| pace.take(now));
        assert_eq!(turns, [later, later + GAP, later + GAP * 2]);
    }

    #[tokio::test]
    async fn a_turn_is_waited_for() {
        let (pace, start) = (Pace::default(), Instant::now());
        pace.turn().await;
        pace.turn().await;
        assert!(start.elapsed() >= GAP);
    }
}
