//! What the runtime counts, and the page that tells it. The event loop alone counts, so nothing here is atomic.
//!
//! Labels come from fixed lists: no client can make the page grow. Beside our own names stand those that COGNIT's
//! dashboards read (`sr_…`).

use skerry_api::console::Milestones;
use skerry_executors::{CacheStatistics, FailureKind, Lang, Outcome};

use crate::exposition::{Bound, Histogram, Page, Unit};
use crate::router::Label;

/// The status codes that the runtime answers with.
const CODES: [u16; 16] = [200, 201, 204, 400, 404, 405, 408, 413, 414, 417, 429, 431, 500, 501, 503, 505];

/// Bounds in microseconds: functions take from fractions of a millisecond to their time limit.
static DURATION_BOUNDS: [Bound; 18] = [
    Bound(100, "0.0001"),
    Bound(250, "0.00025"),
    Bound(500, "0.0005"),
    Bound(1_000, "0.001"),
    Bound(2_500, "0.0025"),
    Bound(5_000, "0.005"),
    Bound(10_000, "0.01"),
    Bound(25_000, "0.025"),
    Bound(50_000, "0.05"),
    Bound(100_000, "0.1"),
    Bound(250_000, "0.25"),
    Bound(500_000, "0.5"),
    Bound(1_000_000, "1"),
    Bound(2_500_000, "2.5"),
    Bound(5_000_000, "5"),
    Bound(10_000_000, "10"),
    Bound(30_000_000, "30"),
    Bound(60_000_000, "60"),
];

static SIZE_BOUNDS: [Bound; 7] = [
    Bound(256, "256"),
    Bound(1_024, "1024"),
    Bound(4_096, "4096"),
    Bound(16_384, "16384"),
    Bound(131_072, "131072"),
    Bound(1_048_576, "1048576"),
    Bound(16_777_216, "16777216"),
];

/// The values of COGNIT's label `function_outcome`.
const OUTCOMES: [&str; 2] = ["success", "error"];

/// All counters.
pub(crate) struct Metrics {
    requests: [[u64; CODES.len()]; Label::COUNT],
    durations: [Histogram<18>; Lang::ALL.len()],
    durations_by_outcome: [Histogram<18>; OUTCOMES.len()],
    sizes_by_outcome: [Histogram<7>; OUTCOMES.len()],
    failures: [u64; FailureKind::ALL.len()],
}

/// What is true at the moment of the page, gathered by whoever knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauges {
    pub(crate) connections: usize,
    pub(crate) calls_in_progress: usize,
    pub(crate) tasks_running: usize,
    pub(crate) tasks_finished: usize,
    pub(crate) function_log_left_out_lines: u64,
    pub(crate) cache: CacheStatistics,
    pub(crate) processors: usize,
    pub(crate) memory_total_bytes: u64,
    pub(crate) memory_free_bytes: u64,
    pub(crate) uptime_us: u64,
    pub(crate) milestones_us: Milestones,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            requests: [[0; CODES.len()]; Label::COUNT],
            durations: [const { Histogram::new(&DURATION_BOUNDS) }; Lang::ALL.len()],
            durations_by_outcome: [const { Histogram::new(&DURATION_BOUNDS) }; OUTCOMES.len()],
            sizes_by_outcome: [const { Histogram::new(&SIZE_BOUNDS) }; OUTCOMES.len()],
            failures: [0; FailureKind::ALL.len()],
        }
    }

    /// Counts an answer.
    pub(crate) fn count_request(&mut self, label: Label, status: u16) {
        if let Some(code) = CODES.iter().position(|code| *code == status) {
            self.requests[label as usize][code] += 1;
        }
    }

    /// Counts a function that has run, however it ended.
    pub(crate) fn count_call(&mut self, lang: Lang, input_bytes: usize, outcome: &Outcome) {
        let duration_us = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX);
        let which = usize::from(outcome.result.is_err());
        if let Some(number) = Lang::ALL.iter().position(|known| *known == lang) {
            self.durations[number].observe(duration_us);
        }
        self.durations_by_outcome[which].observe(duration_us);
        self.sizes_by_outcome[which].observe(input_bytes as u64);
        if let Err(failure) = &outcome.result
            && let Some(number) = FailureKind::ALL.iter().position(|kind| *kind == failure.kind)
        {
            self.failures[number] += 1;
        }
    }

    /// The page.
    pub(crate) fn page(&self, languages: &[Lang], gauges: &Gauges) -> String {
        let mut page = Page::default();
        self.write_requests(&mut page);
        self.write_functions(&mut page, languages);
        self.write_cognit(&mut page);
        write_cache(&mut page, languages, &gauges.cache);
        write_gauges(&mut page, gauges);
        page.into_text()
    }

    fn write_requests(&self, page: &mut Page) {
        let name = "skerry_http_requests_total";
        page.family(name, "counter", "Answers by route and status code.");
        for label in Label::ALL {
            for (code, count) in CODES.iter().zip(self.requests[label as usize]) {
                if count > 0 {
                    page.sample(name, &format!("route=\"{}\",code=\"{code}\"", label.name()), count, Unit::One);
                }
            }
        }
    }

    fn write_functions(&self, page: &mut Page, languages: &[Lang]) {
        let name = "skerry_function_duration_seconds";
        page.family(name, "histogram", "How long functions ran, by language.");
        for (lang, histogram) in Lang::ALL.iter().zip(&self.durations) {
            if languages.contains(lang) {
                page.histogram(name, &format!("lang=\"{}\"", lang.name()), histogram, Unit::Microseconds);
            }
        }
        let name = "skerry_function_failures_total";
        page.family(name, "counter", "Functions that failed, by kind of failure.");
        for (kind, count) in FailureKind::ALL.iter().zip(self.failures) {
            page.sample(name, &format!("kind=\"{}\"", kind.name()), count, Unit::One);
        }
    }

    fn write_cognit(&self, page: &mut Page) {
        let name = "sr_histogram_func_exec_time_seconds";
        page.family(name, "histogram", "How long functions ran, by outcome.");
        for (outcome, histogram) in OUTCOMES.iter().zip(&self.durations_by_outcome) {
            page.histogram(name, &format!("function_outcome=\"{outcome}\""), histogram, Unit::Microseconds);
        }
        let name = "sr_histogram_func_input_size_bytes";
        page.family(name, "histogram", "Size of code and parameters of functions that ran, by outcome.");
        for (outcome, histogram) in OUTCOMES.iter().zip(&self.sizes_by_outcome) {
            page.histogram(name, &format!("function_outcome=\"{outcome}\""), histogram, Unit::One);
        }
        let [succeeded, failed] = [0, 1].map(|outcome: usize| self.durations_by_outcome[outcome].count());
        page.single("sr_func_executed_total", "counter", "Functions that ran.", succeeded + failed);
        page.single("sr_func_succeeded_total", "counter", "Functions that ran to their end.", succeeded);
        page.single("sr_func_failed_total", "counter", "Functions that failed.", failed);
    }
}

