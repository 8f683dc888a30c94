//! Native functions: the example crate, in an image of its own.

use serde_json::json;
use skerry_tests::faas::{ASYNC, SYNC, encode, failure, input, result};
use skerry_tests::image;
use skerry_tests::runtime::{Runtime, Setup};

fn body(name: &str, params: &[String]) -> String {
    json!({"lang": "NATIVE", "fc": encode(name), "params": params}).to_string()
}

#[test]
fn the_example_crates_functions_are_called_by_name_in_an_image_of_their_own() {
    let image = image::with_functions(&image::source_root().join("examples/native-functions"));
    assert_eq!(image.functions.as_deref(), Some("example-functions 0.1.0"));
    let setup = Setup { loader: image.loader, unikernel: image.unikernel, ..Setup::with(&["call-time-limit-ms=5000"]) };
    let runtime = Runtime::boot(&setup);
    let names = json!(["sum", "mean", "word_count", "checksum", "primes_below"]);
    assert_eq!(runtime.get("/").json()["native_functions"], names);

    let call = |name: &str, params: &[String]| runtime.post(SYNC, &body(name, params));
    assert_eq!(result(&call("sum", &[input("float", "3"), encode("4.5")])), "7.5");
    assert_eq!(result(&call("mean", &[input("double[]", "[1, 2, 6]")])), "3");
    assert_eq!(result(&call("word_count", &[encode("one two Two")])), r#"{"one":1,"two":2}"#);
    assert_eq!(failure(&call("mean", &[encode("[]")])), "no numbers have no mean");
    call("product", &[]).is_error(405, "there are: sum, mean");

    // Its own error of the memory; its log; a task that is cancelled.
    let few = json!({"lang": "NATIVE", "fc": encode("primes_below"), "params": [encode("30000")], "log": true});
    assert_eq!(runtime.post(SYNC, &few.to_string()).json()["logs"], json!(["3245 primes below 30000"]));
    assert!(failure(&call("primes_below", &[encode("99999999999")])).contains("may use 16777216"));
    assert_eq!(runtime.post(ASYNC, &body("sum", &[])).status, 201, "what a function wants is its own business");
    // What is not native works beside it.
    runtime.serves_the_next_client();
}

#[test]
fn a_crate_that_does_not_build_is_told_with_the_compilers_words() {
    let folder = tempfile::tempdir().unwrap();
    let native = image::source_root().join("guest/native");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [dependencies]\nskerry-native = {{ path = {native:?} }}\n"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let source = "pub fn functions(registry: &mut skerry_native::Registry) { registry.add(\"f\", nowhere); }";
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    let error = image::try_with_functions(folder.path()).unwrap_err();
    assert!(error.contains("cannot find value `nowhere`"), "{error}");
}
