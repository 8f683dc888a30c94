//! A WebAssembly module and arguments in order: made into a request for a runtime.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use skerry_api::faas::{ExecuteRequest, Parameter, ParameterMode};
use skerry_c_compiler::ScalarType;

use crate::c_function::{encode, input, output};

/// The bytes that every WebAssembly module begins with (core specification, 5.5.16).
const MAGIC: &[u8] = b"\0asm";

/// Why no request can be made of a module and arguments.
#[derive(Debug, thiserror::Error)]
pub enum WasmFunctionError {
    /// Something else was given.
    #[error("this is not a WebAssembly module: it does not begin with the bytes \\0asm")]
    NotAModule,
    /// The runtime chooses the export itself.
    #[error("the runtime runs the module's export `run`, or its only one; `{0}` cannot be chosen")]
    Function(String),
    /// An argument without a type.
    #[error(
        "`{0}` is not type:value (int:3, double:4.5), out:type or inout:type:value; for a program also stdin:text, env:NAME=value"
    )]
    NotTyped(String),
    /// A type that C does not have.
    #[error(
        "`{0}` is no type; use int, unsigned int, long, unsigned long, float or double, an array of one (int[], int[3]), \
         char* for a text, or bytes"
    )]
    Type(String),
}

/// Makes the request that runs `module` with `arguments`, `type:value` or `out:type` each.
///
/// # Errors
/// See [`WasmFunctionError`].
pub fn request(module: &[u8], wanted: Option<&str>, arguments: &[String]) -> Result<ExecuteRequest, WasmFunctionError> {
    if !module.starts_with(MAGIC) {
        return Err(WasmFunctionError::NotAModule);
    }
    if let Some(wanted) = wanted.filter(|wanted| *wanted != "run") {
        return Err(WasmFunctionError::Function(wanted.to_owned()));
    }
    let params = arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| parameter(index, argument).map(|parameter| encode(&parameter)))
        .collect::<Result<_, _>>()?;
    Ok(ExecuteRequest {
        lang: "WASM".to_owned(),
        fc: BASE64_STANDARD.encode(module),
        params,
        ..ExecuteRequest::default()
    })
}

fn parameter(index: usize, argument: &str) -> Result<Parameter, WasmFunctionError> {
    let name = format!("argument{}", index + 1);
    let not_typed = || WasmFunctionError::NotTyped(argument.to_owned());
    match argument.split_once(':').ok_or_else(not_typed)? {
        (special @ ("stdin" | "env"), value) => Ok(input("char*".to_owned(), special, value)),
        ("out", type_name) => Ok(output(checked_type(type_name)?, &name)),
        ("inout", rest) => {
            let (type_name, value) = rest.split_once(':').ok_or_else(not_typed)?;
            Ok(Parameter { mode: ParameterMode::InOut, ..input(checked_type(type_name)?, &name, value) })
        }
        (type_name, value) => Ok(input(checked_type(type_name)?, &name, value)),
    }
}

/// The type with its element under its usual name; lengths and `*` are the runtime's to check.
fn checked_type(name: &str) -> Result<String, WasmFunctionError> {
    if name == "bytes" {
        return Ok(name.to_owned());
    }
    let (element, rest) = name.split_at(name.find(['[', '*']).unwrap_or(name.len()));
    let scalar = ScalarType::from_name(element).ok_or_else(|| WasmFunctionError::Type(name.to_owned()))?;
    Ok([scalar.name(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn arguments_are_typed_and_in_order() {
        assert_eq!(parameter(0, "int:-3").unwrap(), input("int".to_owned(), "argument1", "-3"));
        assert_eq!(parameter(1, "unsigned long:7").unwrap(), input("unsigned long".to_owned(), "argument2", "7"));
        assert_eq!(parameter(2, "out:float").unwrap(), output("float".to_owned(), "argument3"));
        assert_eq!(parameter(0, "int[]:[1,2]").unwrap(), input("int[]".to_owned(), "argument1", "[1,2]"));
        assert_eq!(parameter(0, "out:unsigned[3][4]").unwrap(), output("unsigned int[3][4]".to_owned(), "argument1"));
        let both = parameter(0, "inout:char[8]:a:b").unwrap();
        let expected = Parameter { mode: ParameterMode::InOut, ..input("char[8]".to_owned(), "argument1", "a:b") };
        assert_eq!(both, expected);
    }

    #[test]
    fn arguments_without_a_known_type_are_refused() {
        assert_eq!(
            parameter(0, "3").unwrap_err().to_string(),
            "`3` is not type:value (int:3, double:4.5), out:type or inout:type:value; for a program also stdin:text, \
             env:NAME=value"
        );
        assert_eq!(parameter(0, "stdin:one two").unwrap(), input("char*".to_owned(), "stdin", "one two"));
        assert_eq!(parameter(0, "env:A=1").unwrap(), input("char*".to_owned(), "env", "A=1"));
        assert_eq!(parameter(0, "out:bytes").unwrap(), output("bytes".to_owned(), "argument1"));
        assert!(matches!(parameter(0, "i32:3"), Err(WasmFunctionError::Type(name)) if name == "i32"));
        assert!(matches!(parameter(0, "out:"), Err(WasmFunctionError::Type(name)) if name.is_empty()));
    }

    #[test]
    fn what_is_no_module_is_not_sent() {
        assert!(matches!(request(b"int f;", None, &[]), Err(WasmFunctionError::NotAModule)));
        assert!(matches!(request(EMPTY_MODULE, Some("add"), &[]), Err(WasmFunctionError::Function(_))));
        assert_eq!(request(EMPTY_MODULE, Some("run"), &["int:3".to_owned()]).unwrap().params.len(), 1);
    }
}
