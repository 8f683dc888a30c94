//! The ten kernels: what each stresses, its sources, and how much work one call is.

/// One kernel, the same work in each language: a function `run` of one `int`, whose result is a number.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Its name in tables, and of its files in `benches/kernels`.
    pub(crate) name: &'static str,
    pub(crate) c: &'static str,
    pub(crate) python: &'static str,
    /// The argument for compiled languages.
    pub(crate) size: u32,
    /// The argument for Python, which would take too long for the other.
    pub(crate) python_size: u32,
}

macro_rules! kernel {
    ($name:literal, $size:literal, $python_size:literal) => {
        Kernel {
            name: $name,
            c: include_str!(concat!("../../kernels/", $name, ".c")),
            python: include_str!(concat!("../../kernels/", $name, ".py")),
            size: $size,
            python_size: $python_size,
        }
    };
}

pub(crate) const KERNELS: [Kernel; 10] = [
    kernel!("fib", 27, 18),
    kernel!("matrix", 100, 24),
    kernel!("nbody", 10_000, 200),
    kernel!("mandelbrot", 160, 24),
    kernel!("sha256", 200_000, 2_000),
    kernel!("quicksort", 100_000, 3_000),
    kernel!("strings", 50_000, 2_000),
    kernel!("sieve", 1_000_000, 20_000),
    kernel!("json", 10_000, 1_000),
    kernel!("levenshtein", 1_000, 60),
];
