//! The process's log on standard error.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging: plain lines, or one JSON object a line where `format` is `json`. `RUST_LOG` chooses the level.
/// Control characters of values are escaped by the formatter, so one event stays one line.
pub fn init(format: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // Said on standard error, what cannot be written there would end the request: a log on a full disk loses lines instead.
    let builder = builder.log_internal_errors(false);
    // A second call, as in tests, finds the first one's subscriber and leaves it.
    let _ = if format == "json" { builder.json().try_init() } else { builder.try_init() };
}
