//! The crate's public face: from a request to a call that is ready to run, and from that to its outcome.

use crate::cache::Cache;
use crate::compiled::Compiled;
use crate::executable::{BoundCall, CallContext, Executable, Parameters};
#[cfg(feature = "jit")]
use crate::jit::Compiler;
use crate::sandbox::{Log, MemoryPool};
use crate::{
    CacheLimits, CacheStatistics, CallOptions, Lang, Limits, Outcome, RequestError, StopFlag, native, parameter, wasm,
};
use skerry_native::Registry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Languages that this build runs.
const LANGUAGES: &[Lang] = &[
    #[cfg(feature = "c")]
    Lang::C,
    Lang::Wasm,
    #[cfg(feature = "python")]
    Lang::Python,
];

/// Parameters of no more than this are read without waiting for another thread that reads or compiles, in bytes.
const SMALL_PARAMETERS_BYTES: usize = 16 * 1024;

/// Native stack that a function's own nested calls may use, in bytes, on top of what running any call needs. None for
/// the interpreter, whose calls nest on a stack of its own.
pub const CALL_STACK_BYTES: usize = {
    #[cfg(feature = "jit")]
    {
        crate::jit::STACK_BYTES
    }
    #[cfg(not(feature = "jit"))]
    {
        0
    }
};

/// Fills a slice with cryptographically secure random bytes, or fails because the machine has none.
pub type RandomSource = fn(&mut [u8]) -> io::Result<()>;

/// Runs functions, each call in a sandbox of its own. Shared between threads by reference.
pub struct Executors {
    limits: Limits,
    cache: Cache,
    memory: Arc<MemoryPool>,
    random: RandomSource,
    natives: Registry,
    languages: Vec<Lang>,
    /// `None`: everything is interpreted.
    #[cfg(feature = "jit")]
    compiler: Option<Compiler>,
    /// Held by whoever compiles or reads much: that takes many times the memory of what is read, for which a small machine
    /// has room once but not once per thread.
    preparing: Mutex<()>,
    #[cfg(feature = "python")]
    python: crate::python::Python,
}

/// A call that is checked and ready for [`Executors::run`].
pub struct PreparedCall {
    call: Box<dyn BoundCall>,
    /// The runtime's, lowered as the request wants it.
    limits: Limits,
}

impl Executors {
    /// Executors for all languages of this build, with an empty cache. Functions get their random bytes from `random`.
    pub fn new(limits: Limits, cache: CacheLimits, random: RandomSource) -> Self {
        let memory = Arc::new(MemoryPool::new(limits.memory_all_calls_bytes));
        Self {
            #[cfg(feature = "jit")]
            compiler: Compiler::new(&limits),
            limits,
            cache: Cache::new(cache),
            memory,
            random,
            natives: Registry::default(),
            languages: LANGUAGES.to_vec(),
            preparing: Mutex::new(()),
            #[cfg(feature = "python")]
            python: crate::python::Python::new(random),
        }
    }

    /// The same with native functions.
    #[must_use]
    pub fn with_natives(mut self, natives: Registry) -> Self {
        if natives.names().len() > 0 {
            self.languages.push(Lang::Native);
        }
        self.natives = natives;
        self
    }

    /// Starts beside everything else what takes its time to start, so that a first call finds it there. A runtime calls
    /// this once it serves.
    pub fn warm_up(&self) {
        #[cfg(feature = "python")]
        self.python.warm_up();
    }

