//! The same kernels on the host: compiled by gcc -O2, run by CPython; and compiled by clang to WebAssembly for the guest.
//!
//! Each measurement is a process of its own, which times nothing but the call itself: fresh as an instance in the guest is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::kernels::Kernel;

/// One call on the host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) result: f64,
    pub(super) ms: f64,
}

/// What there is to compare with.
#[derive(Debug, Default)]
pub(super) struct Peers {
    programs: BTreeMap<&'static str, PathBuf>,
    modules: BTreeMap<&'static str, Vec<u8>>,
    sources: BTreeMap<&'static str, PathBuf>,
    /// What is not there, and what to install.
    pub(super) missing: Vec<String>,
}

const C_MAIN: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
double run(int n);
int main(int count, char **words) {
    struct timespec begin, end;
    int n = count > 1 ? atoi(words[1]) : 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    double result = run(n);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.17g %.17g\n", result, (end.tv_sec - begin.tv_sec) * 1e3 + (end.tv_nsec - begin.tv_nsec) / 1e6);
}
"#;

const PYTHON_MAIN: &str = "
import sys, time
scope = {'__name__': 'kernel'}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], 'exec'), scope)
begin = time.perf_counter_ns()
result = scope['run'](int(sys.argv[2]))
print(repr(result), (time.perf_counter_ns() - begin) / 1e6)
";

impl Peers {
    /// Compiles everything that can be compiled here.
    ///
    /// # Errors
    /// When a compiler refuses a kernel. A compiler that is not installed is only noted.
    pub(super) fn prepare(folder: &Path, kernels: &[&Kernel]) -> anyhow::Result<Self> {
        let mut peers = Self::default();
        let main = folder.join("main.c");
        fs::write(&main, C_MAIN).context("cannot use the temporary folder")?;
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let (gcc, clang) = (has("gcc"), has("clang") && has("wasm-ld"));
        for kernel in kernels {
            let source = folder.join(kernel.name).with_extension("c");
            fs::write(&source, kernel.c).context("cannot use the temporary folder")?;
            if gcc {
                let program = folder.join(kernel.name);
                let mut command = Command::new("gcc");
                command.args(["-O2", "-o"]).args([&program, &source, &main]).arg("-lm");
                compiled(&mut command, kernel)?;
                peers.programs.insert(kernel.name, program);
            }
            if clang {
                let module = source.with_extension("wasm");
                let mut command = Command::new("clang");
                command.args(["--target=wasm32", "-O2", "-nostdlib", "-mbulk-memory", "-fno-builtin", "-isystem"]);
                // It has no C library for this target; all that a kernel wants of one is an instruction.
                command.arg(headers(folder)?).args(["-Wl,--no-entry,--export=run", "-o"]).args([&module, &source]);
                compiled(&mut command, kernel)?;
                peers.modules.insert(kernel.name, fs::read(&module).context("clang has written no module")?);
            }
            let script = source.with_extension("py");
            fs::write(&script, kernel.python).context("cannot use the temporary folder")?;
            peers.sources.insert(kernel.name, script);
        }
        if !gcc {
            peers.missing.push("gcc is not installed: nothing to compare C, WebAssembly and native with".to_owned());
        }
        if !clang {
            peers.missing.push("clang or wasm-ld is not installed (packages clang, lld): no WebAssembly".to_owned());
        }
        if !has("python3") {
            peers.missing.push("python3 is not installed: nothing to compare Python with".to_owned());
            peers.sources.clear();
        }
        Ok(peers)
    }

    /// Whether gcc is there.
    pub(super) fn has_gcc(&self) -> bool {
        !self.programs.is_empty()
    }

    /// One call of what gcc -O2 made of it; `None` without gcc.
    pub(super) fn gcc(&self, kernel: &Kernel) -> anyhow::Result<Option<Measured>> {
        let Some(program) = self.programs.get(kernel.name) else { return Ok(None) };
        read(Command::new(program).arg(kernel.size.to_string())).map(Some)
    }

    /// One call by CPython; `None` without it.
    pub(super) fn cpython(&self, kernel: &Kernel) -> anyhow::Result<Option<Measured>> {
        let Some(source) = self.sources.get(kernel.name) else { return Ok(None) };
        // Isolated, so that no file beside the script (json.py) is taken for a module.
        let mut command = Command::new("python3");
        command.args(["-I", "-c", PYTHON_MAIN]).arg(source).arg(kernel.python_size.to_string());
        read(&mut command).map(Some)
    }

    /// What clang made of it; `None` without clang.
    pub(super) fn module(&self, kernel: &Kernel) -> Option<&[u8]> {
        self.modules.get(kernel.name).map(Vec::as_slice)
    }
}

/// The headers that the kernels include, as far as they use them.
fn headers(folder: &Path) -> anyhow::Result<PathBuf> {
    let headers = folder.join("headers");
    fs::create_dir_all(&headers).context("cannot use the temporary folder")?;
    let sqrt = "static inline double sqrt(double x) { return __builtin_sqrt(x); }\n";
    fs::write(headers.join("math.h"), sqrt).context("cannot use the temporary folder")?;
    Ok(headers)
}

fn compiled(command: &mut Command, kernel: &Kernel) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("{:?} refuses the kernel {}:\n{told}", command.get_program(), kernel.name);
    }
    Ok(())
}

fn read(command: &mut Command) -> anyhow::Result<Measured> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(result)), Some(Ok(ms))) if output.status.success() => Ok(Measured { result, ms }),
        _ => bail!(
            "{:?} ended with {}: {}",
            command.get_program(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
