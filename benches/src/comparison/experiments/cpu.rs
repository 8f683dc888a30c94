//! Ten kernels that compute, the same source everywhere, timed by the client. A result that differs is a failure.

use std::collections::HashMap;
use std::time::Instant;

use super::{Course, measured_languages, milliseconds};
use crate::comparison::asking::{self, Asking};
use crate::comparison::record::Series;
use crate::comparison::workload::Call;
use crate::functions::{KERNELS, Kernel};

/// Results by kernel and language: whoever is first says what is right, the others are compared with it.
type Results = HashMap<(&'static str, &'static str), f64>;

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    let mut results = Results::new();
    course.each(course.kinds(), |course, contender| {
        contender.settle()?;
        let started = asking::start(contender, course.interruption)?;
        for language in measured_languages(contender) {
            for kernel in &KERNELS {
                course.interruption.check()?;
                match times(&started.asking, kernel, language, course.plan.kernel_calls, &mut results) {
                    Ok(times_ms) => course.keep(
                        Series::new("cpu", contender.name(), "kernel_time", "ms")
                            .with("kernel", kernel.name)
                            .with("language", language)
                            .samples(times_ms),
                    ),
                    Err(error) => course.fail(contender, &error.context(format!("{} in {language}", kernel.name))),
                }
            }
        }
        started.instance.stop()
    })
}

/// Times of calls; the first one, which compiles, is none of them.
fn times(
    asking: &Asking,
    kernel: &Kernel,
    language: &'static str,
    calls: usize,
    results: &mut Results,
) -> anyhow::Result<Vec<f64>> {
    let (code, size) = match language {
        "PY" => (kernel.python, kernel.python_size),
        _ => (kernel.c, kernel.size),
    };
    let key = (kernel.name, language);
    let call = match results.get(&key) {
        Some(result) => Call::kernel(kernel.name, language, code, size, *result),
        None => {
            let call = Call::kernel(kernel.name, language, code, size, f64::NAN);
            let result = asking.number(&call)?;
            results.insert(key, result);
            Call::kernel(kernel.name, language, code, size, result)
        }
    };
    asking.ask(&call)?;
    let mut times_ms = Vec::new();
    for _ in 0..calls {
        let asked = Instant::now();
        asking.ask(&call)?;
        times_ms.push(milliseconds(asked.elapsed()));
    }
    Ok(times_ms)
}
