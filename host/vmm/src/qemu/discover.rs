//! Finds QEMU on the host and learns what this one can do.

use std::env;
use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::clock::ClockSample;

/// The environment variable that names QEMU's executable.
const QEMU_VARIABLE: &str = "SKERRY_QEMU";
/// What the executable is called by distributions.
const PROGRAM: &str = "qemu-system-x86_64";
/// The firmware of a microvm without ACPI; QEMU's default for it, and far quicker than SeaBIOS.
const FIRMWARE: &str = "qboot.rom";
/// Holds the log lines of some 100,000 calls.
const SERIAL_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// A QEMU for x86-64 guests on this host. Starts machines through [`crate::Backend`].
#[derive(Clone, Debug)]
pub struct Qemu {
    program: PathBuf,
    version: QemuVersion,
    has_sandbox: bool,
    tsc_mhz: Option<u32>,
    serial_limit_bytes: u64,
}

/// A QEMU's version, with what its packager added.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QemuVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub micro: u32,
    /// What stands in brackets behind it: the distribution's package version. May be empty.
    pub package: String,
}

/// No QEMU that Skerry could use.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nothing of that name on PATH.
    #[error(
        "no {PROGRAM} on PATH; install it (Debian, Ubuntu: qemu-system-x86; Fedora: qemu-system-x86-core; \
         Arch: qemu-system-x86) or name it in {QEMU_VARIABLE}"
    )]
    Missing,
    /// It does not run.
    #[error("cannot run {}", program.display())]
    Unusable {
        /// The executable.
        program: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// It ran and failed, or is something else.
    #[error("{} is not a QEMU that works: it says `{said}`", program.display())]
    NotQemu {
        /// The executable.
        program: PathBuf,
        /// The first line of what it wrote.
        said: String,
    },
    /// It is older than the machine type needs.
    #[error("{} is QEMU {version}; Skerry needs {}.{} or newer", program.display(), QemuVersion::OLDEST.0, QemuVersion::OLDEST.1)]
    TooOld {
        /// The executable.
        program: PathBuf,
        /// Its version.
        version: QemuVersion,
    },
    /// It was built without the machine type.
    #[error("{} has no machine type `microvm`; install the distribution's full QEMU for x86", program.display())]
    NoMicrovm {
        /// The executable.
        program: PathBuf,
    },
}

impl Qemu {
    /// Finds QEMU: `explicit` if given, else what the variable `SKERRY_QEMU` names, else the first on PATH.
    ///
    /// Runs it twice, at the same time (about 20 ms), to learn what it is.
    ///
    /// # Errors
    /// See [`FindError`]; each says what to do.
    pub fn find(explicit: Option<&Path>) -> Result<Self, FindError> {
        let program = match explicit.map(Path::to_path_buf).or_else(|| env::var_os(QEMU_VARIABLE).map(PathBuf::from)) {
            Some(program) => program,
            None => find_on_path(PROGRAM).ok_or(FindError::Missing)?,
        };
        let unusable = |source| FindError::Unusable { program: program.clone(), source };
        // The machine's own directory becomes the VMM's working directory, so a relative path would not do.
        let program = program.canonicalize().map_err(unusable)?;
        let before = ClockSample::take();
        let machines = spawn(&program, &["-machine", "help"]).map_err(unusable)?;
        let help = spawn(&program, &["-help"]).and_then(output_text).map_err(unusable)?;
        let machines = output_text(machines).map_err(unusable)?;
        let (version, has_sandbox) = judge(&program, &help, &machines)?;
        let tsc_mhz = before.zip(ClockSample::take()).and_then(|(before, after)| before.mhz_until(&after));
        Ok(Self { program, version, has_sandbox, tsc_mhz, serial_limit_bytes: SERIAL_LIMIT_BYTES })
    }

    /// The executable, as an absolute path.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &QemuVersion {
        &self.version
    }

    /// Whether it can confine itself with seccomp (`-sandbox`).
    #[must_use]
    pub fn has_sandbox(&self) -> bool {
        self.has_sandbox
    }

    /// Whether it can give its machines a [`crate::Network::Link`].
    #[must_use]
    pub fn has_link(&self) -> bool {
        self.version.has_stream_network()
    }

    /// Frequency of the host's time-stamp counter in MHz, measured while QEMU was being found; `None` where it is not known.
    #[must_use]
    pub fn tsc_mhz(&self) -> Option<u32> {
        self.tsc_mhz
    }

    /// Lets guests write at most this many bytes to their serial logs (16 MiB unless said); what comes after is dropped.
    #[must_use]
    pub fn with_serial_limit_bytes(self, serial_limit_bytes: u64) -> Self {
        Self { serial_limit_bytes, ..self }
    }

    pub(super) fn serial_limit_bytes(&self) -> u64 {
        self.serial_limit_bytes
    }

    /// The firmware it will boot our machines with (qboot); `None` when it is not installed, and no machine then starts.
    ///
    /// Runs QEMU once, so this is for `skerry doctor` rather than for each start.
    #[must_use]
    pub fn find_firmware(&self) -> Option<PathBuf> {
        let directories = spawn(&self.program, &["-L", "help"]).and_then(output_text).ok()?;
        directories.lines().map(|directory| Path::new(directory).join(FIRMWARE)).find(|file| file.is_file())
    }
}

