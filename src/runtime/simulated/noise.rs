//! Numbers that look random and are the same in each run: made of names.

/// A number made of names (FNV-1a, then one draw of a generator that is seeded with it, since
/// similar names have similar sums).
pub(super) fn seed(names: &[&str]) -> u64 {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for name in names {
        for byte in name.bytes().chain([0]) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    fastrand::Rng::with_seed(sum).u64(..)
}

/// A number made of another and a count, such as which run of a service it is.
pub(super) fn draw(seed: u64, count: i64) -> u64 {
    fastrand::Rng::with_seed(seed ^ count.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .u64(..)
}

/// From 0 up to 1.
pub(super) fn share(seed: u64, count: i64) -> f64 {
    (draw(seed, count) >> 11) as f64 / (1_u64 << 53) as f64
}
