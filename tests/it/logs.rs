//! A log as it is used: keys in, through keymap-less commands and update, with a scripted host
//! that answers tails and fetches from lines it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use quarterdeck::effect::Effect;
use quarterdeck::model::command::Command;
use quarterdeck::model::host::Link;
use quarterdeck::model::log::search::Scanned;
use quarterdeck::model::log::view::At;
use quarterdeck::model::log::{
    Batch, Beyond, Fetch, FetchFrom, Flags, Level, Line, Logs, Mark, Stream, TailId, TailState,
};
use quarterdeck::model::screen::Overlay;
use quarterdeck::model::time::Timestamp;
use quarterdeck::msg::{Edit, HostEvent, Msg};

use crate::frames::{SIZES, chrome, frame, look, text};
use crate::reducers::{Story, at, facts, spec};

/// What a host has of a source: moments in seconds from the story's start, levels, texts.
type Held = Vec<(i64, Level, String)>;

struct Bench {
    story: Story,
    /// By the host's name.
    held: BTreeMap<String, Held>,
    /// What is followed, and how many lines of it were told.
    tails: BTreeMap<TailId, (String, usize)>,
    fetches: usize,
    /// What was copied last.
    copied: String,
}

fn batch(held: &[(i64, Level, String)]) -> Batch {
    let mut batch = Batch::default();
    for (secs, level, text) in held {
        let at = at(*secs).as_micros();
        let flags = Flags::default();
        batch.push(text.as_bytes(), Line { at, level: *level, flags, ..Line::default() });
    }
    batch
}

fn offset(n: usize) -> Mark {
    Mark::Offset { inode: 1, offset: n as u64 }
}

fn place(mark: &Mark) -> usize {
    match mark {
        Mark::Offset { offset, .. } => usize::try_from(*offset).unwrap(),
        other => panic!("{other:?}"),
    }
}

impl Bench {
    /// nginx on two hosts; the lines of the second fall between those of the first.
    fn new(lines: usize) -> Self {
        let mut story = Story::new();
        for host in ["coord", "web"] {
            story.host(host, HostEvent::Link(Link::Connected));
            story.host(host, HostEvent::Facts(Box::new(facts())));
        }
        let of = |shift: i64, name: &str| {
            let line = |n: usize| {
                let level = if n % 100 == 50 { Level::Error } else { Level::Info };
                (-(2 * (lines - n) as i64) + shift, level, format!("{name} line {n}"))
            };
            (0..lines).map(line).collect::<Held>()
        };
        let held = BTreeMap::from([
            ("coord".to_owned(), of(0, "coord")),
            ("web".to_owned(), of(1, "web")),
        ]);
        Self { story, held, tails: BTreeMap::new(), fetches: 0, copied: String::new() }
    }

    fn open(lines: usize) -> Self {
        let mut bench = Self::new(lines);
        bench.press(Command::ProblemsOnly).press(Command::ProblemsOnly);
        // nginx is below mcp.
        bench.story.model.screen.view.focus = quarterdeck::model::screen::Pane::Services;
        bench.story.model.screen.selection.service = Some(quarterdeck::model::ids::InstanceId {
            host: Story::id("coord"),
            service: "nginx".into(),
        });
        bench.story.model.screen.page = 10;
        bench.press(Command::Logs).check(|logs| assert_eq!(logs.streams.len(), 2));
        bench
    }

    /// What the console says below.
    fn said(&self) -> String {
        self.story.model.screen.notice.as_ref().map(|notice| notice.text.clone()).unwrap()
    }

    fn check(&mut self, look: impl Fn(&Logs)) -> &mut Self {
        look(self.story.model.logs.as_ref().unwrap());
        self
    }

    fn press(&mut self, command: Command) -> &mut Self {
        self.send(Msg::Command(command))
    }

    fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Msg::Typed(Edit::Insert(c)));
        }
        self
    }

    /// Sends, and does all that is asked until nothing is.
    fn send(&mut self, msg: Msg) -> &mut Self {
        self.story.send(msg);
        let mut rounds = 0;
        loop {
            let effects = std::mem::take(&mut self.story.effects);
            let answers: Vec<Msg> = effects.into_iter().flat_map(|e| self.answer(e)).collect();
            if answers.is_empty() {
                return self;
            }
            rounds += 1;
            assert!(rounds < 500, "it never ends");
            let mut next = Vec::new();
            for answer in answers {
                self.story.send(answer);
                next.append(&mut self.story.effects);
            }
            self.story.effects = next;
        }
    }

    fn answer(&mut self, effect: Effect) -> Vec<Msg> {
        match effect {
            Effect::Tail(tail) => {
                let host = tail.host.host.as_str().to_owned();
                let held = &self.held[&host];
                let from = match &tail.from {
                    FetchFrom::Last(n) => held.len().saturating_sub(*n as usize),
                    FetchFrom::After(mark) => place(mark),
                    other => panic!("{other:?}"),
                };
                self.tails.insert(tail.id, (host, from));
                let mut all = vec![Msg::Log(tail.id, Stream::State(TailState::Following))];
                all.extend(self.told(tail.id));
                all
            }
            Effect::Untail(_, id) => {
                self.tails.remove(&id);
                Vec::new()
            }
            Effect::Copy(text) => {
                self.copied = text;
                Vec::new()
            }
            Effect::Fetch(fetch) => {
                self.fetches += 1;
                vec![Msg::Log(fetch.tail, self.fetched(&fetch))]
            }
            Effect::Scan(scan) => {
                let found = scan.blocks.iter().map(|(id, block)| Scanned {
                    block: *id,
                    wanted: scan.filter.as_ref().map(|filter| filter.lines(block, 0)),
                    found: scan.search.as_ref().map(|pattern| pattern.lines(block, 0)),
                });
                let found = found.collect();
                let generation = scan.generation;
                vec![
                    Msg::Scanned { generation, found, done: false },
                    Msg::Scanned { generation, found: Vec::new(), done: true },
                ]
            }
            _ => Vec::new(),
        }
    }

    fn fetched(&self, fetch: &Fetch) -> Stream {
        let held = &self.held[fetch.host.host.as_str()];
        let most = fetch.lines as usize;
        let (from, to, end) = match &fetch.from {
            FetchFrom::Before(mark) => {
                let to = place(mark);
                (to.saturating_sub(most), to, to <= most)
            }
            FetchFrom::After(mark) => {
                let from = place(mark);
                let to = (from + most).min(held.len());
                (from, to, to == held.len())
            }
            FetchFrom::Since(micros) => {
                let from = held.partition_point(|(secs, ..)| at(*secs).as_micros() < *micros);
                let to = (from + most).min(held.len());
                (from, to, to == held.len())
            }
            FetchFrom::Last(n) => (held.len().saturating_sub(*n as usize), held.len(), true),
        };
        Stream::Fetched {
            from: fetch.from.clone(),
            batches: vec![batch(&held[from..to])],
            first: Some(offset(from)),
            last: Some(offset(to)),
            end,
        }
    }

    /// What a tail has not told yet.
    fn told(&mut self, id: TailId) -> Option<Msg> {
        let (host, from) = self.tails.get_mut(&id)?;
        let held = &self.held[host];
        if *from == held.len() {
            return None;
        }
        let stream = Stream::Newer {
            batch: Box::new(batch(&held[*from..])),
            first: Some(offset(*from)),
            last: Some(offset(held.len())),
        };
        *from = held.len();
        Some(Msg::Log(id, stream))
    }

    /// A line comes on a host.
    fn write(&mut self, host: &str, secs: i64, text: &str) -> &mut Self {
        self.held.get_mut(host).unwrap().push((secs, Level::Info, text.to_owned()));
        let ids: Vec<TailId> = self.tails.keys().copied().collect();
        for id in ids {
            if let Some(msg) = self.told(id) {
                self.send(msg);
            }
        }
        self
    }

    fn logs(&self) -> &Logs {
        self.story.model.logs.as_ref().unwrap()
    }

    /// All lines that are seen.
    fn seen(&self) -> Vec<String> {
        let logs = self.logs();
        let text = |stream: usize, seq| {
            String::from_utf8_lossy(logs.streams[stream].line(seq).unwrap().1).into_owned()
        };
        logs.behind((i64::MIN, 0, i64::MIN)).map(|(spot, _)| text(spot.stream, spot.seq)).collect()
    }

    fn current(&self) -> String {
        let logs = self.logs();
        let (spot, _) = logs.current().unwrap();
        String::from_utf8_lossy(logs.streams[spot.stream].line(spot.seq).unwrap().1).into_owned()
    }

    /// What the hosts have from a moment on, merged.
    fn merged(&self) -> Vec<String> {
        let mut all: Vec<_> = self
            .held
            .iter()
            .flat_map(|(host, held)| {
                held.iter().enumerate().map(move |(n, (secs, _, text))| (*secs, host, n, text))
            })
            .collect();
        all.sort();
        all.into_iter().map(|(.., text)| text.clone()).collect()
    }
}

