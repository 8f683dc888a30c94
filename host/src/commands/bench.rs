//! `skerry bench boot|requests|all|compare`: how fast runtimes boot and answer on this machine, and what changed between runs.

mod all;
mod compare;
mod requests;

use serde_json::{Map, Value, json};

use skerry_vmm::Qemu;

use crate::arguments::{BenchBootArguments, BenchCommand, BenchRequestsArguments, MachineArguments};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::images;
use crate::interrupt::Interrupt;
use crate::machine::{self, Machine};
use crate::places;
use crate::printer::Printer;
use crate::statistics::Summary;
use crate::table::{Align, Table, milliseconds};
use skerry_engine::BootPhases;

/// Runs one of the benchmarks.
///
/// # Errors
/// When a machine does not start or answer. Nothing is left running.
pub fn run(command: &BenchCommand, printer: &Printer) -> Result<ExitCode, Failure> {
    match command {
        BenchCommand::Boot(arguments) => watched(|interrupt| boot(arguments, printer, interrupt)),
        BenchCommand::Requests(arguments) => watched(|interrupt| requests(arguments, printer, interrupt)),
        BenchCommand::All(arguments) => all::run(arguments, printer),
        BenchCommand::Compare(arguments) => compare::run(arguments, printer),
    }
}

/// Measures while signals are watched for.
fn watched(measure: impl FnOnce(&Interrupt) -> Result<(), Failure>) -> Result<ExitCode, Failure> {
    let interrupt = Interrupt::watch()?;
    let outcome = measure(&interrupt);
    match interrupt.exit_code() {
        Some(exit_code) => Ok(exit_code),
        None => outcome.map(|()| ExitCode::Success),
    }
}

fn boot(arguments: &BenchBootArguments, printer: &Printer, interrupt: &Interrupt) -> Result<(), Failure> {
    let machine = prepare(&arguments.machine, printer, interrupt)?;
    let mut progress = printer.progress(arguments.runs as usize);
    let mut boots = Vec::new();
    for run in 1..=arguments.runs {
        interrupt.check()?;
        progress.start(&format!("boot {run}"));
        let booted = machine.boot(interrupt)?;
        boots.push(booted.phases);
        booted.vm.stop()?;
        progress.pass();
    }
    drop(progress);
    let rows = boot_rows(&boots);
    if arguments.json {
        printer.json_result(&boot_json(&machine, boots.len(), &rows))?;
    } else {
        printer.result(&boot_text(&machine, boots.len(), &rows))?;
    }
    Ok(())
}

/// One row a phase, and one for the whole, in the order of the phases.
fn boot_rows(boots: &[BootPhases]) -> Vec<(&'static str, Summary)> {
    let phase = |index: usize| boots.iter().filter_map(move |boot| boot.named().get(index).copied());
    let mut rows: Vec<(&'static str, Summary)> = Vec::new();
    for (index, (name, _)) in BootPhases::default().named().into_iter().enumerate() {
        rows.extend(Summary::of(phase(index).map(|(_, time)| time)).map(|summary| (name, summary)));
    }
    rows.extend(Summary::of(boots.iter().map(BootPhases::total)).map(|summary| ("total", summary)));
    rows
}

fn boot_text(machine: &Machine, runs: usize, rows: &[(&'static str, Summary)]) -> String {
    let mut table = Table::new(&[
        ("phase (ms)", Align::Left),
        ("median", Align::Right),
        ("min", Align::Right),
        ("max", Align::Right),
        ("p95", Align::Right),
    ]);
    for (name, summary) in rows {
        let cells = [summary.median, summary.min, summary.max, summary.p95].map(milliseconds);
        let [median, min, max, p95] = cells;
        table.row([(*name).to_owned(), median, min, max, p95]);
    }
    let biggest = rows.iter().filter(|(name, _)| *name != "total").max_by_key(|(_, summary)| summary.median);
    let biggest = biggest.map_or_else(String::new, |(name, _)| format!("; the biggest piece is {name}"));
    format!(
        "{}\n{runs} cold boots under {}, {} CPU, {} of memory, image {}{biggest}\n",
        table.render(),
        machine.accelerator.accelerator,
        machine.arguments.cpu,
        machine.arguments.memory,
        machine.image.id
    )
}

fn boot_json(machine: &Machine, runs: usize, rows: &[(&'static str, Summary)]) -> Value {
    let phases: Map<String, Value> =
        rows.iter().map(|(name, summary)| (name.to_lowercase().replace(' ', "_"), json!(summary))).collect();
    json!({
        "runs": runs,
        "accelerator": machine.accelerator.accelerator.to_string(),
        "cpu": machine.arguments.cpu,
        "memory_mib": machine.arguments.memory.mib(),
        "image": machine.image.id,
        "phases_us": phases,
    })
}

fn requests(arguments: &BenchRequestsArguments, printer: &Printer, interrupt: &Interrupt) -> Result<(), Failure> {
    let measured = match &arguments.endpoint {
        Some(endpoint) => requests::measure(endpoint, &arguments.path, arguments.requests)?,
        None => {
            let booted = prepare(&arguments.machine, printer, interrupt)?.boot(interrupt)?;
            let process = booted.vm.process();
            let kill = move || {
                // Gone already, or ours to end: there is no third.
                let _ = process.kill();
            };
            let endpoint = booted.client.endpoint();
            let measured = interrupt.during(kill, || requests::measure(endpoint, &arguments.path, arguments.requests));
            booted.vm.stop()?;
            measured?
        }
    };
    if arguments.json {
        printer.json_result(&measured.to_json())?;
    } else {
        printer.result(&measured.render())?;
    }
    Ok(())
}

/// The image, built if need be, and the accelerator.
fn prepare(arguments: &MachineArguments, printer: &Printer, interrupt: &Interrupt) -> Result<Machine, Failure> {
    let source_root = places::source_root(arguments.places.source.as_deref())?;
    let qemu = Qemu::find(None)?;
    let mut progress = printer.progress(0);
    let image = images::obtain(&source_root, arguments, interrupt, &mut progress)?.image;
    drop(progress);
    let state_dir = arguments.places.state_dir.as_deref();
    let accelerator = machine::resolve(arguments.accelerator, &qemu, &image, arguments.memory, state_dir)?;
    interrupt.check()?;
    printer.info(&format!("accelerator {}: {}", accelerator.accelerator, accelerator.reason));
    let state_dir = places::state_dir(state_dir)?;
    Ok(Machine { qemu, image, accelerator, arguments: arguments.clone(), state_dir })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_and_the_whole_get_a_row() {
        let boot = |kernel| BootPhases { kernel, loader: 1_000, ..BootPhases::default() };
        let rows = boot_rows(&[boot(30_000), boot(10_000), boot(20_000)]);
        let names: Vec<_> = rows.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["QEMU start", "loader", "kernel", "network", "runtime", "first answer", "total"]);
        assert_eq!(rows[2].1, Summary { min: 10_000, median: 20_000, p95: 30_000, max: 30_000 });
        assert_eq!(rows[6].1.median, 21_000);
    }

    #[test]
    fn no_boots_give_no_rows() {
        assert_eq!(boot_rows(&[]), []);
    }
}
