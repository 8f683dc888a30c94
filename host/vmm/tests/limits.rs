//! Real machines in control groups of their own, where this host allows such.

mod guests;

use std::fs;
use std::path::{Path, PathBuf};

use guests::{KilledAtEnd, LONG, Program, qemu, spec};
use skerry_vmm::{
    Backend, Lifetime, Network, ResourceLimits, VmSpec, end_machine, remove_dead_directories, running_machines,
};

fn limited(directory: &Path) -> VmSpec {
    let limits = Some(ResourceLimits { cpu_cores: 1, memory_bytes: 64 << 20 });
    VmSpec { limits, ..spec(directory, &Program::default().write_ready().halt()) }
}

/// The groups of a machine, as the machine's own directory and the kernel say them.
fn groups(directory: &Path, process_id: u32) -> Vec<PathBuf> {
    let paths = fs::read_to_string(directory.join("cgroups")).expect("it is there");
    let paths: Vec<PathBuf> = paths.lines().map(PathBuf::from).collect();
    assert!(!paths.is_empty());
    for path in &paths {
        let members = fs::read_to_string(path.join("cgroup.procs")).expect("it is there");
        assert_eq!(members.trim(), process_id.to_string(), "{}", path.display());
    }
    paths
}

fn value(groups: &[PathBuf], names: [&str; 2]) -> String {
    let files = groups.iter().flat_map(|group| names.map(|name| group.join(name)));
    let mut values = files.filter_map(|file| fs::read_to_string(file).ok());
    values.next().expect("it is there").trim().to_owned()
}

#[test]
fn a_machine_is_held_to_its_limits_and_its_groups_go_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut machine = qemu().start(&limited(directory.path())).unwrap();
    machine.wait_until_ready(LONG).unwrap();
    if !machine.is_limited() {
        eprintln!("skipped: no control groups can be made here");
        return;
    }
    let groups = groups(machine.directory(), machine.process().id());
    let memory: u64 = value(&groups, ["memory.max", "memory.limit_in_bytes"]).parse().unwrap();
    assert_eq!(memory, (64 << 20) + ResourceLimits::VMM_OVERHEAD_BYTES);
    let quota = value(&groups, ["cpu.max", "cpu.cfs_quota_us"]);
    assert!(quota == "10000" || quota == "10000 10000", "{quota}");
    assert_eq!(value(&groups, ["pids.max", "pids.max"]), "81");
    machine.stop().unwrap();
    assert!(groups.iter().all(|group| !group.exists()), "{groups:?}");
}

#[test]
fn a_machine_without_limits_has_no_groups() {
    let directory = tempfile::tempdir().unwrap();
    let machine = qemu().start(&VmSpec { limits: None, ..limited(directory.path()) }).unwrap();
    assert!(!machine.is_limited());
    assert!(!machine.directory().join("cgroups").exists());
}

#[test]
fn groups_of_machines_without_a_host_go_with_them_however_they_end() {
    let directory = tempfile::tempdir().unwrap();
    let spec = VmSpec { lifetime: Lifetime::Outlives, ..limited(directory.path()) };
    let mut all = Vec::new();
    let mut guards = Vec::new();
    for _ in 0..3 {
        let machine = qemu().start(&spec).unwrap();
        guards.push(KilledAtEnd(machine.process().id()));
        if !machine.is_limited() {
            eprintln!("skipped: no control groups can be made here");
            return;
        }
        all.push(groups(machine.directory(), machine.process().id()));
    }
    let running = running_machines(&spec.state_dir).unwrap();
    let gone = |directory: &Path| {
        let own = directory.file_name().unwrap().to_str().unwrap();
        let own_groups = all.iter().flatten().filter(|group| group.to_str().unwrap().contains(own));
        own_groups.inspect(|group| assert!(!group.exists(), "{}", group.display())).count() > 0
    };
    end_machine(&running[0]).unwrap();
    assert!(gone(&running[0].directory));

    let adopted = qemu().adopt(&running[1], Lifetime::EndsWithHost, Network::User).unwrap();
    assert!(adopted.is_limited());
    drop(adopted);
    assert!(gone(&running[1].directory));

    let last = qemu().adopt(&running[2], Lifetime::Outlives, Network::User).unwrap();
    last.process().kill().unwrap();
    last.process().wait_for_end();
    drop(last);
    assert_eq!(remove_dead_directories(&spec.state_dir).unwrap(), std::slice::from_ref(&running[2].directory));
    assert!(gone(&running[2].directory));
}

#[test]
fn a_start_that_fails_leaves_no_groups() {
    let directory = tempfile::tempdir().unwrap();
    let good = limited(directory.path());
    let not_elf = directory.path().join("text");
    fs::write(&not_elf, "this is no kernel at all").unwrap();
    let before = group_count();
    assert!(qemu().start(&VmSpec { name: "left".to_owned(), loader: not_elf, ..good }).is_err());
    assert_eq!(group_count(), before);
}

/// Groups of machines called `left`, of which other tests have none.
fn group_count() -> usize {
    let own = fs::read_to_string("/proc/self/cgroup").expect("it is there");
    let places = own.lines().filter_map(|line| line.rsplit(':').next()).flat_map(|path| {
        ["cpu", "memory", "pids", "."]
            .map(|tree| Path::new("/sys/fs/cgroup").join(tree).join(&path[1..]).join("skerry"))
    });
    let entries = places.filter_map(|place| fs::read_dir(place).ok()).flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("vm-left-")).count()
}
