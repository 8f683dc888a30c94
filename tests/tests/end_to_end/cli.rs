//! The `skerry` command line on a real runtime: `provision`, `call`, `image`, `bench`, as a user types them.

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use skerry_tests::command::{Ended, Places};
use skerry_tests::faas::{self, SUM};
use skerry_tests::image;
use skerry_tests::runtime::Runtime;

const ONCE: [&str; 5] = ["provision", "--once", "--accelerator", "tcg", "--no-setup"];

/// The one JSON object on stdout.
#[track_caller]
fn one_object(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn provision_once_prints_one_object_with_the_right_answer_and_leaves_nothing() {
    let places = Places::new();
    let ended = places.run(&[&ONCE[..], &["--json"]].concat());
    let report = one_object(&ended);
    assert_eq!(report["function"]["result"], "7.5");
    assert_eq!(report["function"]["correct"], true);
    assert_eq!(report["image"]["id"], image::minimal().id.as_str());
    assert_eq!(report["image"]["size_bytes"], image::minimal().size_bytes());
    assert_eq!(report["accelerator"]["name"], "tcg");
    assert_eq!(report["langs"], serde_json::json!(["C", "WASM"]));
    assert_eq!(report["process_id"], Value::Null, "the machine is gone");
    assert!(report["memory"]["free_bytes"].as_u64().unwrap() > 0);
    let phases = report["boot_phases_us"].as_object().unwrap();
    let sum: u64 = phases.values().map(|time| time.as_u64().unwrap()).sum();
    let whole = report["timings_us"]["boot_to_first_answer"].as_u64().unwrap();
    assert_eq!(sum, whole, "the phases are the whole boot: {report}");
    let biggest = report["biggest_boot_phase"].as_str().unwrap();
    assert_eq!(phases.values().map(|time| time.as_u64().unwrap()).max(), phases[biggest].as_u64());
    assert!(ended.stderr.contains("boot"), "the steps are told on stderr: {}", ended.stderr);
    places.hold_nothing();
}

#[test]
fn a_second_provision_reuses_the_image_and_quiet_says_nothing_but_the_result() {
    let places = Places::new();
    for _ in 0..2 {
        let ended = places.run(&[&ONCE[..], &["--json", "--quiet"]].concat());
        assert_eq!(one_object(&ended)["image"]["reused"], true);
        assert_eq!(ended.stderr, "");
    }
    places.hold_nothing();
}

#[test]
fn provision_takes_flavour_processors_and_memory_and_tells_where_the_time_went() {
    if std::env::var_os("SKERRY_IMAGE").is_some() {
        eprintln!("skipped: SKERRY_IMAGE names the image, so --flavour would be refused");
        return;
    }
    let places = Places::new();
    let arguments = ["--flavour", "minimal", "--cpu", "1", "--memory", "64", "--timings"];
    let ended = places.run(&[&ONCE[..], &arguments].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in
        ["sum(a=3, b=4.5) = 7.5", "STEP", "boot to first answer", "BOOT PHASE", "The biggest piece of the boot is"]
    {
        assert!(ended.stdout.contains(words), "{words:?} is missing from\n{}", ended.stdout);
    }
    for phase in ["QEMU start", "loader", "kernel", "network", "runtime", "first answer"] {
        assert!(ended.stdout.lines().any(|line| line.starts_with(phase)), "{phase} is missing from\n{}", ended.stdout);
    }
    assert!(!ended.stdout.contains("ENDPOINT"), "nobody answers there any more");
    places.hold_nothing();
}

#[test]
fn the_curl_line_that_provision_shows_works_as_it_is_pasted() {
    let places = Places::new();
    let skerry = places.start(&["provision", "--accelerator", "tcg", "--no-setup"]);
    let mut lines = Vec::new();
    let line = loop {
        let line = skerry.line();
        if line.trim_start().starts_with("curl ") {
            break line;
        }
        lines.push(line);
    };
    assert!(lines.iter().any(|line| line.starts_with("ENDPOINT http://127.0.0.1:")), "{lines:?}");
    if skerry_tests::command::curl(&["--version"]).is_some() {
        let pasted = Command::new("sh").args(["-c", &line]).env("no_proxy", "*").output().unwrap();
        let answer: Value =
            serde_json::from_slice(&pasted.stdout).unwrap_or_else(|error| panic!("{error}: {pasted:?}"));
        assert_eq!(faas::decode(answer["result"].as_str().unwrap()), "7.5");
    }
    skerry.signal(Signal::SIGINT);
    assert_eq!(skerry.ended().code, Some(130));
    places.hold_nothing();
}

#[test]
fn images_are_listed_and_shown_part_by_part() {
    let (places, image) = (Places::new(), image::minimal());
    let listed = places.run(&["image", "ls", "--output", "json"]);
    let all = one_object(&listed);
    let ours = all.as_array().unwrap().iter().find(|listed| listed["id"] == image.id.as_str());
    assert_eq!(ours.unwrap()["size_bytes"], image.size_bytes());
    assert!(places.run(&["image", "ls"]).stdout.lines().any(|line| line.starts_with(&image.id)));

    let shown = one_object(&places.run(&["image", "inspect", &image.id, "--output", "json"]));
    let parts = shown["size_by_part_bytes"].as_object().unwrap();
    for part in ["kernel", "std", "runtime", "executors", "loader"] {
        assert!(parts[part].as_u64().unwrap() > 0, "{part}: {shown}");
    }
    let sum: u64 = parts.values().map(|size| size.as_u64().unwrap()).sum();
    assert_eq!(sum, image.size_bytes());
    assert!(Path::new(shown["unikernel"].as_str().unwrap()).is_file());

    let missing = places.run(&["image", "inspect", "zzzz"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), ""));
    assert!(missing.stderr.contains("there is no image \"zzzz\""), "{missing:?}");
}

/// A file with a function in it.
fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("function");
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (directory, path)
}

