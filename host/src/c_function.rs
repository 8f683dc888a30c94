//! A C function and arguments by name: made into a request for a runtime.
//!
//! The source is compiled here first, with the compiler that the runtime has: errors show without a round trip, and the
//! types of the parameters are known.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use skerry_api::faas::{ExecuteRequest, Parameter, ParameterMode};
use skerry_c_compiler::{CompileErrors, FunctionParameter, ParameterType, ScalarType, Signature};

/// Why no request can be made of a source and arguments.
#[derive(Debug, thiserror::Error)]
pub enum CFunctionError {
    /// The source does not compile, or uses what is not covered.
    #[error("the C source does not compile")]
    Compile(#[from] CompileErrors),
    /// The function asked for is not the one that would run.
    #[error("the runtime runs the last function defined, which is `{last}`, not `{wanted}`; {advice}")]
    NotLast {
        /// What was asked for.
        wanted: String,
        /// The last function defined.
        last: String,
        /// What to do.
        advice: &'static str,
    },
    /// An argument without a name.
    #[error("`{0}` is not name=value")]
    NotNamed(String),
    /// An argument that the function does not have.
    #[error("`{function}` has no parameter `{name}`; it is `{prototype}`")]
    Unknown {
        /// The function.
        function: String,
        /// The argument's name.
        name: String,
        /// The function's prototype.
        prototype: String,
    },
    /// The same argument twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A value is needed and not given.
    #[error("no value for {missing}; the function is `{prototype}`")]
    Missing {
        /// The parameters' names, as name=….
        missing: String,
        /// The function's prototype.
        prototype: String,
    },
    /// A parameter that arguments cannot mean.
    #[error("parameter {0} has no name in the definition; give it one")]
    Unnamed(usize),
    /// One value for a pointer.
    #[error(
        "`{name}` is a pointer to `{element}`: leave it out to get what the function writes there, give a list such as \
         {name}=[1,2,3], or {name}=inout:5 to pass a value and get what becomes of it"
    )]
    ValueForPointer {
        /// The parameter.
        name: String,
        /// What it points to.
        element: &'static str,
    },
    /// A text that the function writes, of unknown size.
    #[error("`{name}` is a text that the function writes: say how many bytes it has room for, such as {name}=out:64")]
    TextWithoutSize {
        /// The parameter.
        name: String,
    },
    /// `out:` with something else than lengths.
    #[error("`{name}=out:{length}`: behind `out:` stands the number of elements, such as {name}=out:3")]
    Length {
        /// The parameter.
        name: String,
        /// What stands there.
        length: String,
    },
    /// An argument that goes out of a pointer to const.
    #[error("`{0}` is a pointer to const, which the function cannot write through: give it as a value or list alone")]
    OutOfConst(String),
}

/// Makes the request that runs the last function of `source` with `arguments` (`name=value` each). `wanted` is the
/// function that the user means, if they said so.
///
/// # Errors
/// See [`CFunctionError`].
pub fn request(source: &str, wanted: Option<&str>, arguments: &[String]) -> Result<ExecuteRequest, CFunctionError> {
    let signature = skerry_c_compiler::compile(source)?.signature;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != signature.name) {
        return Err(not_last(source, wanted, signature.name));
    }
    let params = parameters(&signature, arguments)?.iter().map(encode).collect();
    Ok(ExecuteRequest { lang: "C".to_owned(), fc: BASE64_STANDARD.encode(source), params, ..ExecuteRequest::default() })
}

/// A parameter as it stands in [`ExecuteRequest::params`].
#[must_use]
pub fn encode(parameter: &Parameter) -> String {
    // The type's fields are strings and an enum: nothing in it can fail to be JSON.
    BASE64_STANDARD.encode(serde_json::to_vec(parameter).unwrap_or_default())
}

/// An argument for the parameter `name` of the C type `type_name`.
#[must_use]
pub fn input(type_name: String, name: &str, value: &str) -> Parameter {
    Parameter { type_name, var_name: name.to_owned(), value: BASE64_STANDARD.encode(value), mode: ParameterMode::In }
}

