//! What a build tells its caller while it works.

use std::time::Duration;

/// The steps of a build, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Find compiler, linker and binary tools.
    Toolchain,
    /// Have cargo fetch the kernel's source and check it.
    FetchKernel,
    /// Copy the kernel's source and apply our edits.
    PrepareKernel,
    /// Compile the kernel to a static library.
    BuildKernel,
    /// Compile the loader.
    BuildLoader,
    /// Compile standard library, runtime and executors, and link them with the kernel.
    BuildUnikernel,
    /// Strip the files and put them into the store.
    Store,
}

impl Step {
    /// All steps, in their order.
    pub const ALL: [Self; 7] = [
        Self::Toolchain,
        Self::FetchKernel,
        Self::PrepareKernel,
        Self::BuildKernel,
        Self::BuildLoader,
        Self::BuildUnikernel,
        Self::Store,
    ];

    /// The step's name, for users.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Toolchain => "find the compiler",
            Self::FetchKernel => "fetch the kernel's source",
            Self::PrepareKernel => "prepare the kernel's source",
            Self::BuildKernel => "build the kernel",
            Self::BuildLoader => "build the loader",
            Self::BuildUnikernel => "build the unikernel",
            Self::Store => "strip and store the image",
        }
    }

    /// Its position in [`Step::ALL`], from 0.
    #[must_use]
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or_default()
    }
}

/// Receives what a build tells. All methods do nothing by default.
pub trait Progress {
    /// A step begins; there are `total` in all.
    fn started(&mut self, step: Step, total: usize) {
        let _ = (step, total);
    }

    /// The step's tool said something, such as `Compiling smoltcp v0.14.0`.
    fn line(&mut self, text: &str) {
        let _ = text;
    }

    /// The step is done. `reused`: there was nothing to do, because nothing has changed.
    fn finished(&mut self, step: Step, took: Duration, reused: bool) {
        let _ = (step, took, reused);
    }
}

/// A progress that nobody looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
