//! The face of a compiled function: what a caller must pass, and what comes back.
//!
//! Also owns [`ScalarType`], C's arithmetic types in the data model of this compiler: sizes of gcc on x86-64 (LP64),
//! but pointers of 4 bytes, since a pointer is an address in the linear memory of a 32-bit WebAssembly module.

/// An arithmetic type of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarType {
    /// `_Bool`: 1 byte, 0 or 1.
    Bool,
    /// `char`: 1 byte, signed.
    Char,
    /// `signed char`: 1 byte.
    SignedChar,
    /// `unsigned char`: 1 byte.
    UnsignedChar,
    /// `short`: 2 bytes.
    Short,
    /// `unsigned short`: 2 bytes.
    UnsignedShort,
    /// `int`: 4 bytes.
    Int,
    /// `unsigned int`: 4 bytes.
    UnsignedInt,
    /// `long`: 8 bytes.
    Long,
    /// `unsigned long`: 8 bytes.
    UnsignedLong,
    /// `long long`: 8 bytes.
    LongLong,
    /// `unsigned long long`: 8 bytes.
    UnsignedLongLong,
    /// `float`: IEEE 754 binary32.
    Float,
    /// `double`: IEEE 754 binary64.
    Double,
}

impl ScalarType {
    /// Size in linear memory, which is its alignment too.
    #[must_use]
    pub const fn size_bytes(self) -> u32 {
        match self {
            Self::Bool | Self::Char | Self::SignedChar | Self::UnsignedChar => 1,
            Self::Short | Self::UnsignedShort => 2,
            Self::Int | Self::UnsignedInt | Self::Float => 4,
            Self::Long | Self::UnsignedLong | Self::LongLong | Self::UnsignedLongLong | Self::Double => 8,
        }
    }

    /// Whether it is `float` or `double`.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }

    /// Whether it can hold negative numbers.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        !matches!(
            self,
            Self::Bool
                | Self::UnsignedChar
                | Self::UnsignedShort
                | Self::UnsignedInt
                | Self::UnsignedLong
                | Self::UnsignedLongLong
        )
    }

    /// The type's name as C has it: `unsigned long`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "_Bool",
            Self::Char => "char",
            Self::SignedChar => "signed char",
            Self::UnsignedChar => "unsigned char",
            Self::Short => "short",
            Self::UnsignedShort => "unsigned short",
            Self::Int => "int",
            Self::UnsignedInt => "unsigned int",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned long",
            Self::LongLong => "long long",
            Self::UnsignedLongLong => "unsigned long long",
            Self::Float => "float",
            Self::Double => "double",
        }
    }

    /// The type of that name: any of C's spellings (`unsigned`, `long unsigned int`, `int short`), `bool`, or a type name
    /// of `<stdint.h>` and `<stddef.h>` (`int8_t`, `size_t`). Qualifiers (`const`, `volatile`) are passed over.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let words: Vec<&str> =
            name.split_ascii_whitespace().filter(|word| !matches!(*word, "const" | "volatile")).collect();
        if let [word] = words.as_slice()
            && let Some(scalar) = Self::from_typedef_name(word)
        {
            return Some(scalar);
        }
        let mut specifiers = SpecifierCount::default();
        words.iter().all(|word| specifiers.add_word(word)).then(|| specifiers.scalar()).flatten()
    }

    /// The type that a header of the C library gives this name to, headers notwithstanding.
    #[must_use]
    pub(crate) fn from_typedef_name(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int8_t" | "int_least8_t" | "int_fast8_t" => Self::SignedChar,
            "uint8_t" | "uint_least8_t" | "uint_fast8_t" => Self::UnsignedChar,
            "int16_t" | "int_least16_t" => Self::Short,
            "uint16_t" | "uint_least16_t" => Self::UnsignedShort,
            "int32_t" | "int_least32_t" => Self::Int,
            "uint32_t" | "uint_least32_t" => Self::UnsignedInt,
            "int64_t" | "int_least64_t" | "int_fast16_t" | "int_fast32_t" | "int_fast64_t" | "intmax_t" => Self::Long,
            "uint64_t" | "uint_least64_t" | "uint_fast16_t" | "uint_fast32_t" | "uint_fast64_t" | "uintmax_t" => {
                Self::UnsignedLong
            }
            "ptrdiff_t" | "intptr_t" | "ssize_t" => Self::Long,
            "size_t" | "uintptr_t" => Self::UnsignedLong,
            "float_t" => Self::Float,
            "double_t" => Self::Double,
            "wchar_t" => Self::Int,
            _ => return None,
        })
    }
}

/// How often each arithmetic specifier stands in a declaration: together, in any order, they name the type (C11 6.7.2).
#[derive(Clone, Copy, Default)]
pub(crate) struct SpecifierCount {
    pub(crate) bool_: u8,
    pub(crate) char_: u8,
    pub(crate) short: u8,
    pub(crate) int: u8,
    pub(crate) long: u8,
    pub(crate) float: u8,
    pub(crate) double: u8,
    pub(crate) signed: u8,
    pub(crate) unsigned: u8,
}

