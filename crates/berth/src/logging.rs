//! Log lines, on stderr, and what is said of a panic.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{LogFilter, LogFormat},
    output,
};

/// Logs as a server does. Call once.
pub(crate) fn start(format: LogFormat, filter: LogFilter) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter.into_targets())).init();
    panic::set_hook(Box::new(|info| {
        let (place, message) = describe(info);
        tracing::error!(place, message, "a panic: please report it as a bug");
    }));
}

/// Logs as a command does that answers by itself: only what went wrong. Call once.
pub(crate) fn start_quietly() {
    start(LogFormat::Text, LogFilter::at(LevelFilter::ERROR));
}

/// Keeps the messages of panics, which may hold anything, off stderr; until logging starts.
pub(crate) fn hide_panics() {
    panic::set_hook(Box::new(|info| {
        let (place, message) = describe(info);
        output::complaint(&format!("error: a panic at {place}: {message}; please report it as a bug\n"));
    }));
}

/// Where it was and what it said, if that was known when Berth was compiled: anything else may hold a secret.
fn describe(info: &PanicHookInfo<'_>) -> (String, &'static str) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = info.payload().downcast_ref::<&'static str>().copied();
    (place, message.unwrap_or("(message withheld)"))
}
