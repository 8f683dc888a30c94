//! From a function's source to bytecode. Knows no interpreter, so that any thread may compile while a function runs.

use ruff_python_ast::{ModModule, Stmt, StmtFunctionDef};
use rustpython_compiler::{CompileOpts, Mode};
use rustpython_compiler_core::bytecode::CodeObject;
use std::io;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The name of a function's source in tracebacks.
pub(crate) const SOURCE_NAME: &str = "<function>";
/// Parser and compiler recurse as deep as the source nests, which [`check_nesting`] bounds.
const COMPILER_STACK_BYTES: usize = 8 * 1024 * 1024;
/// Brackets within brackets, as in CPython.
const MOST_BRACKETS: usize = 200;
/// Indentations within indentations, as in CPython.
const MOST_INDENTATIONS: usize = 100;
/// Operators, names and other marks between two commas or line ends: what may nest without brackets.
const MOST_MARKS: usize = 3000;
/// Bytecode, constants and names, as a multiple of the source's bytes, rounded up from what was measured.
const CODE_EXPANSION: usize = 12;

/// A function that is ready to be called.
#[derive(Debug)]
pub struct Function {
    pub(crate) code: CodeObject,
    /// The name of the function to call.
    pub(crate) name: String,
    /// For the lines that a traceback shows.
    pub(crate) source: String,
}

impl Function {
    /// The memory that it takes, in bytes, estimated.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.source.len().saturating_mul(CODE_EXPANSION)
    }
}

/// Compiles a function's source: UTF-8, maybe indented as a whole, with the function to call as the last `def` at top level.
///
/// # Errors
///
/// The message for the user, for a source that cannot be called: as CPython words it for what is no Python.
pub fn compile(source: &[u8]) -> Result<Function, String> {
    // For all that is ever compiled, by `exec` too: nothing runs before its function has been here.
    ruff_python_parser::set_character_lookup(rustpython_unicode::lookup_character);
    let source = std::str::from_utf8(source).map_err(|error| {
        if source.first() == Some(&0x80) {
            "fc is a pickle: code cannot be taken from pickles; send the function's source, as Skerry's client does"
                .to_owned()
        } else {
            format!("the source is not UTF-8 (at byte {})", error.valid_up_to())
        }
    })?;
    let source = dedent(source.strip_prefix('\u{feff}').unwrap_or(source));
    check_nesting(&source)?;
    on_compiler(source)
}

/// A source to compile, and where to answer.
type Order = (String, Sender<Result<Function, String>>);

/// Compiles on the thread that has the stack for it. It stays for the next source: one that ended for each would have the
/// kernel end threads again and again, which it was seen to fail at.
fn on_compiler(source: String) -> Result<Function, String> {
    static COMPILER: Mutex<Option<Sender<Order>>> = Mutex::new(None);
    let no_compiler = || "there is no memory to compile with; try again later".to_owned();
    let (answer, answers) = mpsc::channel();
    {
        let mut compiler = COMPILER.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = match &*compiler {
            Some(orders) => orders,
            None => compiler.insert(start_compiler().map_err(|_| no_compiler())?),
        };
        orders.send((source, answer)).map_err(|_| no_compiler())?;
    }
    answers.recv().map_err(|_| no_compiler())?
}

fn start_compiler() -> io::Result<Sender<Order>> {
    let (orders, sources) = mpsc::channel::<Order>();
    let build = thread::Builder::new().name("python-compiler".to_owned()).stack_size(COMPILER_STACK_BYTES);
    build.spawn(move || {
        for (source, answer) in sources {
            // Whoever asked may be gone.
            let _ = answer.send(compile_text(source));
        }
    })?;
    Ok(orders)
}

fn compile_text(source: String) -> Result<Function, String> {
    let module = ruff_python_parser::parse_module(&source)
        .map_err(|error| syntax_error(&source, error.location.start().to_usize(), &error.error.to_string()))?;
    let name = entry_point(module.syntax())?;
    // What recursive code of the compiler's own has to do ends with an error, like the parser's.
    let options = CompileOpts { optimize: 0, debug_ranges: false, ..CompileOpts::default() };
    let code = rustpython_compiler::compile(&source, Mode::Exec, SOURCE_NAME, options)
        .map_err(|error| compile_error(&source, &error))?;
    Ok(Function { code, name, source })
}

fn entry_point(module: &ModModule) -> Result<String, String> {
    let is_function = |statement: &&Stmt| matches!(statement, Stmt::FunctionDef(_));
    match module.body.iter().rev().find(is_function) {
        Some(Stmt::FunctionDef(StmtFunctionDef { is_async: true, name, .. })) => Err(format!(
            "{name} is an async function: there is nothing to wait for in a Skerry function; use plain def"
        )),
        Some(Stmt::FunctionDef(function)) => Ok(function.name.to_string()),
        _ => Err("the source defines no function: the last `def` at its top level is the function to call".to_owned()),
    }
}

/// A compiler's error in CPython's words.
fn compile_error(source: &str, error: &rustpython_compiler::CompileError) -> String {
    let (line, column) = error.python_location();
    let message = match error {
        rustpython_compiler::CompileError::Codegen(error) => error.error.to_string(),
        other => other.to_string(),
    };
    syntax_error_at(source, line, column, &message)
}

