//! `skerry call`: offloads a function from a file to a running runtime and prints its result.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use skerry_api::faas::{ExecuteAnswer, ExecuteRequest, TaskState};

use crate::arguments::{CallArguments, FunctionArguments, Language};
use crate::c_function::CFunctionError;
use crate::exit_code::ExitCode;
use crate::faas_client::{self, Answer, ClientError, FaasClient};
use crate::failure::{Failure, OrHint};
use crate::printer::Printer;
use crate::{c_function, python_function, wasm_function};

/// The largest function that is read: a runtime's default limit for a request, base64 already taken off.
const MOST_FUNCTION_BYTES: u64 = 12 * 1024 * 1024;

/// How often a task's status is asked at first, and at most; the pause doubles in between.
const FIRST_POLL: Duration = Duration::from_millis(2);
const LAST_POLL: Duration = Duration::from_millis(500);

/// Offloads the function.
///
/// # Errors
/// When the request cannot be made, is refused, or gets no answer. A function that fails is reported and ends with 1.
pub fn run(arguments: &CallArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    run_at(&arguments.endpoint, &arguments.function, None, printer)
}

/// As [`run`], for a runtime behind an engine's gateway that asks for credentials.
///
/// # Errors
/// As [`run`].
pub fn run_at(
    endpoint: &str,
    arguments: &FunctionArguments,
    authorization: Option<&str>,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let timeout = Duration::from_secs(arguments.timeout);
    let client = FaasClient::new(endpoint, timeout).map_err(|error| Failure::usage(&error))?;
    let client = client.with_authorization(authorization);
    let request = ExecuteRequest {
        timeout_ms: arguments.timeout_ms,
        memory_mib: arguments.memory_mib,
        max_output_bytes: arguments.max_output_bytes,
        log: arguments.log,
        ..request(arguments)?
    };
    let answer = if arguments.asynchronous {
        execute_async(&client, &request, timeout)
    } else {
        client.execute_sync(&request).map_err(Failure::from)
    };
    let answer = answer.map_err(|failure| advise(failure, client.endpoint()))?;
    report(arguments, printer, client.endpoint(), &answer)
}

fn request(arguments: &FunctionArguments) -> Result<ExecuteRequest, Failure> {
    let wanted = arguments.name.as_deref();
    let file = || arguments.file.as_deref().ok_or_else(|| Failure::usage("--file is missing: it has the function"));
    match arguments.lang {
        Language::C => {
            let file = file()?;
            let source = String::from_utf8(read(file)?)
                .with_context(|| format!("{} is not UTF-8 text", file.display()))
                .or_hint("C source is text; for a WebAssembly module give --lang WASM")?;
            c_function::request(&source, wanted, &arguments.arguments).map_err(|error| match error {
                CFunctionError::Compile(errors) => {
                    let name = if file == Path::new("-") { "<stdin>".into() } else { file.to_string_lossy() };
                    Failure::new(format!("the C source does not compile\n{}", errors.display(&name)))
                }
                error => error.into(),
            })
        }
        Language::Python => {
            let file = file()?;
            let source = String::from_utf8(read(file)?)
                .with_context(|| format!("{} is not UTF-8 text", file.display()))
                .or_hint("Python source is text in UTF-8")?;
            Ok(python_function::request(&source, wanted, &arguments.arguments)?)
        }
        Language::Wasm => Ok(wasm_function::request(&read(file()?)?, wanted, &arguments.arguments)?),
        Language::Native => native_request(wanted, arguments),
    }
}

/// A native function is there already: its name is sent, and the arguments as they are.
fn native_request(wanted: Option<&str>, arguments: &FunctionArguments) -> Result<ExecuteRequest, Failure> {
    let name = wanted.ok_or_else(|| Failure::usage("--fn is missing: the name of the native function"))?;
    if arguments.file.is_some() {
        return Err(Failure::usage("--file is not for NATIVE: the function is in the image already"));
    }
    Ok(ExecuteRequest {
        lang: "NATIVE".to_owned(),
        fc: BASE64_STANDARD.encode(name),
        params: arguments.arguments.iter().map(|argument| BASE64_STANDARD.encode(argument)).collect(),
        ..ExecuteRequest::default()
    })
}

