//! Moving the selection and scrolling.

use crate::model::Model;
use crate::model::fleet::Row;
use crate::model::ids::{HostId, InstanceId};
use crate::model::offer;
use crate::model::rows::{self, Shown};
use crate::model::screen::{BackupId, EventId, FindingId, Overlay, Pane, PortId};
use crate::model::verb::Signal;

/// A step of the selection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// By so many rows.
    By(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Step {
    pub(super) fn from(self, place: usize, len: usize) -> usize {
        let last = len.saturating_sub(1);
        match self {
            Self::By(n) => place.saturating_add_signed(n).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

impl Step {
    /// In a list without repetition.
    fn among<T: Clone + PartialEq>(self, list: &[T], now: &T) -> T {
        let place = list.iter().position(|one| one == now).unwrap_or(0);
        list.get(self.from(place, list.len())).unwrap_or(now).clone()
    }
}

/// Moves in what has the keys: the overlay on top, else the focused pane.
pub(super) fn go(model: &mut Model, step: Step) {
    match model.screen.overlays.last_mut() {
        Some(Overlay::Help { scroll } | Overlay::Host { scroll, .. }) => {
            *scroll = scrolled(*scroll, step);
        }
        Some(
            Overlay::Unit { scroll, .. }
            | Overlay::Finding { scroll, .. }
            | Overlay::Port { scroll, .. }
            | Overlay::Event { scroll, .. }
            | Overlay::Needs { scroll, .. }
            | Overlay::PortTable { scroll }
            | Overlay::Plan { scroll, .. }
            | Overlay::Operation { scroll, .. }
            | Overlay::Attached { scroll }
            | Overlay::Backup { scroll, .. },
        ) => *scroll = scrolled(*scroll, step),
        Some(Overlay::Palette { input, chosen }) => {
            let len = crate::model::screen::palette(&input.text).len();
            *chosen = step.from(*chosen, len);
        }
        Some(Overlay::Actions { id, on, chosen }) => {
            *chosen = step.among(&offer::menu(&model.fleet, id, on), chosen);
        }
        Some(Overlay::Copies { chosen, .. }) => *chosen = step.among(&offer::OF_BACKUP, chosen),
        Some(Overlay::Signals { chosen, .. }) => *chosen = step.among(Signal::ALL, chosen),
        Some(Overlay::Operations { .. }) => super::acts::go(model, step),
        Some(
            Overlay::OwnLog
            | Overlay::Logs
            | Overlay::Acknowledge { .. }
            | Overlay::Unlock { .. }
            | Overlay::Inputs { .. }
            | Overlay::Intervene { .. },
        ) => {}
        None => select(model, step),
    }
}

/// Beyond every text; what the frame learns brings it back to the last line.
pub(super) const END: usize = 1 << 24;

fn scrolled(scroll: usize, step: Step) -> usize {
    step.from(scroll, END)
}

pub(super) fn select(model: &mut Model, step: Step) {
    let to = at(model, step);
    let selection = &mut model.screen.selection;
    match (model.screen.view.focus, to) {
        (Pane::Services, Some(Selected::Instance(id))) => selection.service = Some(id),
        (Pane::CrashLoops, Some(Selected::Instance(id))) => selection.looping = Some(id),
        (Pane::Hosts, Some(Selected::Host(id))) => selection.host = Some(id),
        (Pane::Ports, Some(Selected::Port(id))) => selection.port = Some(id),
        (Pane::Backups, Some(Selected::Backup(id))) => selection.backup = Some(id),
        (Pane::Findings, Some(Selected::Finding(id))) => selection.finding = Some(id),
        (Pane::Events, Some(Selected::Event(id))) => selection.event = Some(id),
        // An empty pane has nothing to select.
        (
            Pane::Services
            | Pane::CrashLoops
            | Pane::Hosts
            | Pane::Ports
            | Pane::Backups
            | Pane::Findings
            | Pane::Events,
            _,
        ) => {}
    }
}

/// Focuses a pane and selects one of its rows.
pub(super) fn pick(model: &mut Model, pane: Pane, place: Option<usize>) {
    model.screen.view.focus = pane;
    if let Some(place) = place {
        select(model, Step::First);
        select(model, Step::By(place.cast_signed()));
    }
}

/// What is selected in the focused pane.
pub(super) enum Selected {
    /// An instance.
    Instance(InstanceId),
    /// A host.
    Host(HostId),
    /// A backup.
    Backup(BackupId),
    /// A port.
    Port(PortId),
    /// A finding.
    Finding(FindingId),
    /// An event.
    Event(EventId),
}

impl Selected {
    /// Where it is; none is the console itself.
    pub(super) const fn host(&self) -> Option<&HostId> {
        match self {
            Self::Instance(id) => Some(&id.host),
            Self::Host(id) => Some(id),
            Self::Backup(id) => Some(&id.host),
            Self::Port(id) => Some(&id.host),
            Self::Finding(id) => Some(&id.host),
            Self::Event(id) => id.host.as_ref(),
        }
    }
}

/// What is selected: the first row where nothing was chosen or the chosen one is gone.
pub(super) fn selected(model: &Model) -> Option<Selected> {
    at(model, Step::By(0))
}

/// What a step from the selection leads to.
fn at(model: &Model, step: Step) -> Option<Selected> {
    let (fleet, now) = model.shown();
    let view = &model.screen.view;
    let selection = &model.screen.selection;
    let instance = |shown: Shown<Row<'_>>, id: Option<&InstanceId>| {
        let to = step.from(rows::place_of(&shown.rows, id), shown.rows.len());
        shown.rows.get(to).map(|row| Selected::Instance(row.id()))
    };
    match view.focus {
        Pane::Services => instance(rows::services(fleet, view, now), selection.service.as_ref()),
        Pane::CrashLoops => {
            instance(rows::crash_loops(fleet, view, now), selection.looping.as_ref())
        }
        Pane::Backups => {
            let shown = rows::backups(fleet, view, now).rows;
            let place = rows::place_of_backup(&shown, selection.backup.as_ref());
            shown.get(step.from(place, shown.len())).map(|row| Selected::Backup(row.id()))
        }
        Pane::Ports => {
            let shown = rows::ports(fleet, view, now).rows;
            let to = step.from(rows::place_of_port(&shown, selection.port.as_ref()), shown.len());
            shown.get(to).map(|row| Selected::Port(row.id()))
        }
        Pane::Findings => {
            let shown = rows::findings(fleet, view).rows;
            let place = rows::place_of_finding(&shown, selection.finding.as_ref());
            shown.get(step.from(place, shown.len())).map(|row| Selected::Finding(row.id()))
        }
        Pane::Events => {
            let shown = rows::events(&model.timeline, view, now).rows;
            let place = rows::place_of_event(&shown, selection.event.as_ref());
            shown.get(step.from(place, shown.len())).map(|event| Selected::Event(event.id()))
        }
        Pane::Hosts => {
            let shown = rows::hosts(fleet, view).rows;
            let place = rows::place_of_host(&shown, selection.host.as_ref());
            let to = step.from(place, shown.len());
            shown.get(to).map(|(env, host)| Selected::Host(host.id(&env.name)))
        }
    }
}