#[test]
fn call_offloads_a_function_to_a_runtime_that_runs() {
    let (runtime, places) = (Runtime::start(&["call-time-limit-ms=1000"]), Places::new());
    let endpoint = runtime.url("");
    let call = |lang: &str, content: &[u8], more: &[&str]| {
        let (_directory, path) = file(content);
        places.run(&[&["call", "--endpoint", &endpoint, "--lang", lang, "--file", &path], more].concat())
    };
    let prints = |ended: Ended, stdout: &str| {
        assert_eq!(ended, Ended { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() });
    };
    prints(call("C", SUM.as_bytes(), &["--fn", "sum", "a=3", "b=4.5"]), "7.5\n");
    prints(call("C", SUM.as_bytes(), &["--async", "a=3", "b=4.5"]), "7.5\n");
    let divide = b"void divide(int a, int b, int *q, int *r) { *q = a / b; *r = a % b; }";
    prints(call("C", divide, &["a=17", "b=5"]), "q=3\nr=2\n");
    let sort = b"void sort(int n, int a[]) { for (int i = 1; i < n; i++) for (int j = i; j && a[j] < a[j - 1]; j--) \
                 { int t = a[j]; a[j] = a[j - 1]; a[j - 1] = t; } }";
    prints(call("C", sort, &["n=3", "a=inout:[3,1,2]"]), "[1,2,3]\n");
    let greet = b"#include <stdio.h>\nvoid greet(const char *name, char *text) { sprintf(text, \"hello, %s\", name); }";
    prints(call("C", greet, &["name=Ada", "text=out:64"]), "hello, Ada\n");
    let rows = b"void rows(double m[2][2], double y[2]) { for (int i = 0; i < 2; i++) y[i] = m[i][0] + m[i][1]; }";
    prints(call("C", rows, &["m=[[1,2],[3,4.5]]", "y=out:2"]), "[3,7.5]\n");
    prints(call("C", b"char *name(int n) { return n ? \"one\" : \"zero\"; }", &["n=1"]), "one\n");
    let module = wat::parse_str(
        r#"(module (func (export "run") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))"#,
    )
    .unwrap();
    prints(call("WASM", &module, &["int:40", "int:-2"]), "42\n");
    prints(call("WASM", &module, &["--async", "int:40", "int:-2"]), "42\n");
    let raw: Value = serde_json::from_str(&call("C", SUM.as_bytes(), &["--raw", "a=3", "b=4.5"]).stdout).unwrap();
    assert_eq!((&raw["result"], &raw["ret_code"]), (&"Ny41".into(), &0.into()));

    let fails = |ended: Ended, words: &str| {
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{words:?} is not in {ended:?}");
    };
    fails(call("C", b"int f(int x) {\n  return x +;\n}", &["x=1"]), ":2:13: error: ");
    fails(call("C", b"int f(int x) { return 1 / x; }", &["x=0"]), "division by zero");
    fails(call("C", b"int f(int x) { return 1 / x; }", &["--async", "x=0"]), "division by zero");
    fails(call("C", faas::ENDLESS.as_bytes(), &["x=1"]), "longer than 1 s");
    fails(call("WASM", b"no module", &[]), "");
    fails(call("WASM", &module, &["int:1"]), "2 parameters");
    runtime.serves_the_next_client();
}

#[test]
fn a_wrong_endpoint_is_told_with_what_to_do() {
    let places = Places::new();
    // A port that was free a moment ago: nobody listens there.
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_directory, path) = file(SUM);
    let call =
        |endpoint: &str| places.run(&["call", "--endpoint", endpoint, "--lang", "C", "--file", &path, "a=1", "b=2"]);
    let ended = call(&format!("http://{unused}"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("hint: is the runtime up?"), "{ended:?}");
    for nonsense in ["", "https://127.0.0.1:1", "http://", "ftp://127.0.0.1"] {
        let ended = call(nonsense);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{nonsense:?}: {ended:?}");
    }
}

#[test]
fn benchmarks_measure_and_clean_up() {
    let places = Places::new();
    let boots = one_object(&places.run(&["bench", "boot", "--runs", "3", "--json", "--accelerator", "tcg"]));
    assert_eq!(boots["runs"], 3);
    let runtime = Runtime::start(&[]);
    let arguments = ["bench", "requests", "--requests", "200", "--json", "--endpoint", &runtime.url("")];
    let requests = one_object(&places.run(&arguments));
    assert_eq!((&requests["requests"], &requests["connections"]), (&200.into(), &1.into()));
    places.hold_nothing();
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_done() {
    let places = Places::new();
    for arguments in [
        &["provision", "--flavour", "huge"][..],
        &["provision", "--memory", "8"],
        &["provision", "--memory", "lots"],
        &["provision", "--cpu", "0"],
        &["provision", "--accelerator", "turbo"],
        &["provision", "--boot-option", "debug"],
        &["call", "--lang", "COBOL", "--endpoint", "http://127.0.0.1:1", "--file", "/dev/null"],
        &["fly"],
        &[],
    ] {
        let ended = places.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty());
    }
    let help = places.run(&["provision", "--help"]);
    assert_eq!(help.code, Some(0));
    for flag in ["--flavour", "--cpu", "--memory", "--once", "--json", "--timings"] {
        assert!(help.stdout.contains(flag), "{flag}");
    }
    places.hold_nothing();
}