fn syntax_error(source: &str, offset: usize, message: &str) -> String {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |text| text.chars().count()) + 1;
    syntax_error_at(source, line, column, message)
}

fn syntax_error_at(source: &str, line: usize, column: usize, message: &str) -> String {
    let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let shown: String = text.trim_start().chars().take(200).collect();
    let indentation = text.chars().count() - text.trim_start().chars().count();
    let caret = column.saturating_sub(1).saturating_sub(indentation).min(200);
    format!("  File \"{SOURCE_NAME}\", line {line}\n    {shown}\n    {:caret$}^\nSyntaxError: {message}", "")
}

/// Takes away the indentation that all lines share: the source of a function that was defined within another.
///
/// Lines keep their numbers. A source whose first line of code is not indented stays as it is, so lines within strings
/// count only where they must.
fn dedent(source: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let first = source.lines().find(is_code).unwrap_or_default();
    let prefix = &first[..indentation(first)];
    if prefix.is_empty() {
        return source.to_owned();
    }
    let mut text = String::with_capacity(source.len());
    for line in source.split_inclusive('\n') {
        text.push_str(line.strip_prefix(prefix).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])));
    }
    text
}

/// Refuses a source that nests so deeply that parsing it might need more stack than there is.
///
/// Counts without understanding strings and comments, and so is more severe than it would have to be.
fn check_nesting(source: &str) -> Result<(), String> {
    let (mut brackets, mut marks, mut line) = (0_usize, 0_usize, 1_usize);
    let mut indentations: Vec<usize> = Vec::new();
    let mut is_start = true;
    let mut indentation = 0;
    let mut was_word = false;
    for byte in source.bytes() {
        if byte == b'\n' {
            (is_start, indentation) = (true, 0);
            line += 1;
            // A line that ends within brackets goes on; strings may have left brackets open.
            if brackets == 0 {
                marks = 0;
            }
            continue;
        }
        if is_start && matches!(byte, b' ' | b'\t') {
            indentation += 1;
            continue;
        }
        if is_start {
            is_start = false;
            while indentations.last().is_some_and(|last| *last >= indentation) {
                indentations.pop();
            }
            indentations.push(indentation);
        }
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b',' | b';' => marks = 0,
            _ if is_word && was_word => {}
            b' ' | b'\t' | b'\r' => {}
            _ => marks += 1,
        }
        was_word = is_word;
        if brackets > MOST_BRACKETS || marks > MOST_MARKS || indentations.len() > MOST_INDENTATIONS {
            return Err(format!("line {line}: the source nests too deeply"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_def_at_top_level_is_the_function() {
        let source = b"def helper():\n  pass\n@decorator\ndef main(a):\n  def inner(): pass\n  return inner\nx = 1\nclass C:\n  def method(self): pass\n";
        assert_eq!(compile(source).unwrap().name, "main");
    }

    #[test]
    fn a_source_without_a_function_is_refused_with_what_to_do() {
        for source in [&b"x = 1"[..], b"", b"class C:\n  def f(self): pass"] {
            assert!(compile(source).unwrap_err().contains("last `def`"));
        }
        assert!(compile(b"async def f(): pass").unwrap_err().contains("async"));
        assert!(compile(b"\x80\x04N.").unwrap_err().contains("client"));
        assert!(compile(b"def f(): '\xff'").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn an_indented_source_is_taken_as_it_was_meant() {
        let function = compile(b"    @staticmethod\n    def f(x):\n        return x\n").unwrap();
        assert_eq!(function.source, "@staticmethod\ndef f(x):\n    return x\n");
    }

    #[test]
    fn a_syntax_error_has_its_line_and_a_caret() {
        let error = compile(b"def f():\n    return 1 +\n").unwrap_err();
        assert!(error.starts_with("  File \"<function>\", line 2\n    return 1 +\n"), "{error}");
        assert!(error.contains("^\nSyntaxError: "), "{error}");
        let error = compile(b"def f():\n    pass\nreturn 1\n").unwrap_err();
        assert!(error.contains("line 3") && error.contains("outside function"), "{error}");
    }

    #[test]
    fn a_source_that_nests_too_deeply_is_refused_and_not_parsed() {
        let deep = |text: &str, times: usize| format!("def f():\n  return {}", text.repeat(times));
        for text in ["(", "-", "not ", "a.", "a if b else ", "lambda: ", "f(", "[", "x+", "~", "a**"] {
            let error = compile(deep(text, 20_000).as_bytes()).unwrap_err();
            assert!(error.contains("too deeply"), "{text}: {error}");
            // And what is let through does not overflow the compiler's stack.
            for times in [150, 1000, 1490] {
                let _ = compile(format!("{} 1", deep(text, times)).as_bytes());
            }
        }
        let ifs: String = (0..300).map(|level| format!("{}if 1:\n", " ".repeat(level))).collect();
        assert!(compile(ifs.as_bytes()).unwrap_err().contains("too deeply"));
    }
}
