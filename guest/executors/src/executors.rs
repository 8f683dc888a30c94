//! The crate's public face: from a request to a call that is ready to run, and from that to its outcome.

use crate::arguments::{self, Argument};
use crate::cache::Cache;
use crate::compiled::Compiled;
use crate::sandbox::MemoryPool;
use crate::{CacheLimits, Lang, Limits, Outcome, RequestError, parameter, run, wasm};
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// Languages that this build runs.
const LANGUAGES: &[Lang] = &[
    #[cfg(feature = "c")]
    Lang::C,
    Lang::Wasm,
];

/// Fills a slice with cryptographically secure random bytes, or fails because the machine has none.
pub type RandomSource = fn(&mut [u8]) -> io::Result<()>;

/// Runs functions, each call in a sandbox of its own. Shared between threads by reference.
pub struct Executors {
    limits: Limits,
    cache: Cache,
    memory: Arc<MemoryPool>,
    random: RandomSource,
    /// Held by whoever reads and compiles: that takes many times the memory of what is read, for which a small machine
    /// has room once but not once per thread.
    preparing: Mutex<()>,
}

/// A call that is checked and ready for [`Executors::run`].
pub struct PreparedCall {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) arguments: Vec<Argument>,
}

impl Executors {
    /// Executors for all languages of this build, with an empty cache. Functions get their random bytes from `random`.
    pub fn new(limits: Limits, cache: CacheLimits, random: RandomSource) -> Self {
        let memory = Arc::new(MemoryPool::new(limits.memory_all_calls_bytes));
        Self { limits, cache: Cache::new(cache), memory, random, preparing: Mutex::new(()) }
    }

    /// The languages that this build runs, in the order C, WASM.
    pub fn languages(&self) -> &[Lang] {
        LANGUAGES
    }

    /// Checks all that can be checked before running: compiles `code` unless that was done lately, reads `params` and
    /// fits them to the function.
    ///
    /// `code` and each of `params` are what the request's base64 holds: source text or a module, and JSON in the form
    /// of `skerry_api::faas::Parameter`. Calls that were prepared count no memory until they run.
    ///
    /// # Errors
    ///
    /// [`RequestError`], with nothing changed: the language comes first, then parameters that are not well formed, then
    /// the code, then whether they fit.
    pub fn prepare(&self, lang: Lang, code: &[u8], params: &[Vec<u8>]) -> Result<PreparedCall, RequestError> {
        // Before the parameters, since other languages have other forms of parameters.
        if !LANGUAGES.contains(&lang) {
            return Err(RequestError::LanguageNotHere { lang });
        }
        let _one_at_a_time = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        let parameters = parameter::read_all(params, self.limits.memory_bytes)?;
        let compiled = match self.cache.get(lang, code) {
            Some(compiled) => compiled,
            None => self.compile(lang, code)?,
        };
        let arguments = arguments::bind(&compiled.signature, parameters)?;
        Ok(PreparedCall { compiled, arguments })
    }

    /// Runs a call to its end or to a limit.
    ///
    /// Any thread may set `stop` to abandon the call, which then ends within milliseconds. The calling thread is busy
    /// all the while, but yields every few milliseconds. It needs no more native stack for one function than for
    /// another: calls nest on the interpreter's own stack.
    pub fn run(&self, call: PreparedCall, stop: &AtomicBool) -> Outcome {
        run::run(call, &self.limits, &self.memory, self.random, stop)
    }

    fn compile(&self, lang: Lang, code: &[u8]) -> Result<Arc<Compiled>, RequestError> {
        let (size_bytes, most_bytes) = (code.len(), self.limits.code_bytes);
        if size_bytes > most_bytes {
            let message = format!("the code has {size_bytes} bytes; this runtime takes at most {most_bytes}");
            return Err(RequestError::unusable(message));
        }
        let compiled = match lang {
            #[cfg(feature = "c")]
            Lang::C => crate::c::compile(code, &self.limits)?,
            Lang::Wasm => wasm::compile(code, &self.limits)?,
            _ => return Err(RequestError::LanguageNotHere { lang }),
        };
        let compiled = Arc::new(compiled);
        self.cache.insert(lang, code, &compiled);
        Ok(compiled)
    }
}
