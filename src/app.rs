//! The console: the loop between terminal, hosts, model and screen.

mod backend;
mod input;
mod lend;
mod logging;
mod pager;
mod signals;
mod terminal;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use self::signals::Signals;
use self::terminal::Tty;
use crate::effect::Effect;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::model::alarm::Notify;
use crate::model::ids::HostId;
use crate::model::log::extract::Extract;
use crate::model::severity::Severity;
use crate::model::spec::{FleetSpec, Reach};
use crate::msg::Msg;
use crate::runtime::audit::{self, Audit};
use crate::runtime::clock;
use crate::runtime::engine::Engine;
use crate::runtime::hook::Hooks;
use crate::runtime::store::{Remembered, Store};
use crate::runtime::tail;
use crate::runtime::watch_config::{self, Watched};
use crate::theme::Themes;
use crate::ui::{self, Chrome, Viewports};
use crate::update::{Learned, learn, start, unsaved, update};

pub use self::logging::start as start_log;

/// Messages that wait for the model. Hosts wait when it is full; nothing piles up.
const QUEUE: usize = 1024;
/// At most thirty frames a second; a key is answered at once.
const FRAME: Duration = Duration::from_millis(33);
/// Messages taken before the keys are looked at again.
const BATCH: usize = 32;

/// Everything the console starts from.
pub struct Setup {
    /// What is watched.
    pub spec: Arc<FleetSpec>,
    /// The config, to be watched for changes.
    pub watched: Option<Watched>,
    /// What the screen starts as.
    pub model: Model,
    /// What earlier runs left.
    pub remembered: Remembered,
    /// Where counters and the view are kept.
    pub store: Option<Store>,
    /// Simulated hosts.
    pub simulated: Option<Arc<crate::runtime::simulated::Fleet>>,
    /// All themes.
    pub themes: Themes,
    /// Without colors.
    pub colorless: bool,
    /// The look at the start.
    pub chrome: Chrome,
}

/// Runs the console until it is quit. Must be called within a tokio runtime.
pub async fn run(setup: Setup) -> std::io::Result<u8> {
    let mut signals = Signals::new()?;
    let mut tty = Tty::enter()?;
    let mut app = App::new(setup);
    app.draw(&mut tty)?;
    // For the test that looks at the terminal after a panic.
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("QUARTERDECK_TEST_PANIC").is_none(), "as the test asked");
    app.begin()?;
    let ending = app.run(&mut tty, &mut signals).await;
    drop(tty);
    app.close();
    ending
}

/// What the loop goes on with.
enum Next {
    Go,
    Suspend,
    Login(HostId),
    LetIn(HostId),
    Shell(HostId, Reach),
    Page(Extract),
    End(u8),
}

struct App {
    model: Model,
    watched: Option<Watched>,
    remembered: Remembered,
    parts: Option<(Option<Store>, Option<Arc<crate::runtime::simulated::Fleet>>)>,
    engine: Option<Engine>,
    sender: mpsc::Sender<Msg>,
    messages: mpsc::Receiver<Msg>,
    log_sender: mpsc::Sender<Msg>,
    logs: mpsc::Receiver<Msg>,
    themes: Themes,
    colorless: bool,
    chrome: Chrome,
    viewports: Viewports,
    pending: Vec<Effect>,
    drawn: Option<Instant>,
    dirty: bool,
    mouse: bool,
    notify: Notify,
    hook: Vec<String>,
    hooks: Hooks,
}

impl App {
    fn new(setup: Setup) -> Self {
        let (sender, messages) = mpsc::channel(QUEUE);
        let (log_sender, logs) = mpsc::channel(tail::QUEUE);
        let mut model = setup.model;
        model.utc_offset_secs = setup.chrome.utc_offset_secs;
        let effects = start(&mut model, &setup.spec, clock::now());
        let mouse = model.screen.mouse;
        Self {
            model,
            watched: setup.watched,
            remembered: setup.remembered,
            parts: Some((setup.store, setup.simulated)),
            engine: None,
            sender,
            messages,
            log_sender,
            logs,
            themes: setup.themes,
            colorless: setup.colorless,
            chrome: setup.chrome,
            viewports: Viewports::default(),
            pending: effects,
            drawn: None,
            dirty: true,
            mouse,
            notify: setup.spec.console.notify,
            hook: setup.spec.console.hook.clone(),
            hooks: Hooks::default(),
        }
    }

