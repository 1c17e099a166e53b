//! All that a user may ask, in one list. The keymap, the palette, the help and the README's
//! table of keys are made from it; nothing else names a command.

/// Where a command belongs in the help.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Moving the selection and the focus.
    Move,
    /// Choosing what is shown.
    Show,
    /// Looking closer at the selected thing.
    Look,
    /// From here on something may be changed: each opens a plan or a prompt, and changes nothing yet.
    Act,
    /// In a menu of actions, a plan, or an operation only; these keys come first there.
    Plan,
    /// In a log only; these keys come before the same ones of other groups there.
    Log,
    /// The console itself.
    Console,
}

impl Group {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Show => "Show",
            Self::Look => "Look closer",
            Self::Act => "Act",
            Self::Plan => "In a plan or an operation",
            Self::Log => "In a log",
            Self::Console => "Console",
        }
    }

    /// The group itself where its keys hold in a place of their own only.
    pub const fn place(self) -> Option<Self> {
        match self {
            Self::Plan | Self::Log => Some(self),
            Self::Move | Self::Show | Self::Look | Self::Act | Self::Console => None,
        }
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $name:literal $group:ident $text:literal [$($key:literal),*];)*) => {
        /// What a user may ask. Only two of these can change anything on a host: `plan-confirm`, of
        /// the plan that is shown, and `operation-cancel`; what others begin or freeze asks for a word
        /// that is typed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Command {
            $(#[doc = $text] $variant,)*
        }

        impl Command {
            /// Every command, in the help's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Kebab-case, as in the config, the palette and the help.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One line of what it does.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Its heading in the help.
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// Keys it has unless the config says otherwise.
            pub const fn default_keys(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($key),*],)* }
            }

            /// The command of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

