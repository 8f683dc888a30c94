//! Flavours: what a Serverless Runtime is made with.

use crate::prepared_crates::PreparedCrate;
use crate::{python_edits, wasmi_edits};
use std::fmt;
use std::str::FromStr;

/// A kind of Serverless Runtime, named on the command line and in the provisioning API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// C and WebAssembly, in the smallest image.
    #[default]
    Minimal,
    /// Python beside C and WebAssembly.
    Python,
    /// C and WebAssembly as machine code.
    Jit,
}

/// A name that belongs to no flavour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no flavour {0:?}; there are: {known}", known = Flavour::ALL.map(Flavour::name).join(", "))]
pub struct UnknownFlavour(String);

impl Flavour {
    /// All flavours, in the order in which they are listed to users.
    pub const ALL: [Self; 3] = [Self::Minimal, Self::Python, Self::Jit];

    /// The name that users give.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Python => "python",
            Self::Jit => "jit",
        }
    }

    /// What it can run, for users.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Minimal => "C and WebAssembly functions",
            Self::Python => "Python, C and WebAssembly functions",
            Self::Jit => "C and WebAssembly functions, compiled to machine code",
        }
    }

    /// The memory that its machine needs, in MiB, where nobody says how much it gets.
    #[must_use]
    pub const fn usual_memory_mib(self) -> u32 {
        match self {
            Self::Minimal => 64,
            Self::Python => 160,
            Self::Jit => 128,
        }
    }

    /// Cargo features of `guest/unikernel` that make it.
    #[must_use]
    pub(crate) const fn cargo_features(self) -> &'static str {
        match self {
            Self::Minimal => "",
            Self::Python => "python",
            Self::Jit => "jit",
        }
    }

    /// Registry crates that it needs with changes.
    #[must_use]
    pub(crate) const fn prepared_crates(self) -> &'static [&'static PreparedCrate] {
        match self {
            Self::Minimal => &[&wasmi_edits::WASMI, &wasmi_edits::WASMPARSER],
            Self::Jit => &[&wasmi_edits::WASMPARSER],
            Self::Python => python_edits::CRATES,
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Flavour {
    type Err = UnknownFlavour;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|flavour| flavour.name() == name).ok_or_else(|| UnknownFlavour(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flavour_is_found_by_its_name() {
        for flavour in Flavour::ALL {
            assert_eq!(flavour.name().parse(), Ok(flavour));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "huge".parse::<Flavour>().unwrap_err();
        assert_eq!(error.to_string(), "there is no flavour \"huge\"; there are: minimal, python, jit");
    }
}
