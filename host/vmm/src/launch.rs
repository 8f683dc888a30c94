//! Starts the VMM's process, confined: nothing of the host's environment, descriptors or terminal reaches it.
//!
//! `PR_SET_PDEATHSIG` fires when the *thread* that forked ends, so every VMM is forked by one thread that lives as long as
//! the host's process.

use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{getppid, setsid};

use crate::Lifetime;

/// What a VMM's process is given and bound by.
#[derive(Clone, Debug)]
pub(crate) struct Confinement {
    /// Whether it ends with this process.
    pub(crate) lifetime: Lifetime,
    /// The only descriptors beside 0, 1 and 2 that it inherits.
    pub(crate) inherited: Vec<RawFd>,
    /// Files of control groups, opened for writing; it joins the groups.
    pub(crate) doors: Vec<RawFd>,
    /// The largest file that it can write; [`limit_files`] changes that later.
    pub(crate) most_file_bytes: u64,
}

struct Job {
    command: Command,
    answer: Sender<io::Result<Child>>,
}

/// The whole environment of a VMM: how glibc's allocator gets memory (its manual, "Memory Allocation Tunables"; other C
/// libraries ignore it). Large pieces and huge pages save QEMU some 700 of its 3,500 page faults, which is 2 of the 24 ms
/// until its machine is built, for 2 MiB of memory.
const ENVIRONMENT: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=4194304:glibc.malloc.arena_max=1");

/// Starts `command` with none of the host's environment, no standard input, a session of its own and `confinement`.
pub(crate) fn launch(mut command: Command, confinement: Confinement) -> io::Result<Child> {
    command.env_clear().env(ENVIRONMENT.0, ENVIRONMENT.1).stdin(Stdio::null());
    let host = nix::unistd::getpid();
    // SAFETY: the closure makes system calls and reads two values that it owns; it neither allocates nor locks, so it may
    // run between fork and exec of a process with threads (signal-safety(7)).
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || confine(&confinement, host));
    }
    let (answer, answered) = mpsc::channel();
    let lost = |_| io::Error::other("the thread that starts VMMs is gone");
    launcher()?.send(Job { command, answer }).map_err(|_| lost(mpsc::RecvError))?;
    answered.recv().map_err(lost)?
}

/// The way to the thread that forks; made at the first use, never ended.
fn launcher() -> io::Result<Sender<Job>> {
    static LAUNCHER: OnceLock<Sender<Job>> = OnceLock::new();
    if let Some(sender) = LAUNCHER.get() {
        return Ok(sender.clone());
    }
    let (sender, jobs) = mpsc::channel::<Job>();
    // Two threads may race to here; the loser's sender is dropped, and its thread ends without having forked.
    thread::Builder::new().name("vmm-launcher".to_owned()).spawn(move || {
        for Job { mut command, answer } in jobs {
            // The asker waits for the answer, so it is there to take it.
            let _ = answer.send(command.spawn());
        }
    })?;
    Ok(LAUNCHER.get_or_init(|| sender).clone())
}

/// Runs in the child, between fork and exec.
fn confine(confinement: &Confinement, host: nix::unistd::Pid) -> io::Result<()> {
    // Away from the terminal: Ctrl-C there is for the host alone.
    setsid()?;
    prctl::set_no_new_privs()?;
    if confinement.lifetime == Lifetime::EndsWithHost {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // Had the host died before that call, nobody would send the signal any more.
        if getppid() != host {
            return Err(Errno::ESRCH.into());
        }
    }
    // First of all, so that what follows is counted there.
    for door in &confinement.doors {
        // SAFETY: the caller keeps the descriptor open until the child has been started.
        #[allow(unsafe_code)]
        nix::unistd::write(unsafe { BorrowedFd::borrow_raw(*door) }, b"0")?;
    }
    umask(Mode::from_bits_truncate(0o077));
    // A write beyond the limit then fails with EFBIG; SIGXFSZ would end the VMM.
    // SAFETY: "ignore" installs no handler.
    #[allow(unsafe_code)]
    unsafe {
        signal(Signal::SIGXFSZ, SigHandler::SigIgn)?;
    }
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE)?;
    setrlimit(Resource::RLIMIT_FSIZE, confinement.most_file_bytes.min(hard), hard)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    close_others(&confinement.inherited)
}

/// Lets a VMM that runs write files of this size at most; `None`: as large as this process may let it.
pub(crate) fn limit_files(process_id: u32, most_file_bytes: Option<u64>) -> io::Result<()> {
    let process_id = libc::pid_t::try_from(process_id).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both pointers are null or to a structure that lives through the call (prlimit(2)).
    #[allow(unsafe_code)]
    Errno::result(unsafe { libc::prlimit(process_id, libc::RLIMIT_FSIZE, std::ptr::null(), &raw mut limit) })?;
    limit.rlim_cur = most_file_bytes.map_or(limit.rlim_max, |bytes| bytes.min(limit.rlim_max));
    // SAFETY: as above.
    #[allow(unsafe_code)]
    Errno::result(unsafe { libc::prlimit(process_id, libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut()) })?;
    Ok(())
}

/// Marks all descriptors but 0, 1, 2 and `inherited` to be closed by exec.
fn close_others(inherited: &[RawFd]) -> io::Result<()> {
    // SAFETY: the call only sets flags of descriptors. Before Linux 5.11 it does not exist; the descriptors that Rust's
    // library opened have the flag anyway.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
    for descriptor in inherited {
        // SAFETY: setting a flag of a descriptor that the caller keeps open.
        #[allow(unsafe_code)]
        Errno::result(unsafe { libc::fcntl(*descriptor, libc::F_SETFD, 0) })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd;

    use super::*;

    fn run(script: &str, lifetime: Lifetime) -> String {
        let (kept, not_kept) = (File::open("/dev/null").unwrap(), File::open("/dev/zero").unwrap());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let inherited = vec![kept.as_raw_fd()];
        let confinement = Confinement { lifetime, inherited, doors: Vec::new(), most_file_bytes: 4096 };
        let child = launch(command, confinement).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(not_kept);
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    #[test]
    fn the_environment_does_not_reach_the_child() {
        // The shell itself adds PWD and the like; HOME and CARGO would be the host's.
        let environment = run("export", Lifetime::EndsWithHost);
        assert!(!environment.contains("HOME=") && !environment.contains("CARGO"), "{environment}");
    }

    #[test]
    fn no_privileges_can_be_gained_and_no_core_dumped() {
        let status = run("while read line; do echo \"$line\"; done < /proc/self/status; ulimit -c", Lifetime::Outlives);
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        assert!(status.ends_with("\n0\n"), "{status}");
    }

    #[test]
    fn the_child_leads_a_session_of_its_own() {
        let line = run("read line < /proc/$$/stat; echo \"$$ $line\"", Lifetime::EndsWithHost);
        let fields: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(fields[0], fields[6], "session id is its own process id: {line}");
    }

    #[test]
    fn only_the_named_descriptors_are_inherited() {
        let open = run("for f in /proc/$$/fd/*; do readlink $f; done", Lifetime::EndsWithHost);
        let open = if open.contains("readlink") { run("ls -l /proc/$$/fd", Lifetime::EndsWithHost) } else { open };
        assert!(open.contains("/dev/null"), "{open}");
        assert!(!open.contains("/dev/zero"), "{open}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let confinement =
            Confinement { lifetime: Lifetime::Outlives, inherited: Vec::new(), doors: Vec::new(), most_file_bytes: 1 };
        assert!(launch(Command::new("/nonexistent/program"), confinement).is_err());
    }
}
