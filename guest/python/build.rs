//! Freezes the standard library: the modules below are compiled to bytecode, without docstrings and assertions, into one
//! archive that the crate includes. Their sources come from the registry (`rustpython-pylib`); none is in this repository.

use rustpython_compiler::{CompileOpts, Mode, compile};
use rustpython_compiler_core::frozen::{FrozenCodeObject, FrozenLib, FrozenModule};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Modules of the registry's library: what functions may import, and what that imports.
const MODULES: &[&str] = &[
    "__future__",
    "_collections_abc",
    "_colorize",
    "_opcode_metadata",
    "_py_warnings",
    "_pydecimal",
    "_strptime",
    "_weakrefset",
    "abc",
    "annotationlib",
    "ast",
    "base64",
    "bisect",
    "calendar",
    "codeop",
    "collections",
    "colorsys",
    "contextlib",
    "contextvars",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "enum",
    "fractions",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "html.entities",
    "html.parser",
    "_markupbase",
    "inspect",
    "io",
    "ipaddress",
    "json",
    "json.decoder",
    "json.encoder",
    "json.scanner",
    "keyword",
    "linecache",
    "numbers",
    "opcode",
    "operator",
    "pprint",
    "random",
    "re",
    "re._casefix",
    "re._compiler",
    "re._constants",
    "re._parser",
    "reprlib",
    "secrets",
    "shlex",
    "statistics",
    "string",
    "string.templatelib",
    "struct",
    "textwrap",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "urllib",
    "urllib.parse",
    "uuid",
    "warnings",
    "weakref",
];

/// Packages among them.
const PACKAGES: &[&str] = &["collections", "html", "json", "re", "string", "urllib"];

/// What the library imports of an operating system, and our module in its place. Longer texts first.
const SYSTEM_IMPORTS: &[(&str, &str)] = &[
    ("import os.path\n", "import _skerry_os as os\n"),
    ("import os as _os\n", "import _skerry_os as _os\n"),
    ("import os\n", "import _skerry_os as os\n"),
    ("from os import ", "from _skerry_os import "),
    ("import locale as _locale\n", "import _skerry_locale as _locale\n"),
    ("import locale\n", "import _skerry_locale as locale\n"),
];

/// A change of one module: the text to find once, what stands there instead. The reason at each.
const EDITS: &[(&str, &str, &str)] = &[
    // `inspect` takes as long to load as all the rest, for a text in the class's docstring.
    ("dataclasses", "import inspect\n", "import _skerry_lazy\ninspect = _skerry_lazy.Module('inspect')\n"),
    (
        "dataclasses",
        "            text_sig = str(inspect.signature(",
        "            raise TypeError\n            text_sig = str(inspect.signature(",
    ),
    // There is no other operating system to tell apart.
    ("uuid", "    import platform\n    _platform_system = platform.system()\n", "    _platform_system = ''\n"),
    // Files of source code, which there are none of.
    ("inspect", "import importlib.machinery\n", "importlib = None\n"),
];

/// Our own modules, in `library`.
const OWN_MODULES: &[&str] = &["_skerry_lazy", "_skerry_locale", "_skerry_os", "_skerry_run"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=library");
    let mut modules = Vec::new();
    for name in MODULES {
        modules.push(freeze(name, &library_source(name), PACKAGES.contains(name)));
    }
    for name in OWN_MODULES {
        let path = Path::new("library").join(format!("{name}.py"));
        modules.push(freeze(name, &read(&path), false));
    }
    let library = FrozenLib::encode(modules.iter().map(|(name, module)| (*name, module_view(module))));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("library.bin"), library.bytes).expect("OUT_DIR can be written");
}

fn module_view(module: &FrozenModule<Vec<u8>>) -> FrozenModule<&[u8]> {
    FrozenModule { code: FrozenCodeObject { bytes: module.code.bytes.as_slice() }, package: module.package }
}

fn freeze(name: &'static str, source: &str, package: bool) -> (&'static str, FrozenModule<Vec<u8>>) {
    let options = CompileOpts { optimize: 2, debug_ranges: false, ..CompileOpts::default() };
    let code = compile(source, Mode::Exec, &format!("<frozen {name}>"), options)
        .unwrap_or_else(|error| panic!("the library's module {name} does not compile: {error}"));
    (name, FrozenModule { code: FrozenCodeObject::encode(&code), package })
}

/// A module's source, with what it imports of an operating system replaced.
fn library_source(name: &str) -> String {
    let base = Path::new(rustpython_pylib::LIB_PATH).join(name.replace('.', "/"));
    let path = if PACKAGES.contains(&name) { base.join("__init__.py") } else { base.with_extension("py") };
    let mut source = read(&path).replace("\r\n", "\n");
    for (find, replace) in SYSTEM_IMPORTS {
        source = source.replace(find, replace);
    }
    for (_, find, replace) in EDITS.iter().filter(|(module, _, _)| *module == name) {
        assert_eq!(source.matches(find).count(), 1, "an edit of {name} does not find its place once: {find:?}");
        source = source.replace(find, replace);
    }
    source
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}