/// A place for what the function writes to the parameter `name`.
#[must_use]
pub fn output(type_name: String, name: &str) -> Parameter {
    Parameter { type_name, var_name: name.to_owned(), value: String::new(), mode: ParameterMode::Out }
}

/// Matches arguments with parameters: values by name, and every pointer without a value is an OUT parameter.
fn parameters(signature: &Signature, arguments: &[String]) -> Result<Vec<Parameter>, CFunctionError> {
    let given = named(signature, arguments)?;
    let value_of = |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
    let mut parameters = Vec::new();
    let mut missing = Vec::new();
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let name = parameter.name.as_str();
        if name.is_empty() {
            return Err(CFunctionError::Unnamed(index + 1));
        }
        match (parameter.ty, value_of(name)) {
            (ParameterType::Scalar(scalar), Some(value)) => {
                parameters.push(input(scalar.name().to_owned(), name, value));
            }
            (ParameterType::Pointer { element }, Some(value)) => parameters.push(pointer(parameter, element, value)?),
            (ParameterType::Pointer { element }, None) if element == ScalarType::Char && !parameter.is_const => {
                return Err(CFunctionError::TextWithoutSize { name: name.to_owned() });
            }
            (ParameterType::Pointer { element }, None) if parameter.inner.is_empty() && !parameter.is_const => {
                parameters.push(output(element.name().to_owned(), name));
            }
            (_, None) => missing.push(format!("{name}=…")),
        }
    }
    if missing.is_empty() {
        Ok(parameters)
    } else {
        Err(CFunctionError::Missing { missing: missing.join(" "), prototype: prototype(signature) })
    }
}

/// The argument for a pointer: a list, a text, or with `out:`, `inout:` or `in:` in front.
fn pointer(parameter: &FunctionParameter, element: ScalarType, value: &str) -> Result<Parameter, CFunctionError> {
    let name = parameter.name.as_str();
    let inner: String = parameter.inner.iter().map(|length| format!("[{length}]")).collect();
    let array = |length: &str| format!("{}[{length}]{inner}", element.name());
    if parameter.is_const && (value.starts_with("out:") || value.starts_with("inout:")) {
        return Err(CFunctionError::OutOfConst(name.to_owned()));
    }
    if let Some(length) = value.strip_prefix("out:") {
        if !is_number(length) {
            return Err(CFunctionError::Length { name: name.to_owned(), length: length.to_owned() });
        }
        return Ok(output(array(length), name));
    }
    let (value, mode) = match value.strip_prefix("inout:") {
        Some(value) => (value, ParameterMode::InOut),
        None => (value.strip_prefix("in:").unwrap_or(value), ParameterMode::In),
    };
    let made = |type_name: String, value: &str| Ok(Parameter { mode, ..input(type_name, name, value) });
    let is_list = value.trim_start().starts_with('[');
    let is_character = matches!(element, ScalarType::Char | ScalarType::SignedChar | ScalarType::UnsignedChar);
    if is_list && element != ScalarType::Char {
        return made(array(""), value);
    }
    if is_character && inner.is_empty() {
        // `inout:64:text` says how many bytes the text may grow to.
        let sized = value.split_once(':').filter(|(size, _)| mode == ParameterMode::InOut && is_number(size));
        return match sized {
            Some((size, text)) => made(format!("char[{size}]"), text),
            None => made("char*".to_owned(), value),
        };
    }
    if mode == ParameterMode::InOut && inner.is_empty() {
        return made(element.name().to_owned(), value);
    }
    Err(CFunctionError::ValueForPointer { name: name.to_owned(), element: element.name() })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes `name=value` apart; each name is a parameter's, and stands once.
fn named<'a>(signature: &Signature, arguments: &'a [String]) -> Result<Vec<(&'a str, &'a str)>, CFunctionError> {
    let mut given: Vec<(&str, &str)> = Vec::new();
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or_else(|| CFunctionError::NotNamed(argument.clone()))?;
        if !signature.parameters.iter().any(|parameter| parameter.name == name) {
            return Err(CFunctionError::Unknown {
                function: signature.name.clone(),
                name: name.to_owned(),
                prototype: prototype(signature),
            });
        }
        if given.iter().any(|(earlier, _)| *earlier == name) {
            return Err(CFunctionError::Twice(name.to_owned()));
        }
        given.push((name, value));
    }
    Ok(given)
}

