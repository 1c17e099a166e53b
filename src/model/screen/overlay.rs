//! What lies on top of the panes.

use std::sync::Arc;

use super::{
    AckField, BackupId, DetailTab, EventId, FindingId, Input, Intervention, OpPick, PortId,
    UnlockField,
};
use crate::model::action::ActionSpec;
use crate::model::command::Group;
use crate::model::ids::{EnvName, HostId, InstanceId};
use crate::model::observed::Observed;
use crate::model::offer::{Choice, On};
use crate::model::operation::OpId;
use crate::model::unit::UnitDetail;
use crate::model::verb::{Signal, Verb};

/// What is typed into a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// Its phrase, to confirm it.
    Confirm,
    /// Another revision than the one that would be deployed.
    Revision,
}

/// What lies on top of the panes. The last one has the keys.
#[derive(Clone, PartialEq, Debug)]
pub enum Overlay {
    /// The keys.
    Help {
        /// Lines above the top.
        scroll: usize,
    },
    /// Commands by name.
    Palette {
        /// What is typed.
        input: Input,
        /// The chosen one among the matches.
        chosen: usize,
    },
    /// One unit, closely.
    Unit {
        /// Which.
        id: InstanceId,
        /// What was read on demand.
        detail: Box<Observed<UnitDetail>>,
        /// What is shown of it.
        tab: DetailTab,
        /// Lines above the top; the draw keeps it within the text.
        scroll: usize,
    },
    /// One host, closely.
    Host {
        /// Which.
        id: HostId,
        /// Lines above the top.
        scroll: usize,
    },
    /// One finding: evidence, fix, and what follows from it.
    Finding {
        /// Which.
        id: FindingId,
        /// Lines above the top.
        scroll: usize,
    },
    /// One backup, closely.
    Backup {
        /// Which.
        id: BackupId,
        /// Lines above the top.
        scroll: usize,
    },
    /// One port, closely.
    Port {
        /// Which.
        id: PortId,
        /// Lines above the top.
        scroll: usize,
    },
    /// One event, and what came before it.
    Event {
        /// Which.
        id: EventId,
        /// Lines above the top.
        scroll: usize,
    },
    /// What an environment's services need of each other.
    Needs {
        /// Of which environment.
        env: EnvName,
        /// As a list, also where there is room for a drawing.
        list: bool,
        /// Lines above the top.
        scroll: usize,
    },
    /// The ports of the shown environments beside each other.
    PortTable {
        /// Lines above the top.
        scroll: usize,
    },
    /// Note and end for a finding that somebody looks after.
    Acknowledge {
        /// Which.
        id: FindingId,
        /// Why.
        note: Input,
        /// For how long.
        span: Input,
        /// Also when it gets worse.
        mute: bool,
        /// Where the keys go.
        field: AckField,
    },
    /// What can be done to an instance. It is this one, wherever the selection goes.
    Actions {
        /// To which.
        id: InstanceId,
        /// And to which others.
        on: On,
        /// The chosen one.
        chosen: Choice,
    },
    /// What can be done about a backup. It is this one, wherever the selection goes.
    Copies {
        /// Which.
        id: BackupId,
        /// The chosen one.
        chosen: Verb,
    },
    /// What a declared action wants to know before it is planned.
    Inputs {
        /// To which instance.
        id: InstanceId,
        /// And to which others.
        on: On,
        /// Which action.
        spec: Arc<ActionSpec>,
        /// A value for each of its inputs, in their order.
        values: Vec<Input>,
        /// Where the keys go.
        field: usize,
    },
    /// Which signal is sent.
    Signals {
        /// To which instance.
        id: InstanceId,
        /// And to which others.
        on: On,
        /// The chosen one.
        chosen: Signal,
    },
    /// What would be done, and whether.
    Plan {
        /// The number of the plan that was asked for: another one is not shown here.
        asked: u32,
        /// Lines above the top.
        scroll: usize,
        /// What is typed; none while it is read.
        typed: Option<(Prompt, Input)>,
    },
    /// Reason and time for which an environment is unlocked.
    Unlock {
        /// Which.
        env: EnvName,
        /// Why.
        reason: Input,
        /// For how many minutes.
        minutes: Input,
        /// Where the keys go.
        field: UnlockField,
    },
    /// What is to be done about a freeze, or an operation that was not begun here.
    Intervene {
        /// What.
        what: Intervention,
        /// What is typed.
        typed: Input,
    },
    /// One operation, while it runs and afterwards.
    Operation {
        /// Which.
        id: OpId,
        /// Lines above the top.
        scroll: usize,
    },
    /// The operation of somebody else that is followed here.
    Attached {
        /// Lines above the top.
        scroll: usize,
    },
    /// Operations of this console, and those that hosts tell of.
    Operations {
        /// The chosen one; none is the first.
        chosen: Option<OpPick>,
    },
    /// The log that is open.
    Logs,
    /// The console's own log.
    OwnLog,
}

impl Overlay {
    /// Whether keys are text there, all of them.
    pub const fn takes_text(&self) -> bool {
        match self {
            Self::Palette { .. }
            | Self::Acknowledge { .. }
            | Self::Unlock { .. }
            | Self::Inputs { .. }
            | Self::Intervene { .. }
            | Self::Plan { typed: Some(_), .. } => true,
            Self::Help { .. }
            | Self::Unit { .. }
            | Self::Host { .. }
            | Self::Finding { .. }
            | Self::Backup { .. }
            | Self::Port { .. }
            | Self::Event { .. }
            | Self::Needs { .. }
            | Self::PortTable { .. }
            | Self::Actions { .. }
            | Self::Copies { .. }
            | Self::Signals { .. }
            | Self::Plan { typed: None, .. }
            | Self::Operation { .. }
            | Self::Attached { .. }
            | Self::Operations { .. }
            | Self::Logs
            | Self::OwnLog => false,
        }
    }

    /// The group of commands whose keys come first there.
    pub const fn own_keys(&self) -> Option<Group> {
        match self {
            Self::Logs => Some(Group::Log),
            Self::Actions { .. }
            | Self::Copies { .. }
            | Self::Signals { .. }
            | Self::Plan { .. }
            | Self::Operation { .. }
            | Self::Attached { .. }
            | Self::Operations { .. } => Some(Group::Plan),
            Self::Help { .. }
            | Self::Palette { .. }
            | Self::Unit { .. }
            | Self::Host { .. }
            | Self::Finding { .. }
            | Self::Backup { .. }
            | Self::Port { .. }
            | Self::Event { .. }
            | Self::Needs { .. }
            | Self::PortTable { .. }
            | Self::Acknowledge { .. }
            | Self::Unlock { .. }
            | Self::Inputs { .. }
            | Self::Intervene { .. }
            | Self::OwnLog => None,
        }
    }
}
