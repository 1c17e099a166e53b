use proptest::prelude::*;

use super::batch::{Batch, Flags, Line};
use super::filter::Filter;
use super::level::Level;
use super::search::Scanned;
use super::source::{Mark, Origin, TailId};
use super::store::Logs;
use super::stream::{Beyond, StreamLog};
use super::view::At;
use super::walk::{Key, Spot};
use crate::model::ids::HostId;

fn stream(n: u32) -> StreamLog {
    let host = HostId { env: "e".into(), host: format!("h{n}").as_str().into() };
    let mut stream = StreamLog::new(TailId(n), host, None, Origin::System);
    stream.older = Beyond::Nothing;
    stream
}

fn logs(streams: u32) -> Logs {
    let mut logs = Logs::new("test".to_owned(), (0..streams).map(stream).collect(), 1 << 30);
    logs.view.fold = false;
    logs
}

fn batch(lines: &[(i64, &str)]) -> Batch {
    let mut batch = Batch::default();
    for (at, text) in lines {
        batch.push(text.as_bytes(), Line { at: *at, ..Line::default() });
    }
    batch
}

fn mark(offset: u64) -> Mark {
    Mark::Offset { inode: 1, offset }
}

const START: Key = (i64::MIN, 0, i64::MIN);
const END: Key = (i64::MAX, usize::MAX, i64::MAX);

fn text(logs: &Logs, spot: Spot) -> String {
    let (_, text) = logs.streams[spot.stream].line(spot.seq).unwrap();
    String::from_utf8_lossy(text).into_owned()
}

fn all(logs: &Logs) -> Vec<String> {
    logs.behind(START).map(|(spot, _)| text(logs, spot)).collect()
}

#[test]
fn sources_are_merged_and_a_late_line_is_at_its_place() {
    let mut logs = logs(2);
    logs.append(0, batch(&[(1, "a1"), (5, "a5")]), (None, None), 0);
    logs.append(1, batch(&[(3, "b3"), (9, "b9")]), (None, None), 0);
    assert_eq!(all(&logs), ["a1", "b3", "a5", "b9"]);
    logs.append(0, batch(&[(7, "a7")]), (None, None), 0);
    assert_eq!(all(&logs), ["a1", "b3", "a5", "a7", "b9"]);
}

#[test]
fn a_hosts_skew_moves_its_lines() {
    let mut logs = logs(2);
    logs.append(0, batch(&[(10_000_000, "a")]), (None, None), 0);
    logs.append(1, batch(&[(15_000_000, "b")]), (None, None), -6_000_000);
    assert_eq!(all(&logs), ["b", "a"]);
}

#[test]
fn a_clock_that_is_set_back_keeps_the_order_and_says_its_own_moment() {
    let mut logs = logs(1);
    logs.append(0, batch(&[(9_000_000_000, "a")]), (None, None), 0);
    logs.append(0, batch(&[(1_000_000_000, "b")]), (None, None), 0);
    assert_eq!(all(&logs), ["a", "b"]);
    let (spot, key) = logs.before(END).next().unwrap();
    assert_eq!(key.0, 9_000_000_000);
    assert_eq!(logs.streams[0].said_at(spot.seq), Some(1_000_000_000));
}

#[test]
fn lines_that_one_source_has_not_loaded_are_not_shown_of_the_others() {
    let mut logs = logs(2);
    logs.streams[1].older = Beyond::Unknown;
    logs.append(0, batch(&[(1, "a1"), (5, "a5")]), (None, None), 0);
    logs.append(1, batch(&[(3, "b3")]), (Some(mark(0)), None), 0);
    assert_eq!(all(&logs), ["b3", "a5"]);
    logs.prepend(1, vec![batch(&[(0, "b0")])], Some(&mark(0)), 0);
    logs.streams[1].older = Beyond::Nothing;
    assert_eq!(all(&logs), ["b0", "a1", "b3", "a5"]);
}

#[test]
fn memory_is_bounded_and_what_is_let_go_can_be_asked_for() {
    let mut logs = logs(1);
    logs.budget = 1 << 20;
    let line = "x".repeat(99);
    for n in 0..40_i64 {
        let lines: Vec<(i64, &str)> = (0..1000).map(|at| (n * 1000 + at, line.as_str())).collect();
        logs.append(
            0,
            batch(&lines),
            (Some(mark(n.cast_unsigned())), Some(mark(n.cast_unsigned() + 1))),
            0,
        );
    }
    let (lines, bytes) = logs.held();
    assert!(bytes <= 1 << 20, "{bytes}");
    assert_eq!(lines as u64 + logs.streams[0].let_go, 40_000);
    assert!(logs.streams[0].front().is_some());
    assert_eq!(logs.streams[0].older, Beyond::Unknown);
    // Back where one reads old lines, the newest go.
    let (spot, key) = logs.behind(START).next().unwrap();
    logs.view.at = At::Line(spot, key);
    let lines: Vec<(i64, &str)> = (0..3000).map(|_| (key.0 - 1, line.as_str())).collect();
    logs.prepend(0, vec![batch(&lines)], Some(&mark(0)), 0);
    assert!(logs.held().1 <= 1 << 20);
    assert_eq!(logs.streams[0].newer, Some(Beyond::Unknown));
    assert_eq!(logs.current().unwrap().0, spot);
}

