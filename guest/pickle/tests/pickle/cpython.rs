//! Both ways against the real Python: what it pickles is read as what it is, and it reads what is pickled here.

use crate::description::{describe, from_hex, hex};
use crate::random_data::random_data;
use skerry_pickle::{Limits, PROTOCOLS, decode_pickle, encode_pickle};
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `cpython.py` and gives its lines; `None`, with a word about it, where there is no Python.
pub(crate) fn python(mode: &str, input: &[String]) -> Option<Vec<String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pickle/cpython.py");
    let child = Command::new("python3").args([script, mode]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            eprintln!("skipped: no python3 to compare with ({error})");
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("it is piped");
    let text: String = input.iter().map(|line| format!("{line}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("python3 ends");
    writer.join().expect("the writer ends").expect("python3 reads all");
    assert!(output.status.success(), "python3 failed");
    Some(String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect())
}

/// Gives Python pickles of all data in all protocols, and compares what it sees.
fn python_reads(all: &[(skerry_pickle::Data, u8)]) {
    let pickles: Vec<String> = all
        .iter()
        .map(|(data, protocol)| hex(&encode_pickle(data, *protocol, usize::MAX).expect("plain data can be pickled")))
        .collect();
    let Some(seen) = python("read", &pickles) else { return };
    assert_eq!(seen.len(), all.len());
    for ((data, protocol), seen) in all.iter().zip(seen) {
        assert_eq!(seen, describe(data), "protocol {protocol}");
    }
}

#[test]
fn pickles_of_python_are_read_as_what_they_are_and_python_reads_them_when_written_again() {
    let Some(lines) = python("make", &[]) else { return };
    assert!(lines.len() > 300);
    let mut again = Vec::new();
    for line in lines {
        let (expected, pickle) = line.split_once('\t').expect("a description and a pickle");
        let pickle = from_hex(pickle);
        let data = decode_pickle(&pickle, Limits::default())
            .unwrap_or_else(|error| panic!("{error}: {}", &expected[..expected.len().min(200)]));
        assert_eq!(describe(&data), expected);
        // Back in each protocol; an older one cannot say `fold`.
        let oldest = if pickle[1] >= 4 { 4 } else { 2 };
        again.extend((oldest..=5).map(|protocol| (data.clone(), protocol)));
    }
    python_reads(&again);
}

#[test]
fn python_reads_random_data_in_every_protocol() {
    let all: Vec<_> = (0..400_u64)
        .flat_map(|seed| PROTOCOLS.map(move |protocol| (random_data(seed, protocol >= 4), protocol)))
        .collect();
    python_reads(&all);
}

#[test]
fn random_data_comes_back_the_same_through_every_protocol() {
    for seed in 0..400 {
        for protocol in PROTOCOLS {
            let data = random_data(seed, protocol >= 4);
            let pickle = encode_pickle(&data, protocol, usize::MAX).expect("plain data can be pickled");
            let back = decode_pickle(&pickle, Limits::default()).expect("a pickle of ours is read");
            assert_eq!(describe(&back), describe(&data), "seed {seed}, protocol {protocol}");
        }
    }
}
