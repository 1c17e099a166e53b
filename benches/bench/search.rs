//! A million lines in an open log: what a filter, a search, a page and a batch more cost.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a helper of a bench may fail it; memory is told once, beside divan's table"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use divan::{Bencher, black_box};
use quarterdeck::model::ids::HostId;
use quarterdeck::model::log::search::{Scan, Scanned};
use quarterdeck::model::log::view::At;
use quarterdeck::model::log::{
    Batch, Beyond, Filter, Flags, Level, Line, Logs, Origin, Pattern, StreamLog, TailId,
};

const LINES: usize = 1_000_000;

/// About a hundred bytes a line, as of a web server.
fn text(n: usize) -> String {
    format!(
        "10.1.{}.{} - - \"GET /api/v1/orders/{n}?page={} HTTP/1.1\" {} {} \"-\" \"curl/8.{}\" {}",
        n / 250 % 250,
        n % 250,
        n % 17,
        if n.is_multiple_of(997) { 502 } else { 200 },
        n * 7919 % 100_000,
        n % 10,
        if n.is_multiple_of(9973) { "upstream timed out" } else { "ok" },
    )
}

fn logs() -> Logs {
    let host = HostId::new("production", "web");
    let stream = |n| StreamLog::new(TailId(n), host.clone(), None, Origin::System);
    let mut logs = Logs::new("bench".to_owned(), vec![stream(1), stream(2)], 1 << 30);
    let mut batch = [Batch::default(), Batch::default()];
    for n in 0..LINES {
        let level = if n.is_multiple_of(997) { Level::Error } else { Level::Info };
        let line = Line { at: n as i64 * 1000, level, flags: Flags::default(), ..Line::default() };
        let place = n % 2;
        batch[place].push(text(n).as_bytes(), line);
        if batch[place].text.len() > 250_000 || n + 2 >= LINES {
            logs.append(place, std::mem::take(&mut batch[place]), (None, None), 0);
        }
    }
    logs.streams.iter_mut().for_each(|stream| stream.older = Beyond::Nothing);
    let (lines, held) = logs.held();
    let bytes: usize =
        logs.streams.iter().flat_map(StreamLog::blocks).map(|held| held.block.text.len()).sum();
    let capacity: usize = logs
        .streams
        .iter()
        .flat_map(StreamLog::blocks)
        .map(|held| held.block.text.capacity() + held.block.lines.capacity() * size_of::<Line>())
        .sum();
    eprintln!(
        "{lines} lines, {bytes} bytes of text; held {held}, with capacity {capacity}: {:.2} times",
        capacity as f64 / bytes as f64
    );
    logs
}

/// As the console does it: all processors, newest blocks first.
fn search(scan: &Scan) -> Vec<Scanned> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            while let Some((id, block)) = scan.blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.push(Scanned {
                    block: *id,
                    wanted: scan.filter.as_ref().map(|filter| filter.lines(block, 0)),
                    found: scan.search.as_ref().map(|pattern| pattern.lines(block, 0)),
                });
            }
            found
        };
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

#[divan::bench(args = [
    "upstream timed out",
    "UPSTREAM",
    r"orders/\d+7\?page=1[0-5] .* 502 ",
    r"\s50[0-9]\s",
    "GET && !200",
])]
fn filter(bencher: Bencher<'_, '_>, text: &str) {
    let mut logs = logs();
    bencher.bench_local(move || {
        logs.want(Filter::default());
        let scan = logs.want(Filter::parse(text, Level::Unknown).unwrap()).unwrap();
        let found = search(&scan);
        logs.scanned(scan.generation, found);
        black_box(logs.counts())
    });
}

#[divan::bench]
fn level(bencher: Bencher<'_, '_>) {
    let mut logs = logs();
    bencher.bench_local(move || {
        logs.want(Filter::default());
        let scan = logs.want(Filter::parse("", Level::Error).unwrap()).unwrap();
        let found = search(&scan);
        logs.scanned(scan.generation, found);
        black_box(logs.counts())
    });
}

#[divan::bench]
fn page_at_the_end(bencher: Bencher<'_, '_>) {
    let logs = logs();
    bencher.bench_local(|| black_box(logs.before(logs.key()).take(40).count()));
}

#[divan::bench]
fn page_of_few_matches(bencher: Bencher<'_, '_>) {
    let mut logs = logs();
    let scan = logs.want(Filter::parse("orders/5\\?", Level::Unknown).unwrap()).unwrap();
    let found = search(&scan);
    logs.scanned(scan.generation, found);
    bencher.bench_local(|| black_box(logs.before(logs.key()).take(40).count()));
}

#[divan::bench]
fn histogram(bencher: Bencher<'_, '_>) {
    let logs = logs();
    bencher.bench_local(|| black_box(quarterdeck::model::log::histogram::Histogram::count(&logs)));
}

#[divan::bench]
fn next_match(bencher: Bencher<'_, '_>) {
    let mut logs = logs();
    let scan = logs.seek(Some(Pattern::new("orders/5\\?").unwrap())).unwrap();
    let found = search(&scan);
    logs.scanned(scan.generation, found);
    logs.view.at = At::End;
    bencher.bench_local(|| black_box(logs.found(logs.key(), false).next()));
}

/// A frame at the end of the log, as one more batch may make it necessary.
#[divan::bench(args = [false, true])]
fn frame(bencher: Bencher<'_, '_>, is_filtered: bool) {
    let mut logs = logs();
    if is_filtered {
        let scan = logs.want(Filter::parse("orders/5\\?", Level::Unknown).unwrap()).unwrap();
        let found = search(&scan);
        logs.scanned(scan.generation, found);
    }
    let mut model = quarterdeck::model::Model {
        logs: Some(Box::new(logs)),
        ..quarterdeck::model::Model::default()
    };
    model.screen.overlays.push(quarterdeck::model::screen::Overlay::Logs);
    let chrome = crate::frame::chrome();
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(200, 60)).unwrap();
    let mut viewports = quarterdeck::ui::Viewports::default();
    bencher.bench_local(|| {
        terminal
            .draw(|frame| quarterdeck::ui::draw(frame, &model, &chrome, &mut viewports))
            .map(|_| ())
            .unwrap();
    });
}

/// A batch of 256 KiB more.
#[divan::bench(args = ["", "orders/5\\?"])]
fn batch(bencher: Bencher<'_, '_>, filter: &str) {
    let mut logs = logs();
    logs.budget = 64 << 20;
    if let Some(scan) = logs.want(Filter::parse(filter, Level::Unknown).unwrap()) {
        let found = search(&scan);
        logs.scanned(scan.generation, found);
    }
    let mut more = Batch::default();
    while more.text.len() < 256 << 10 {
        let line = Line { at: i64::MAX / 2, ..Line::default() };
        more.push(text(more.lines.len()).as_bytes(), line);
    }
    bencher.with_inputs(|| more.clone()).bench_local_values(|more| {
        logs.append(0, more, (Some(quarterdeck::model::log::Mark::Moment(0)), None), 0);
    });
}
