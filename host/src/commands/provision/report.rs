//! What `provision` says when the first answer is there: as JSON (the schema stands in its help), or as text.

use std::collections::BTreeMap;

use serde::Serialize;
use skerry_api::faas::ExecuteRequest;

use crate::arguments::ProvisionArguments;
use crate::example;
use crate::images::Built;
use crate::machine::{Booted, Machine};
use crate::table::{Align, Table, milliseconds};
use skerry_engine::BootPhases;

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    endpoint: String,
    flavour: String,
    image: ImageReport,
    accelerator: AcceleratorReport,
    cpu: u32,
    memory: MemoryReport,
    langs: Vec<String>,
    /// `None` when the machine is stopped right after the report.
    process_id: Option<u32>,
    function: FunctionReport,
    timings_us: StepTimes,
    boot_phases_us: BootPhases,
    biggest_boot_phase: String,
}

#[derive(Clone, Debug, Serialize)]
struct ImageReport {
    id: String,
    size_bytes: u64,
    reused: bool,
}

#[derive(Clone, Debug, Serialize)]
struct AcceleratorReport {
    name: String,
    reason: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct MemoryReport {
    total_mib: u32,
    free_bytes: u64,
}

/// The example function and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FunctionReport {
    lang: &'static str,
    name: &'static str,
    arguments: BTreeMap<&'static str, &'static str>,
    result: String,
    expected: &'static str,
    /// Whether the result is the expected one.
    pub(super) correct: bool,
}

/// How long each step took, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct StepTimes {
    pub(super) prerequisites: u64,
    pub(super) image: u64,
    pub(super) accelerator: u64,
    /// From the VMM's start to the guest's readiness.
    pub(super) boot_to_ready: u64,
    /// From the VMM's start to the first 200 of `/healthz`; holds `boot_to_ready`.
    pub(super) boot_to_first_answer: u64,
    pub(super) first_call: u64,
    pub(super) total: u64,
}

impl FunctionReport {
    /// The example with the result it gave.
    pub(super) fn new(result: String) -> Self {
        Self {
            lang: "C",
            name: example::NAME,
            arguments: example::ARGUMENTS.into(),
            correct: result == example::EXPECTED,
            result,
            expected: example::EXPECTED,
        }
    }
}

impl Report {
    /// Puts together what is known when the first answer is there.
    pub(super) fn new(
        arguments: &ProvisionArguments,
        machine: &Machine,
        built: &Built,
        booted: &Booted,
        function: FunctionReport,
        timings_us: StepTimes,
    ) -> Self {
        Self {
            endpoint: booted.client.endpoint().to_owned(),
            flavour: built.image.flavour.name().to_owned(),
            image: ImageReport {
                id: built.image.id.clone(),
                size_bytes: built.image.size_bytes(),
                reused: built.reused,
            },
            accelerator: AcceleratorReport {
                name: machine.accelerator.accelerator.to_string(),
                reason: machine.accelerator.reason.clone(),
            },
            cpu: arguments.machine.cpu,
            memory: MemoryReport {
                total_mib: arguments.machine.memory.mib(),
                free_bytes: booted.ready.memory_free_bytes,
            },
            langs: booted.ready.langs.split(',').map(str::to_owned).collect(),
            process_id: (!arguments.once).then(|| booted.vm.process().id()),
            function,
            timings_us,
            boot_phases_us: booted.phases,
            biggest_boot_phase: booted.phases.biggest().0.to_lowercase().replace(' ', "_"),
        }
    }

    /// The report as text. `request` is what the curl line sends; without it there is no runtime left to send it to.
    pub(super) fn render(&self, boot_phases: bool, request: Option<&ExecuteRequest>) -> String {
        let mut text = format!("\n{} = {}\n\n{}", example::call_text(), self.function.result, self.steps().render());
        if boot_phases {
            let (name, time) = self.boot_phases_us.biggest();
            text.push_str(&format!(
                "\n{}\nThe biggest piece of the boot is {name}: {} ms of {} ms.\n",
                self.phases().render(),
                milliseconds(time),
                milliseconds(self.boot_phases_us.total())
            ));
        }
        if let Some(request) = request {
            text.push_str(&format!(
                "\nENDPOINT {}\n\nTo call the function again (the result is base64 of {}):\n\n  {}\n\n",
                self.endpoint,
                self.function.result,
                example::curl_line(&self.endpoint, request)
            ));
        }
        text
    }