    /// The native functions that can be called, by name.
    pub fn natives(&self) -> impl Iterator<Item = &'static str> {
        self.natives.names()
    }

    /// The languages that run here, in the order of [`Lang::ALL`].
    pub fn languages(&self) -> &[Lang] {
        &self.languages
    }

    /// What the cache of compiled functions holds, and how often it was of use.
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.cache.statistics()
    }

    /// Checks all that can be checked before running: compiles `code` unless that was done lately, reads `params` and
    /// fits them to the function.
    ///
    /// `code` and each of `params` are what the request's base64 holds: source text, a module or a name, and JSON in the
    /// form of `skerry_api::faas::Parameter`. Calls that were prepared count no memory until they run.
    ///
    /// # Errors
    ///
    /// [`RequestError`], with nothing changed: the language comes first, then limits that are none, parameters that are
    /// not well formed, the code, and last whether they fit.
    pub fn prepare(
        &self,
        lang: Lang,
        code: &[u8],
        params: &[Vec<u8>],
        options: &CallOptions,
    ) -> Result<PreparedCall, RequestError> {
        // Before the parameters, since other languages have other forms of parameters.
        if !self.languages.contains(&lang) {
            return Err(RequestError::LanguageNotHere { lang });
        }
        let limits = options.lower(&self.limits)?;
        let is_small = params.iter().map(Vec::len).sum::<usize>() <= SMALL_PARAMETERS_BYTES;
        let mut reading = (!is_small).then(|| self.one_at_a_time());
        if lang == Lang::Native {
            return Ok(PreparedCall { call: native::bind(&self.natives, code, params)?, limits });
        }
        let typed = match lang {
            Lang::C | Lang::Wasm => parameter::read_all(params, limits.memory_bytes)?,
            Lang::Python | Lang::Native => Vec::new(),
        };
        let executable = match self.cache.get(lang, code) {
            Some(executable) => executable,
            None => {
                let _compiling = reading.take().unwrap_or_else(|| self.one_at_a_time());
                // Whoever compiled before may have compiled just this.
                match self.cache.get(lang, code) {
                    Some(executable) => executable,
                    None => self.compile(lang, code)?,
                }
            }
        };
        let call = executable.bind(Parameters { raw: params, typed })?;
        Ok(PreparedCall { call, limits })
    }

    /// Runs a call to its end or to a limit.
    ///
    /// Any thread may set `stop` to abandon the call, which then ends within milliseconds. The calling thread is busy
    /// all the while, but yields every few milliseconds. Of its stack, the function's own nested calls use
    /// [`CALL_STACK_BYTES`] at most.
    pub fn run(&self, call: PreparedCall, stop: &StopFlag) -> Outcome {
        let started = Instant::now();
        let PreparedCall { call, limits } = call;
        let mut context = CallContext {
            limits: &limits,
            pool: &self.memory,
            random: self.random,
            stop,
            deadline: started.checked_add(limits.time),
            log: Log::new(limits.log_bytes),
        };
        // A call that was abandoned while it waited does not even begin.
        let result = context.check().and_then(|()| call.run(&mut context));
        Outcome { result, log: context.log.into_text(), duration: started.elapsed() }
    }

    fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.preparing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, lang: Lang, code: &[u8]) -> Result<Arc<dyn Executable>, RequestError> {
        self.cache.count_miss(lang);
        let (size_bytes, most_bytes) = (code.len(), self.limits.code_bytes);
        if size_bytes > most_bytes {
            let message = format!("the code has {size_bytes} bytes; this runtime takes at most {most_bytes}");
            return Err(RequestError::unusable(message));
        }
        let executable: Arc<dyn Executable> = match lang {
            #[cfg(feature = "c")]
            Lang::C => self.finish(crate::c::compile(code, &self.limits)?),
            Lang::Wasm => self.finish(wasm::compile(code, &self.limits)?),
            #[cfg(feature = "python")]
            Lang::Python => Arc::new(self.python.compile(code)?),
            #[allow(unreachable_patterns, reason = "which languages are left depends on the features")]
            _ => return Err(RequestError::LanguageNotHere { lang }),
        };
        self.cache.insert(lang, code, &executable);
        Ok(executable)
    }

    /// What a front end has made of a module, as the engine of this build runs it.
    fn finish(&self, compiled: Compiled) -> Arc<dyn Executable> {
        #[cfg(feature = "jit")]
        if let Some(compiler) = &self.compiler {
            return compiler.compile(compiled);
        }
        Arc::new(compiled)
    }
}
