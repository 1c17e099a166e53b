//! The console's own log, into the ring that a pane shows.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts it. `QUARTERDECK_LOG` chooses what is kept, in tracing's filter syntax.
///
/// Not tui-logger's own `init_logger`: it starts a thread that wakes every 10 ms.
pub fn start() {
    let filter = EnvFilter::try_from_env("QUARTERDECK_LOG")
        .unwrap_or_else(|_unset| EnvFilter::new("warn,zbus=error,quarterdeck=info"));
    tui_logger::set_default_level(log_level());
    // A second start, as in tests, keeps the first one.
    let _started = tracing_subscriber::registry()
        .with(filter)
        .with(tui_logger::TuiTracingSubscriberLayer)
        .try_init()
        .is_ok();
}

const fn log_level() -> tui_logger::LevelFilter {
    tui_logger::LevelFilter::Trace
}
