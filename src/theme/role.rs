//! What a style can mean.

use crate::config::{Key, Section};

macro_rules! roles {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal;)*) => {
        /// What a thing on the screen means, which decides how it is drawn.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Role {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        /// A theme file.
        pub(super) const THEME: Section = Section {
            header: "a theme",
            keys: &[
                Key { name: "inherits", example: r#"inherits = "dark""# },
                $(Key { name: $name, example: concat!($name, r#" = { fg = "cyan", bold = true }"#) },)*
            ],
        };
    };
}

roles! {
    /// What is not marked.
    Text "text";
    /// What matters less: units, labels, ages that are young.
    Muted "muted";
    /// Titles of panes and columns.
    Heading "heading";
    /// The frame of a pane.
    Border "border";
    /// The frame of the pane that has the focus.
    BorderFocused "border-focused";
    /// The selected row.
    Selection "selection";
    /// A key in a hint.
    Key "key";
    /// All is well.
    Ok "ok";
    /// Worth knowing.
    Info "info";
    /// Worth looking at.
    Warning "warning";
    /// Broken.
    Critical "critical";
    /// Not known: never to be taken for well.
    Unknown "unknown";
    /// Too old to be relied on.
    Stale "stale";
    /// The name of an environment that users depend on.
    TierProduction "tier-production";
    /// The name of a rehearsal's environment.
    TierStaging "tier-staging";
    /// The name of a developers' environment.
    TierDevelopment "tier-development";
    /// The name of this machine's environment.
    TierLocal "tier-local";
    /// A message of the console itself.
    Notice "notice";
    /// Where a search hit.
    Match "match";
    /// A source of a log; which of the six is always the same for the same source.
    Source1 "source-1";
    /// A source of a log.
    Source2 "source-2";
    /// A source of a log.
    Source3 "source-3";
    /// A source of a log.
    Source4 "source-4";
    /// A source of a log.
    Source5 "source-5";
    /// A source of a log.
    Source6 "source-6";
}

/// How a role is drawn.
pub(super) const STYLE: Section = Section {
    header: "a style",
    keys: &[
        Key { name: "fg", example: r#"fg = "light-red""# },
        Key { name: "bg", example: r#"bg = "black""# },
        Key { name: "bold", example: "bold = true" },
        Key { name: "dim", example: "dim = true" },
        Key { name: "reverse", example: "reverse = true" },
        Key { name: "underline", example: "underline = true" },
    ],
};
