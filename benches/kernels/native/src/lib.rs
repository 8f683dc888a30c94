//! The ten kernels of `benches/kernels` as native functions: `fib` is the one in Rust, `gcc_fib` the one in C as gcc -O2
//! compiles it, if it was there when the image was built.

mod kernels;

use skerry_native::{Call, Error, Registry};

/// Registers the functions. The image builder looks for this name.
pub fn functions(registry: &mut Registry) {
    macro_rules! add {
        ($($name:ident),*) => {
            $(registry.add(stringify!($name), |call: &mut Call<'_>| call_with_size(call, kernels::$name));)*
        };
    }
    add!(fib, matrix, nbody, mandelbrot, sha256, quicksort, strings, sieve, json, levenshtein);
    #[cfg(has_gcc)]
    gcc::add(registry);
}

/// The one parameter is how much work there is.
fn call_with_size(call: &Call<'_>, kernel: impl Fn(i32) -> f64) -> Result<f64, Error> {
    Ok(kernel(call.parse(0)?))
}

#[cfg(has_gcc)]
mod gcc {
    use skerry_native::{Call, Registry};
    use std::sync::{Mutex, PoisonError};

    /// Held during a call: kernels keep what they work on in globals.
    static TURN: Mutex<()> = Mutex::new(());

    macro_rules! kernels {
        ($($name:ident),*) => {
            unsafe extern "C" { $(fn $name(n: i32) -> f64;)* }

            pub(super) fn add(registry: &mut Registry) {
                $(registry.add(stringify!($name), |call: &mut Call<'_>| {
                    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
                    // SAFETY: `build.rs` has compiled it from a kernel, which has this type and takes sizes as the benchmark
                    // sends them; nobody else is in one.
                    super::call_with_size(call, |n| unsafe { $name(n) })
                });)*
            }
        };
    }
    kernels!(
        gcc_fib,
        gcc_matrix,
        gcc_nbody,
        gcc_mandelbrot,
        gcc_sha256,
        gcc_quicksort,
        gcc_strings,
        gcc_sieve,
        gcc_json,
        gcc_levenshtein
    );
}
