//! A call as a program sees it: arguments, environment, input, output.

use super::Errno;
use crate::data_type::Shape;
use crate::list;
use crate::memory::with_room;
use crate::parameter::{Parameter, ParameterValue};
use crate::{RequestError, Success};

/// The parameter's name that makes it the program's input rather than an argument.
const INPUT_NAME: &str = "stdin";
/// The parameter's name that makes it the program's environment.
const ENVIRONMENT_NAME: &str = "env";
/// What a program is called by its arguments.
const PROGRAM_NAME: &[u8] = b"function";

/// What a program has of the world, and what it said to it.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// The first one is the program's own name.
    pub(crate) arguments: Vec<Vec<u8>>,
    /// Each as `NAME=value`.
    pub(crate) environment: Vec<Vec<u8>>,
    pub(crate) input: Vec<u8>,
    /// How much of the input was read.
    pub(crate) input_position: usize,
    /// What was written to stdout; `None`: it goes to the log, because the result is what the function returns.
    output: Option<Vec<u8>>,
}

impl Program {
    /// What a function of a module finds that is no program.
    pub(crate) fn of_function() -> Self {
        Self { arguments: vec![PROGRAM_NAME.to_vec()], ..Self::default() }
    }

    /// The program's arguments are the parameters in their order, but those of the names `stdin` and `env`.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unusable`] for parameters that a program cannot be given.
    pub(crate) fn from_parameters(parameters: Vec<Parameter>) -> Result<Self, RequestError> {
        let mut program = Self { output: Some(Vec::new()), ..Self::of_function() };
        for (index, parameter) in parameters.into_iter().enumerate() {
            let wrong = |message: &str| RequestError::unusable(format!("params[{index}] {message}"));
            if parameter.mode.is_out() {
                return Err(wrong("is OUT, but the result of a program is what it writes to stdout"));
            }
            let name = parameter.name.clone();
            let value = text_of(parameter).ok_or(RequestError::NoMemory)?;
            if name == INPUT_NAME {
                program.input = value;
                continue;
            }
            if value.contains(&0) {
                return Err(wrong("has a NUL byte, which no argument can have; send it as `stdin`"));
            }
            if name == ENVIRONMENT_NAME {
                let lines = value.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                program.environment = lines.map(<[u8]>::to_vec).collect();
                if program.environment.iter().any(|line| line.iter().position(|byte| *byte == b'=').unwrap_or(0) == 0) {
                    return Err(wrong("(`env`) has a line that is not `NAME=value`"));
                }
                continue;
            }
            program.arguments.push(value);
        }
        Ok(program)
    }

    /// Takes what is written to stdout. `false`: it has to go to the log.
    ///
    /// # Errors
    ///
    /// [`Errno::NoMemory`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<bool, Errno> {
        let Some(output) = &mut self.output else { return Ok(false) };
        if output.capacity() - output.len() < bytes.len() {
            // Twice as much as before, unless that is more than the machine has.
            let wanted = output.len().saturating_mul(2).max(output.len() + bytes.len());
            let mut larger = with_room(wanted).ok_or(Errno::NoMemory)?;
            larger.extend_from_slice(output);
            *output = larger;
        }
        output.extend_from_slice(bytes);
        Ok(true)
    }

    /// How much was written to stdout that did not go to the log.
    pub(crate) fn output_bytes(&self) -> usize {
        self.output.as_ref().map_or(0, Vec::len)
    }

    /// The result of a program that has ended well, or of a function that ended itself.
    pub(crate) fn take_result(&mut self) -> Success {
        Success { result: self.output.take(), outs: Vec::new() }
    }
}

/// A parameter's value as text, or as the bytes that it is.
fn text_of(parameter: Parameter) -> Option<Vec<u8>> {
    let data_type = parameter.data_type;
    match parameter.value {
        ParameterValue::Scalar(scalar) => Some(scalar.to_text().into_bytes()),
        ParameterValue::Buffer(content) if matches!(data_type.shape, Shape::Array { .. }) => {
            list::content(&content.bytes, &data_type, usize::MAX)
        }
        ParameterValue::Buffer(mut content) => {
            if data_type.shape == Shape::Text {
                content.bytes.pop();
            }
            Some(content.bytes)
        }
        // Only for OUT.
        ParameterValue::Result => None,
    }
}
