//! `skerry runtime create|ls|get|update|rm|logs|call`: the provisioning engine from the command line.

mod show;

use std::thread;
use std::time::{Duration, Instant};

use skerry_api::provisioning::{
    Machine, RestartPolicy, RuntimeState, ServerlessRuntime, ServerlessRuntimeBody, SkerryOptions,
};

use crate::arguments::{
    OutputFormat, Restart, RuntimeCallArguments, RuntimeCommand, RuntimeCreateArguments, RuntimeGetArguments,
    RuntimeListArguments, RuntimeOptionArguments, RuntimeRemoveArguments, RuntimeUpdateArguments,
};
use crate::commands::call;
use crate::engine_client::{EngineClient, advise};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::printer::Printer;

/// How often a runtime that starts is asked for, at first and at most; the pause doubles in between.
const FIRST_POLL: Duration = Duration::from_millis(5);
const LAST_POLL: Duration = Duration::from_millis(500);
/// Runtimes of one page.
const PAGE: usize = 1000;

/// Runs one of the verbs.
///
/// # Errors
/// When the engine does not answer or refuses, or the runtime does not get there.
pub fn run(command: &RuntimeCommand, printer: &Printer) -> Result<ExitCode, Failure> {
    match command {
        RuntimeCommand::Create(arguments) => create(arguments, printer),
        RuntimeCommand::Ls(arguments) => list(arguments, printer),
        RuntimeCommand::Get(arguments) => get(arguments, printer),
        RuntimeCommand::Update(arguments) => update(arguments, printer),
        RuntimeCommand::Rm(arguments) => remove(arguments, printer),
        RuntimeCommand::Logs(arguments) => {
            let text = EngineClient::new(&arguments.client)?.log(arguments.id, arguments.lines).map_err(advise)?;
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            printer.result(&(text + end))?;
            Ok(ExitCode::Success)
        }
        RuntimeCommand::Call(arguments) => call_function(arguments, printer),
    }
}

fn create(arguments: &RuntimeCreateArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    let mut wanted = wanted(&arguments.options);
    wanted.faas.flavour = Some(arguments.flavour.clone());
    let mut runtime = client.create(wanted, arguments.idempotency_key.as_deref()).map_err(advise)?;
    if !arguments.detach {
        runtime = wait(&client, runtime, Duration::from_secs(arguments.timeout))?;
    }
    show_one(&runtime, arguments.output, printer)
}

/// Waits until a runtime is on its way to no other state.
fn wait(
    client: &EngineClient,
    mut runtime: ServerlessRuntime,
    timeout: Duration,
) -> Result<ServerlessRuntime, Failure> {
    let begun = Instant::now();
    let mut pause = FIRST_POLL;
    let id = runtime.id.unwrap_or_default();
    loop {
        match runtime.faas.state {
            Some(RuntimeState::Error) => {
                let reason = runtime.faas.error.unwrap_or_default();
                return Err(Failure::new(format!("runtime {id} does not run: {reason}")).hint(format!(
                    "`skerry runtime get {id}` shows its history, `skerry runtime rm {id}` deletes it"
                )));
            }
            Some(state) if !state.is_transient() => return Ok(runtime),
            _ => {}
        }
        if begun.elapsed() > timeout {
            return Err(Failure::new(format!("runtime {id} does not run after {} s", timeout.as_secs()))
                .hint(format!("it goes on starting: `skerry runtime get {id}`")));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_POLL);
        runtime = client.get(id).map_err(advise)?;
    }
}

