//! The heartbeat: uptime, load, memory, pressure, and memory and processor of control groups.
//! Reads `/proc` and cgroups with the shell's own `read`, so it costs the host no fork.

use crate::model::host::Pressure;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("tick.sh");

/// One heartbeat. An absent value is one that the host does not have.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tick {
    /// Since boot, in microseconds, to 10 ms (`proc_uptime(5)`).
    pub uptime: Option<u64>,
    /// `proc_loadavg(5)`.
    pub load: Option<[f32; 3]>,
    /// Bytes.
    pub memory_total: Option<u64>,
    /// Bytes.
    pub memory_available: Option<u64>,
    /// Kernel's Documentation/accounting/psi.rst.
    pub pressure: Pressure,
    /// For each control group of the request: bytes, and microseconds of processor so far.
    pub groups: Vec<(Option<u64>, Option<u64>)>,
}

/// Reads an answer of `qd_now_tick`.
pub fn parse_tick(text: &str, groups: usize) -> Tick {
    let mut tick = Tick { groups: vec![(None, None); groups], ..Tick::default() };
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("up") => tick.uptime = words.next().and_then(seconds),
            Some("load") => {
                let mut next = || words.next().and_then(share);
                if let (Some(a), Some(b), Some(c)) = (next(), next(), next()) {
                    tick.load = Some([a, b, c]);
                }
            }
            Some("total") => tick.memory_total = words.next().and_then(kibibytes),
            Some("available") => tick.memory_available = words.next().and_then(kibibytes),
            Some("psi") => {
                let what = words.next();
                let average = words.find_map(|w| w.strip_prefix("avg10=")).and_then(share);
                match what {
                    Some("cpu") => tick.pressure.cpu = average,
                    Some("memory") => tick.pressure.memory = average,
                    Some("io") => tick.pressure.io = average,
                    _ => {}
                }
            }
            Some("cg") => {
                let place = words.next().and_then(|w| w.parse::<usize>().ok());
                if let Some(slot) = place.and_then(|i| tick.groups.get_mut(i)) {
                    let mut next = || words.next().and_then(|w| w.parse().ok());
                    *slot = (next(), next());
                }
            }
            _ => {}
        }
    }
    tick
}

/// Rust reads `NaN` and `inf` as numbers; neither is a share of anything.
fn share(word: &str) -> Option<f32> {
    word.parse().ok().filter(|share: &f32| share.is_finite() && *share >= 0.0)
}

/// The first number of `/proc/uptime`, in microseconds.
pub(super) fn seconds(word: &str) -> Option<u64> {
    let secs: f64 = word.parse().ok()?;
    (secs.is_finite() && (0.0..1e12).contains(&secs)).then_some((secs * 1e6) as u64)
}

fn kibibytes(word: &str) -> Option<u64> {
    word.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_there_is() {
        let text = "up 166.74\nload 2.13 1.45 0.60\ntotal 737556\navailable 584404\n\
                    psi cpu some avg10=59.47 avg60=43.97 avg300=23.39 total=94798999\n\
                    cg 0 9965568 100\ncg 1 - 7\ncg 9 1 1\n";
        let tick = parse_tick(text, 2);
        assert_eq!(tick.uptime, Some(166_740_000));
        assert_eq!(tick.load, Some([2.13, 1.45, 0.60]));
        assert_eq!(tick.memory_available, Some(584_404 * 1024));
        assert_eq!(tick.pressure, Pressure { cpu: Some(59.47), memory: None, io: None });
        assert_eq!(tick.groups, vec![(Some(9_965_568), Some(100)), (None, Some(7))]);
    }
}
