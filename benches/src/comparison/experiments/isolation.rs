//! What stands between a function that has broken out of its runtime and the host's kernel: the system calls that the instance
//! needs, what else its process holds.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;

use super::{Course, language_of};
use crate::comparison::asking::{self, Asking};
use crate::comparison::record::{Better, Missing, Series};
use crate::comparison::workload::Call;
use crate::processes;

/// Calls under the eyes of strace.
const CALLS: usize = 200;
/// How long strace may take to take hold, and to let go.
const STRACE_TIMEOUT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    let strace = crate::comparison::host::version_of("strace", &["--version"]).is_some();
    if !strace {
        course.findings.missing.push(Missing {
            what: "isolation: system calls".to_owned(),
            why: "strace is not installed; Debian's package strace has it (scripts/setup --benchmarks)".to_owned(),
        });
    }
    course.each(course.kinds(), |course, contender| {
        contender.settle()?;
        let started = asking::start(contender, course.interruption)?;
        let call = Call::sum(language_of(contender));
        started.asking.ask(&call)?;
        let subject = started.instance.subject();
        let mut figures = Held::of(subject)?.figures();
        figures.push(("processes", count(started.instance.processes().len())));
        if strace {
            let file = course.folder.join("strace.txt");
            let seen = traced(subject, &file, || many(&started.asking, &call))?;
            figures.push(("syscalls_used", count(seen.names.len())));
            #[expect(clippy::cast_precision_loss, reason = "some thousand calls")]
            figures.push(("syscalls_per_call", seen.calls as f64 / CALLS as f64));
            course.findings.notes.push(format!(
                "isolation: {} while it serves: {}",
                contender.name(),
                seen.names.into_iter().collect::<Vec<_>>().join(" ")
            ));
        }
        for (metric, value) in figures {
            let better = match metric {
                "seccomp_filters" | "no_new_privileges" | "own_namespaces" | "unprivileged" => Better::Higher,
                _ => Better::Lower,
            };
            course
                .keep(Series::new("isolation", contender.name(), metric, "count").better(better).samples(vec![value]));
        }
        started.instance.stop()
    })
}

fn many(asking: &Asking, call: &Call) -> anyhow::Result<()> {
    for _ in 0..CALLS {
        asking.ask(call)?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn count(number: usize) -> f64 {
    number as f64
}

/// What a process holds.
#[derive(Debug, PartialEq)]
struct Held {
    open_files: usize,
    capabilities: u32,
    seccomp_filters: u32,
    no_new_privileges: bool,
    is_unprivileged: bool,
    own_namespaces: usize,
}

impl Held {
    fn of(process_id: u32) -> anyhow::Result<Self> {
        let folder = format!("/proc/{process_id}");
        let path = format!("{folder}/status");
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let open_files = fs::read_dir(format!("{folder}/fd")).with_context(|| format!("cannot read {folder}/fd"))?;
        Ok(Self {
            open_files: open_files.count(),
            own_namespaces: own_namespaces(process_id),
            ..Self::in_status(&status).with_context(|| format!("{path} lacks a field"))?
        })
    }

    /// From proc_pid_status(5).
    fn in_status(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_filtered = field("Seccomp:")? == "2";
        Some(Self {
            open_files: 0,
            capabilities: u64::from_str_radix(field("CapEff:")?, 16).ok()?.count_ones(),
            // Kernels before 5.9 do not count them.
            seccomp_filters: field("Seccomp_filters:").and_then(|n| n.parse().ok()).unwrap_or(u32::from(is_filtered)),
            no_new_privileges: field("NoNewPrivs:")? == "1",
            is_unprivileged: !field("Uid:")?.split_whitespace().any(|id| id == "0"),
            own_namespaces: 0,
        })
    }

    fn figures(&self) -> Vec<(&'static str, f64)> {
        let yes = |is: bool| if is { 1.0 } else { 0.0 };
        vec![
            ("open_files", count(self.open_files)),
            ("capabilities", f64::from(self.capabilities)),
            ("seccomp_filters", f64::from(self.seccomp_filters)),
            ("no_new_privileges", yes(self.no_new_privileges)),
            ("unprivileged", yes(self.is_unprivileged)),
            ("own_namespaces", count(self.own_namespaces)),
        ]
    }
}

/// How many of its namespaces are not this process's.
fn own_namespaces(process_id: u32) -> usize {
    let links = |folder: &str| -> BTreeSet<_> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        // The namespaces for children-to-be say nothing about the process itself.
        let entries = entries.filter(|entry| !entry.file_name().to_string_lossy().ends_with("_for_children"));
        entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect()
    };
    links(&format!("/proc/{process_id}/ns")).difference(&links("/proc/self/ns")).count()
}

/// What strace counted.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    names: BTreeSet<String>,
    calls: u64,
}

