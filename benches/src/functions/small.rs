//! Small functions: what the first call after a boot and each later one cost a client, compiled code being kept.

use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use skerry_image::{Flavour, Image};
use skerry_vmm::{Accelerator, Qemu};

use super::MEMORY_MIB;
use super::guest::{Guest, Language};
use crate::faas::sum_request;

/// Boots for the first calls.
const BOOTS: usize = 5;
/// Later calls.
const CALLS: usize = 300;

/// Small functions of one language in one flavour, in ms.
#[derive(Debug)]
pub(super) struct Small {
    pub(super) flavour: &'static str,
    pub(super) language: &'static str,
    /// From the guest's readiness to the first result, each of another cold boot.
    pub(super) first_ms: Vec<f64>,
    /// From sending a request to its answer, as a client on the host sees it.
    pub(super) later_ms: Vec<f64>,
    /// What the function itself ran, on average, by the guest's count.
    pub(super) run_ms: f64,
}

/// Measures `sum`, or what comes closest to it, in each language of a flavour.
///
/// # Errors
/// When a machine does not boot or a call fails.
pub(super) fn measure(
    qemu: &Qemu,
    image: &Image,
    accelerator: Accelerator,
    folder: &Path,
    flavour: Flavour,
) -> anyhow::Result<Vec<Small>> {
    let mut all = Vec::new();
    for (language, request) in [(Language::C, sum_request()), (Language::Python, python_sum())] {
        let mut small = Small {
            flavour: flavour.name(),
            language: language.name(),
            first_ms: Vec::new(),
            later_ms: Vec::new(),
            run_ms: 0.0,
        };
        for boot in 0..BOOTS {
            let guest = Guest::boot(qemu, image, accelerator, folder, MEMORY_MIB)?;
            if !guest.languages().contains(&language) {
                guest.stop()?;
                break;
            }
            guest.answer(&request)?;
            small.first_ms.push(milliseconds(guest.ready));
            if boot == 0 {
                for _ in 0..CALLS {
                    let begun = Instant::now();
                    guest.answer(&request)?;
                    small.later_ms.push(milliseconds(begun));
                }
                small.run_ms = guest.call(language, &request)?.ms;
            }
            guest.stop()?;
        }
        if !small.first_ms.is_empty() {
            all.push(small);
        }
    }
    Ok(all)
}

fn python_sum() -> String {
    let params: Vec<String> = ["3", "4.5"].map(|value| BASE64_STANDARD.encode(value)).to_vec();
    let source = BASE64_STANDARD.encode("def add(a, b):\n    return a + b\n");
    json!({"lang": "PY", "fc": source, "fc_hash": "", "params": params}).to_string()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
