//! Records that no machine has made, for tests: an empty one, one that looks like a run, and arbitrary ones.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::record::{Better, ContenderRecord, FORMAT, Machine, Missing, Record, Series};

/// A run in which nothing was measured.
pub(crate) fn empty_record() -> Record {
    Record {
        format: FORMAT,
        started: "2026-11-25T03:00:00Z".to_owned(),
        seconds: 1234.5,
        command: String::new(),
        quick: false,
        machine: Machine {
            processor: "Example 9000".to_owned(),
            processors: 2,
            memory_mib: 24_000,
            kernel: "6.1.0".to_owned(),
            governor: "unknown".to_owned(),
            cgroups: "v1".to_owned(),
            accelerator: "tcg".to_owned(),
            accelerator_reason: "KVM cannot run the image here".to_owned(),
            load_before: 0.1,
            load_after: 1.2,
        },
        versions: BTreeMap::from([("qemu".to_owned(), "10.0.2".to_owned()), ("runc".to_owned(), "1.1.5".to_owned())]),
        revision: "0123456789ab".to_owned(),
        contenders: Vec::new(),
        missing: Vec::new(),
        series: Vec::new(),
        failures: Vec::new(),
        notes: Vec::new(),
    }
}

/// Contenders with a plausible start in ms, compressed MB, MiB of an instance and requests per second.
const CONTENDERS: [(&str, &str, [f64; 4]); 11] = [
    ("skerry-cold", "Skerry, cold boot", [82.0, 0.87, 26.0, 7000.0]),
    ("skerry-snapshot", "Skerry, snapshot", [44.0, 0.87, 24.0, 6900.0]),
    ("skerry-pool", "Skerry, pool", [6.0, 0.87, 26.0, 6950.0]),
    ("skerry-python-cold", "Skerry Python, cold boot", [130.0, 4.4, 60.0, 5200.0]),
    ("skerry-python-snapshot", "Skerry Python, snapshot", [60.0, 4.4, 58.0, 5100.0]),
    ("skerry-python-pool", "Skerry Python, pool", [7.0, 4.4, 60.0, 5150.0]),
    ("runc", "same runtime in runc", [31.0, 0.9, 4.0, 24_000.0]),
    ("runc-fastapi", "FastAPI in runc", [350.0, 83.0, 54.0, 2100.0]),
    ("podman", "same runtime by podman", [310.0, 0.9, 22.0, 24_000.0]),
    ("linux-microvm", "Linux microVM", [1700.0, 24.0, 216.0, 3500.0]),
    ("process", "bare process", [2.1, 0.9, 2.0, 26_000.0]),
];

