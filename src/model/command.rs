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
            Self::Console => "Console",
        }
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $name:literal $group:ident $text:literal [$($key:literal),*];)*) => {
        /// What a user may ask. None of these changes anything on a host.
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
    Back "back" Look "close what is on top, then clear the filter" ["esc"];
    Describe "describe" Look "the selected unit: properties, unit file, last journal lines" ["d"];
    Dependencies "dependencies" Look "what the environment's services need of each other, and what fails for what" ["n"];
    PortTable "port-table" Look "the ports of all shown environments beside each other" ["p"];
    Refresh "refresh" Look "read everything again now, and reconnect what is waiting" ["r", "f5"];
    Acknowledge "acknowledge" Look "acknowledge or mute the selected finding for a while; touches no host" ["A"];
    Login "login" Look "log in to the selected host by hand: password, passphrase, unknown key" ["a"];
    Copy "copy" Look "copy the selected row's name and state" ["c"];
    Help "help" Console "what the keys do" ["?"];
    Palette "palette" Console "run a command by its name" [":"];
    OwnLog "own-log" Console "the console's own log" ["L"];
    Theme "theme" Console "try the next theme" [];
    Mouse "mouse" Console "capture the mouse, or leave it to the terminal" ["m"];
    Suspend "suspend" Console "suspend to the shell" ["ctrl-z"];
    Quit "quit" Console "close what is on top; at the top, quit" ["q", "ctrl-c"];
}
