//! Not more often than AWS allows: CloudTrail takes two lookups a second, by account and Region (CloudTrail API
//! Reference, "LookupEvents").

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Between the starts of two calls: a little more than half a second, since they don't all take the same way.
const GAP: Duration = Duration::from_millis(550);

/// How long a throttled caller waits at most.
const LONGEST: Duration = Duration::from_secs(9);

/// Spreads the calls of one Region.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: Option<Instant>,
    /// How often in a row AWS said that it was too much: functions of other incidents read the same account.
    throttled: u32,
}

impl Pace {
    /// Waits for its turn. Whoever comes at the same time gets the turn after.
    pub(crate) async fn turn(&self) {
        sleep_until(self.take(Instant::now())).await;
    }

    /// AWS said that it was too much: everybody waits, twice as long each time. Returns the next turn.
    pub(crate) fn slow_down(&self) -> Instant {
        self.delay(Instant::now())
    }

    /// AWS answered.
    pub(crate) fn recover(&self) {
        self.state().throttled = 0;
    }

    fn take(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let turn = state.next.map_or(now, |next| next.max(now));
        state.next = Some(turn + GAP);
        turn
    }

    fn delay(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let turn = state.next.map_or(now, |next| next.max(now));
        let turn = turn.max(now + wait(state.throttled));
        state.throttled += 1;
        state.next = Some(turn);
        turn
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(throttled: u32) -> Duration {
    GAP.saturating_mul(1 << throttled.min(8)).min(LONGEST)
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
    fn a_throttled_reader_waits_twice_as_long_each_time_and_not_for_ever() {
        let waits: Vec<Duration> = (0..7).map(wait).collect();
        assert_eq!(
            waits,
            [GAP, GAP * 2, GAP * 4, GAP * 8, GAP * 16, LONGEST, LONGEST]
        );
        assert_eq!(wait(u32::MAX), LONGEST);
        let (pace, now) = (Pace::default(), Instant::now());
        let turns = [pace.delay(now), pace.delay(now), pace.take(now)];
        assert_eq!(turns, [now + GAP, now + GAP * 2, now + GAP * 2], "all wait");
        pace.recover();
        assert_eq!(pace.delay(now), now + GAP * 3);
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