#[test]
fn a_full_memory_of_many_sources_lets_go_of_the_oldest() {
    let mut logs = logs(3);
    logs.budget = 1 << 20;
    let line = "y".repeat(99);
    for n in 0..30_i64 {
        for place in 0..3 {
            let lines: Vec<(i64, &str)> =
                (0..700).map(|at| (n * 700 + at, line.as_str())).collect();
            logs.append(place, batch(&lines), (Some(mark(n.cast_unsigned())), None), 0);
        }
    }
    assert!(logs.held().1 <= 1 << 20);
    let lines: Vec<usize> = logs.streams.iter().map(StreamLog::lines).collect();
    assert!(lines.iter().all(|n| *n > 1000), "{lines:?}");
}

#[test]
fn repeated_lines_are_one_with_their_number() {
    let mut logs = logs(1);
    let mut batch = batch(&[(1, "a"), (2, "b"), (3, "b"), (4, "b"), (5, "c")]);
    for place in [2, 3] {
        batch.lines[place].flags = Flags::default().with(Flags::REPEATED);
    }
    logs.append(0, batch, (None, None), 0);
    logs.view.fold = true;
    assert_eq!(all(&logs), ["a", "b", "c"]);
    let (spot, _) = logs.behind(START).nth(1).unwrap();
    assert_eq!(logs.times(spot, 100), 3);
    assert_eq!(logs.times(spot, 2), 2);
}

fn search(logs: &mut Logs) {
    if let Some(scan) = logs.scan() {
        let found = scan.blocks.iter().map(|(id, block)| Scanned {
            block: *id,
            wanted: scan.filter.as_ref().map(|filter| filter.lines(block, 0)),
            found: scan.search.as_ref().map(|pattern| pattern.lines(block, 0)),
        });
        let found = found.collect();
        logs.scanned(scan.generation, found);
    }
}

#[test]
fn lines_around_a_match_are_shown_over_the_edges_of_blocks() {
    let mut logs = logs(1);
    let long = "z".repeat(70_000);
    logs.append(0, batch(&[(1, "a"), (2, &long)]), (None, None), 0);
    logs.append(0, batch(&[(3, "hit"), (4, "c")]), (None, None), 0);
    logs.append(0, batch(&[(5, &long), (6, "d")]), (None, None), 0);
    assert_eq!(logs.streams[0].blocks().len(), 3);
    logs.want(Filter::parse("hit", Level::Unknown).unwrap());
    search(&mut logs);
    assert_eq!(all(&logs), ["hit"]);
    logs.around(1);
    assert_eq!(all(&logs), [long.as_str(), "hit", "c"]);
    logs.around(3);
    assert_eq!(all(&logs).len(), 6);
}

#[test]
fn an_answer_to_an_older_question_changes_nothing() {
    let mut logs = logs(1);
    logs.append(0, batch(&[(1, "a"), (2, "b")]), (None, None), 0);
    let old = logs.want(Filter::parse("a", Level::Unknown).unwrap()).unwrap();
    logs.want(Filter::parse("b", Level::Unknown).unwrap());
    let found = vec![Scanned {
        block: old.blocks[0].0,
        wanted: old.filter.as_ref().map(|filter| filter.lines(&old.blocks[0].1, 0)),
        found: None,
    }];
    logs.scanned(old.generation, found);
    assert_eq!(all(&logs), Vec::<String>::new());
    search(&mut logs);
    assert_eq!(all(&logs), ["b"]);
}

proptest! {
    /// A walk sees what is wanted, in order, the same both ways, however the lines came.
    #[test]
    fn a_walk_is_the_merge_of_its_sources(
        came in prop::collection::vec((0_usize..3, prop::collection::vec((0_i64..40, "[ab]{1,3}"), 1..9)), 0..30),
        filter in prop::sample::select(vec!["", "a", "!b", "a && !ab"]),
    ) {
        let mut logs = logs(3);
        logs.want(Filter::parse(filter, Level::Unknown).unwrap());
        let mut expected = Vec::new();
        let mut last = [i64::MIN; 3];
        let mut numbers = [0_i64; 3];
        let wanted = Filter::parse(filter, Level::Unknown).unwrap();
        for (place, lines) in &came {
            let lines: Vec<(i64, &str)> = lines.iter().map(|(at, text)| (*at, text.as_str())).collect();
            logs.append(*place, batch(&lines), (None, None), 0);
            for (at, text) in lines {
                last[*place] = last[*place].max(at);
                let one = batch(&[(0, text)]);
                if wanted.lines(&one, 0).has(0) {
                    expected.push((last[*place], *place, numbers[*place], text.to_owned()));
                }
                numbers[*place] += 1;
            }
        }
        search(&mut logs);
        expected.sort();
        let texts: Vec<String> = expected.iter().map(|(.., text)| text.clone()).collect();
        prop_assert_eq!(&all(&logs), &texts);
        let mut back: Vec<String> = logs.before(END).map(|(spot, _)| text(&logs, spot)).collect();
        back.reverse();
        prop_assert_eq!(&back, &texts);
        // From any line the rest is before and behind it.
        for (place, (at, stream, seq, _)) in expected.iter().enumerate() {
            let key = (*at, *stream, *seq);
            prop_assert_eq!(logs.behind(key).count(), texts.len() - place - 1);
            prop_assert_eq!(logs.before(key).count(), place);
        }
    }
}
