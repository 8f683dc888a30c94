//! `skerry engine`: finds what the provisioning engine needs, and serves until a signal.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use skerry_engine::settings::{Settings, SettingsLayer, commented_file};
use skerry_engine::{ADMINISTRATOR, Engine, EngineSetup, FlavourImage, PASSWORD_VARIABLE};
use skerry_image::{Flavour, Image};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::arguments::{EngineArguments, EngineCommand, LogFormat, MachineArguments};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::images;
use crate::interrupt::Interrupt;
use crate::machine;
use crate::memory_size::MemorySize;
use crate::places;
use crate::printer::Printer;

/// The settings file that is read without being named.
const USUAL_FILE: &str = "/etc/skerry/provisioning-engine.conf";
/// Longest password that is read from stdin.
const MOST_PASSWORD_BYTES: u64 = 4096;

/// Serves, or does what the subcommand says.
///
/// # Errors
/// When settings are wrong, something is missing, or the engine does not start.
pub fn run(arguments: &EngineArguments, format: LogFormat, printer: &Printer) -> Result<ExitCode, Failure> {
    match arguments.command {
        Some(EngineCommand::PrintConfig) => {
            printer.result(&commented_file(&places::data_dir()))?;
            Ok(ExitCode::Success)
        }
        Some(EngineCommand::HashPassword) => hash_password(printer),
        None => serve(arguments, format, printer),
    }
}

fn hash_password(printer: &Printer) -> Result<ExitCode, Failure> {
    let mut password = String::new();
    io::stdin()
        .take(MOST_PASSWORD_BYTES)
        .read_to_string(&mut password)
        .context("cannot read the password from stdin")?;
    let password = password.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(Failure::usage("the password on stdin is empty"));
    }
    let hash =
        skerry_engine::hash_password(password).map_err(|reason| Failure::new(format!("cannot hash: {reason}")))?;
    printer.result(&format!("{hash}\n"))?;
    Ok(ExitCode::Success)
}

fn serve(arguments: &EngineArguments, format: LogFormat, printer: &Printer) -> Result<ExitCode, Failure> {
    let settings = settings(arguments)?;
    let interrupt = Interrupt::watch()?;
    let prepared = prepare(arguments, settings, printer, &interrupt);
    if let Some(exit_code) = interrupt.exit_code() {
        return Ok(exit_code);
    }
    let setup = prepared?;
    start_log(format, printer);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads that serve")?;
    runtime.block_on(serve_until_signal(setup, printer, &interrupt))
}