    /// Starts what costs time, after the first frame.
    fn begin(&mut self) -> std::io::Result<()> {
        let (store, simulated) = self.parts.take().unwrap_or_default();
        let (sender, logs) = (self.sender.clone(), self.log_sender.clone());
        let simulates = simulated.is_some();
        let mut engine = Engine::new(sender, logs, store, simulated)?;
        if !simulates {
            let place = audit::place(&|name| std::env::var_os(name));
            engine.keep_audit(Audit::new(place, &self.model.operator));
        }
        self.engine = Some(engine);
        let remembered = std::mem::take(&mut self.remembered);
        for msg in [
            Msg::CountersRead(remembered.counters),
            Msg::TimelineRead(remembered.told, remembered.events),
            Msg::AcksRead(remembered.acks),
        ] {
            self.pending.extend(update(&mut self.model, msg, clock::now()));
        }
        if let Some(watched) = self.watched.take() {
            tokio::spawn(watch_config::watch(watched, self.sender.clone()));
        }
        Ok(())
    }

    async fn run(&mut self, tty: &mut Tty, signals: &mut Signals) -> std::io::Result<u8> {
        let mut keys = Some(EventStream::new());
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if self.mouse {
            tty.mouse(true)?;
        }
        loop {
            match self.perform(tty)? {
                Next::Go => {}
                Next::End(code) => return Ok(code),
                away @ (Next::Suspend
                | Next::Login(_)
                | Next::LetIn(_)
                | Next::Shell(..)
                | Next::Page(_)) => {
                    // Its thread would go on reading the keys of whoever has the terminal.
                    drop(keys.take());
                    if let Some(code) = self.away(tty, signals, away).await? {
                        return Ok(code);
                    }
                    // A ctrl-c was for the one who asked.
                    signals.forget_interrupt();
                    keys = Some(EventStream::new());
                    self.dirty = true;
                    self.drawn = None;
                }
            }
            let due = self.drawn.map_or_else(Instant::now, |at| at + FRAME);
            if self.dirty && Instant::now() >= due {
                self.draw(tty)?;
            }
            let key = async {
                match &mut keys {
                    Some(keys) => keys.next().await,
                    None => None,
                }
            };
            tokio::select! {
                biased;
                event = key => match event {
                    Some(Ok(event)) => {
                        self.typed(&event);
                        // A key is answered at once.
                        self.drawn = None;
                    }
                    // The terminal is gone.
                    Some(Err(_)) | None => return Ok(129),
                },
                _ = signals.terminate.recv() => return Ok(143),
                _ = signals.hangup.recv() => return Ok(129),
                _ = signals.interrupt.recv() => {
                    if signals.is_ours() {
                        return Ok(130);
                    }
                }
                _ = signals.stop.recv() => self.pending.push(Effect::Suspend),
                msg = self.messages.recv() => {
                    let mut next = msg;
                    for _ in 0..BATCH {
                        let Some(msg) = next else { break };
                        self.take(msg);
                        next = self.messages.try_recv().ok();
                    }
                    if let Some(msg) = next {
                        self.take(msg);
                    }
                }
                _ = tick.tick() => {
                    tui_logger::move_events();
                    self.take(Msg::Ticked);
                }
                () = tokio::time::sleep_until(due), if self.dirty => {}
                // The last, since there may always be more of them.
                Some(msg) = self.logs.recv() => self.take(msg),
            }
        }
    }

    fn take(&mut self, msg: Msg) {
        let keys = match &msg {
            Msg::ConfigRead(spec) => {
                self.notify = spec.console.notify;
                self.hook.clone_from(&spec.console.hook);
                Some(Keymap::new(&spec.keys))
            }
            _ => None,
        };
        self.pending.extend(update(&mut self.model, msg, clock::now()));
        self.dirty = true;
        if let Some((keymap, faults)) = keys {
            self.chrome.keymap = keymap;
            for fault in &faults {
                tracing::warn!("{fault}");
                self.take(Msg::Noticed(Severity::Warning, fault.to_string()));
            }
        }
    }

