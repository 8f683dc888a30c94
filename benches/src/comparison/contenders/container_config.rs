//! What runc is told about a container: `config.json` of the OCI runtime specification, with the rights that podman gives
//! where nobody asks for more. Pure, but for the seccomp profile's file.

use std::path::Path;

use serde_json::{Value, json};

use super::seccomp;

/// Podman's default capabilities (containers.conf of Debian 12).
const CAPABILITIES: [&str; 11] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];
/// What of `/proc` podman hides from a container.
const MASKED: [&str; 10] = [
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/fs/selinux",
];
/// What of `/proc` it may only read.
const READ_ONLY: [&str; 6] = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
/// Most processes: podman's default.
const PROCESSES: u32 = 2048;

/// A container.
#[derive(Clone, Debug)]
pub(super) struct ContainerConfig<'a> {
    /// Its name; that of its control group, too.
    pub(super) name: &'a str,
    /// Its root folder, which it may only read.
    pub(super) root: &'a Path,
    /// What it runs.
    pub(super) arguments: &'a [String],
    /// Variables of its environment, `NAME=value`.
    pub(super) environment: &'a [&'a str],
    /// What it may take of memory.
    pub(super) memory_mib: u32,
    /// Whether it has a `/tmp` in memory that it may write to.
    pub(super) has_tmp: bool,
}

impl ContainerConfig<'_> {
    /// The configuration.
    ///
    /// # Errors
    /// When the seccomp profile of this machine cannot be used.
    pub(super) fn to_json(&self) -> anyhow::Result<Value> {
        let mut config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": false,
                "user": {"uid": 0, "gid": 0},
                "args": self.arguments,
                "env": self.environment,
                "cwd": "/",
                "capabilities": {"bounding": CAPABILITIES, "effective": CAPABILITIES, "permitted": CAPABILITIES},
                "noNewPrivileges": true,
            },
            "root": {"path": self.root, "readonly": true},
            "hostname": "container",
            "mounts": mounts(self.has_tmp),
            "linux": {
                // No network namespace: the container has the host's loopback.
                "namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}],
                "cgroupsPath": format!("/{}", self.name),
                "resources": {
                    "memory": {"limit": u64::from(self.memory_mib) << 20},
                    "pids": {"limit": PROCESSES},
                    "devices": [{"allow": false, "access": "rwm"}],
                },
                "maskedPaths": MASKED,
                "readonlyPaths": READ_ONLY,
            },
        });
        if let Some(profile) = seccomp::usual(&CAPABILITIES)? {
            config["linux"]["seccomp"] = profile;
        }
        Ok(config)
    }
}

fn mounts(has_tmp: bool) -> Value {
    let mount = |place: &str, kind: &str, options: &[&str]| json!({"destination": place, "type": kind, "source": kind, "options": options});
    let mut mounts = vec![
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("/dev/pts", "devpts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        mount("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        mount("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
    ];
    if has_tmp {
        mounts.push(mount("/tmp", "tmpfs", &["nosuid", "nodev", "mode=1777"]));
    }
    mounts.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Value {
        let arguments = ["/program".to_owned(), "port=1".to_owned()];
        let config = ContainerConfig {
            name: "skerry-bench-1-2-3",
            root: Path::new("/files"),
            arguments: &arguments,
            environment: &["PATH=/bin"],
            memory_mib: 64,
            has_tmp: false,
        };
        config.to_json().unwrap()
    }

    #[test]
    fn a_container_has_podmans_rights_and_no_more() {
        let config = config();
        for set in ["bounding", "effective", "permitted"] {
            assert_eq!(config["process"]["capabilities"][set], json!(CAPABILITIES));
        }
        assert!(config["process"]["capabilities"]["ambient"].is_null());
        assert_eq!(config["process"]["noNewPrivileges"], true);
        assert_eq!(config["root"]["readonly"], true);
        assert_eq!(config["linux"]["resources"]["devices"], json!([{"allow": false, "access": "rwm"}]));
        assert!(config["linux"]["maskedPaths"].as_array().unwrap().contains(&json!("/proc/kcore")));
        assert_eq!(config["linux"]["seccomp"].is_null(), !Path::new(seccomp::PROFILE).exists());
    }

    #[test]
    fn a_container_has_namespaces_of_its_own_for_all_but_the_network() {
        let config = config();
        let namespaces = config["linux"]["namespaces"].as_array().unwrap();
        let names: Vec<&str> = namespaces.iter().filter_map(|one| one["type"].as_str()).collect();
        assert_eq!(names, ["pid", "ipc", "uts", "mount"]);
    }

    #[test]
    fn a_container_has_a_control_group_of_its_own_with_its_memory() {
        let config = config();
        assert_eq!(config["linux"]["cgroupsPath"], "/skerry-bench-1-2-3");
        assert_eq!(config["linux"]["resources"]["memory"]["limit"], 64 << 20);
    }
}
