//! Waiting for something to become true: by looking, never by sleeping long enough.

use std::time::{Duration, Instant};

/// Looks until `look` answers `Ok`, and gives that; fails the test with the last `Err` when the
/// limit is over.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<T, String>,
) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(value) => return value,
            Err(seen) if began.elapsed() > limit => {
                panic!("not within {limit:?}: {what}; last seen:\n{seen}")
            }
            Err(_not_yet) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Seconds, to keep the tests short.
pub(crate) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
