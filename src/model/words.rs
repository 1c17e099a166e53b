//! Enums of which each variant has a stable word and a line of what it is.

/// Makes such an enum, with all of its variants in order, and the way from the word and back.
macro_rules! words {
    ($(#[$doc:meta])* $kind:ident; $($variant:ident $name:literal $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum $kind {
            $(#[doc = $text] $variant,)*
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the config, in the store, in JSON and on the screen.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One line of what it is.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that word.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

pub(super) use words;