impl SpecifierCount {
    /// Counts a keyword; false when it is none of these.
    fn add_word(&mut self, word: &str) -> bool {
        let count = match word {
            "_Bool" => &mut self.bool_,
            "char" => &mut self.char_,
            "short" => &mut self.short,
            "int" => &mut self.int,
            "long" => &mut self.long,
            "float" => &mut self.float,
            "double" => &mut self.double,
            "signed" => &mut self.signed,
            "unsigned" => &mut self.unsigned,
            _ => return false,
        };
        *count = count.saturating_add(1);
        true
    }

    /// The type that the counted specifiers name; `None` for a combination that C does not have, and `long double`.
    pub(crate) fn scalar(&self) -> Option<ScalarType> {
        let Self { bool_, char_, short, int, long, float, double, signed, unsigned } = *self;
        if signed > 1 || unsigned > 1 || int > 1 || signed + unsigned > 1 {
            return None;
        }
        let explicit_sign = signed + unsigned;
        let pick = |plain, without_sign| Some(if unsigned == 1 { without_sign } else { plain });
        match (bool_, char_, short, long, float, double) {
            (1, 0, 0, 0, 0, 0) if int + explicit_sign == 0 => Some(ScalarType::Bool),
            (0, 1, 0, 0, 0, 0) if int == 0 => {
                pick(if signed == 1 { ScalarType::SignedChar } else { ScalarType::Char }, ScalarType::UnsignedChar)
            }
            (0, 0, 1, 0, 0, 0) => pick(ScalarType::Short, ScalarType::UnsignedShort),
            (0, 0, 0, 0, 0, 0) if int + explicit_sign > 0 => pick(ScalarType::Int, ScalarType::UnsignedInt),
            (0, 0, 0, 1, 0, 0) => pick(ScalarType::Long, ScalarType::UnsignedLong),
            (0, 0, 0, 2, 0, 0) => pick(ScalarType::LongLong, ScalarType::UnsignedLongLong),
            (0, 0, 0, 0, 1, 0) if int + explicit_sign == 0 => Some(ScalarType::Float),
            (0, 0, 0, 0, 0, 1) if int + explicit_sign == 0 => Some(ScalarType::Double),
            _ => None,
        }
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A value, passed as the WebAssembly value type that fits: `i32` up to 4 bytes (narrower types sign- or
    /// zero-extended, as their own signedness says), `i64` for 8 bytes, `f32`, `f64`.
    Scalar(ScalarType),
    /// An address in the module's linear memory (`i32`) of one or more elements. Arrays are passed so too.
    Pointer {
        /// What it points to.
        element: ScalarType,
    },
}

/// One parameter of the function to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionParameter {
    /// Its name in the source; empty when it has none.
    pub name: String,
    /// What it takes.
    pub ty: ParameterType,
    /// For a pointer to arrays (`int m[][4]`, which is `int (*m)[4]`): their lengths, outermost first.
    pub inner: Vec<u32>,
    /// For a pointer: whether the function promises not to write through it.
    pub is_const: bool,
}

/// The function to run: its C name and types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The function's name in the source. The module exports it as `run`.
    pub name: String,
    /// Its parameters, in order.
    pub parameters: Vec<FunctionParameter>,
    /// What it returns; `None` for `void`, and for a text.
    pub result: Option<ScalarType>,
    /// Whether it returns a pointer to characters: the address (`i32`) of a text that ends with the character 0, or 0.
    pub returns_text: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_name_the_same_type_in_any_order() {
        for (name, expected) in [
            ("unsigned long", ScalarType::UnsignedLong),
            ("long unsigned int", ScalarType::UnsignedLong),
            ("int long unsigned long", ScalarType::UnsignedLongLong),
            ("long long", ScalarType::LongLong),
            ("  signed   char ", ScalarType::SignedChar),
            ("char", ScalarType::Char),
            ("unsigned", ScalarType::UnsignedInt),
            ("signed", ScalarType::Int),
            ("short int", ScalarType::Short),
            ("const double", ScalarType::Double),
            ("size_t", ScalarType::UnsignedLong),
            ("uint8_t", ScalarType::UnsignedChar),
            ("bool", ScalarType::Bool),
            ("_Bool", ScalarType::Bool),
        ] {
            assert_eq!(ScalarType::from_name(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn combinations_that_c_does_not_have_name_nothing() {
        for name in [
            "",
            "const",
            "void",
            "long double",
            "long long long",
            "signed unsigned",
            "unsigned float",
            "short long",
            "int int",
            "char int",
            "Int",
            "size_t int",
            "_Bool int",
            "float double",
            "long*",
        ] {
            assert_eq!(ScalarType::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn every_name_leads_back_to_its_type() {
        for scalar in [
            ScalarType::Bool,
            ScalarType::Char,
            ScalarType::SignedChar,
            ScalarType::UnsignedChar,
            ScalarType::Short,
            ScalarType::UnsignedShort,
            ScalarType::Int,
            ScalarType::UnsignedInt,
            ScalarType::Long,
            ScalarType::UnsignedLong,
            ScalarType::LongLong,
            ScalarType::UnsignedLongLong,
            ScalarType::Float,
            ScalarType::Double,
        ] {
            assert_eq!(ScalarType::from_name(scalar.name()), Some(scalar));
        }
    }
}