#[test]
fn a_log_of_a_service_is_that_of_all_its_hosts_merged_and_followed() {
    let mut bench = Bench::open(50);
    assert_eq!(bench.seen(), bench.merged());
    bench.write("web", 5, "late on web").write("coord", 3, "before it on coord");
    assert_eq!(bench.seen()[100..], ["before it on coord", "late on web"]);
    assert_eq!(bench.logs().view.at, At::End);
    assert_eq!(bench.current(), "late on web");
}

#[test]
fn closing_it_ends_its_tails() {
    let mut bench = Bench::open(5);
    assert_eq!(bench.tails.len(), 2);
    bench.press(Command::Back);
    assert!(bench.story.model.logs.is_none());
    assert!(bench.tails.is_empty());
    // Also when something else closes it.
    let mut bench = Bench::open(5);
    bench.press(Command::Quit);
    assert!(bench.tails.is_empty());
}

#[test]
fn the_way_up_pauses_and_counts_what_comes_and_the_way_down_follows_again() {
    let mut bench = Bench::open(50);
    bench.press(Command::Up).press(Command::Up);
    let line = bench.current();
    bench.write("web", 5, "one").write("coord", 6, "two");
    assert_eq!(bench.logs().view.since, 2);
    assert_eq!(bench.current(), line, "a paused line stays");
    bench.press(Command::PageDown);
    assert_eq!(bench.logs().view.at, At::End);
    assert_eq!((bench.current(), bench.logs().view.since), ("two".to_owned(), 0));
}

#[test]
fn one_scrolls_back_to_the_first_line_and_nothing_is_missing_or_doubled() {
    let mut bench = Bench::open(30_000);
    assert!(bench.seen().len() < 10_000);
    for _ in 0..200 {
        bench.press(Command::First).press(Command::PageUp);
        if bench.logs().streams.iter().all(|stream| stream.older == Beyond::Nothing) {
            break;
        }
    }
    assert_eq!(bench.seen(), bench.merged());
    assert!(bench.fetches > 10);
}

#[test]
fn memory_is_bounded_also_while_one_scrolls_back_and_the_end_is_found_again() {
    let mut bench = Bench::open(30_000);
    bench.story.model.logs.as_mut().unwrap().budget = 300_000;
    for _ in 0..200 {
        bench.press(Command::First).press(Command::PageUp);
        assert!(bench.logs().held().1 <= 400_000);
    }
    assert_eq!(bench.current(), "coord line 0");
    // Down again through all of it: each line once, in order, and then it is followed.
    let merged = bench.merged();
    let mut place = 0;
    while bench.logs().view.at != At::End {
        bench.press(Command::Down);
        place += 1;
        assert_eq!(bench.current(), merged[place.min(merged.len() - 1)], "{place}");
        assert!(place <= merged.len(), "it never ends");
    }
    bench.write("web", 9, "new");
    assert_eq!(bench.current(), "new");
}

#[test]
fn a_filter_is_tried_while_it_is_typed_and_a_bad_one_changes_nothing() {
    let mut bench = Bench::open(200);
    bench.press(Command::LogFilter).type_in("line 19");
    assert_eq!(bench.seen().len(), 22);
    bench.type_in("(");
    let fault = bench.logs().view.prompt.as_ref().unwrap().fault.clone().unwrap();
    assert!(fault.contains("unclosed group"), "{fault}");
    assert_eq!(bench.seen().len(), 22);
    bench.send(Msg::Typed(Edit::Accept));
    assert!(bench.logs().view.prompt.is_some(), "a bad one is not taken");
    bench.send(Msg::Typed(Edit::Cancel));
    assert_eq!(bench.seen().len(), 400);
    bench
        .press(Command::LogFilter)
        .type_in("line 19( again)?$ && !web")
        .send(Msg::Typed(Edit::Accept));
    assert_eq!(bench.seen(), ["coord line 19"]);
    // It is kept over what comes, and over other switches.
    bench.write("coord", 5, "line 19 again").press(Command::LogWrap).press(Command::LogFold);
    assert_eq!(bench.seen(), ["coord line 19", "line 19 again"]);
    bench.press(Command::LogContext);
    assert_eq!(bench.seen().len(), 5, "{:?}", bench.seen());
    bench.press(Command::Back);
    assert_eq!(bench.seen().len(), 401);
    assert!(bench.story.model.logs.is_some());
}

#[test]
fn what_must_not_match_is_no_context_either() {
    let mut bench = Bench::open(30);
    let filter = "line 19$ && !web && !line 18";
    bench.press(Command::LogFilter).type_in(filter).send(Msg::Typed(Edit::Accept));
    bench.press(Command::LogContext);
    assert_eq!(bench.seen(), ["coord line 19", "coord line 20"]);
    bench.press(Command::LogContext);
    let seen = ["coord line 16", "coord line 17", "coord line 19", "coord line 20"];
    assert_eq!(bench.seen()[..4], seen);
}

