//! Names that identify things, each its own type so that none is taken for another.
//! Cheap to clone: a fleet of 14,000 instances shares its strings.

use std::fmt;
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $ty:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $ty(Arc<str>);

        impl $ty {
            /// Takes the text as it is; validity is the config's business.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<&str> for $ty {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

name! {
    /// An environment's name, unique in the config.
    EnvName
}
name! {
    /// A host's name, unique in its environment.
    HostName
}
name! {
    /// A service's name, unique in its environment.
    ServiceName
}
name! {
    /// A systemd unit with its suffix, such as `nginx.service`.
    UnitName
}

name! {
    /// A backup's name, unique in its environment.
    BackupName
}

/// A host of an environment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostId {
    /// The environment it belongs to.
    pub env: EnvName,
    /// Its name there.
    pub host: HostName,
}

impl HostId {
    /// The host of that name in that environment.
    pub fn new(env: impl AsRef<str>, host: impl AsRef<str>) -> Self {
        Self { env: EnvName::new(env), host: HostName::new(host) }
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.env, self.host)
    }
}

/// A service on one host: what the screen has a row for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstanceId {
    /// Where it runs.
    pub host: HostId,
    /// What runs there.
    pub service: ServiceName,
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.service)
    }
}
