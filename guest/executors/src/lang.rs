//! The languages that the FaaS API names. Which of them run here is [`Executors::languages`](crate::Executors).

/// A language that the FaaS API knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// C source, compiled in the guest to WebAssembly.
    C,
    /// A WebAssembly module.
    Wasm,
    /// Python source.
    Python,
    /// The name of a function that was compiled into the image.
    Native,
}

impl Lang {
    /// All languages, in the order in which they are listed to users.
    pub const ALL: [Self; 4] = [Self::C, Self::Wasm, Self::Python, Self::Native];

    /// The language that `name` stands for in a request's `lang`: `C`, `WASM`, `PY` or `NATIVE`, in exactly this spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.name() == name)
    }

    /// The language's name in a request's `lang`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Wasm => "WASM",
            Self::Python => "PY",
            Self::Native => "NATIVE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn languages_are_numbered_in_the_order_of_the_list() {
        assert_eq!(Lang::ALL.map(|lang| lang as usize), std::array::from_fn(|number| number));
    }

    #[test]
    fn every_language_is_found_by_its_name_and_by_no_other_spelling() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_name(lang.name()), Some(lang));
            assert_eq!(Lang::from_name(&lang.name().to_lowercase()), None);
        }
        assert_eq!(Lang::from_name(""), None);
        assert_eq!(Lang::from_name("WASM "), None);
    }
}