#[test]
fn what_is_saved_is_named_by_what_it_is_and_when() {
    let mut bench = Bench::open(30);
    let name = |bench: &Bench| bench.logs().view.prompt.as_ref().unwrap().input.text.clone();
    bench.press(Command::LogSave);
    let last = jiff::Timestamp::from_second(at(-1).as_secs()).unwrap();
    let moment = last.strftime("%Y%m%dT%H%M%SZ");
    assert_eq!(name(&bench), format!("nginx-{moment}.log"));
    let (mut bench, _) = of_files(&["/var/log/a.log"]);
    bench.press(Command::LogSave);
    assert!(name(&bench).starts_with("a.log-on-coord-2025"), "{}", name(&bench));
}

#[test]
fn few_matches_are_looked_for_further_back() {
    let mut bench = Bench::open(30_000);
    bench.press(Command::LogFilter).type_in("line 7$").send(Msg::Typed(Edit::Accept));
    assert_eq!(bench.seen(), ["coord line 7", "web line 7"]);
}

#[test]
fn errors_matches_and_marks_are_gone_through() {
    let mut bench = Bench::open(300);
    bench.press(Command::LogPreviousError);
    assert_eq!(bench.current(), "web line 250");
    bench.press(Command::LogPreviousError);
    assert_eq!(bench.current(), "coord line 250");
    bench.press(Command::LogPreviousError).press(Command::LogNextError);
    assert_eq!(bench.current(), "coord line 250");
    bench.press(Command::LogSearch).type_in("coord line 1.0$").send(Msg::Typed(Edit::Accept));
    assert_eq!(bench.current(), "coord line 190");
    bench.press(Command::LogNext);
    assert_eq!(bench.current(), "coord line 190", "there is none behind it");
    bench.press(Command::LogPrevious);
    assert_eq!(bench.current(), "coord line 180");
    bench.press(Command::LogMark).press(Command::Last).press(Command::LogNextMark);
    assert_eq!(bench.current(), "coord line 180");
    bench.press(Command::Copy);
    let copied = Effect::Copy("coord line 180".to_owned());
    // The effects were taken by the bench; what is copied is asked again.
    bench.story.send(Msg::Command(Command::Copy));
    assert!(bench.story.effects.contains(&copied), "{:?}", bench.story.effects);
}

#[test]
fn a_moment_that_is_not_loaded_is_entered_and_followed_from_at_its_end() {
    let mut bench = Bench::open(30_000);
    bench.press(Command::LogMoment).type_in("-10h").send(Msg::Typed(Edit::Accept));
    let want = bench.merged().into_iter().nth(2 * 30_000 - 2 * 18_000).unwrap();
    assert_eq!(bench.current(), want);
    assert!(bench.tails.is_empty(), "what is read in the past is not followed");
    let mut pages = 0;
    while bench.logs().view.at != At::End {
        bench.press(Command::PageDown);
        pages += 1;
        assert!(pages < 10_000);
    }
    assert_eq!(bench.tails.len(), 2);
    let seen = bench.seen();
    let merged = bench.merged();
    assert_eq!(seen[..], merged[merged.len() - seen.len()..]);
    bench.write("web", 4, "now");
    assert_eq!(bench.current(), "now");
}

#[test]
fn a_range_shows_what_is_within_it_and_reads_as_far_back() {
    let mut bench = Bench::open(5_000);
    bench.press(Command::LogRange5);
    // An hour: a line each second.
    let seen = bench.seen();
    assert!((3598..=3602).contains(&seen.len()), "{}", seen.len());
    bench.press(Command::LogRange2);
    assert!((298..=302).contains(&bench.seen().len()));
    bench.press(Command::LogRangeAll);
    assert!(bench.seen().len() > 3600);
}

#[test]
fn of_an_event_the_log_opens_at_its_moment() {
    let mut bench = Bench::new(20_000);
    bench.story.model.screen.page = 10;
    let host = Story::id("coord");
    let event = quarterdeck::model::event::Event::new(
        at(-20_000),
        quarterdeck::model::event::EventKind::Restart,
        Some(host),
        quarterdeck::model::severity::Severity::Warning,
        "started again",
    )
    .about("nginx", "");
    let id = event.id();
    bench.story.model.timeline.push(event);
    bench.story.model.screen.overlays.push(Overlay::Event { id, scroll: 0 });
    bench.press(Command::Logs);
    assert_eq!(bench.logs().streams.len(), 1);
    assert_eq!(bench.current(), "coord line 10000");
}

