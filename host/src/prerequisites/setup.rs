//! Has `scripts/setup` install what is missing, where this user may.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::Prerequisite;
use crate::failure::{Failure, OrHint};
use crate::printer::Printer;

/// Says what is missing and runs `scripts/setup`. The script itself says what it runs, and as whom.
///
/// # Errors
/// When this user may not install packages, or the script fails; the hint is the one line to run.
pub fn install_missing(source_root: &Path, missing: &[Prerequisite], printer: &Printer) -> Result<(), Failure> {
    let names: Vec<&str> = missing.iter().map(|prerequisite| prerequisite.name.as_str()).collect();
    let script = source_root.join("scripts/setup");
    let by_hand = format!("run: {}", script.display());
    if !may_install() {
        return Err(explain(missing).hint(format!("{by_hand} (it needs root, or sudo)")));
    }
    printer.info(&format!("missing: {}; running {} to install them", names.join(", "), script.display()));
    // The script's words go where ours go; it has no result for stdout and asks nothing on stdin.
    let status = Command::new("sh")
        .arg(&script)
        .stdin(Stdio::null())
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .with_context(|| format!("cannot run {}", script.display()))
        .or_hint(&by_hand)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} ended with {status}", script.display())).hint("its message above says what to do"))
    }
}

/// The failure that lists what is missing.
#[must_use]
pub fn explain(missing: &[Prerequisite]) -> Failure {
    let lines: Vec<String> = missing
        .iter()
        .map(|prerequisite| {
            let fix = prerequisite.fix.as_deref().unwrap_or_default();
            format!("\n  {} ({}): {}: {fix}", prerequisite.name, prerequisite.needed_for, prerequisite.verdict.name())
        })
        .collect();
    Failure::new(format!("prerequisites are missing:{}", lines.concat()))
}

/// Whether packages can be installed without asking anybody: as root, or by a sudo that wants no password.
fn may_install() -> bool {
    nix::unistd::geteuid().is_root()
        || Command::new("sudo")
            .args(["-n", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}