/// Flags and environment over the file.
fn settings(arguments: &EngineArguments) -> Result<Settings, Failure> {
    let file = match &arguments.config {
        Some(path) => SettingsLayer::read(path).map_err(|error| Failure::usage(error_chain(&error)))?,
        None if Path::new(USUAL_FILE).is_file() => {
            SettingsLayer::read(Path::new(USUAL_FILE)).map_err(|error| Failure::usage(error_chain(&error)))?
        }
        None => SettingsLayer::default(),
    };
    let mut settings =
        arguments.settings.clone().over(file).complete(&places::data_dir()).map_err(|error| Failure::usage(&error))?;
    settings.data_dir = std::path::absolute(&settings.data_dir).context("cannot tell the current directory")?;
    Ok(settings)
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

/// Prerequisites, images and accelerator.
fn prepare(
    arguments: &EngineArguments,
    settings: Settings,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<EngineSetup, Failure> {
    let source_root = places::source_root(arguments.places.source.as_deref())?;
    let machine_arguments = MachineArguments {
        flavour: Flavour::default(),
        image: arguments.image.clone(),
        cpu: 1,
        memory: MemorySize::from_mib(settings.default_memory_mib),
        accelerator: arguments.accelerator,
        boot_options: Vec::new(),
        places: arguments.places.clone(),
    };
    let qemu = images::require_for_machine(&machine_arguments, &source_root, arguments.no_setup, printer)?;
    let image = image(&source_root, &machine_arguments, interrupt, printer)?;
    let state_dir = arguments.places.state_dir.as_deref();
    let resolved = machine::resolve(arguments.accelerator, &qemu, &image, machine_arguments.memory, state_dir)?;
    printer.info(&format!("accelerator {}: {}", resolved.accelerator, resolved.reason));
    let mut flavours = BTreeMap::from([flavour_image(&image)]);
    for image in further_images(&source_root, &settings, &machine_arguments, interrupt, printer)? {
        flavours.extend([flavour_image(&image)]);
    }
    Ok(EngineSetup {
        settings,
        qemu,
        accelerator: resolved.accelerator,
        flavours,
        state_dir: places::state_dir(state_dir)?,
    })
}

/// The images of the other flavours: built where alias or pool name one, as it was last built otherwise.
fn further_images(
    source_root: &Path,
    settings: &Settings,
    machine_arguments: &MachineArguments,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<Vec<Image>, Failure> {
    let mut found = Vec::new();
    for flavour in Flavour::ALL.into_iter().filter(|flavour| *flavour != machine_arguments.flavour) {
        let is_named = settings.alias.values().chain(settings.pool.keys()).any(|name| name == flavour.name());
        if is_named {
            found.push(images::build(source_root, flavour, None, interrupt, &mut printer.progress(0))?.image);
        } else {
            found.extend(images::newest(source_root, flavour));
        }
    }
    Ok(found)
}

fn flavour_image(image: &Image) -> (String, FlavourImage) {
    let files = FlavourImage {
        loader: image.loader.clone(),
        unikernel: image.unikernel.clone(),
        id: image.id.clone(),
        usual_memory_mib: image.flavour.usual_memory_mib(),
    };
    (image.flavour.name().to_owned(), files)
}

fn image(
    source_root: &Path,
    machine_arguments: &MachineArguments,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<Image, Failure> {
    let mut progress = printer.progress(0);
    Ok(images::obtain(source_root, machine_arguments, interrupt, &mut progress)?.image)
}

/// Log lines on stderr. `SKERRY_LOG` takes the directives of tracing-subscriber's `EnvFilter`.
fn start_log(format: LogFormat, printer: &Printer) {
    let level = if printer.is_quiet() { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env("SKERRY_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    // A second log in one process there never is.
    let _ = match format {
        LogFormat::Text => log.with_ansi(printer.has_colours()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

async fn serve_until_signal(setup: EngineSetup, printer: &Printer, earlier: &Interrupt) -> Result<ExitCode, Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot catch SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot catch SIGINT")?;
    // One that came before these two were listened for is no less a signal.
    if let Some(exit_code) = earlier.exit_code() {
        return Ok(exit_code);
    }
    let begun = std::time::Instant::now();
    let storage: PathBuf = setup.settings.data_dir.clone();
    let engine = Engine::start(setup).await?;
    if let Some(password) = &engine.new_password {
        printer.result(&format!(
            "user {ADMINISTRATOR}, password {password}\n(shown this once; {PASSWORD_VARIABLE} sets another)\n"
        ))?;
    }
    tracing::info!(
        address = %engine.address,
        runtimes = engine.recovered.runtimes,
        adopted = engine.recovered.adopted,
        ended = engine.recovered.ended,
        took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "the engine serves"
    );
    printer.info(&format!("{} serves; data in {}; Ctrl-C stops it", engine.base_url(), storage.display()));
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: no new requests; a second signal ends at once");
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            std::process::exit(ExitCode::Terminated.code().into());
        });
    };
    match engine.serve(stop).await {
        0 => printer.info("stopped; no machine is left running"),
        left => printer.info(&format!(
            "stopped; machines that go on without the engine: {left}; its next start takes them over \
             (--keep-machines=false ends them instead)"
        )),
    }
    Ok(ExitCode::Success)
}
