//! Tags: the names of images in a layout, by the grammar of the OCI distribution specification, so that each tag that is
//! written here can be pushed to a registry as it is.

use std::fmt;
use std::str::FromStr;

/// The longest tag that registries take.
const MOST_CHARACTERS: usize = 128;

/// The name of an image among those of a layout: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(String);

/// What is no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no tag: a tag is 1 to {MOST_CHARACTERS} characters, letters, digits, `_`, `.` and `-`, of which the first is \
     neither `.` nor `-`"
)]
pub struct InvalidTag(String);

impl Tag {
    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = InvalidTag;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let begins = text.as_bytes().first().is_some_and(is_word);
        let goes_on = text.bytes().all(|byte| is_word(&byte) || matches!(byte, b'.' | b'-'));
        if begins && goes_on && text.len() <= MOST_CHARACTERS {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTag(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_the_grammar_makes_is_a_tag(text in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}") {
            let tag: Tag = text.parse().unwrap();
            prop_assert_eq!(tag.as_str(), text);
        }

        #[test]
        fn what_begins_otherwise_is_none(first in "[^a-zA-Z0-9_]", rest in "[a-zA-Z0-9._-]{0,127}") {
            let text = first + &rest;
            prop_assert!(text.parse::<Tag>().is_err());
        }

        #[test]
        fn one_foreign_character_anywhere_spoils_it(
            begin in "[a-zA-Z0-9_]{1,60}", foreign in "[^a-zA-Z0-9._-]", end in "[a-zA-Z0-9._-]{0,60}"
        ) {
            let text = begin + &foreign + &end;
            prop_assert!(text.parse::<Tag>().is_err());
        }

        #[test]
        fn what_is_too_long_is_none(text in "[a-zA-Z0-9_][a-zA-Z0-9._-]{128,300}") {
            prop_assert!(text.parse::<Tag>().is_err());
        }
    }

    #[test]
    fn a_whole_reference_or_nothing_is_no_tag() {
        for text in ["", "skerry/minimal", "skerry:1", "a@sha256", "1.0+build", "ä", "a b", "a\n", "../x"] {
            assert!(text.parse::<Tag>().is_err(), "{text:?}");
        }
    }
}
