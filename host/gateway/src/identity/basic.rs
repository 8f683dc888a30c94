//! Reads the header `Authorization` with HTTP Basic (RFC 7617). Does not know who is who.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::Unauthenticated;

/// Longest user name.
const MOST_NAME_CHARACTERS: usize = 128;

/// Longest header that is looked at: room for any name and a long password, and no work for more.
const MOST_HEADER_BYTES: usize = 1024;

/// A name and a password. Deliberately without `Debug`.
pub(super) struct Credentials {
    text: String,
    colon: usize,
}

impl Credentials {
    pub(super) fn user(&self) -> &str {
        &self.text[..self.colon]
    }

    pub(super) fn password(&self) -> &[u8] {
        &self.text.as_bytes()[self.colon + 1..]
    }
}

/// Whether HTTP Basic can carry this name (RFC 7617, section 2).
pub(super) fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= MOST_NAME_CHARACTERS
        && !name.chars().any(|c| c == ':' || c.is_control())
}

/// Reads the header's value.
pub(super) fn parse(header: &HeaderValue) -> Result<Credentials, Unauthenticated> {
    let text = header.to_str().map_err(|_| Unauthenticated::Wrong)?;
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Unauthenticated::Missing);
    }
    if rest.len() > MOST_HEADER_BYTES {
        return Err(Unauthenticated::Wrong);
    }
    let bytes = STANDARD.decode(rest.trim_matches(' ')).map_err(|_| Unauthenticated::Wrong)?;
    let text = String::from_utf8(bytes).map_err(|_| Unauthenticated::Wrong)?;
    let colon = text.find(':').ok_or(Unauthenticated::Wrong)?;
    Ok(Credentials { text, colon })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(text: &str) -> HeaderValue {
        HeaderValue::from_str(text).unwrap()
    }

    #[test]
    fn the_first_colon_divides_name_and_password() {
        let value = header(&format!("bAsIc  {} ", STANDARD.encode("Aladdin:open: sesame")));
        let credentials = parse(&value).unwrap_or_else(|_| panic!("refused"));
        assert_eq!((credentials.user(), credentials.password()), ("Aladdin", b"open: sesame".as_slice()));
    }

    #[test]
    fn another_scheme_is_none_and_a_broken_one_is_wrong() {
        for text in ["", "Bearer abc", "Basically eA==", "Digest username=\"x\""] {
            assert_eq!(parse(&header(text)).err(), Some(Unauthenticated::Missing), "{text}");
        }
        let no_colon = format!("Basic {}", STANDARD.encode("nobody"));
        let not_text = format!("Basic {}", STANDARD.encode([0xff, b':', 0xff]));
        let too_long = format!("Basic {}", STANDARD.encode("x:".repeat(1000)));
        for text in ["Basic", "Basic ", "Basic !!", "Basic YQ", &no_colon, &not_text, &too_long] {
            assert_eq!(parse(&header(text)).err(), Some(Unauthenticated::Wrong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(user in "[^:\\x00-\\x1f\\x7f]{1,20}", password in "[^\\x00-\\x1f\\x7f]{0,40}") {
            let value = header(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
            let credentials = parse(&value).unwrap_or_else(|_| panic!("refused"));
            prop_assert_eq!(credentials.user(), user);
            prop_assert_eq!(credentials.password(), password.as_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), basic: bool) {
            let mut value = if basic { b"Basic ".to_vec() } else { Vec::new() };
            value.extend(bytes);
            if let Ok(value) = HeaderValue::from_bytes(&value) && let Ok(credentials) = parse(&value) {
                prop_assert!(!credentials.user().contains(':'));
            }
        }
    }
}