#[test]
fn what_repeats_waits_for_nothing_of_a_log_that_was_closed() {
    let mut bench = Bench::open(10);
    let id = bench.logs().streams[0].tail;
    bench.press(Command::Quit);
    let stream = Stream::Newer { batch: Box::new(batch(&[])), first: None, last: None };
    bench.send(Msg::Log(id, stream));
    assert!(bench.story.model.logs.is_none());
    bench.press(Command::LogNext);
    let notice = bench.story.model.screen.notice.as_ref().unwrap();
    assert!(notice.text.contains("for logs"), "{}", notice.text);
}

#[test]
fn a_source_that_cannot_be_read_says_why_and_the_others_go_on() {
    let mut bench = Bench::open(10);
    let id = bench.logs().streams[1].tail;
    let fault = quarterdeck::model::fault::Fault::new(
        quarterdeck::model::fault::FaultKind::Failed,
        "read the journal",
        "the user is in none of the groups systemd-journal and adm",
    );
    bench.send(Msg::Log(id, Stream::State(TailState::Waiting(fault))));
    bench.write("coord", 7, "goes on");
    assert_eq!(bench.current(), "goes on");
    let _now: Timestamp = bench.story.now;
}

#[test]
fn the_command_that_shows_the_same_is_whole_and_quoted() {
    let mut bench = Bench::open(10);
    bench.press(Command::LogFilter).type_in("it's 50. && !health").send(Msg::Typed(Edit::Accept));
    bench.press(Command::LogCommand);
    let copied = bench.copied.clone();
    assert!(
        copied.starts_with("(ssh coord 'journalctl -u nginx.service -n 1000 -f | "),
        "{copied}"
    );
    assert!(copied.ends_with(" & wait)"), "{copied}");
    let first = copied.trim_start_matches('(').split(" & ssh web").next().unwrap();
    // A shell takes it for commands of these words, whatever the quoting looks like.
    let shell = |script: String| {
        let done = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let out = String::from_utf8(done.stdout).unwrap();
        out + &String::from_utf8(done.stderr).unwrap()
    };
    let there = shell(format!("ssh() {{ shift; printf '%s' \"$1\"; }}; {first}"));
    let grep = "grep() { printf '[%s]' \"$@\" >&2; }";
    let words = shell(format!("journalctl() {{ :; }}; {grep}; {there}"));
    assert!(words.contains("[-P][--line-buffered][-i][-e][it's 50.]"), "{words}");
    assert!(words.contains("[-P][--line-buffered][-v][-i][-e][health]"), "{words}");
    // What it cannot do is said.
    bench.press(Command::LogLevel).press(Command::LogCommand);
    let said = bench.said();
    assert!(said.ends_with("; without its level"), "{said}");
}

#[test]
fn the_command_is_for_what_is_shown_and_by_what_it_is_read() {
    use quarterdeck::model::log::{Means, Origin};
    let (mut bench, ids) = of_files(&["/var/log/a.log", "/var/log/other.log"]);
    for stream in &mut bench.story.model.logs.as_mut().unwrap().streams {
        stream.older = Beyond::Nothing;
    }
    bench.send(Msg::Log(ids[0], Stream::Means(Means { as_root: true, engine: None })));
    bench.send(newer(ids[0], 1, 0, &["hello", "you"]));
    // That source alone, and from a line on.
    bench.press(Command::LogSource).press(Command::Up).press(Command::LogCommand);
    assert_eq!(bench.copied, "ssh coord 'sudo -n tail -n 1000 -- /var/log/a.log'");
    let said = bench.said();
    assert!(said.ends_with("; without moments in files (the last 1000 lines instead)"), "{said}");

    bench.story.model.logs.as_mut().unwrap().streams[0].origin = Origin::Container("db".into());
    let means = Means { as_root: false, engine: Some("podman".into()) };
    bench.send(Msg::Log(ids[0], Stream::Means(means)));
    bench.press(Command::LogCommand);
    let since = at(1).as_secs();
    assert_eq!(bench.copied, format!("ssh coord 'podman logs --timestamps --since {since} db'"));
}

/// A log of files of one host: a pattern, and what it matches.
fn of_files(paths: &[&str]) -> (Bench, Vec<TailId>) {
    use quarterdeck::model::log::{Origin, StreamLog};
    let mut bench = Bench::open(1);
    let host = Story::id("coord");
    let streams: Vec<StreamLog> = (0..)
        .zip(paths)
        .map(|(n, path)| {
            StreamLog::new(TailId(900 + n), host.clone(), None, Origin::File((*path).into()))
        })
        .collect();
    let ids = streams.iter().map(|stream| stream.tail).collect();
    let logs = bench.story.model.logs.as_mut().unwrap();
    logs.streams = streams;
    (bench, ids)
}