/// The function's prototype: `void sum(float a, float b, float *c)`.
fn prototype(signature: &Signature) -> String {
    let parameter = |parameter: &FunctionParameter| {
        let (name, constant) = (&parameter.name, if parameter.is_const { "const " } else { "" });
        match parameter.ty {
            ParameterType::Scalar(scalar) => format!("{} {name}", scalar.name()),
            ParameterType::Pointer { element } if parameter.inner.is_empty() => {
                format!("{constant}{} *{name}", element.name())
            }
            ParameterType::Pointer { element } => {
                let inner: String = parameter.inner.iter().map(|length| format!("[{length}]")).collect();
                format!("{constant}{} {name}[]{inner}", element.name())
            }
        }
    };
    let parameters: Vec<String> = signature.parameters.iter().map(parameter).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let nothing = if signature.returns_text { "char *" } else { "void " };
    let result = signature.result.map_or(nothing.to_owned(), |scalar| format!("{} ", scalar.name()));
    format!("{result}{}({parameters})", signature.name)
}

/// Moving a function for the user could change what it means, so this only says where it should stand.
fn not_last(source: &str, wanted: &str, last: String) -> CFunctionError {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let named = source.split(|character| !is_word(character)).any(|word| word == wanted);
    let advice = if named { "move it to the end of the file" } else { "there is no such function in the file" };
    CFunctionError::NotLast { wanted: wanted.to_owned(), last, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, ty: ParameterType) -> FunctionParameter {
        FunctionParameter { name: name.to_owned(), ty, inner: Vec::new(), is_const: false }
    }

    /// The parameters that arguments make for the last function of a source, as type, value and mode.
    fn made(source: &str, words: &[&str]) -> Result<Vec<(String, String, ParameterMode)>, String> {
        let signature = skerry_c_compiler::compile(source).unwrap().signature;
        let parameters = parameters(&signature, &arguments(words)).map_err(|error| error.to_string())?;
        let made = |parameter: Parameter| {
            let value = String::from_utf8(BASE64_STANDARD.decode(parameter.value).unwrap()).unwrap();
            (parameter.type_name, value, parameter.mode)
        };
        Ok(parameters.into_iter().map(made).collect())
    }

    #[test]
    fn what_goes_through_a_pointer_is_written_in_front_of_its_value() {
        use ParameterMode::{In, InOut, Out};
        let source = "char *f(const char *key, char *text, int m[2][3], unsigned char *bytes) { return text; }";
        for (words, expected) in [
            (
                ["key=a=b", "text=out:64", "m=[[1,2,3],[4,5,6]]", "bytes=[1,2]"],
                [
                    ("char*", "a=b", In),
                    ("char[64]", "", Out),
                    ("int[][3]", "[[1,2,3],[4,5,6]]", In),
                    ("unsigned char[]", "[1,2]", In),
                ],
            ),
            (
                ["key=[x", "text=inout:64:hello", "m=out:2", "bytes=hello"],
                [("char*", "[x", In), ("char[64]", "hello", InOut), ("int[2][3]", "", Out), ("char*", "hello", In)],
            ),
            (
                ["key=in:out:64", "text=inout:hello", "m=inout:[1,2,3]", "bytes=out:4"],
                [
                    ("char*", "out:64", In),
                    ("char*", "hello", InOut),
                    ("int[][3]", "[1,2,3]", InOut),
                    ("unsigned char[4]", "", Out),
                ],
            ),
        ] {
            let expected = expected.map(|(ty, value, mode)| (ty.to_owned(), value.to_owned(), mode));
            assert_eq!(made(source, &words).unwrap(), expected);
        }
        assert_eq!(made("void f(long *x) {}", &["x=inout:5"]).unwrap(), [("long".to_owned(), "5".to_owned(), InOut)]);
        for (words, problem) in [
            (["key=out:3", "text=a", "m=[]", "bytes=a"], "`key` is a pointer to const"),
            (["key=a", "text=out:", "m=[]", "bytes=a"], "`text=out:`: behind `out:` stands the number"),
            (["key=a", "text=a", "m=3", "bytes=a"], "`m` is a pointer to `int`"),
        ] {
            let message = made(source, &words).unwrap_err();
            assert!(message.starts_with(problem), "{message}");
        }
        assert!(made(source, &["key=a", "m=[]", "bytes=a"]).unwrap_err().contains("text=out:64"));
        let prototype = "char *f(const char *key, char *text, int m[][3], unsigned char *bytes)";
        assert!(made(source, &["text=a", "bytes=a"]).unwrap_err().contains(prototype));
    }

    fn sum() -> Signature {
        let float = ParameterType::Scalar(ScalarType::Float);
        Signature {
            name: "sum".to_owned(),
            parameters: vec![
                parameter("a", float),
                parameter("b", float),
                parameter("c", ParameterType::Pointer { element: ScalarType::Float }),
            ],
            result: None,
            returns_text: false,
        }
    }

    fn arguments(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn error(words: &[&str]) -> String {
        parameters(&sum(), &arguments(words)).unwrap_err().to_string()
    }

    #[test]
    fn a_pointer_that_is_not_given_is_an_out_parameter() {
        let got = parameters(&sum(), &arguments(&["b=4.5", "a=3"])).unwrap();
        let expected = [
            input("float".to_owned(), "a", "3"),
            input("float".to_owned(), "b", "4.5"),
            output("float".to_owned(), "c"),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_list_for_a_pointer_is_an_array() {
        let got = parameters(&sum(), &arguments(&["a=1", "b=2", "c=[1,2.5]"])).unwrap();
        assert_eq!(got.last(), Some(&input("float[]".to_owned(), "c", "[1,2.5]")));
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused_with_the_prototype() {
        assert_eq!(error(&["3", "b=4"]), "`3` is not name=value");
        assert_eq!(error(&["a=3", "a=4"]), "`a` is given twice");
        assert_eq!(error(&["x=3"]), "`sum` has no parameter `x`; it is `void sum(float a, float b, float *c)`");
        assert_eq!(error(&[]), "no value for a=… b=…; the function is `void sum(float a, float b, float *c)`");
        assert!(error(&["a=3", "b=4", "c=5"]).starts_with("`c` is a pointer to `float`: leave it out"));
    }

    #[test]
    fn a_value_may_hold_an_equals_sign_or_be_negative() {
        let got = parameters(&sum(), &arguments(&["a=-1e-3", "b==="])).unwrap();
        assert_eq!(got[0], input("float".to_owned(), "a", "-1e-3"));
        assert_eq!(got[1], input("float".to_owned(), "b", "=="));
    }

    #[test]
    fn a_source_becomes_a_request() {
        let source = "float product(float a, float b) { return a * b; }";
        let request = request(source, Some("product"), &arguments(&["a=3", "b=2"])).unwrap();
        assert_eq!((request.lang.as_str(), request.params.len()), ("C", 2));
        assert_eq!(BASE64_STANDARD.decode(request.fc).unwrap(), source.as_bytes());
        let parameter = BASE64_STANDARD.decode(&request.params[0]).unwrap();
        assert_eq!(
            String::from_utf8(parameter).unwrap(),
            r#"{"type":"float","var_name":"a","value":"Mw==","mode":"IN"}"#
        );
    }

    #[test]
    fn only_the_last_function_can_be_asked_for() {
        let source = "int one(void) { return 1; }\nint two(void) { return one() + 1; }";
        assert!(request(source, Some("two"), &[]).is_ok());
        let earlier = request(source, Some("one"), &[]).unwrap_err().to_string();
        assert!(earlier.ends_with("which is `two`, not `one`; move it to the end of the file"), "{earlier}");
        let nowhere = request(source, Some("on"), &[]).unwrap_err().to_string();
        assert!(nowhere.ends_with("there is no such function in the file"), "{nowhere}");
    }

    #[test]
    fn a_compile_error_has_line_and_column() {
        let CFunctionError::Compile(errors) = request("int f(void) {\n  return x;\n}", None, &[]).unwrap_err() else {
            panic!("not a compile error");
        };
        assert_eq!((errors.diagnostics()[0].line, errors.diagnostics()[0].column), (2, 10));
    }
}