/// Reads a function from a file, or from stdin for `-`.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
    let opened: io::Result<Box<dyn Read>> = if path == Path::new("-") {
        Ok(Box::new(io::stdin().lock()))
    } else {
        File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let mut function = Vec::new();
    opened
        .and_then(|file| file.take(MOST_FUNCTION_BYTES + 1).read_to_end(&mut function))
        .with_context(|| format!("cannot read {name}"))?;
    if function.len() as u64 > MOST_FUNCTION_BYTES {
        return Err(Failure::new(format!(
            "{name} is larger than {MOST_FUNCTION_BYTES} bytes, more than a runtime takes"
        )));
    }
    Ok(function)
}

/// Starts a task and asks for its status until it is done.
fn execute_async(
    client: &FaasClient,
    request: &ExecuteRequest,
    timeout: Duration,
) -> Result<Answer<ExecuteAnswer>, Failure> {
    let begun = Instant::now();
    let task = client.execute_async(request)?.value.faas_uuid;
    let mut pause = FIRST_POLL;
    while begun.elapsed() < timeout {
        let status = client.status(&task)?;
        if let (TaskState::Ready | TaskState::Failed, Some(value)) = (status.value.state, status.value.res) {
            return Ok(Answer { value, raw: status.raw });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_POLL);
    }
    let message = format!("task {task} is not done after {} s; it goes on in the runtime", timeout.as_secs());
    Err(Failure::new(message).hint(format!("ask again: curl {}/v1/faas/{task}/status", client.endpoint())))
}

fn advise(failure: Failure, endpoint: &str) -> Failure {
    match failure.error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused { status: 401, .. }) => failure.hint(
            "the runtime is not public; `skerry runtime call` sends credentials, and SKERRY_PASSWORD holds the password",
        ),
        Some(ClientError::NoAnswer { .. }) => failure.hint(format!(
            "is the runtime up? `skerry provision` starts one and prints its endpoint; asked was {endpoint}"
        )),
        _ => failure,
    }
}

fn report(
    arguments: &FunctionArguments,
    printer: &Printer,
    endpoint: &str,
    answer: &Answer<ExecuteAnswer>,
) -> Result<ExitCode, Failure> {
    if arguments.raw {
        printer.result(&format!("{}\n", answer.raw.trim_end()))?;
    }
    let value = &answer.value;
    if !arguments.raw {
        // A function may have printed anything; what it means to a terminal is none of its business.
        let lines = value.logs.iter().flatten();
        lines.for_each(|line| printer.info(&line.chars().map(harmless).collect::<String>()));
    }
    if value.ret_code != 0 {
        let reason = value.err.as_deref().unwrap_or("it gives no reason");
        return Err(Failure::new(format!("the function failed: {reason}")));
    }
    if !arguments.raw {
        printer.result(&result_text(endpoint, value)?)?;
    }
    Ok(ExitCode::Success)
}

fn harmless(character: char) -> char {
    if character.is_control() && character != '\t' { char::REPLACEMENT_CHARACTER } else { character }
}

/// The result on a line of its own; several OUT values as `name=value` each; nothing for a function without a result.
fn result_text(endpoint: &str, answer: &ExecuteAnswer) -> Result<String, ClientError> {
    let mut text = String::new();
    if answer.outs.len() > 1 {
        for out in &answer.outs {
            let value = faas_client::decode_text(endpoint, &out.value)?;
            text.push_str(&format!("{}={value}\n", out.var_name));
        }
    } else if let Some(result) = &answer.result {
        text.push_str(&faas_client::decode_text(endpoint, result)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use skerry_api::faas::OutValue;

    use super::*;

    fn answer(result: Option<&str>, outs: &[(&str, &str)]) -> ExecuteAnswer {
        ExecuteAnswer {
            result: result.map(str::to_owned),
            ret_code: 0,
            res: result.map(str::to_owned),
            err: None,
            outs: outs
                .iter()
                .map(|&(name, value)| OutValue { var_name: name.to_owned(), value: value.to_owned() })
                .collect(),
            logs: None,
        }
    }

    #[test]
    fn one_result_is_printed_alone_and_several_with_their_names() {
        assert_eq!(result_text("e", &answer(Some("Ny41"), &[("c", "Ny41")])).unwrap(), "7.5\n");
        assert_eq!(result_text("e", &answer(Some("NA=="), &[("q", "Mw=="), ("r", "NA==")])).unwrap(), "q=3\nr=4\n");
        assert_eq!(result_text("e", &answer(None, &[])).unwrap(), "");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let failure = read(Path::new("/nonexistent/f.c")).unwrap_err();
        assert_eq!(failure.error.to_string(), "cannot read /nonexistent/f.c");
    }
}