fn newer(id: TailId, inode: u64, from: u64, lines: &[&str]) -> Msg {
    let mut batch = Batch::default();
    for text in lines {
        let line = Line { at: at(1).as_micros(), ..Line::default() };
        batch.push(text.as_bytes(), line);
    }
    let mark = |offset| Some(Mark::Offset { inode, offset });
    let last = mark(from + 10);
    Msg::Log(id, Stream::Newer { batch: Box::new(batch), first: mark(from), last })
}

#[test]
fn a_file_that_got_another_name_is_not_read_twice() {
    let (mut bench, ids) = of_files(&["/a/app.log", "/a/app-1.log", "/b/app-1.log"]);
    for stream in &mut bench.story.model.logs.as_mut().unwrap().streams {
        stream.older = Beyond::Nothing;
    }
    bench.story.send(newer(ids[0], 7, 0, &["one"]));
    // Rotated: the old file is seen by its new name, and the new one goes on.
    bench.story.send(newer(ids[1], 7, 0, &["one"]));
    assert_eq!(bench.story.effects, [Effect::Untail(Story::id("coord"), ids[1])]);
    bench.story.send(newer(ids[0], 8, 0, &["two"]));
    bench.story.send(newer(ids[1], 7, 10, &["one again"]));
    // A file of the same number elsewhere is another.
    bench.story.send(newer(ids[2], 7, 0, &["other"]));
    assert_eq!(bench.seen(), ["one", "two", "other"]);
}

#[test]
fn what_waits_to_be_followed_is_read_once_and_goes_on_behind_that() {
    let (mut bench, ids) = of_files(&["/a/app.log"]);
    let fault = quarterdeck::model::fault::Fault::new(
        quarterdeck::model::fault::FaultKind::Failed,
        "follow it",
        "as many logs as it may have are followed",
    );
    bench.story.send(Msg::Log(ids[0], Stream::State(TailState::Waiting(fault))));
    let asked = bench.story.effects.iter().find_map(|effect| match effect {
        Effect::Fetch(fetch) => Some(fetch.from.clone()),
        _ => None,
    });
    let from = asked.unwrap();
    let lines = batch(&[(1, Level::Info, "old".to_owned())]);
    let mark = |offset| Some(Mark::Offset { inode: 3, offset });
    let (first, last) = (mark(0), mark(4));
    let found = Stream::Fetched { from, batches: vec![lines], first, last, end: true };
    bench.story.send(Msg::Log(ids[0], found));
    assert_eq!(bench.seen(), ["old"]);
    let goes_on = bench.story.effects.iter().any(|effect| match effect {
        Effect::Tail(tail) => tail.from == FetchFrom::After(mark(4).unwrap()),
        _ => false,
    });
    assert!(goes_on, "{:?}", bench.story.effects);
}

/// A file that is not there, or has no line, is asked for once while it waits; when it comes it is
/// followed like any other.
#[test]
fn what_waits_and_has_nothing_is_asked_for_once_and_is_followed_when_it_comes() {
    let waits = |n: u32| {
        let kind = quarterdeck::model::fault::FaultKind::Missing;
        let fault = quarterdeck::model::fault::Fault::new(kind, "read it", format!("reason {n}"));
        Stream::State(TailState::Waiting(fault))
    };
    let asks = |bench: &Bench| {
        let is = |effect: &&Effect| matches!(effect, Effect::Fetch(_) | Effect::Tail(_));
        bench.story.effects.iter().filter(is).count()
    };
    let from = FetchFrom::Last(1000);
    let failed = Stream::FetchFailed(
        from.clone(),
        quarterdeck::model::fault::Fault::new(
            quarterdeck::model::fault::FaultKind::Missing,
            "read it",
            "there is no such file",
        ),
    );
    let mark = Some(Mark::Offset { inode: 3, offset: 0 });
    let (first, last) = (mark.clone(), mark);
    let empty = Stream::Fetched { from, batches: Vec::new(), first, last, end: true };
    for answer in [failed, empty] {
        let (mut bench, ids) = of_files(&["/a/app.log"]);
        bench.story.send(Msg::Log(ids[0], waits(1)));
        assert_eq!(asks(&bench), 1);
        bench.story.send(Msg::Log(ids[0], answer));
        assert_eq!(asks(&bench), 0);
        bench.story.send(Msg::Log(ids[0], waits(2)));
        assert_eq!(asks(&bench), 0);
        bench.story.send(Msg::Log(ids[0], Stream::State(TailState::Following)));
        bench.story.send(newer(ids[0], 3, 0, &["here it is"]));
        assert_eq!(bench.seen(), ["here it is"]);
    }
}