fn list(arguments: &RuntimeListArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    let filters = [("state", &arguments.state), ("flavour", &arguments.flavour), ("name", &arguments.name)];
    let filters: String = filters
        .iter()
        .filter_map(|(name, value)| Some(format!("&{name}={}", percent_encoded(value.as_ref()?))))
        .collect();
    let mut runtimes: Vec<ServerlessRuntimeBody> = Vec::new();
    let mut after = None;
    loop {
        let from = after.map(|after: u64| format!("&after={after}")).unwrap_or_default();
        let page = client.list(&format!("limit={PAGE}{filters}{from}")).map_err(advise)?;
        runtimes.extend(page.serverless_runtimes);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    match arguments.output {
        OutputFormat::Json => printer.json_result(&runtimes)?,
        OutputFormat::Table if printer.is_quiet() => {
            let ids = runtimes.iter().filter_map(|body| body.serverless_runtime.id);
            printer.result(&ids.map(|id| format!("{id}\n")).collect::<String>())?;
        }
        OutputFormat::Table => printer.result(&show::list(runtimes.iter().map(|body| &body.serverless_runtime)))?,
    }
    Ok(ExitCode::Success)
}

fn get(arguments: &RuntimeGetArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    let runtime = client.get(arguments.id).map_err(advise)?;
    if arguments.output == OutputFormat::Json {
        return show_one(&runtime, arguments.output, printer);
    }
    let history = client.history(arguments.id).map_err(advise)?;
    printer.result(&(show::one(&runtime) + "\n" + &show::history(&history)))?;
    Ok(ExitCode::Success)
}

fn update(arguments: &RuntimeUpdateArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    // The flavour is required by the schema, and cannot change.
    let before = client.get(arguments.id).map_err(advise)?;
    let mut wanted = wanted(&arguments.options);
    wanted.faas.flavour = before.faas.flavour;
    let runtime = client.update(arguments.id, wanted).map_err(advise)?;
    show_one(&wait(&client, runtime, Duration::from_secs(60))?, arguments.output, printer)
}

fn remove(arguments: &RuntimeRemoveArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    let mut last_failure = None;
    for id in &arguments.ids {
        match client.delete(*id).map_err(advise) {
            Ok(()) => printer.result(&format!("{id}\n"))?,
            Err(failure) => {
                // The others are deleted all the same; the last failure decides on the exit code.
                if let Some(earlier) = last_failure.replace(failure) {
                    printer.failure(&earlier);
                }
            }
        }
    }
    last_failure.map_or(Ok(ExitCode::Success), Err)
}

fn call_function(arguments: &RuntimeCallArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let client = EngineClient::new(&arguments.client)?;
    let endpoint = format!("{}/r/{}", client.url(), arguments.id);
    call::run_at(&endpoint, &arguments.function, client.authorization(), printer)
}

/// What the options ask for.
fn wanted(options: &RuntimeOptionArguments) -> ServerlessRuntime {
    let restart = options.restart.map(|restart| match restart {
        Restart::Always => RestartPolicy::Always,
        Restart::OnFailure => RestartPolicy::OnFailure,
        Restart::Never => RestartPolicy::Never,
    });
    let skerry = SkerryOptions {
        public: options.public,
        restart,
        idle_timeout_s: options.idle_timeout,
        concurrency: options.concurrency,
        ..SkerryOptions::default()
    };
    ServerlessRuntime {
        name: options.name.clone(),
        faas: Machine { cpu: options.cpu, memory_mb: options.memory.map(|memory| memory.mib()), ..Machine::default() },
        skerry: (skerry != SkerryOptions::default()).then_some(skerry),
        ..ServerlessRuntime::default()
    }
}

fn show_one(runtime: &ServerlessRuntime, output: OutputFormat, printer: &Printer) -> Result<ExitCode, Failure> {
    match output {
        OutputFormat::Json => {
            printer.json_result(&ServerlessRuntimeBody { serverless_runtime: runtime.clone() })?;
        }
        OutputFormat::Table if printer.is_quiet() => {
            printer.result(&format!("{}\n", runtime.id.unwrap_or_default()))?;
        }
        OutputFormat::Table => printer.result(&show::one(runtime))?,
    }
    Ok(ExitCode::Success)
}

/// A query's value (RFC 3986, section 2.1).
fn percent_encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_querys_value_cannot_become_another_parameter() {
        assert_eq!(percent_encoded("a b&c=\u{e4}"), "a%20b%26c%3D%C3%A4");
        assert_eq!(percent_encoded("sums-1.2_~"), "sums-1.2_~");
    }
}
