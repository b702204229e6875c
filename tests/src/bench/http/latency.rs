//! What was measured: quantiles, and when it was slow.

use std::time::Duration;

/// Late ones with no more than this between them were late for one reason.
const ONE_STALL: Duration = Duration::from_millis(50);

/// Times, each with the moment from which it counts, since the measurement began.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<(Duration, Duration)>);

/// Some that were late together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// When the first of them was due.
    pub from: Duration,
    /// When the last of them was.
    pub to: Duration,
    /// How many.
    pub count: usize,
    /// The longest time.
    pub worst: Duration,
}

impl Latencies {
    /// Adds one that was due then.
    pub fn add(&mut self, due: Duration, time: Duration) {
        self.0.push((due, time));
    }

    /// Adds all of another.
    pub fn join(&mut self, other: Latencies) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that so many hundredths of all do not exceed; zero where there are none.
    pub fn percentile(&self, hundredths: usize) -> Duration {
        let mut sorted: Vec<Duration> = self.0.iter().map(|(_, time)| *time).collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * hundredths).div_ceil(100).max(1) - 1;
        sorted.get(rank).copied().unwrap_or_default()
    }

    /// Those above the limit, by when they were due.
    pub fn stalls(&self, limit: Duration) -> Vec<Stall> {
        let mut late: Vec<_> = self.0.iter().filter(|(_, time)| *time > limit).collect();
        late.sort_unstable();
        let mut stalls: Vec<Stall> = Vec::new();
        for (due, time) in late {
            match stalls.last_mut() {
                Some(stall) if *due - stall.to <= ONE_STALL => {
                    stall.to = *due;
                    stall.count += 1;
                    stall.worst = stall.worst.max(*time);
                }
                _ => stalls.push(Stall {
                    from: *due,
                    to: *due,
                    count: 1,
                    worst: *time,
                }),
            }
        }
        stalls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(99), Duration::ZERO);
        for time in (1..=200).rev() {
            latencies.add(Duration::ZERO, millis(time));
        }
        assert_eq!(latencies.percentile(50), millis(100));
        assert_eq!(latencies.percentile(99), millis(198));
        assert_eq!(latencies.percentile(100), millis(200));
    }

    #[test]
    fn what_was_late_together_is_one_stall() {
        let mut latencies = Latencies::default();
        for (due, time) in [(100, 30), (0, 2), (70, 60), (500, 40), (90, 1)] {
            latencies.add(millis(due), millis(time));
        }
        let stall = |from, to, count, worst| Stall {
            from: millis(from),
            to: millis(to),
            count,
            worst: millis(worst),
        };
        let expected = [stall(70, 100, 2, 60), stall(500, 500, 1, 40)];
        assert_eq!(latencies.stalls(millis(15)), expected);
    }
}