/// Does something while strace counts the system calls of a process and its threads.
fn traced(process_id: u32, file: &Path, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Seen> {
    let mut strace = Tracing(
        Command::new("strace")
            .args(["-f", "-c", "-U", "calls,name", "-p"])
            .arg(process_id.to_string())
            .arg("-o")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run strace")?,
    );
    strace.wait_until_attached(process_id)?;
    work()?;
    strace.end()?;
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let seen = seen(&text);
    ensure!(!seen.names.is_empty(), "strace saw no system call: {text}");
    Ok(seen)
}

struct Tracing(Child);

impl Tracing {
    fn wait_until_attached(&mut self, process_id: u32) -> anyhow::Result<()> {
        let deadline = Instant::now() + STRACE_TIMEOUT;
        loop {
            let threads = fs::read_dir(format!("/proc/{process_id}/task")).into_iter().flatten().flatten();
            let is_traced = |status: io::Result<String>| {
                status.is_ok_and(|text| {
                    text.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|id| id.trim() != "0"))
                })
            };
            let mut states = threads.map(|thread| is_traced(fs::read_to_string(thread.path().join("status"))));
            if states.all(|traced| traced) {
                return Ok(());
            }
            if let Some(status) = self.0.try_wait().context("cannot look at strace")? {
                anyhow::bail!(
                    "strace cannot watch process {process_id} and ended with {status}; it wants the same user, or root"
                );
            }
            ensure!(Instant::now() < deadline, "strace does not take hold of process {process_id}");
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn end(mut self) -> anyhow::Result<()> {
        processes::signal(self.0.id(), Signal::SIGINT).context("cannot end strace")?;
        self.0.wait().context("cannot wait for strace")?;
        Ok(())
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // It lets go of what it watches when it ends, however it ends.
            let _ = processes::signal(self.0.id(), Signal::SIGINT);
            let _ = self.0.wait();
        }
    }
}

/// The table of `strace -c -U calls,name`.
fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        if let (Some(Ok(calls)), Some(name), None) =
            (fields.next().map(str::parse::<u64>), fields.next(), fields.next())
            && name != "total"
        {
            seen.names.insert(name.to_owned());
            seen.calls = seen.calls.saturating_add(calls);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_strace_is_understood() {
        let seen = seen(
            "    calls syscall\n--------- ----------------\n      200 read\n      201 futex\n--------- ----------------\n      401 total\n",
        );
        assert_eq!(seen.calls, 401);
        assert_eq!(seen.names.into_iter().collect::<Vec<_>>(), ["futex", "read"]);
    }

    #[test]
    fn the_status_of_a_process_is_understood() {
        let text =
            "Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";
        let held = Held::in_status(text).unwrap();
        assert_eq!((held.capabilities, held.seccomp_filters), (14, 3));
        assert!(held.no_new_privileges && !held.is_unprivileged);
        assert_eq!(Held::in_status("Uid:\t0\n"), None);
    }

    #[test]
    fn this_process_has_its_own_namespaces() {
        let held = Held::of(std::process::id()).unwrap();
        assert_eq!(held.own_namespaces, 0);
        assert!(held.open_files >= 3);
        assert!(Held::of(u32::MAX).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,300}") {
            let _ = (seen(&text), Held::in_status(&text));
        }
    }
}