    fn steps(&self) -> Table {
        let times = &self.timings_us;
        let mut table = Table::new(&[("step", Align::Left), ("ms", Align::Right)]);
        for (name, time) in [
            ("prerequisites", times.prerequisites),
            ("image", times.image),
            ("accelerator", times.accelerator),
            ("boot to first answer", times.boot_to_first_answer),
            ("function call", times.first_call),
            ("all together", times.total),
        ] {
            table.row([name.to_owned(), milliseconds(time)]);
        }
        table
    }

    fn phases(&self) -> Table {
        let total = self.boot_phases_us.total().max(1);
        let mut table = Table::new(&[("boot phase", Align::Left), ("ms", Align::Right), ("share", Align::Right)]);
        for (name, time) in self.boot_phases_us.named() {
            let percent = u128::from(time) * 100 / u128::from(total);
            table.row([name.to_owned(), milliseconds(time), format!("{percent} %")]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            endpoint: "http://127.0.0.1:34567".to_owned(),
            flavour: "minimal".to_owned(),
            image: ImageReport { id: "3f9a".to_owned(), size_bytes: 2_100_000, reused: true },
            accelerator: AcceleratorReport { name: "tcg".to_owned(), reason: "asked for".to_owned() },
            cpu: 1,
            memory: MemoryReport { total_mib: 64, free_bytes: 50_000_000 },
            langs: vec!["C".to_owned(), "WASM".to_owned()],
            process_id: Some(4711),
            function: FunctionReport::new("7.5".to_owned()),
            timings_us: StepTimes {
                prerequisites: 40_000,
                image: 5_000,
                accelerator: 100,
                boot_to_ready: 100_000,
                boot_to_first_answer: 104_000,
                first_call: 3_000,
                total: 152_100,
            },
            boot_phases_us: BootPhases {
                qemu_start: 31_000,
                loader: 3_000,
                kernel: 32_000,
                network: 20_000,
                runtime: 14_000,
                first_answer: 4_000,
            },
            biggest_boot_phase: "kernel".to_owned(),
        }
    }

    #[test]
    fn the_text_shows_result_times_and_what_to_paste() {
        let request = example::request().unwrap();
        let text = report().render(true, Some(&request));
        let expected = "
sum(a=3, b=4.5) = 7.5

STEP                     MS
prerequisites          40.0
image                   5.0
accelerator             0.1
boot to first answer  104.0
function call           3.0
all together          152.1

BOOT PHASE      MS  SHARE
QEMU start    31.0   29 %
loader         3.0    2 %
kernel        32.0   30 %
network       20.0   19 %
runtime       14.0   13 %
first answer   4.0    3 %

The biggest piece of the boot is kernel: 32.0 ms of 104.0 ms.

ENDPOINT http://127.0.0.1:34567

To call the function again (the result is base64 of 7.5):

  curl -sS http://127.0.0.1:34567/v1/faas/execute-sync ";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_stopped_runtime_is_not_advertised() {
        assert!(!report().render(false, None).contains("ENDPOINT"));
    }

    #[test]
    fn the_json_has_the_fields_that_the_help_names() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["endpoint"], "http://127.0.0.1:34567");
        assert_eq!(json["function"]["correct"], true);
        assert_eq!(json["function"]["arguments"], serde_json::json!({"a": "3", "b": "4.5"}));
        let help = crate::arguments::PROVISION_AFTER_HELP;
        for (name, value) in json.as_object().unwrap() {
            assert!(help.contains(&format!("\n  {name} ")), "{name} is not in the help");
            // The arguments' own names depend on the function.
            let inner = value.as_object().into_iter().flat_map(|object| object.keys());
            for inner in inner {
                assert!(help.contains(inner.as_str()), "{name}.{inner} is not in the help");
            }
        }
    }

    #[test]
    fn only_the_expected_result_is_correct() {
        assert!(FunctionReport::new("7.5".to_owned()).correct);
        assert!(!FunctionReport::new("7.50001".to_owned()).correct);
    }
}
