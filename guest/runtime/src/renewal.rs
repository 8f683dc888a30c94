//! The host's request to renew a restored machine (`POST /v1/skerry/renew`), from its body to what it says. Pure; the event
//! loop carries it out.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skerry_api::faas::RenewRequest;

use crate::identifiers::Uuid;

/// Longest body in bytes: that of the most entropy, with room for blanks.
const BODY_LIMIT_BYTES: usize = 1024;
/// Fewer random bytes could be guessed, more are a mistake.
const ENTROPY_BYTES: std::ops::RangeInclusive<usize> = 32..=256;
/// 2000-01-01 to 2100-01-01: a time in seconds or milliseconds is out of this range, and so is a clock that was never set.
const TIME_RANGE_US: std::ops::RangeInclusive<u64> = 946_684_800_000_000..=4_102_444_800_000_000;

/// What a restored machine is to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Renewal {
    pub(crate) instance: Uuid,
    pub(crate) unix_time_us: u64,
    pub(crate) entropy: Vec<u8>,
}

/// Why a body is no renewal (400).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenewalError {
    #[error("the body is longer than {BODY_LIMIT_BYTES} bytes")]
    TooLong,
    /// Without what was in the field: entropy is not to be repeated in an answer or a log.
    #[error(
        "the body must be a JSON object of instance, unix_time_us and entropy, and nothing else (line 1, column {column})"
    )]
    Malformed { column: usize },
    #[error("instance is not a UUID")]
    Instance,
    #[error("unix_time_us must be microseconds since 1970, from the year 2000 to 2100")]
    Time,
    #[error("entropy must be base64 of {} to {} bytes", ENTROPY_BYTES.start(), ENTROPY_BYTES.end())]
    Entropy,
}

impl Renewal {
    /// Reads a request body.
    ///
    /// # Errors
    /// It is not exactly a [`RenewRequest`] within its limits.
    pub(crate) fn read(body: &[u8]) -> Result<Self, RenewalError> {
        if body.len() > BODY_LIMIT_BYTES {
            return Err(RenewalError::TooLong);
        }
        let request: RenewRequest =
            serde_json::from_slice(body).map_err(|error| RenewalError::Malformed { column: error.column() })?;
        let instance = Uuid::parse(&request.instance).ok_or(RenewalError::Instance)?;
        if !TIME_RANGE_US.contains(&request.unix_time_us) {
            return Err(RenewalError::Time);
        }
        let entropy = STANDARD.decode(&request.entropy).ok();
        let entropy = entropy.filter(|bytes| ENTROPY_BYTES.contains(&bytes.len())).ok_or(RenewalError::Entropy)?;
        Ok(Self { instance, unix_time_us: request.unix_time_us, entropy })
    }
}

/// The clock of the day, in microseconds since 1970.
pub(crate) fn unix_time_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const INSTANCE: &str = "0188a6e2-1111-4222-8333-444455556666";
    const TIME_US: u64 = 1_750_000_000_000_000;

    fn body() -> Value {
        json!({"instance": INSTANCE, "unix_time_us": TIME_US, "entropy": STANDARD.encode([7; 32])})
    }

    fn with(field: &str, value: impl Into<Value>) -> Result<Renewal, RenewalError> {
        let mut body = body();
        body[field] = value.into();
        Renewal::read(body.to_string().as_bytes())
    }

    #[test]
    fn a_request_within_its_limits_is_read() {
        let renewal = Renewal::read(body().to_string().as_bytes()).unwrap();
        let expected =
            Renewal { instance: Uuid::parse(INSTANCE).unwrap(), unix_time_us: TIME_US, entropy: vec![7; 32] };
        assert_eq!(renewal, expected);
        assert_eq!(with("entropy", STANDARD.encode([9; 256])).unwrap().entropy, vec![9; 256]);
        for edge in [TIME_RANGE_US.start(), TIME_RANGE_US.end()] {
            assert_eq!(with("unix_time_us", *edge).unwrap().unix_time_us, *edge);
        }
    }

    #[test]
    fn too_little_entropy_too_much_and_what_is_no_base64_are_refused() {
        for bytes in [0, 1, 31, 257, 400] {
            assert_eq!(with("entropy", STANDARD.encode(vec![1; bytes])), Err(RenewalError::Entropy), "{bytes}");
        }
        for text in ["?", &STANDARD.encode([1; 32]).replace('=', ""), &format!(" {}", STANDARD.encode([1; 32]))] {
            assert_eq!(with("entropy", text), Err(RenewalError::Entropy), "{text}");
        }
    }

    #[test]
    fn a_time_in_other_units_is_refused() {
        for time in [0, 1, TIME_US / 1_000, TIME_US / 1_000_000, TIME_US * 1_000, u64::MAX] {
            assert_eq!(with("unix_time_us", time), Err(RenewalError::Time), "{time}");
        }
    }

    #[test]
    fn an_identity_that_is_no_uuid_is_refused() {
        for text in ["", "x", &INSTANCE[1..], &format!("{INSTANCE} ")] {
            assert_eq!(with("instance", text), Err(RenewalError::Instance), "{text}");
        }
    }

    #[test]
    fn other_fields_missing_ones_ones_that_are_there_twice_and_other_types_are_refused() {
        let malformed =
            |body: &str| assert!(matches!(Renewal::read(body.as_bytes()), Err(RenewalError::Malformed { .. })));
        for field in ["instance", "unix_time_us", "entropy"] {
            let mut body = body();
            body.as_object_mut().unwrap().remove(field);
            malformed(&body.to_string());
            body[field] = Value::Null;
            malformed(&body.to_string());
        }
        let whole = body().to_string();
        malformed(&whole.replacen('{', r#"{"more":1,"#, 1));
        malformed(&whole.replacen('{', &format!(r#"{{"unix_time_us":{TIME_US},"#), 1));
        malformed(&whole.replace(&TIME_US.to_string(), &format!("{TIME_US}.0")));
        malformed(&whole.replace(&TIME_US.to_string(), &format!("\"{TIME_US}\"")));
        malformed(&whole.replace(&TIME_US.to_string(), "-1"));
        for body in ["", "{}", "[]", "null", "nonsense", &format!("{whole}x"), &whole[..whole.len() - 1]] {
            malformed(body);
        }
    }

    #[test]
    fn a_long_body_is_refused_unread() {
        let padded = format!("{}{}", " ".repeat(BODY_LIMIT_BYTES), body());
        assert_eq!(Renewal::read(padded.as_bytes()), Err(RenewalError::TooLong));
    }

    #[test]
    fn no_refusal_repeats_the_entropy() {
        let secret = "c2VjcmV0";
        let error = with("entropy", secret).unwrap_err().to_string();
        assert!(!error.contains(secret), "{error}");
        let error = Renewal::read(format!(r#"{{"entropy":["{secret}"]}}"#).as_bytes()).unwrap_err().to_string();
        assert!(!error.contains(secret), "{error}");
    }

    proptest! {
        #[test]
        fn damaged_bodies_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = body().to_string().into_bytes();
            let index = at.index(bytes.len());
            bytes[index] = byte;
            let _ = Renewal::read(&bytes);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Renewal::read(&bytes);
        }
    }
}
