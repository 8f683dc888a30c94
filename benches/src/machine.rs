//! What the figures hold for: the machine, the versions, the revision.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};
use skerry_image::Image;
use skerry_vmm::Qemu;

use crate::processes;

/// What the figures hold for.
#[derive(Clone, Debug)]
pub(crate) struct Facts(Map<String, Value>);

impl Facts {
    /// Gathers them.
    pub(crate) fn gather(source_root: &Path, skerry: &Path, qemu: &Qemu, accelerator: &str, image: &Image) -> Self {
        let (revision, is_changed) = revision(source_root);
        let facts = json!({
            "processor": processor(),
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "memory_mib": processes::total_kib().unwrap_or_default() / 1024,
            "kernel": read("/proc/sys/kernel/osrelease"),
            "load_before": read("/proc/loadavg").split(' ').next().unwrap_or_default(),
            "accelerator": accelerator,
            "qemu": qemu.version().to_string(),
            "skerry": first_line(Command::new(skerry).arg("--version")),
            "image": image.id,
            "image_bytes": image.size_bytes(),
            "revision": revision,
            "revision_changed": is_changed,
            "debug_build": cfg!(debug_assertions),
        });
        Self(facts.as_object().cloned().unwrap_or_default())
    }

    /// All of them.
    pub(crate) fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The line above the tables.
    pub(crate) fn line(&self) -> String {
        let text = |name: &str| self.0[name].as_str().map_or_else(|| self.0[name].to_string(), str::to_owned);
        let changed = if self.0["revision_changed"] == true { " with changes" } else { "" };
        let debug = if self.0["debug_build"] == true { "; THE BENCHMARK IS A DEBUG BUILD" } else { "" };
        format!(
            "{} × {}, {} MiB, Linux {}; accelerator {}, QEMU {}; {}, image {}, revision {}{changed}; load before {}{debug}\n",
            text("cores"),
            text("processor"),
            text("memory_mib"),
            text("kernel"),
            text("accelerator"),
            text("qemu"),
            text("skerry"),
            text("image"),
            text("revision"),
            text("load_before"),
        )
    }
}

/// A source tree's revision, and whether files have changed since; `unknown` outside of git.
pub(crate) fn revision(source_root: &Path) -> (String, bool) {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(source_root));
    let revision = git(&["rev-parse", "--short=12", "HEAD"]);
    let is_changed = !git(&["status", "--porcelain", "-uno"]).is_empty();
    (if revision.is_empty() { "unknown".to_owned() } else { revision }, is_changed)
}

/// A small file of the kernel's; empty where there is none.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The processor's name.
pub(crate) fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

fn output(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

fn first_line(command: &mut Command) -> String {
    output(command).lines().next().unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_found_out_is_unknown() {
        assert_eq!(first_line(&mut Command::new("/nonexistent/program")), "unknown");
        assert!(!processor().is_empty());
    }
}