/// A run as it might be, with all experiments.
pub(crate) fn example() -> Record {
    let mut random = fastrand::Rng::with_seed(1);
    let mut spread = |middle: f64, count: usize| -> Vec<f64> {
        (0..count).map(|_| middle * (0.9 + 0.35 * random.f64().powi(3))).collect()
    };
    let mut series = Vec::new();
    for (name, _, [start, megabytes, memory, rate]) in CONTENDERS {
        series.push(Series::new("cold_start", name, "first_answer", "ms").samples(spread(start, 30)));
        let languages: &[&str] = match name {
            "runc-fastapi" => &["PY"],
            name if name.contains("python") => &["C", "PY"],
            _ => &["C"],
        };
        for language in languages {
            let samples = spread(start * 1.4, 30);
            series.push(
                Series::new("cold_start", name, "first_result", "ms").with("language", language).samples(samples),
            );
        }
        for (order, (phase, share)) in [("QEMU start", 0.3), ("kernel", 0.3), ("runtime", 0.1), ("first answer", 0.3)]
            .into_iter()
            .enumerate()
            .filter(|_| name.starts_with("skerry") || name == "linux-microvm")
        {
            let phase = Series::new("cold_start", name, "phase", "ms").with("phase", phase).with("order", order);
            series.push(phase.samples(spread(start * share, 30)));
        }
        series.push(Series::new("cold_start", name, "processor_time", "ms").samples(spread(start * 0.9, 30)));
        for metric in ["all_answer", "each_answer"] {
            let count = if metric == "all_answer" { 3 } else { 150 };
            let burst = Series::new("burst", name, metric, "ms").with("instances", 50);
            series.push(burst.samples(spread(start * 25.0, count)));
        }
        for instances in [1_u32, 2, 5, 10, 20, 50, 100] {
            let pss = Series::new("alloc", name, "pss", "MiB").with("instances", instances);
            series.push(pss.samples(spread(5.0 + memory * f64::from(instances), 3)));
        }
        series.push(Series::new("alloc", name, "per_instance", "MiB").samples(vec![memory]));
        series.push(Series::new("alloc", name, "first_instance", "MiB").samples(vec![memory + 5.0]));
        for (metric, unit, value) in [
            ("bytes", "bytes", megabytes * 2.6e6),
            ("compressed_bytes", "bytes", megabytes * 1e6),
            ("files", "count", (megabytes * 40.0).round()),
            ("components", "count", (megabytes * 3.0).round()),
            ("code_bytes", "bytes", megabytes * 1.1e6),
        ] {
            series.push(Series::new("size", name, metric, unit).samples(vec![value]));
        }
        for (function, factor) in [("empty", 1.0), ("sum", 0.8), ("wait_100ms", 0.004), ("payload", 0.5)] {
            for (connections, speed) in [("1", 0.5), ("8", 1.0), ("64", 0.95)] {
                let with = |metric: &str, unit: &str| {
                    let series = Series::new("serving", name, metric, unit)
                        .with("function", function)
                        .with("connections", connections);
                    if function == "payload" { series.with("bytes", 65_536) } else { series }
                };
                let per_second = rate * factor * speed;
                let requests = with("requests_per_second", "1/s").better(Better::Higher);
                series.push(requests.samples(spread(per_second, 3)));
                let latency = 1000.0 * connections.parse::<f64>().unwrap() / per_second;
                for (metric, factor) in [("latency_p50", 0.9), ("latency_p99", 2.5), ("latency_p999", 6.0)] {
                    series.push(with(metric, "ms").samples(spread(latency * factor, 3)));
                }
                series.push(with("errors", "count").samples(vec![0.0; 3]));
            }
        }
        for kernel in ["fib", "matrix", "nbody", "sha256", "sieve", "json"] {
            let cpu =
                Series::new("cpu", name, "kernel_time", "ms").with("kernel", kernel).with("language", languages[0]);
            series.push(cpu.samples(spread(30.0 + start / 10.0, 5)));
        }
        for (metric, value) in [
            ("syscalls_used", 31.0),
            ("syscalls_allowed", 120.0),
            ("open_files", 14.0),
            ("capabilities", 0.0),
            ("processes", 1.0),
        ] {
            series.push(Series::new("isolation", name, metric, "count").samples(vec![value]));
        }
        series.push(Series::new("idle_instructions", name, "processor_ms_per_s", "ms").samples(spread(0.4, 3)));
        for (work, value) in [("start", start / 1000.0), ("1000_calls", 1500.0 / rate)] {
            let energy = Series::new("energy", name, "processor_seconds", "s").with("work", work);
            series.push(energy.samples(spread(value, 3)));
        }
    }
    let contenders = CONTENDERS.map(|(name, title, _)| ContenderRecord {
        name: name.to_owned(),
        title: title.to_owned(),
        description: format!("{title}, made up for a test"),
    });
    let missing = vec![Missing { what: "skerry-uhyve".to_owned(), why: "KVM is not usable here".to_owned() }];
    Record { contenders: contenders.into(), series, missing, ..empty_record() }
}

/// Any record: known and unknown experiments, whole ones missing, odd names, extreme values.
pub(crate) fn arbitrary_record() -> impl Strategy<Value = Record> {
    let word = || prop_oneof!["[a-z_-]{1,12}", "[ -~]{0,20}", Just("<script>&\"'\u{1b}[31m".to_owned())];
    let contender =
        || prop_oneof![3 => (0..CONTENDERS.len()).prop_map(|index| CONTENDERS[index].0.to_owned()), 1 => word()];
    let known = example().series;
    let kind = (0..known.len()).prop_map(move |index| known[index].clone());
    let sample = prop_oneof![Just(0.0), -10.0..1e4, Just(1e300), Just(-1e-300), 1e-9..1e9];
    let series = (kind, contender(), word(), any::<bool>(), prop::collection::vec(sample, 0..12)).prop_map(
        |(kind, contender, word, rename, samples)| {
            let metric = if rename { word } else { kind.metric.clone() };
            Series { contender, metric, samples, ..kind }
        },
    );
    let contenders = prop::collection::vec((contender(), word()), 0..6);
    let texts = || prop::collection::vec(word(), 0..3);
    (prop::collection::vec(series, 0..40), contenders, texts(), texts(), word(), any::<bool>(), 0.0..9.0).prop_map(
        |(series, contenders, failures, notes, processor, quick, load_before)| {
            let contenders = contenders
                .into_iter()
                .map(|(name, title)| ContenderRecord { name, title: title.clone(), description: title })
                .collect();
            let machine = Machine { processor, load_before, ..empty_record().machine };
            Record { series, contenders, failures, notes, quick, machine, ..empty_record() }
        },
    )
}