fn write_cache(page: &mut Page, languages: &[Lang], cache: &CacheStatistics) {
    let families = [
        ("skerry_compiled_cache_hits_total", "Calls whose function was compiled already.", &cache.hits),
        ("skerry_compiled_cache_misses_total", "Functions that had to be compiled.", &cache.misses),
    ];
    for (name, help, counts) in families {
        page.family(name, "counter", help);
        for (lang, count) in Lang::ALL.iter().zip(counts) {
            if languages.contains(lang) {
                page.sample(name, &format!("lang=\"{}\"", lang.name()), *count, Unit::One);
            }
        }
    }
    let name = "skerry_compiled_cache_evictions_total";
    page.single(name, "counter", "Compiled functions that made room for others.", cache.evictions);
    page.single("skerry_compiled_cache_entries", "gauge", "Compiled functions that are kept.", cache.entries as u64);
    let help = "Memory that they take, estimated.";
    page.single("skerry_compiled_cache_bytes", "gauge", help, cache.bytes as u64);
}

fn write_gauges(page: &mut Page, gauges: &Gauges) {
    let count = |count: usize| count as u64;
    page.single("skerry_connections", "gauge", "Open connections.", count(gauges.connections));
    let calls = count(gauges.calls_in_progress);
    page.single("skerry_calls_in_progress", "gauge", "Calls that wait or run, of both kinds.", calls);
    page.family("skerry_tasks", "gauge", "Asynchronous tasks that are remembered, by state.");
    page.sample("skerry_tasks", "state=\"running\"", count(gauges.tasks_running), Unit::One);
    page.sample("skerry_tasks", "state=\"finished\"", count(gauges.tasks_finished), Unit::One);
    let name = "skerry_function_log_left_out_lines_total";
    let help = "Lines of functions' logs that did not go to the console.";
    page.single(name, "counter", help, gauges.function_log_left_out_lines);
    page.single("skerry_processors", "gauge", "Processors of the machine.", count(gauges.processors));
    page.single("skerry_memory_total_bytes", "gauge", "Memory of the machine.", gauges.memory_total_bytes);
    let used = gauges.memory_total_bytes.saturating_sub(gauges.memory_free_bytes);
    page.single("skerry_memory_used_bytes", "gauge", "Memory in use.", used);
    page.family("skerry_uptime_seconds", "gauge", "Time since the runtime began to serve.");
    page.sample("skerry_uptime_seconds", "", gauges.uptime_us, Unit::Microseconds);
    let name = "skerry_boot_milestone_microseconds";
    page.family(name, "gauge", "When each phase of the boot was reached, since the machine was created.");
    let milestones = gauges.milestones_us;
    for (phase, time) in [
        ("loader_start", milestones.loader_start),
        ("kernel_start", milestones.kernel_start),
        ("network_start", milestones.network_start),
        ("runtime_start", milestones.runtime_start),
        ("ready", milestones.ready),
    ] {
        page.sample(name, &format!("phase=\"{phase}\""), time, Unit::One);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use skerry_executors::{Failure, Success};

    use super::*;

    const GAUGES: Gauges = Gauges {
        connections: 1,
        calls_in_progress: 2,
        tasks_running: 3,
        tasks_finished: 4,
        function_log_left_out_lines: 6,
        cache: CacheStatistics { hits: [7, 0, 0, 0], misses: [0, 8, 0, 0], evictions: 9, entries: 10, bytes: 11 },
        processors: 2,
        memory_total_bytes: 100,
        memory_free_bytes: 30,
        uptime_us: 1_500_000,
        milestones_us: Milestones { loader_start: 1, kernel_start: 2, network_start: 3, runtime_start: 4, ready: 5 },
    };

    fn outcome(failed: bool) -> Outcome {
        let failure = Failure { reason: String::new(), kind: FailureKind::Trap };
        let result = if failed { Err(failure) } else { Ok(Success { result: None, outs: Vec::new() }) };
        Outcome { result, log: String::new(), duration: Duration::from_micros(300) }
    }

    fn page() -> String {
        let mut metrics = Metrics::new();
        metrics.count_request(Label::Health, 200);
        metrics.count_request(Label::Health, 200);
        metrics.count_request(Label::Status, 404);
        metrics.count_call(Lang::Wasm, 1000, &outcome(false));
        metrics.count_call(Lang::Wasm, 1000, &outcome(true));
        metrics.page(&[Lang::C, Lang::Wasm], &GAUGES)
    }

    #[test]
    fn what_was_counted_is_on_the_page() {
        let page = page();
        for line in [
            r#"skerry_http_requests_total{route="/healthz",code="200"} 2"#,
            r#"skerry_http_requests_total{route="/v1/faas/{uuid}/status",code="404"} 1"#,
            r#"skerry_function_duration_seconds_bucket{lang="WASM",le="0.00025"} 0"#,
            r#"skerry_function_duration_seconds_bucket{lang="WASM",le="0.0005"} 2"#,
            r#"skerry_function_duration_seconds_sum{lang="WASM"} 0.000600"#,
            r#"skerry_function_duration_seconds_count{lang="C"} 0"#,
            r#"skerry_function_failures_total{kind="trap"} 1"#,
            r#"sr_histogram_func_exec_time_seconds_count{function_outcome="error"} 1"#,
            r#"sr_histogram_func_input_size_bytes_bucket{function_outcome="success",le="1024"} 1"#,
            "sr_func_executed_total 2",
            "sr_func_succeeded_total 1",
            "sr_func_failed_total 1",
            r#"skerry_tasks{state="finished"} 4"#,
            r#"skerry_compiled_cache_hits_total{lang="C"} 7"#,
            r#"skerry_compiled_cache_misses_total{lang="WASM"} 8"#,
            "skerry_compiled_cache_evictions_total 9",
            "skerry_compiled_cache_entries 10",
            "skerry_compiled_cache_bytes 11",
            "skerry_function_log_left_out_lines_total 6",
            "skerry_processors 2",
            "skerry_memory_used_bytes 70",
            "skerry_uptime_seconds 1.500000",
            r#"skerry_boot_milestone_microseconds{phase="ready"} 5"#,
        ] {
            assert!(page.lines().any(|written| written == line), "{line} is missing from\n{page}");
        }
        assert!(!page.contains("lang=\"PY\""), "a language that does not run here has no series");
    }

    #[test]
    fn each_line_is_a_comment_or_a_sample_of_the_family_before_it_and_no_series_is_there_twice() {
        let (page, mut seen, mut family) = (page(), BTreeSet::new(), String::new());
        for line in page.lines() {
            if let Some(comment) = line.strip_prefix("# TYPE ") {
                let (name, kind) = comment.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                family = name.to_owned();
            } else if let Some(comment) = line.strip_prefix("# HELP ") {
                assert!(comment.contains(' '), "{line}");
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                assert!(value.parse::<f64>().is_ok(), "{line}");
                let name = series.split('{').next().unwrap();
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
                assert!(name == family || base == Some(&family), "{line} stands below {family}");
                assert_eq!(series.contains('{'), series.ends_with("\"}"), "{line}");
                assert!(seen.insert(series.to_owned()), "{line} is there twice");
            }
        }
    }

    #[test]
    fn every_reason_phrase_belongs_to_a_code_that_is_counted() {
        for code in 100..600 {
            assert_eq!(crate::http::reason(code) != "Unknown", CODES.contains(&code), "{code}");
        }
    }
}
