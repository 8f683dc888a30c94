//! Memory sizes on the command line: `128`, `64Mi`, `1Gi`.

use std::fmt;
use std::str::FromStr;

use skerry_vmm::VmSpec;

/// A size in whole MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemorySize {
    mib: u32,
}

/// Text that is no memory size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemorySizeError {
    /// No number in front.
    #[error("`{0}` does not begin with a whole number; write MiB as `128` or `128Mi`, GiB as `1Gi`")]
    Number(String),
    /// A unit that we do not know, or one too small for a machine.
    #[error("`{0}` is no unit of memory; use `Mi` (the default) or `Gi`")]
    Unit(String),
    /// Less than any image needs, or more than a microVM has.
    #[error(
        "`{0}` is out of range; a microVM has {least}Mi to {most}Mi",
        least = VmSpec::LEAST_MEMORY_MIB,
        most = VmSpec::MOST_MEMORY_MIB
    )]
    Range(String),
}

impl MemorySize {
    /// A size of so many MiB.
    #[must_use]
    pub const fn from_mib(mib: u32) -> Self {
        Self { mib }
    }

    /// The size in MiB.
    #[must_use]
    pub const fn mib(self) -> u32 {
        self.mib
    }
}

impl FromStr for MemorySize {
    type Err = MemorySizeError;

    /// A whole number with a unit: as in Kubernetes (`Mi`, `Gi`), or in Docker's letters (`m`, `g`); none means MiB.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(MemorySizeError::Number(text.to_owned()));
        }
        let mib_per_unit = match unit.to_ascii_lowercase().as_str() {
            "" | "m" | "mi" | "mib" => 1,
            "g" | "gi" | "gib" => 1024,
            _ => return Err(MemorySizeError::Unit(unit.to_owned())),
        };
        let mib = number.parse::<u32>().ok().and_then(|number| number.checked_mul(mib_per_unit));
        match mib {
            Some(mib) if (VmSpec::LEAST_MEMORY_MIB..=VmSpec::MOST_MEMORY_MIB).contains(&mib) => Ok(Self { mib }),
            _ => Err(MemorySizeError::Range(text.to_owned())),
        }
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Mi", self.mib)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_alone_is_mib_and_units_are_kubernetes_or_dockers() {
        for (text, mib) in
            [("128", 128), ("64Mi", 64), ("64MiB", 64), ("64m", 64), ("64M", 64), ("1Gi", 1024), ("2g", 2048)]
        {
            assert_eq!(text.parse::<MemorySize>().map(MemorySize::mib), Ok(mib), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_its_reason() {
        assert_eq!("".parse::<MemorySize>(), Err(MemorySizeError::Number(String::new())));
        assert_eq!("-5".parse::<MemorySize>(), Err(MemorySizeError::Number("-5".to_owned())));
        assert_eq!("64k".parse::<MemorySize>(), Err(MemorySizeError::Unit("k".to_owned())));
        assert_eq!("64 Mi".parse::<MemorySize>(), Err(MemorySizeError::Unit(" Mi".to_owned())));
        assert_eq!("1.5Gi".parse::<MemorySize>(), Err(MemorySizeError::Unit(".5Gi".to_owned())));
        for text in ["0", "15", "3073", "4Gi", "4194304Gi", "99999999999999999999"] {
            assert_eq!(text.parse::<MemorySize>(), Err(MemorySizeError::Range(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<MemorySize>();
        }

        #[test]
        fn what_is_printed_is_read_back(mib in VmSpec::LEAST_MEMORY_MIB..=VmSpec::MOST_MEMORY_MIB) {
            let size = MemorySize::from_mib(mib);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
