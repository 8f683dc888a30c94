//! The `NATIVE` front end: functions that were compiled into the image, found by name. Nothing is compiled or cached here.

use crate::executable::{BoundCall, CallContext};
use crate::failures::of_result;
use crate::memory::with_room;
use crate::parameter_fields::{self, Field};
use crate::{Failure, FailureKind, RequestError, Success};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skerry_native::{Call, Function, Registry, Surroundings};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest piece of a name that a refusal repeats, in characters.
const QUOTE_CHARACTERS: usize = 80;

/// A native function with its parameters.
struct NativeCall {
    function: Arc<Function>,
    parameters: Vec<Vec<u8>>,
}

/// Finds the function that `code` names and gives it the parameters.
///
/// # Errors
///
/// [`RequestError::Unusable`] if there is none of that name, [`RequestError::BadParameter`] for a typed parameter that is
/// not well formed.
pub(crate) fn bind(registry: &Registry, code: &[u8], params: &[Vec<u8>]) -> Result<Box<dyn BoundCall>, RequestError> {
    let function = std::str::from_utf8(code).ok().and_then(|name| registry.get(name));
    let Some(function) = function else {
        let name: String = String::from_utf8_lossy(code).chars().take(QUOTE_CHARACTERS).collect();
        let known = registry.names().collect::<Vec<_>>().join(", ");
        return Err(RequestError::unusable(format!("there is no native function `{name}`; there are: {known}")));
    };
    let parameters = params.iter().enumerate().map(|(index, raw)| parameter(index, raw)).collect::<Result<_, _>>()?;
    Ok(Box::new(NativeCall { function: Arc::clone(function), parameters }))
}

/// A parameter as the function gets it: a typed one's value as text, anything else as it is.
fn parameter(index: usize, raw: &[u8]) -> Result<Vec<u8>, RequestError> {
    let fields = if raw.starts_with(b"{") { parameter_fields::read(raw).ok() } else { None };
    let Some(fields) = fields.filter(|fields| fields.type_name.text().is_ok() && fields.mode.text().is_ok()) else {
        let mut bytes = with_room(raw.len()).ok_or(RequestError::NoMemory)?;
        bytes.extend_from_slice(raw);
        return Ok(bytes);
    };
    if fields.mode.text() != Ok("IN") {
        let message = "is not IN: a native function gives its values as its result";
        return Err(RequestError::bad_parameter(index, "mode", message));
    }
    let Field::Text(base64) = &fields.value else {
        return Err(RequestError::bad_parameter(index, "value", "is missing or not a string"));
    };
    let mut bytes = with_room(base64::decoded_len_estimate(base64.len())).ok_or(RequestError::NoMemory)?;
    let decoded = STANDARD.decode_vec(base64.as_bytes(), &mut bytes);
    decoded.map_err(|error| RequestError::bad_parameter(index, "value", format!("is not base64: {error}")))?;
    Ok(bytes)
}

impl BoundCall for NativeCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let Self { function, parameters } = *self;
        let result = function(&mut Call::new(parameters, context));
        match result {
            Ok(Some(result)) if result.len() > context.limits.result_bytes => Err(of_result(context.limits)),
            Ok(result) => Ok(Success { result, outs: Vec::new() }),
            // A function that ends because its time is over says something else than why.
            Err(error) => {
                context.check().and_then(|()| Err(Failure::new(FailureKind::Exception, error.into_message())))
            }
        }
    }
}

impl Surroundings for CallContext<'_> {
    fn log(&mut self, message: &str) {
        self.log.add(message.as_bytes());
    }

    fn is_over(&self) -> bool {
        self.check().is_err()
    }

    fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn memory_limit_bytes(&self) -> usize {
        self.limits.memory_bytes
    }

    fn output_limit_bytes(&self) -> usize {
        self.limits.result_bytes
    }

    fn random(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        (self.random)(bytes)
    }
}
