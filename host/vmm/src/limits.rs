//! Control groups that hold a machine to its [`ResourceLimits`]: made before it, joined by it, removed with it.
//!
//! Version 2 has one tree: the machine's group is `skerry/<machine>` at its root. Version 1 has a tree for each controller:
//! there it is below the group of this process, so that what holds this process also holds its machines. (Version 2 allows
//! that only where no process is in the group itself.) Either all of processor, memory and number of threads are limited or
//! none is.
//!
//! Which groups a machine has is written down in its directory, for whoever removes that.

mod hierarchy;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::ResourceLimits;
use crate::directory::VmDirectory;
use hierarchy::{Hierarchy, PARENT};

/// The file in the machine's directory with its groups' paths, one a line.
const RECORD: &str = "cgroups";
/// A longer record is not ours.
const MOST_RECORD_BYTES: u64 = 64 * 1024;
/// The time over which processor time is counted. A machine at its limit stands still for the rest of it, so it is short; the
/// kernel hands out time in pieces of 5 ms, so it is not shorter.
const PERIOD_US: u64 = 10_000;
/// Threads of a VMM beside one for each processor: QEMU has 3, and up to 64 that help with files.
const MOST_OTHER_THREADS: u64 = 80;
/// Attempts to make a group while others remove what it is to be in.
const CREATION_ATTEMPTS: u32 = 10;
/// Attempts to remove a group whose last process is about to be gone, and the time between two.
const REMOVAL_ATTEMPTS: u32 = 100;
const REMOVAL_PAUSE: Duration = Duration::from_millis(2);

/// The groups of one machine, that its process has yet to join.
#[derive(Debug)]
pub(crate) struct ControlGroups {
    /// Whoever writes `0` to one of these joins.
    doors: Vec<File>,
}

impl ControlGroups {
    /// Makes groups for the machine in `directory`; `None`, and nothing made, where that is not allowed.
    pub(crate) fn create(directory: &VmDirectory, limits: &ResourceLimits) -> Option<Self> {
        let hierarchies = hierarchy::find()?;
        let name = group_name(directory).ok()?;
        let paths: Vec<PathBuf> = hierarchies.iter().map(|hierarchy| hierarchy.parent.join(&name)).collect();
        // Written first: groups that nobody knows of would stay for ever.
        write_record(directory, &paths).ok()?;
        let doors: io::Result<Vec<File>> =
            hierarchies.iter().zip(&paths).map(|(hierarchy, path)| make_group(hierarchy, path, limits)).collect();
        if doors.is_err() {
            remove_groups(directory.path());
        }
        doors.ok().map(|doors| Self { doors })
    }

    /// What a process writes `0` to in order to join.
    pub(crate) fn doors(&self) -> Vec<RawFd> {
        self.doors.iter().map(AsRawFd::as_raw_fd).collect()
    }
}

/// Whether the process is in all groups of the machine in `directory`, and there are any.
pub(crate) fn holds(directory: &Path, process_id: u32) -> bool {
    let groups = recorded(directory);
    let id = process_id.to_string();
    let is_in = |group: &PathBuf| {
        fs::read_to_string(group.join("cgroup.procs")).is_ok_and(|members| members.lines().any(|member| member == id))
    };
    !groups.is_empty() && groups.iter().all(is_in)
}

/// Removes the groups of the machine in `directory`, whose process has ended. What cannot be removed stays.
pub(crate) fn remove_groups(directory: &Path) {
    for group in recorded(directory) {
        for _ in 0..REMOVAL_ATTEMPTS {
            match fs::remove_dir(&group) {
                // A process that was killed leaves its group a moment after its end is known.
                Err(error) if error.kind() == ErrorKind::ResourceBusy => thread::sleep(REMOVAL_PAUSE),
                _ => break,
            }
        }
        // The last one out. Refused, and fine, as long as there are others.
        let _ = group.parent().map(fs::remove_dir);
    }
    let _ = fs::remove_file(directory.join(RECORD));
}

/// A name that no other machine has, whatever state directory it is in.
fn group_name(directory: &VmDirectory) -> io::Result<std::ffi::OsString> {
    let metadata = directory.file().metadata()?;
    let mut name = directory.path().file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    name.push(format!("-{:x}-{:x}", metadata.dev(), metadata.ino()));
    Ok(name)
}

fn write_record(directory: &VmDirectory, paths: &[PathBuf]) -> io::Result<()> {
    let mut text = Vec::new();
    for path in paths {
        text.extend_from_slice(path.as_os_str().as_bytes());
        text.push(b'\n');
    }
    directory.create_file(RECORD)?.write_all(&text)
}

/// The groups that are written down for the machine in `directory`. The VMM could have written there, so only paths that
/// could be the machine's own count.
fn recorded(directory: &Path) -> Vec<PathBuf> {
    let path = directory.join(RECORD);
    if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MOST_RECORD_BYTES) {
        return Vec::new();
    }
    let (Ok(text), Some(own)) = (fs::read_to_string(&path), directory.file_name()) else { return Vec::new() };
    text.lines().map(PathBuf::from).filter(|group| could_be_group(group, &own.to_string_lossy())).collect()
}