commands! {
    Down "down" Move "select the next row" ["j", "down"];
    Up "up" Move "select the previous row" ["k", "up"];
    First "first" Move "select the first row" ["g", "home"];
    Last "last" Move "select the last row" ["G", "end"];
    PageDown "page-down" Move "move down by a page" ["pagedown", "ctrl-f"];
    PageUp "page-up" Move "move up by a page" ["pageup"];
    HalfPageDown "half-page-down" Move "move down by half a page" ["ctrl-d"];
    HalfPageUp "half-page-up" Move "move up by half a page" ["ctrl-u"];
    NextPane "next-pane" Move "focus the next pane" ["tab", "right"];
    PreviousPane "previous-pane" Move "focus the previous pane" ["backtab", "left"];
    Fleet "fleet" Show "show all environments" ["0"];
    Env1 "env-1" Show "show the first environment only" ["1"];
    Env2 "env-2" Show "show the second environment only" ["2"];
    Env3 "env-3" Show "show the third environment only" ["3"];
    Env4 "env-4" Show "show the fourth environment only" ["4"];
    Env5 "env-5" Show "show the fifth environment only" ["5"];
    Env6 "env-6" Show "show the sixth environment only" ["6"];
    Env7 "env-7" Show "show the seventh environment only" ["7"];
    Env8 "env-8" Show "show the eighth environment only" ["8"];
    Env9 "env-9" Show "show the ninth environment only" ["9"];
    Filter "filter" Show "filter rows by words; -word excludes" ["/"];
    ProblemsOnly "problems-only" Show "show problems only, or all again" ["!"];
    SortNext "sort-next" Show "sort by the next column" [">"];
    SortPrevious "sort-previous" Show "sort by the previous column" ["<"];
    SortInvert "sort-invert" Show "invert the order" ["i"];
    Zoom "zoom" Show "give the focused pane the whole screen, or take it back" ["z"];
    Freeze "freeze" Show "stop the screen while hosts go on being read, or go on" ["f"];
    Open "open" Look "open the selected row" ["enter"];
    Back "back" Look "close what is on top, then clear the filter, then the marks" ["esc"];
    Describe "describe" Look "the selected unit: properties, unit file, last journal lines" ["d"];
    Dependencies "dependencies" Look "what the environment's services need of each other, and what fails for what" ["n"];
    PortTable "port-table" Look "the ports of all shown environments beside each other" ["p"];
    Logs "logs" Look "the log of what is selected, at the event's moment where it is one" ["l"];
    LogsShown "logs-shown" Look "the logs of all services that are shown, merged by time" ["|"];
    Refresh "refresh" Look "read everything again now, and reconnect what is waiting" ["r", "f5"];
    Acknowledge "acknowledge" Look "acknowledge or mute the selected finding for a while; touches no host" ["A"];
    Shell "shell" Look "a shell on the selected host; the console comes back when it ends" ["s"];
    Login "login" Look "by hand: log in to the selected host (password, passphrase, unknown key), or give sudo its password there" ["a"];
    Copy "copy" Look "copy the selected row's name and state" ["c"];
    Actions "actions" Act "what can be done to the selected service, and what cannot for what reason" ["x"];
    Mark "mark" Act "mark the selected service for what is done next, or take the mark away" ["space"];
    Restart "restart" Act "plan to restart the selected service" ["R"];
    Deploy "deploy" Act "plan to deploy the selected service" ["D"];
    Rollback "rollback" Act "plan to go back to the revision before" ["U"];
    Start "start" Act "plan to start the selected service" ["S"];
    Stop "stop" Act "plan to stop the selected service" ["T"];
    Kill "kill" Act "plan to send the selected service's processes a signal" ["K"];
    FreezeService "freeze-service" Act "freeze the selected service: nothing is done to it until that is lifted" ["F"];
    Unlock "unlock" Act "unlock the environment for a while, or lock it again" ["W"];
    Operations "operations" Act "what is done on hosts, by whom, and how it ended" ["o"];
    PlanAllHosts "plan-all-hosts" Plan "in the menu: all hosts of the service, or this one only" ["a"];
    PlanConfirm "plan-confirm" Plan "run the plan; in a protected environment its name is typed first" ["y"];
    PlanOlder "plan-older" Plan "in the plan of a rollback or a restore: a release, or a copy, further back" ["["];
    PlanNewer "plan-newer" Plan "in the plan of a rollback or a restore: a newer release or copy" ["]"];
    PlanRevision "plan-revision" Plan "in the plan of a deploy: another branch, tag or commit" ["v"];
    PlanPassword "plan-password" Plan "where a plan lacks rights: let sudo ask for its password" ["p"];
    OperationCancel "operation-cancel" Plan "end the operation at the next step's border" ["X"];
    OperationUndo "operation-undo" Plan "in the list: take back what an operation began whose runner died" ["B"];
    OperationRelease "operation-release" Plan "in the list: leave all as such an operation left it, and give its claim back" ["E"];
    LogSearch "log-search" Log "mark what a regular expression matches" ["/"];
    LogNext "log-next" Log "go to the next match" ["n"];
    LogPrevious "log-previous" Log "go to the match before" ["N"];
    LogFilter "log-filter" Log "show matching lines only; `!` excludes, ` && ` combines" ["&"];
    LogSource "log-source" Log "show only the source of this line, or all again" ["i"];
    LogContext "log-context" Log "show 0, 1, 3 or 10 lines around those that match" ["x"];
    LogLevel "log-level" Log "hide what is milder than notice, warning, error; or hide nothing" ["v"];
    LogNextError "log-next-error" Log "go to the next error" ["e"];
    LogPreviousError "log-previous-error" Log "go to the error before" ["E"];
    LogFollow "log-follow" Log "go to the end and follow, or stay here" ["f"];
    LogMoment "log-moment" Log "go to a moment: 03:12, yesterday's with a date, -10m" ["@"];
    LogHistogram "log-histogram" Log "lines and errors over time" ["h"];
    LogLater "log-later" Log "go to the next lines in the histogram" [">"];
    LogEarlier "log-earlier" Log "go to lines before in the histogram" ["<"];
    LogMark "log-mark" Log "mark the line, or take the mark away" ["m"];
    LogNextMark "log-next-mark" Log "go to the next marked line, after the last to the first" ["'"];
    LogWhole "log-whole" Log "the line in full below, JSON in its form" ["enter"];
    LogColumns "log-columns" Log "fields of JSON or logfmt lines as columns" ["#"];
    LogWrap "log-wrap" Log "wrap long lines, or pan with the arrows" ["w"];
    LogRight "log-right" Log "pan to the right" ["right"];
    LogLeft "log-left" Log "pan to the left" ["left"];
    LogTimes "log-times" Log "show moments as time here, in UTC, with the date, as age, or not" ["t"];
    LogFold "log-fold" Log "fold repeated lines into one, or show each" ["u"];
    LogRangeAll "log-range-all" Log "all of the log" ["0"];
    LogRange1 "log-range-1" Log "the last minute only" ["1"];
    LogRange2 "log-range-2" Log "the last 5 minutes only" ["2"];
    LogRange3 "log-range-3" Log "the last 15 minutes only" ["3"];
    LogRange4 "log-range-4" Log "the last 30 minutes only" ["4"];
    LogRange5 "log-range-5" Log "the last hour only" ["5"];
    LogRange6 "log-range-6" Log "the last 3 hours only" ["6"];
    LogRange7 "log-range-7" Log "the last 12 hours only" ["7"];
    LogRange8 "log-range-8" Log "the last day only" ["8"];
    LogRange9 "log-range-9" Log "the last week only" ["9"];
    LogSave "log-save" Log "save what is shown, or the marked lines, to a file here" ["s"];
    LogPager "log-pager" Log "what is shown in $PAGER" ["o"];
    LogCommand "log-command" Log "copy the command that shows the same without the console" ["y"];
    Help "help" Console "what the keys do" ["?"];
    Palette "palette" Console "run a command by its name" [":"];
    OwnLog "own-log" Console "the console's own log" ["L"];
    Theme "theme" Console "try the next theme" [];
    Mouse "mouse" Console "capture the mouse, or leave it to the terminal" ["m"];
    Suspend "suspend" Console "suspend to the shell" ["ctrl-z"];
    Quit "quit" Console "close what is on top; at the top, quit" ["q", "ctrl-c"];
}