#[test]
fn one_source_alone_is_shown_and_all_again() {
    let mut bench = Bench::open(20);
    bench.press(Command::LogSource);
    assert_eq!(bench.seen().len(), 20);
    assert!(bench.seen().iter().all(|line| line.starts_with("web")));
    bench.write("web", 4, "more of web").write("coord", 5, "hidden");
    assert_eq!(bench.current(), "more of web");
    bench.press(Command::Back);
    assert_eq!(bench.seen().len(), 42);
}

#[test]
fn a_trace_that_comes_behind_its_head_is_shown_with_it_by_a_filter() {
    let mut bench = Bench::open(2);
    bench.press(Command::LogFilter).type_in("reach").send(Msg::Typed(Edit::Accept));
    let id = bench.logs().streams[0].tail;
    let mut send = |text: &str, flags: u8, long: usize| {
        let mut more = Batch::default();
        let line = Line { at: at(9).as_micros(), flags: Flags(flags), ..Line::default() };
        more.push(text.as_bytes(), line);
        if long > 0 {
            more.push("z".repeat(long).as_bytes(), line);
        }
        let batch = Box::new(more);
        bench.send(Msg::Log(id, Stream::Newer { batch, first: None, last: None }));
    };
    send("ERROR cannot reach it", 0, 0);
    send("  at main", Flags::CONTINUED, 0);
    send("  at other", Flags::CONTINUED, 0);
    assert_eq!(bench.seen(), ["ERROR cannot reach it", "  at main", "  at other"]);
}

/// A log with all that a line can be, of two hosts.
fn colorful() -> Bench {
    let mut bench = Bench::open(3);
    let id = |bench: &Bench, n: usize| bench.logs().streams[n].tail;
    let mut lines = Batch::default();
    let mut line = |secs: i64, text: &[u8], level, flags: u8| {
        let line = Line { at: at(secs).as_micros(), level, flags: Flags(flags), ..Line::default() };
        lines.push(text, line);
    };
    line(1, b"\x1b[32mGET\x1b[0m /orders 200", Level::Info, 0);
    line(2, b"heartbeat", Level::Info, 0);
    line(3, b"heartbeat", Level::Info, Flags::REPEATED);
    line(4, b"heartbeat", Level::Info, Flags::REPEATED);
    line(5, b"panic: \xff\x00 \x1b]52;c;aGk=\x07 in db.connect", Level::Critical, 0);
    line(5, b"\tat db.connect (db.js:12)", Level::Critical, Flags::CONTINUED);
    let json = r#"{"level":"warn","msg":"slow query","ms":381,"http":{"path":"/orders/7"}}"#;
    line(6, json.as_bytes(), Level::Warning, Flags::JSON);
    line(7, b"the journal was vacuumed: lines are lost", Level::Warning, Flags::NOTE | Flags::GAP);
    line(8, "日本語のログ行 with wide characters".as_bytes(), Level::Unknown, 0);
    line(9, "x".repeat(300).as_bytes(), Level::Debug, 0);
    let stream = Stream::Newer { batch: Box::new(lines), first: Some(offset(3)), last: None };
    let first = id(&bench, 0);
    bench.story.now = at(60);
    bench.send(Msg::Log(first, stream));
    let fault = quarterdeck::model::fault::Fault::new(
        quarterdeck::model::fault::FaultKind::Failed,
        "read the journal",
        "the user ops is in none of the groups systemd-journal and adm",
    )
    .remedy("add ops to one of them");
    let second = id(&bench, 1);
    bench.send(Msg::Log(second, Stream::State(TailState::Waiting(fault))));
    bench
}

