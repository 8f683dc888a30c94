//! The front end for Python: source to a callable function, parameters as JSON or pickles, and results in the same form.

use crate::executable::{BoundCall, CallContext, Executable, Parameters};
use crate::{Failure, FailureKind, RandomSource, RequestError, Success};
use skerry_pickle::{Data, Limits as DataLimits, PROTOCOLS, PickleError, decode_pickle, from_json};
use skerry_python::{Call, Function, Interpreters, ResultForm};
use std::sync::{Arc, Mutex, PoisonError};

/// The first byte of a pickle of protocol 2 or later; JSON text never begins with it.
const PICKLE_START: u8 = 0x80;

/// The interpreters, started when wanted.
pub(crate) struct Python {
    random: RandomSource,
    interpreters: Mutex<Option<Arc<Interpreters>>>,
}

impl Python {
    pub(crate) const fn new(random: RandomSource) -> Self {
        Self { random, interpreters: Mutex::new(None) }
    }

    /// Starts the interpreters. If there is no memory for them now, the first call tries again.
    pub(crate) fn warm_up(&self) {
        let _ = self.interpreters();
    }

    fn interpreters(&self) -> Result<Arc<Interpreters>, RequestError> {
        let mut interpreters = self.interpreters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = &*interpreters {
            return Ok(Arc::clone(started));
        }
        let started = Interpreters::start(self.random).map_err(|_| RequestError::NoMemory)?;
        Ok(Arc::clone(interpreters.insert(Arc::new(started))))
    }

    /// Compiles a function.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unusable`] with what is wrong with the source.
    pub(crate) fn compile(&self, source: &[u8]) -> Result<PythonFunction, RequestError> {
        let function = skerry_python::compile(source).map_err(RequestError::unusable)?;
        Ok(PythonFunction { function: Arc::new(function), interpreters: self.interpreters()? })
    }
}

/// A function that is ready to be called.
pub(crate) struct PythonFunction {
    function: Arc<Function>,
    interpreters: Arc<Interpreters>,
}

impl Executable for PythonFunction {
    fn size_bytes(&self) -> usize {
        self.function.size_bytes()
    }

    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError> {
        let (params, form) = read_all(parameters.raw)?;
        Ok(Box::new(PythonCall { function: self, params, form }))
    }
}

/// Decodes all parameters; they decide the form of the result. Without parameters it is JSON.
fn read_all(raw: &[Vec<u8>]) -> Result<(Vec<Data>, ResultForm), RequestError> {
    let mut params = Vec::with_capacity(raw.len());
    let mut form = ResultForm::Json;
    for (index, bytes) in raw.iter().enumerate() {
        let is_pickle = bytes.first() == Some(&PICKLE_START);
        let limits = DataLimits::default();
        let decoded = if is_pickle { decode_pickle(bytes, limits) } else { from_json(bytes, limits) };
        params.push(decoded.map_err(|error| refused(index, &error))?);
        if let (true, Some(protocol)) = (is_pickle, bytes.get(1)) {
            let protocol = (*protocol).clamp(*PROTOCOLS.start(), *PROTOCOLS.end());
            form = match form {
                ResultForm::Pickle(highest) => ResultForm::Pickle(highest.max(protocol)),
                ResultForm::Json => ResultForm::Pickle(protocol),
            };
        }
    }
    Ok((params, form))
}

fn refused(index: usize, error: &PickleError) -> RequestError {
    match error {
        PickleError::Code { .. } => RequestError::unusable(format!("params[{index}]: {error}")),
        _ => RequestError::BadParameter { field: format!("params[{index}]"), message: error.to_string() },
    }
}

struct PythonCall {
    function: Arc<PythonFunction>,
    params: Vec<Data>,
    form: ResultForm,
}

impl BoundCall for PythonCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let call = Call {
            function: Arc::clone(&self.function.function),
            params: self.params,
            form: self.form,
            memory_bytes: context.limits.memory_bytes,
            result_bytes: context.limits.result_bytes,
            log_bytes: context.limits.log_bytes,
        };
        let finished = self.function.interpreters.run(call, || context.check())?;
        if !finished.log.is_empty() {
            context.log.add(finished.log.as_bytes());
        }
        match finished.result {
            Ok(result) => Ok(Success { result: Some(result), outs: Vec::new() }),
            Err(failure) => Err(Failure::new(kind(failure.kind), failure.reason)),
        }
    }
}

fn kind(kind: skerry_python::FailureKind) -> FailureKind {
    use skerry_python::FailureKind as Kind;
    match kind {
        Kind::Exception => FailureKind::Exception,
        Kind::Recursion => FailureKind::Stack,
        Kind::Memory => FailureKind::Memory,
        Kind::Output => FailureKind::Output,
        Kind::Interrupted => FailureKind::Stopped,
        Kind::Interpreter => FailureKind::Trap,
    }
}
