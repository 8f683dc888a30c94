//! What a caller learns about a compiled function, and what the module asks of the caller.

use skerry_c_compiler::{
    FunctionParameter, MATH_IMPORTS, MATH_MODULE, NULL_ZONE_BYTES, ParameterType, ScalarType, compile,
};
use wasmi::{Engine, ExternType, Module};

fn parameter(name: &str, ty: ParameterType) -> FunctionParameter {
    FunctionParameter { name: name.to_owned(), ty, inner: Vec::new(), is_const: false }
}

#[test]
fn the_signature_is_that_of_the_last_function_with_typedefs_resolved() {
    let source = "#include <stdint.h>\ntypedef const float *input;\nint helper(void) { return 1; }\n\
                  void scale(uint8_t n, input x, double out[], unsigned long int) { out[0] = x[0] * n; }";
    let signature = compile(source).expect("compiles").signature;
    assert_eq!(signature.name, "scale");
    assert_eq!(signature.result, None);
    assert_eq!(
        signature.parameters,
        [
            parameter("n", ParameterType::Scalar(ScalarType::UnsignedChar)),
            FunctionParameter {
                is_const: true,
                ..parameter("x", ParameterType::Pointer { element: ScalarType::Float })
            },
            parameter("out", ParameterType::Pointer { element: ScalarType::Double }),
            parameter("", ParameterType::Scalar(ScalarType::UnsignedLong)),
        ]
    );
}

#[test]
fn pointers_to_arrays_and_texts_are_told() {
    let source = "const char *name(int m[3][4], const char *key, double t[][2][5]) { return key + m[0][0]; }";
    let signature = compile(source).expect("compiles").signature;
    assert!(signature.returns_text && signature.result.is_none());
    let inner: Vec<(&[u32], bool)> =
        signature.parameters.iter().map(|parameter| (parameter.inner.as_slice(), parameter.is_const)).collect();
    assert_eq!(inner, [(&[4][..], false), (&[], true), (&[2, 5], false)]);
}

#[test]
fn the_module_imports_only_what_it_uses_and_exports_memory_and_run() {
    let source = "#include <math.h>\ndouble f(double x) { return sqrt(x) + sin(x) + powf(x, 2); }";
    let compiled = compile(source).expect("compiles");
    let module = Module::new(&Engine::default(), &compiled.wasm).expect("valid");
    let imports: Vec<(&str, &str)> = module.imports().map(|import| (import.module(), import.name())).collect();
    assert_eq!(imports, [(MATH_MODULE, "pow"), (MATH_MODULE, "sin")]);
    for (_, name) in imports {
        assert!(MATH_IMPORTS.iter().any(|(known, _)| *known == name));
    }
    let exports: Vec<&str> = module.exports().map(|export| export.name()).collect();
    assert_eq!(exports, ["memory", "run"]);
}

#[test]
fn the_heap_begins_after_everything_that_the_module_uses() {
    let initial_pages = |source: &str| {
        let compiled = compile(source).expect("compiles");
        let module = Module::new(&Engine::default(), &compiled.wasm).expect("valid");
        let pages = module.exports().find_map(|export| match export.ty() {
            ExternType::Memory(memory) => Some(memory.minimum()),
            _ => None,
        });
        (compiled.heap_base, pages.expect("memory is exported"))
    };
    assert_eq!(initial_pages("int f(int a) { return a; }"), (NULL_ZONE_BYTES, 1));
    assert_eq!(initial_pages("char g[100]; int f(int a) { return g[a]; }"), (NULL_ZONE_BYTES + 112, 1));
    // A frame of 16 bytes, and no recursion.
    assert_eq!(initial_pages("int f(int a) { int *p = &a; return *p; }"), (NULL_ZONE_BYTES + 16, 1));
    let (heap_base, pages) = initial_pages("int f(int a) { int *p = &a; return a ? f(*p - 1) : 0; }");
    assert!(heap_base > 256 * 1024 && pages * 65536 >= u64::from(heap_base));
}

#[test]
fn initialisers_at_file_scope_may_hold_compound_literals() {
    let source = "struct p { int a, b; };\nstatic struct p *global = &(struct p){3, 4};\n\
                  static const int *const odd = (const int[]){1, 3, 5};\nint f(void) { return global->a + odd[1]; }";
    compile(source).unwrap_or_else(|errors| panic!("{errors}"));
    let wrong = source.replace("return", "return +;");
    let errors = compile(&wrong).expect_err("wrong");
    assert_eq!(errors.diagnostics().len(), 1, "{errors}");
}