fn could_be_group(group: &Path, machine: &str) -> bool {
    let is_below_ours = group.parent().and_then(Path::file_name).is_some_and(|parent| parent == PARENT);
    let name = group.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_plain = group.components().all(|part| !matches!(part, std::path::Component::ParentDir));
    is_below_ours
        && is_plain
        && group.is_absolute()
        && name.strip_prefix(machine).is_some_and(|rest| rest.starts_with('-'))
}

/// Makes one group and gives its door.
fn make_group(hierarchy: &Hierarchy, path: &Path, limits: &ResourceLimits) -> io::Result<File> {
    make_directory(hierarchy, path)?;
    for (file, value) in settings(hierarchy, limits) {
        write_value(&path.join(file), &value)?;
    }
    OpenOptions::new().write(true).open(path.join(hierarchy.door()))
}

fn make_directory(hierarchy: &Hierarchy, path: &Path) -> io::Result<()> {
    let mut attempt = 1;
    loop {
        hierarchy.prepare()?;
        match fs::create_dir(path) {
            // The remains of a machine whose directory had the same inode.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            // Another machine was the last one out, just now.
            Err(error) if error.kind() == ErrorKind::NotFound && attempt < CREATION_ATTEMPTS => attempt += 1,
            made => return made,
        }
    }
}

/// What is written to which files of a group.
fn settings(hierarchy: &Hierarchy, limits: &ResourceLimits) -> Vec<(&'static str, String)> {
    let quota_us = u64::from(limits.cpu_cores).saturating_mul(PERIOD_US);
    let memory = limits.memory_bytes.saturating_add(ResourceLimits::VMM_OVERHEAD_BYTES).to_string();
    let mut settings = Vec::new();
    if hierarchy.has("cpu") && hierarchy.is_unified {
        settings.push(("cpu.max", format!("{quota_us} {PERIOD_US}")));
    } else if hierarchy.has("cpu") {
        settings.push(("cpu.cfs_period_us", PERIOD_US.to_string()));
        settings.push(("cpu.cfs_quota_us", quota_us.to_string()));
    }
    if hierarchy.has("memory") {
        settings.push((if hierarchy.is_unified { "memory.max" } else { "memory.limit_in_bytes" }, memory));
    }
    if hierarchy.has("pids") {
        settings.push(("pids.max", (u64::from(limits.cpu_cores) + MOST_OTHER_THREADS).to_string()));
    }
    settings
}

fn write_value(file: &Path, value: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> ResourceLimits {
        ResourceLimits { cpu_cores: 2, memory_bytes: 64 << 20 }
    }

    fn hierarchy(is_unified: bool) -> Hierarchy {
        let controllers = ["cpu", "memory", "pids"].map(str::to_owned).to_vec();
        Hierarchy { parent: "/sys/fs/cgroup/skerry".into(), controllers, is_unified }
    }

    #[test]
    fn both_versions_get_the_same_limits_in_their_own_words() {
        let memory = ((64u64 << 20) + ResourceLimits::VMM_OVERHEAD_BYTES).to_string();
        let of = |is_unified| settings(&hierarchy(is_unified), &limits());
        assert_eq!(
            of(true),
            [("cpu.max", "20000 10000".into()), ("memory.max", memory.clone()), ("pids.max", "82".into())]
        );
        assert_eq!(
            of(false),
            [
                ("cpu.cfs_period_us", "10000".into()),
                ("cpu.cfs_quota_us", "20000".into()),
                ("memory.limit_in_bytes", memory),
                ("pids.max", "82".into())
            ]
        );
    }

    #[test]
    fn only_paths_that_could_be_the_machines_groups_are_believed() {
        assert!(could_be_group(Path::new("/sys/fs/cgroup/cpu/skerry/vm-a-1-0-8-9"), "vm-a-1-0"));
        for path in [
            "/sys/fs/cgroup/cpu/skerry/vm-b-1-0-8-9",
            "/sys/fs/cgroup/cpu/other/vm-a-1-0-8-9",
            "skerry/vm-a-1-0-8-9",
            "/sys/../skerry/vm-a-1-0-8-9",
            "/",
            "",
        ] {
            assert!(!could_be_group(Path::new(path), "vm-a-1-0"), "{path}");
        }
    }

    #[test]
    fn a_machine_without_a_record_has_no_groups() {
        let parent = tempfile::tempdir().unwrap();
        let directory = VmDirectory::create(parent.path(), "a").unwrap();
        assert!(!holds(directory.path(), std::process::id()));
        remove_groups(directory.path());
        std::os::unix::fs::symlink("/etc/passwd", directory.path().join(RECORD)).unwrap();
        assert!(recorded(directory.path()).is_empty(), "a link is no record");
    }

    proptest! {
        #[test]
        fn any_record_gives_groups_of_ours_or_none(text in "\\PC{0,40}(\n/skerry/vm-a-[0-9/.]{0,8})*") {
            let parent = tempfile::tempdir().unwrap();
            let directory = parent.path().join("vm-a");
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join(RECORD), text).unwrap();
            for group in recorded(&directory) {
                prop_assert_eq!(group.parent().unwrap().file_name().unwrap(), PARENT);
            }
        }
    }
}
