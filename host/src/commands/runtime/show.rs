//! Runtimes as tables.

use std::fmt::Write as _;

use skerry_api::provisioning::{HistoryEntry, ServerlessRuntime};

use crate::table::{Align, Table, milliseconds};

/// A line per runtime.
pub(super) fn list<'a>(runtimes: impl Iterator<Item = &'a ServerlessRuntime>) -> String {
    let columns = [
        ("ID", Align::Right),
        ("NAME", Align::Left),
        ("FLAVOUR", Align::Left),
        ("STATE", Align::Left),
        ("MB", Align::Right),
        ("START", Align::Left),
        ("ENDPOINT", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for runtime in runtimes {
        table.row([
            number(runtime.id),
            runtime.name.clone().unwrap_or_default(),
            runtime.faas.flavour.clone().unwrap_or_default(),
            state(runtime),
            number(runtime.faas.memory_mb),
            start(runtime),
            runtime.faas.endpoint.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

/// One runtime, a line per member.
pub(super) fn one(runtime: &ServerlessRuntime) -> String {
    let options = runtime.skerry.clone().unwrap_or_default();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<12} {value}");
        }
    };
    line("id", number(runtime.id));
    line("name", runtime.name.clone().unwrap_or_default());
    line("flavour", runtime.faas.flavour.clone().unwrap_or_default());
    line("state", state(runtime));
    line("error", runtime.faas.error.clone().unwrap_or_default());
    line("endpoint", runtime.faas.endpoint.clone().unwrap_or_default());
    line("address", options.address.unwrap_or_default());
    line("cpu", number(runtime.faas.cpu));
    line("memory", runtime.faas.memory_mb.map(|memory| format!("{memory} MB")).unwrap_or_default());
    line("vm", runtime.faas.vm_id.clone().unwrap_or_default());
    line("start", start(runtime));
    line(
        "restarts",
        options.restarts.filter(|restarts| *restarts > 0).map(|count| count.to_string()).unwrap_or_default(),
    );
    line("public", options.public.map(|public| if public { "yes" } else { "no" }.to_owned()).unwrap_or_default());
    let idle = options
        .idle_timeout_s
        .map(|seconds| if seconds == 0 { "never".to_owned() } else { format!("after {seconds} s") });
    line("sleeps", idle.unwrap_or_default());
    text
}

/// What happened, a line each.
pub(super) fn history(entries: &[HistoryEntry]) -> String {
    let columns = [
        ("SINCE START", Align::Right),
        ("EVENT", Align::Left),
        ("STATE", Align::Left),
        ("BY", Align::Left),
        ("DETAIL", Align::Left),
    ];
    let mut table = Table::new(&columns);
    let first = entries.first().map_or(0, |entry| entry.at_ms);
    for entry in entries {
        let phases = entry.phases_us.iter().map(|(phase, took)| format!("{phase} {}", milliseconds(*took)));
        let detail = entry.detail.iter().map(|detail| detail.lines().next().unwrap_or_default().to_owned());
        table.row([
            milliseconds((entry.at_ms - first.min(entry.at_ms)) * 1000),
            entry.event.clone(),
            entry.state.name().to_owned(),
            entry.start.map(|start| start.name().to_owned()).unwrap_or_default(),
            detail.chain(phases).collect::<Vec<_>>().join(", "),
        ]);
    }
    table.render()
}

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn state(runtime: &ServerlessRuntime) -> String {
    let sleeping = runtime.skerry.as_ref().and_then(|options| options.sleeping).unwrap_or(false);
    let state = runtime.faas.state.map(|state| state.name()).unwrap_or_default();
    if sleeping { format!("{state} (asleep)") } else { state.to_owned() }
}

fn start(runtime: &ServerlessRuntime) -> String {
    let start = runtime.skerry.as_ref().and_then(|options| options.start);
    start.map(|start| start.name().to_owned()).unwrap_or_default()
}
