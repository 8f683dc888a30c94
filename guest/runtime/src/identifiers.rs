//! The names of tasks: UUIDs, version 4 (RFC 9562, section 5.4).

use std::fmt;
use std::io;

use crate::entropy;

/// A UUID; prints in the hyphenated lower-case form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Uuid([u8; 16]);

/// The lengths of the groups between the hyphens, in bytes.
const GROUPS: [usize; 5] = [4, 2, 2, 2, 6];

impl Uuid {
    /// A new one from real entropy.
    ///
    /// # Errors
    /// The system has none.
    pub(crate) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        entropy::fill(&mut bytes)?;
        Ok(Self::version_4(bytes))
    }

    /// Sets version and variant in 16 random bytes.
    fn version_4(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// Its 16 bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the hyphenated form in either case; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let mut filled = 0;
        let mut groups = text.split('-');
        for length in GROUPS {
            let group = groups.next()?.as_bytes();
            if group.len() != 2 * length {
                return None;
            }
            for pair in group.chunks_exact(2) {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes[filled] = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
                filled += 1;
            }
        }
        groups.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &self.0[..];
        for (index, length) in GROUPS.into_iter().enumerate() {
            if index > 0 {
                formatter.write_str("-")?;
            }
            let (group, after) = rest.split_at(length);
            for byte in group {
                write!(formatter, "{byte:02x}")?;
            }
            rest = after;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_random_one_says_that_it_is_version_4_of_the_rfc_variant() {
        assert_eq!(Uuid::version_4([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(Uuid::version_4([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
        assert_ne!(Uuid::random().unwrap(), Uuid::random().unwrap());
    }

    #[test]
    fn anything_but_the_hyphenated_form_is_refused() {
        for text in [
            "",
            "-",
            "----",
            "000000000000400080000000000000000000",
            "00000000-0000-4000-8000-00000000000",
            "00000000-0000-4000-8000-0000000000000",
            "00000000-0000-4000-8000-000000000000-",
            "00000000-0000-4000-8000-00000000000g",
            "0000000-00000-4000-8000-000000000000",
            "+0000000-0000-4000-8000-000000000000",
            "0000000é-0000-4000-8000-000000000000",
        ] {
            assert_eq!(Uuid::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_in_either_case(bytes in any::<[u8; 16]>()) {
            let uuid = Uuid(bytes);
            prop_assert_eq!(Uuid::parse(&uuid.to_string()), Some(uuid));
            prop_assert_eq!(Uuid::parse(&uuid.to_string().to_uppercase()), Some(uuid));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Uuid::parse(&text);
        }
    }
}