#[test]
fn frames_of_a_log() {
    let mut bench = colorful();
    look("log", &bench.story.model, &chrome(), SIZES);
    bench.press(Command::LogWrap).press(Command::LogHistogram).press(Command::LogFold);
    look("log_wrapped", &bench.story.model, &chrome(), &[(80, 24)]);
    bench.press(Command::LogWrap).press(Command::LogHistogram).press(Command::LogFold);
    bench.press(Command::LogColumns).type_in("http.path ms").send(Msg::Typed(Edit::Accept));
    bench.press(Command::Up).press(Command::Up).press(Command::Up);
    bench.press(Command::LogMark).press(Command::Up).press(Command::LogWhole);
    look("log_whole", &bench.story.model, &chrome(), &[(80, 24)]);
    bench.press(Command::LogWhole).press(Command::LogFilter).type_in("orders(");
    look("log_filter", &bench.story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn a_host_that_is_gone_is_told_once_and_nothing_of_it_is_followed() {
    let mut bench = Bench::open(3);
    let fault = || {
        let kind = quarterdeck::model::fault::FaultKind::Unreachable;
        quarterdeck::model::fault::Fault::new(kind, "reach it", "no answer for 6 s")
    };
    bench.story.host("web", HostEvent::Link(Link::failed(fault(), at(5))));
    let tail = bench.logs().streams[1].tail;
    bench.send(Msg::Log(tail, Stream::State(TailState::Waiting(fault()))));
    let (buffer, _) = frame(&bench.story.model, &chrome(), 80, 24);
    let text = text(&buffer);
    assert!(text.contains("? web is not connected: "), "{text}");
    assert_eq!(text.matches("no answer for 6 s").count(), 1, "{text}");
    assert!(text.contains("following 1 of 2 sources"), "{text}");
}

#[test]
fn no_frame_of_a_log_has_a_control_character() {
    let bench = colorful();
    for (width, height) in [(120, 40), (20, 8), (3, 3), (200, 2)] {
        let (buffer, _) = frame(&bench.story.model, &chrome(), width, height);
        let text = text(&buffer);
        let bad = |c: &char| c.is_control() && *c != '\n';
        assert_eq!(text.chars().find(bad), None);
    }
}

fn typed(bench: &Bench) -> String {
    bench.logs().view.prompt.as_ref().unwrap().input.text.clone()
}

#[test]
fn what_was_typed_before_comes_again_also_in_another_log() {
    let mut bench = Bench::open(100);
    for text in ["line 7", "line 8", "line 7"] {
        bench.press(Command::LogFilter).send(Msg::Typed(Edit::Clear)).type_in(text);
        bench.send(Msg::Typed(Edit::Accept));
    }
    bench.press(Command::LogSearch).type_in("web").send(Msg::Typed(Edit::Accept));
    for _ in 0..5 {
        if bench.story.model.logs.is_some() {
            bench.press(Command::Back);
        }
    }
    assert!(bench.story.model.logs.is_none());
    bench.press(Command::Logs).press(Command::LogFilter).type_in("lin");
    bench.send(Msg::Typed(Edit::Up));
    assert_eq!(typed(&bench), "line 7");
    assert_eq!(bench.seen().len(), 22, "it is tried at once");
    bench.send(Msg::Typed(Edit::Up));
    assert_eq!(typed(&bench), "line 8");
    bench.send(Msg::Typed(Edit::Up));
    assert_eq!(typed(&bench), "line 8", "each once, and none beyond");
    bench.send(Msg::Typed(Edit::Down)).send(Msg::Typed(Edit::Down));
    assert_eq!(typed(&bench), "lin");
    bench.send(Msg::Typed(Edit::Down));
    assert_eq!(typed(&bench), "lin");
    bench.send(Msg::Typed(Edit::Cancel));
    bench.press(Command::LogSearch).send(Msg::Typed(Edit::Up));
    assert_eq!(typed(&bench), "web");
}

#[test]
fn a_moment_before_the_beginning_is_told() {
    let says = "the log begins after that moment";
    for lines in [100, 5000] {
        let mut bench = Bench::open(lines);
        bench.press(Command::LogMoment).type_in("-30d").send(Msg::Typed(Edit::Accept));
        let (buffer, _) = frame(&bench.story.model, &chrome(), 120, 40);
        assert!(text(&buffer).contains(says), "of {lines}: {}", text(&buffer));
        assert_eq!(bench.current(), bench.merged()[0]);
    }
    let mut bench = Bench::open(5000);
    bench.press(Command::LogMoment).type_in("-1h").send(Msg::Typed(Edit::Accept));
    let (buffer, _) = frame(&bench.story.model, &chrome(), 120, 40);
    assert!(!text(&buffer).contains(says), "{}", text(&buffer));
}

#[test]
fn a_host_that_a_config_brings_back_is_followed_behind_what_was_read() {
    let mut bench = Bench::open(50);
    let tail = bench.logs().streams[1].tail;
    let mut without = spec();
    without.envs[0].hosts.retain(|host| host.name.as_str() != "web");
    without.envs[0].services[0].hosts.retain(|host| host.as_str() != "web");
    without.envs[0].services[1].hosts.retain(|host| host.as_str() != "web");
    bench.send(Msg::ConfigRead(Arc::new(without)));
    // What ran there ended with its host.
    bench.tails.remove(&tail);
    bench.write("web", 4, "meanwhile");
    bench.send(Msg::ConfigRead(Arc::new(spec())));
    assert!(bench.tails.contains_key(&tail), "it is followed again");
    assert_eq!(bench.seen(), bench.merged(), "nothing is lost or comes twice");
    bench.write("web", 5, "now");
    assert_eq!(bench.current(), "now");
}