impl QemuVersion {
    /// The oldest that has everything we ask of it: `rtc` and `pit` options of microvm came in 4.2, seccomp's
    /// present form in 5.0, and nothing older than 6.0 is tried.
    pub const OLDEST: (u32, u32) = (6, 0);

    /// Whether TCG offers RDSEED to guests: since 8.1 (its change log, section x86).
    pub(crate) fn tcg_has_rdseed(&self) -> bool {
        (self.major, self.minor) >= (8, 1)
    }

    /// Whether it has `-netdev stream`: since 7.2 (its change log, section Network).
    pub(crate) fn has_stream_network(&self) -> bool {
        (self.major, self.minor) >= (7, 2)
    }

    /// Whether guests can write to memory from a file that QEMU cannot write to (`rom=off`): since 9.0 (its change log).
    pub(crate) fn has_private_memory_files(&self) -> bool {
        self.major >= 9
    }

    /// Reads the version from the first line of `-help` or `--version`:
    /// `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.lines().next()?.strip_prefix("QEMU emulator version ")?;
        let (numbers, package) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut numbers = numbers.split('.').map(|number| number.parse::<u32>().ok());
        let package = package.trim().trim_start_matches('(').trim_end_matches(')').to_owned();
        Some(Self { major: numbers.next()??, minor: numbers.next()??, micro: numbers.next()??, package })
    }
}

impl fmt::Display for QemuVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.micro)?;
        if !self.package.is_empty() {
            write!(formatter, " ({})", self.package)?;
        }
        Ok(())
    }
}

/// The version of the QEMU that says this of itself, and whether it has `-sandbox`; an error if it will not do.
fn judge(program: &Path, help: &str, machines: &str) -> Result<(QemuVersion, bool), FindError> {
    let program = program.to_path_buf();
    let Some(version) = QemuVersion::parse(help) else {
        return Err(FindError::NotQemu { program, said: help.lines().next().unwrap_or_default().to_owned() });
    };
    if (version.major, version.minor) < QemuVersion::OLDEST {
        return Err(FindError::TooOld { program, version });
    }
    if !machines.lines().any(|line| line.starts_with("microvm ")) {
        return Err(FindError::NoMicrovm { program });
    }
    Ok((version, help.lines().any(|line| line.starts_with("-sandbox "))))
}

/// Starts a run that needs no input.
fn spawn(program: &Path, arguments: &[&str]) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// What a run wrote to its standard output or, if nothing, to its standard error.
fn output_text(run: Child) -> io::Result<String> {
    let output = run.wait_with_output()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_of_distributions_are_read() {
        let debian =
            QemuVersion::parse("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright").unwrap();
        assert_eq!((debian.major, debian.minor, debian.micro), (7, 2, 22));
        assert_eq!(debian.package, "Debian 1:7.2+dfsg-7+deb12u18+b3");
        assert_eq!(debian.to_string(), "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)");
        let plain = QemuVersion::parse("QEMU emulator version 10.0.2\n").unwrap();
        assert_eq!(plain.to_string(), "10.0.2");
        assert!(plain.tcg_has_rdseed() && !debian.tcg_has_rdseed());
        let older = QemuVersion::parse("QEMU emulator version 7.1.0\n").unwrap();
        assert!(debian.has_stream_network() && !older.has_stream_network());
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for text in
            ["", "bash 5.2", "QEMU emulator version ", "QEMU emulator version 7.2", "QEMU emulator version a.b.c"]
        {
            assert_eq!(QemuVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_program_that_is_not_qemu_is_named_in_the_error() {
        let error = Qemu::find(Some(Path::new("/bin/echo"))).unwrap_err();
        assert!(matches!(error, FindError::NotQemu { .. }), "{error}");
        assert!(error.to_string().contains("echo"), "{error}");
        let error = Qemu::find(Some(Path::new("/nonexistent/qemu"))).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/qemu"), "{error}");
    }

    #[test]
    fn a_qemu_that_lacks_what_is_needed_is_refused_with_the_reason() {
        let judge_as = |help, machines| judge(Path::new("/bin/qemu"), help, machines);
        let with_microvm = "Supported machines are:\nmicrovm              microvm (i386)\n";
        assert!(matches!(judge_as("QEMU emulator version 5.2.0", with_microvm), Err(FindError::TooOld { .. })));
        assert!(matches!(judge_as("QEMU emulator version 9.0.0", "q35  x\n"), Err(FindError::NoMicrovm { .. })));
        assert!(matches!(judge_as("bash", with_microvm), Err(FindError::NotQemu { .. })));
        let (version, has_sandbox) = judge_as("QEMU emulator version 9.0.0\n-sandbox on[,x]\n", with_microvm).unwrap();
        assert!(version.major == 9 && has_sandbox);
        assert!(!judge_as("QEMU emulator version 9.0.0\n", with_microvm).unwrap().1);
    }

    proptest! {
        #[test]
        fn any_text_is_a_version_or_is_not(text in "\\PC*") {
            let _ = QemuVersion::parse(&text);
            let _ = QemuVersion::parse(&format!("QEMU emulator version {text}"));
        }
    }
}
