//! One call as the function sees it: parameters, what surrounds it, and why it fails.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;

/// Longest piece of a parameter that an error repeats, in characters.
const QUOTE_CHARACTERS: usize = 40;

/// Why a function fails, for whoever called it: `err` of the answer. Anything that is a standard error becomes one by `?`.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// An error that says this.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What it says.
    #[must_use]
    pub fn into_message(self) -> String {
        self.0
    }
}

// Not an error itself, or this would have two meanings for it.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a runtime gives to a call. Implemented by the runtime; a test of a function may implement it too.
pub trait Surroundings {
    /// Adds a message to the call's log, on lines of its own.
    fn log(&mut self, message: &str);
    /// Whether the call was abandoned, or its time is over.
    fn is_over(&self) -> bool;
    /// How long the call may go on; `None`: longer than the clock reaches.
    fn time_left(&self) -> Option<Duration>;
    /// Memory that the call may use, in bytes.
    fn memory_limit_bytes(&self) -> usize;
    /// Greatest size of the result, in bytes; what is larger fails.
    fn output_limit_bytes(&self) -> usize;
    /// Fills a slice from the machine's cryptographically secure generator.
    ///
    /// # Errors
    /// The machine has none.
    fn random(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

/// One call.
pub struct Call<'a> {
    parameters: Vec<Vec<u8>>,
    surroundings: &'a mut dyn Surroundings,
}

impl<'a> Call<'a> {
    /// A call with these parameters.
    pub fn new(parameters: Vec<Vec<u8>>, surroundings: &'a mut dyn Surroundings) -> Self {
        Self { parameters, surroundings }
    }

    /// How many parameters there are.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// A parameter as it came: the text of a typed one (`{"type":"int",…}`), or whatever bytes the request has.
    ///
    /// # Errors
    /// There are fewer.
    pub fn bytes(&self, index: usize) -> Result<&[u8], Error> {
        let count = self.parameters.len();
        let missing = || Error(format!("params[{index}] is missing; there are {count}"));
        self.parameters.get(index).map(Vec::as_slice).ok_or_else(missing)
    }

    /// A parameter that is text.
    ///
    /// # Errors
    /// It is missing, or not UTF-8.
    pub fn text(&self, index: usize) -> Result<&str, Error> {
        std::str::from_utf8(self.bytes(index)?).map_err(|_| Error(format!("params[{index}] is not UTF-8 text")))
    }

    /// A parameter that text stands for: a number, a truth value, whatever can be read from text.
    ///
    /// # Errors
    /// It is missing, or stands for nothing of that kind.
    pub fn parse<T: FromStr<Err: Display>>(&self, index: usize) -> Result<T, Error> {
        let text = self.text(index)?.trim();
        text.parse().map_err(|error| {
            let quoted: String = text.chars().take(QUOTE_CHARACTERS).collect();
            Error(format!("params[{index}] is `{quoted}`: {error}"))
        })
    }

    /// A parameter that is JSON: a list, an object. The list of a typed parameter (`int[]`) is JSON too.
    ///
    /// # Errors
    /// It is missing, or not what is expected.
    pub fn json<T: DeserializeOwned>(&self, index: usize) -> Result<T, Error> {
        serde_json::from_slice(self.bytes(index)?).map_err(|error| Error(format!("params[{index}]: {error}")))
    }

    /// Adds a message to the call's log, on lines of its own.
    pub fn log(&mut self, message: &str) {
        self.surroundings.log(message);
    }

    /// Fails once the call was abandoned or its time is over. To be asked every few milliseconds and passed on with `?`:
    /// nobody else can end the call.
    ///
    /// # Errors
    /// The call is over. What the answer says of it is the runtime's business.
    pub fn check(&self) -> Result<(), Error> {
        if self.surroundings.is_over() { Err(Error::new("the call is over")) } else { Ok(()) }
    }

    /// How long the call may go on; `None`: longer than the clock reaches.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.surroundings.time_left()
    }

    /// Memory that the function should not exceed, in bytes. Nobody counts it.
    #[must_use]
    pub fn memory_limit_bytes(&self) -> usize {
        self.surroundings.memory_limit_bytes()
    }

    /// Greatest size of the result, in bytes; what is larger fails.
    #[must_use]
    pub fn output_limit_bytes(&self) -> usize {
        self.surroundings.output_limit_bytes()
    }

    /// Fills a slice from the machine's cryptographically secure generator.
    ///
    /// # Errors
    /// The machine has none.
    pub fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        Ok(self.surroundings.random(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Surroundings};
    use std::time::Duration;

    /// Surroundings of a call that is over, or not.
    struct Given {
        is_over: bool,
    }

    impl Surroundings for Given {
        fn log(&mut self, _: &str) {}
        fn is_over(&self) -> bool {
            self.is_over
        }
        fn time_left(&self) -> Option<Duration> {
            None
        }
        fn memory_limit_bytes(&self) -> usize {
            1
        }
        fn output_limit_bytes(&self) -> usize {
            2
        }
        fn random(&mut self, _: &mut [u8]) -> std::io::Result<()> {
            Err(std::io::Error::other("no generator"))
        }
    }

    fn message<T: std::fmt::Debug>(read: impl FnOnce(&Call<'_>) -> Result<T, super::Error>) -> String {
        let parameters = vec![b"7.5".to_vec(), b"\xff".to_vec(), b"[1,2]".to_vec()];
        read(&Call::new(parameters, &mut Given { is_over: true })).unwrap_err().into_message()
    }

    #[test]
    fn parameters_are_read_as_what_they_are() {
        let parameters = vec![b" 7.5 ".to_vec(), b"[1,2]".to_vec(), vec![0xff]];
        let mut given = Given { is_over: false };
        let call = Call::new(parameters, &mut given);
        assert_eq!(call.parse::<f64>(0).unwrap(), 7.5);
        assert_eq!(call.json::<Vec<i32>>(1).unwrap(), [1, 2]);
        assert_eq!(call.bytes(2).unwrap(), [0xff]);
        assert!(call.check().is_ok());
    }

    #[test]
    fn whatever_is_wrong_with_a_parameter_is_an_error_that_names_it() {
        assert_eq!(message(|call| call.bytes(3).map(<[u8]>::to_vec)), "params[3] is missing; there are 3");
        assert_eq!(message(|call| call.text(1).map(str::to_owned)), "params[1] is not UTF-8 text");
        assert_eq!(message(|call| call.parse::<i32>(0)), "params[0] is `7.5`: invalid digit found in string");
        assert!(message(|call| call.json::<Vec<String>>(2)).starts_with("params[2]: "));
        assert_eq!(message(|call| call.check()), "the call is over");
    }

    #[test]
    fn a_standard_error_becomes_the_functions_own() {
        let mut given = Given { is_over: false };
        let mut call = Call::new(Vec::new(), &mut given);
        assert_eq!(call.random(&mut [0]).unwrap_err().into_message(), "no generator");
    }
}
