//! `skerry provision`: from nothing to a runtime that has run a function, and keeps running.

mod report;

use std::time::{Duration, Instant};

use skerry_vmm::MicroVm;

use crate::arguments::ProvisionArguments;
use crate::example;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::images::{self, Built};
use crate::interrupt::Interrupt;
use crate::machine::{self, Booted, Machine};
use crate::places;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::table;
use report::{FunctionReport, Report, StepTimes};

/// Steps of this verb itself; the image's own are added when they are known.
const STEPS: usize = 5;
/// How long one look at the running machine lasts; its end, or a signal's, ends the look at once.
const LOOK: Duration = Duration::from_secs(3600);

/// Provisions a runtime and, without `--once`, keeps it up until a signal.
///
/// # Errors
/// When any step fails, the answer is wrong, or the microVM ends by itself. Nothing is left running.
pub fn run(arguments: &ProvisionArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let interrupt = Interrupt::watch()?;
    let outcome = provision(arguments, printer, &interrupt);
    match (interrupt.exit_code(), outcome) {
        (Some(_), Err(failure)) if failure.error.is::<skerry_vmm::StopError>() => Err(failure),
        // Whatever else fails after a signal fails because of it.
        (Some(exit_code), _) => {
            printer.info("stopped; nothing is left running");
            Ok(exit_code)
        }
        (None, outcome) => outcome.map(|()| ExitCode::Success),
    }
}

fn provision(arguments: &ProvisionArguments, printer: &Printer, interrupt: &Interrupt) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut times = StepTimes::default();
    let mut progress = printer.progress(STEPS);
    let (machine, built) = prepare(arguments, printer, interrupt, &mut progress, &mut times)?;

    progress.start("boot");
    let mut booted = machine.boot(interrupt)?;
    times.boot_to_ready = booted.vm.timings().ready_us.unwrap_or_default();
    times.boot_to_first_answer = booted.phases.total();
    progress.finish(&format!(
        "{} answers, {} of {} free",
        booted.client.endpoint(),
        table::bytes(booted.ready.memory_free_bytes),
        table::bytes(booted.ready.memory_total_bytes)
    ));

    let process = booted.vm.process();
    let kill = move || {
        // Gone already, or ours to end: there is no third.
        let _ = process.kill();
    };
    let served = interrupt.during(kill, || {
        let function = offload(&mut booted, &mut progress, &mut times)?;
        drop(progress);
        times.total = microseconds(begun.elapsed());
        let correct = function.correct;
        let report = Report::new(arguments, &machine, &built, &booted, function, times);
        print(arguments, printer, &report)?;
        if !correct {
            return Err(Failure::new(format!("the answer is wrong: {} is expected", example::EXPECTED)));
        }
        if arguments.once { Ok(()) } else { keep_up(booted.vm.as_mut(), printer, interrupt) }
    });
    booted.vm.stop()?;
    served
}

/// Prerequisites, image, accelerator: everything before the boot.
fn prepare(
    arguments: &ProvisionArguments,
    printer: &Printer,
    interrupt: &Interrupt,
    progress: &mut Progress,
    times: &mut StepTimes,
) -> Result<(Machine, Built), Failure> {
    let source_root = places::source_root(arguments.machine.places.source.as_deref())?;
    progress.start("prerequisites");
    let qemu = images::require_for_machine(&arguments.machine, &source_root, arguments.no_setup, printer)?;
    let version = format!("QEMU {}.{}.{}", qemu.version().major, qemu.version().minor, qemu.version().micro);
    times.prerequisites = microseconds(progress.finish(&format!("all there, {version}")));

    let image_begun = Instant::now();
    let built = images::obtain(&source_root, &arguments.machine, interrupt, progress)?;
    let Built { image, reused } = &built;
    let took = image_begun.elapsed();
    let origin = if *reused { "reused" } else { "built" };
    let outcome = format!("{} {}, {}, {origin}", image.flavour, image.id, table::bytes(image.size_bytes()));
    progress.record("image", &outcome, took);
    times.image = microseconds(took);

    progress.start("accelerator");
    let (memory, state_dir) = (arguments.machine.memory, arguments.machine.places.state_dir.as_deref());
    let accelerator = machine::resolve(arguments.machine.accelerator, &qemu, image, memory, state_dir)?;
    let remembered = if accelerator.remembered { " (remembered)" } else { "" };
    let resolved = format!("{}: {}{remembered}", accelerator.accelerator, accelerator.reason);
    times.accelerator = microseconds(progress.finish(&resolved));
    interrupt.check()?;

    let state_dir = places::state_dir(state_dir)?;
    let machine = Machine { qemu, image: image.clone(), accelerator, arguments: arguments.machine.clone(), state_dir };
    Ok((machine, built))
}

/// Runs the example function and judges its answer.
fn offload(booted: &mut Booted, progress: &mut Progress, times: &mut StepTimes) -> Result<FunctionReport, Failure> {
    progress.start("function");
    let request = example::request()?;
    let answer = match booted.client.execute_sync(&request) {
        Ok(answer) => answer.value,
        Err(error) => return Err(booted.explain(error.into())),
    };
    let result = example::result(booted.client.endpoint(), &answer)
        .map_err(|reason| Failure::new(format!("the function {} failed: {reason}", example::NAME)))?;
    times.first_call = microseconds(progress.finish(&format!("{} = {result}", example::call_text())));
    Ok(FunctionReport::new(result))
}

fn print(arguments: &ProvisionArguments, printer: &Printer, report: &Report) -> Result<(), Failure> {
    if arguments.json {
        printer.json_result(report)?;
    } else {
        let request = example::request()?;
        printer.result(&report.render(arguments.timings, (!arguments.once).then_some(&request)))?;
    }
    Ok(())
}

/// Waits for the machine's end: after a signal it was ended, else it ended by itself, which is a failure.
fn keep_up(vm: &mut dyn MicroVm, printer: &Printer, interrupt: &Interrupt) -> Result<(), Failure> {
    printer.info("the runtime is up; Ctrl-C stops it");
    loop {
        let Some(exit) = vm.wait(LOOK)? else { continue };
        return if interrupt.signal().is_some() {
            Ok(())
        } else {
            Err(Failure::new(format!("the microVM ended by itself: {exit}")))
        };
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
