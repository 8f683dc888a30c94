//! `/metrics`: text that Prometheus reads, counters that rise, and numbers that agree with what was done.

use std::collections::BTreeMap;

use skerry_tests::faas::{self, SYNC, c, input, sum, wasm};
use skerry_tests::runtime::Runtime;

/// All samples by their series, labels included.
type Samples = BTreeMap<String, f64>;

/// Reads the page as the format's description has it, and refuses what Prometheus would.
#[track_caller]
fn scrape(runtime: &Runtime) -> Samples {
    let answer = runtime.get("/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(answer.body.ends_with('\n'));
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples = Samples::new();
    for line in answer.body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            if let Some((name, kind)) = comment.strip_prefix("TYPE ").and_then(|comment| comment.split_once(' ')) {
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kinds.insert(name, kind), None, "{name} has two types");
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("not a sample: {line:?}"));
        let name = series.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix).filter(|family| kinds.get(family) == Some(&"histogram")));
        assert!(kinds.contains_key(family.unwrap_or(name)), "{name} has no type");
        let value: f64 = value.parse().unwrap_or_else(|error| panic!("{line:?}: {error}"));
        assert!(value >= 0.0 && samples.insert(series.to_owned(), value).is_none(), "{line}");
    }
    samples
}

#[track_caller]
fn at(samples: &Samples, series: &str) -> f64 {
    *samples.get(series).unwrap_or_else(|| panic!("no {series} among {:?}", samples.keys().collect::<Vec<_>>()))
}

#[test]
fn counters_rise_by_what_was_done_since() {
    let runtime = Runtime::start(&["call-time-limit-ms=500"]);
    runtime.serves_the_next_client();
    let before = scrape(&runtime);

    for _ in 0..3 {
        assert_eq!(faas::result(&runtime.post(SYNC, &sum("1", "2"))), "3");
    }
    assert!(
        faas::failure(&runtime.post(SYNC, &c("int f(int x) { return 1 / x; }", &[input("int", "0")]))).contains("zero")
    );
    assert!(faas::failure(&runtime.post(SYNC, &faas::endless())).contains("longer than"));
    let task = runtime.start_task(&wasm(r#"(module (func (export "run")))"#, &[]));
    runtime.finished_task(&task);
    assert_eq!(runtime.get("/nowhere").status, 404);
    assert_eq!(runtime.post(SYNC, "nonsense").status, 400);

    let after = scrape(&runtime);
    let risen = |series: &str| at(&after, series) - before.get(series).copied().unwrap_or(0.0);
    for (series, by) in [
        (r#"skerry_http_requests_total{route="/v1/faas/execute-sync",code="200"}"#, 5.0),
        (r#"skerry_http_requests_total{route="/v1/faas/execute-sync",code="400"}"#, 1.0),
        (r#"skerry_http_requests_total{route="/v1/faas/execute-async",code="201"}"#, 1.0),
        (r#"skerry_http_requests_total{route="unmatched",code="404"}"#, 1.0),
        (r#"skerry_http_requests_total{route="/metrics",code="200"}"#, 1.0),
        (r#"skerry_function_duration_seconds_count{lang="C"}"#, 5.0),
        (r#"skerry_function_duration_seconds_count{lang="WASM"}"#, 1.0),
        (r#"skerry_function_duration_seconds_bucket{lang="C",le="+Inf"}"#, 5.0),
        (r#"skerry_function_failures_total{kind="trap"}"#, 1.0),
        (r#"skerry_function_failures_total{kind="time"}"#, 1.0),
        ("sr_func_executed_total", 6.0),
        ("sr_func_succeeded_total", 4.0),
        ("sr_func_failed_total", 2.0),
        (r#"sr_histogram_func_exec_time_seconds_count{function_outcome="success"}"#, 4.0),
        (r#"sr_histogram_func_input_size_bytes_count{function_outcome="error"}"#, 2.0),
    ] {
        assert!((risen(series) - by).abs() < f64::EPSILON, "{series} rose by {}, not by {by}", risen(series));
    }
    // The endless function ran for its half second at least.
    assert!(risen(r#"skerry_function_duration_seconds_sum{lang="C"}"#) >= 0.5);
    assert!(risen("skerry_uptime_seconds") > 0.0);
    for (series, value) in &before {
        let is_counter = series.contains("_total") && !series.contains("memory") || series.contains("_count");
        assert!(!is_counter || at(&after, series) >= *value, "{series} fell");
    }
}

#[test]
fn gauges_say_what_is_there_now() {
    let runtime = Runtime::start(&["workers=2"]);
    let idle = scrape(&runtime);
    assert_eq!((at(&idle, "skerry_calls_in_progress"), at(&idle, "skerry_connections")), (0.0, 1.0));
    let tasks: Vec<_> = (0..3).map(|_| runtime.start_task(&faas::endless())).collect();
    assert_eq!(tasks.len(), 3);
    let busy = scrape(&runtime);
    assert_eq!(at(&busy, "skerry_calls_in_progress"), 3.0);
    assert_eq!(at(&busy, r#"skerry_tasks{state="running"}"#), 3.0);
    assert_eq!(at(&busy, r#"skerry_tasks{state="finished"}"#), 0.0);
    let total = at(&busy, "skerry_memory_total_bytes");
    let used = at(&busy, "skerry_memory_used_bytes");
    assert!(total > 60e6 && (1e6..total).contains(&used), "{used} of {total}");
    assert!(used > at(&idle, "skerry_memory_used_bytes"), "three running functions take memory");
}

#[test]
fn the_milestones_of_the_boot_are_those_of_the_ready_line() {
    let runtime = Runtime::start(&[]);
    let (samples, milestones) = (scrape(&runtime), runtime.ready().milestones_us);
    for (phase, time_us) in [
        ("loader_start", milestones.loader_start),
        ("kernel_start", milestones.kernel_start),
        ("network_start", milestones.network_start),
        ("runtime_start", milestones.runtime_start),
        ("ready", milestones.ready),
    ] {
        let series = format!("skerry_boot_milestone_microseconds{{phase=\"{phase}\"}}");
        assert_eq!(at(&samples, &series).to_string(), time_us.to_string(), "{phase}");
    }
}

#[test]
fn what_clients_send_makes_no_series_of_its_own() {
    let runtime = Runtime::start(&[]);
    let before = scrape(&runtime).len();
    for number in 0..50 {
        assert_eq!(runtime.get(&format!("/nowhere/{number}")).status, 404);
        assert_eq!(runtime.get(&format!("/v1/faas/{number}/status")).status, 400);
    }
    // One for each of the two codes, and one for the page itself.
    assert!(scrape(&runtime).len() <= before + 3);
}