    fn typed(&mut self, event: &Event) {
        if matches!(event, Event::Resize(..)) {
            self.take(Msg::Resized);
            return;
        }
        for event in input::apart(event, &self.model, &self.chrome.keymap) {
            for msg in input::messages(&event, &self.model, &self.chrome.keymap, &self.viewports) {
                self.take(msg);
            }
        }
    }

    /// Does what is to be done.
    fn perform(&mut self, tty: &mut Tty) -> std::io::Result<Next> {
        let mut next = Next::Go;
        for effect in std::mem::take(&mut self.pending) {
            let Some(ours) = self.engine.as_mut().and_then(|engine| engine.perform(effect)) else {
                continue;
            };
            match ours {
                Effect::Copy(text) => tty.copy(&text)?,
                Effect::Alarm(event) => {
                    let text = format!("quarterdeck: {}: {}", event.place(), event.text);
                    tty.call(self.notify, &text)?;
                    self.hooks.run(&self.hook, &event);
                }
                Effect::Mouse(on) => tty.mouse(on)?,
                Effect::Theme(name) => self.theme(name.as_deref()),
                Effect::Page(lines) => next = Next::Page(lines),
                Effect::Suspend => next = Next::Suspend,
                Effect::Login(host) => next = Next::Login(host),
                Effect::LetIn(host) => next = Next::LetIn(host),
                Effect::Shell(host, reach) => next = Next::Shell(host, reach),
                Effect::Quit => return Ok(Next::End(0)),
                // The engine keeps these.
                Effect::Connect(_)
                | Effect::Rewatch(_)
                | Effect::Disconnect(_)
                | Effect::ReadNow(_)
                | Effect::Describe { .. }
                | Effect::Act(..)
                | Effect::Audit(_)
                | Effect::Tail(_)
                | Effect::Untail(..)
                | Effect::Fetch(_)
                | Effect::Scan(_)
                | Effect::SaveLines(..)
                | Effect::SaveCounters(_)
                | Effect::Record(_)
                | Effect::SaveTold(_)
                | Effect::SaveAck(..)
                | Effect::SaveView(_) => {}
            }
        }
        Ok(next)
    }

    fn theme(&mut self, name: Option<&str>) {
        let theme = match name {
            Some(name) => self.themes.get(name),
            None => self.themes.after(self.chrome.theme.name()),
        };
        if let Some(theme) = theme.cloned() {
            let name = theme.name().to_owned();
            self.chrome.theme = if self.colorless { theme.without_color() } else { theme };
            self.model.screen.view.theme = Some(name.clone());
            self.take(Msg::Noticed(Severity::Info, format!("theme: {name}")));
            self.pending.push(Effect::SaveView(self.model.screen.view.clone()));
        }
    }

    fn draw(&mut self, tty: &mut Tty) -> std::io::Result<()> {
        let (model, chrome, viewports) = (&self.model, &self.chrome, &mut self.viewports);
        tty.draw(|frame| ui::draw(frame, model, chrome, viewports))?;
        let learned = self.learned();
        learn(&mut self.model, &learned);
        self.dirty = false;
        self.drawn = Some(Instant::now());
        Ok(())
    }

    fn learned(&self) -> Learned {
        Learned {
            page: if self.viewports.overlay.is_some() {
                self.viewports.overlay_page
            } else {
                self.viewports.page
            },
            max_scroll: self.viewports.overlay_max_scroll,
        }
    }

    /// Keeps what has to be kept and ends all connections.
    fn close(mut self) {
        let kept = unsaved(&mut self.model);
        if let Some(mut engine) = self.engine.take() {
            for effect in std::mem::take(&mut self.pending) {
                if matches!(
                    effect,
                    Effect::SaveView(_)
                        | Effect::SaveCounters(_)
                        | Effect::SaveTold(_)
                        | Effect::SaveAck(..)
                        | Effect::Record(_)
                        | Effect::Audit(_)
                ) {
                    drop(engine.perform(effect));
                }
            }
            for effect in kept {
                drop(engine.perform(effect));
            }
            engine.close();
        }
    }
}
