//! Containers by runc: the tool, one running container, and the contender: the same runtime in an image with no other file.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::container_config::ContainerConfig;
use super::linux_program::LinuxProgram;
use super::run_folder::{RunFolder, is_left_over, tail};
use super::{Setup, ports, require_root, require_tool, seccomp};
use crate::comparison::contender::{Contender, Endpoint, Instance, Profile};
use crate::comparison::host::version_of;
use crate::processes;

/// Memory of a container with our runtime: that of Skerry's machines.
pub(super) const MEMORY_MIB: u32 = crate::bench::MEMORY_MIB;

/// A root folder, and what runs in it.
#[derive(Debug)]
pub(super) struct Containers {
    run: Arc<RunFolder>,
    root: PathBuf,
    memory_mib: u32,
    environment: &'static [&'static str],
    has_tmp: bool,
}

impl Containers {
    /// Prepares to run containers in this root folder.
    ///
    /// # Errors
    /// When this machine cannot, with what is missing.
    pub(super) fn prepare(
        setup: &Setup,
        root: &Path,
        memory_mib: u32,
        environment: &'static [&'static str],
        has_tmp: bool,
    ) -> anyhow::Result<Self> {
        require_root("runc's containers")?;
        require_tool("runc", "runc")?;
        remove_left_over();
        // Where runc mounts: a root folder that can only be read must have them.
        for place in ["proc", "dev", "sys", "tmp"] {
            fs::create_dir_all(root.join(place)).with_context(|| format!("cannot write to {}", root.display()))?;
        }
        Ok(Self { run: Arc::clone(&setup.run), root: root.to_owned(), memory_mib, environment, has_tmp })
    }

    /// Starts one. Its first process runs when this returns.
    ///
    /// # Errors
    /// When it does not start; nothing is left of it.
    pub(super) fn start(&self, arguments: &[String], endpoint: Endpoint) -> anyhow::Result<Container> {
        let (name, bundle) = self.run.new_folder()?;
        let config = ContainerConfig {
            name: &name,
            root: &self.root,
            arguments,
            environment: self.environment,
            memory_mib: self.memory_mib,
            has_tmp: self.has_tmp,
        };
        let file = bundle.join("config.json");
        fs::write(&file, config.to_json()?.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        let log = bundle.join("log");
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        // From here on an early return removes it.
        let mut container = Container { name, bundle, process_id: 0, endpoint, is_there: true };
        let pid_file = container.bundle.join("pid");
        let status = Command::new("runc")
            .args(["run", "--detach", "--bundle"])
            .arg(&container.bundle)
            .arg("--pid-file")
            .arg(&pid_file)
            .arg(&container.name)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("cannot open the container's log twice")?)
            .stderr(output)
            // Ctrl-C is for this program, which then ends its containers in order.
            .process_group(0)
            .status()
            .context("cannot run runc")?;
        ensure!(status.success(), "runc does not start a container: {status}; {}", tail(&log));
        let text = fs::read_to_string(&pid_file).with_context(|| format!("cannot read {}", pid_file.display()))?;
        container.process_id = text.trim().parse().context("runc has not written a process id")?;
        Ok(container)
    }
}

/// A container that was started. Dropped, it is removed.
#[derive(Debug)]
pub(super) struct Container {
    name: String,
    bundle: PathBuf,
    process_id: u32,
    endpoint: Endpoint,
    is_there: bool,
}

impl Container {
    fn remove(&mut self) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.is_there) {
            return Ok(());
        }
        let deleted = delete(&self.name);
        let removed = fs::remove_dir_all(&self.bundle)
            .with_context(|| format!("cannot remove the container's folder {}", self.bundle.display()));
        deleted.and(removed)
    }
}

impl Instance for Container {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn processes(&self) -> Vec<u32> {
        processes::with_descendants(self.process_id)
    }

    fn subject(&self) -> u32 {
        self.process_id
    }

    fn stop(mut self: Box<Self>) -> anyhow::Result<()> {
        let process_id = self.process_id;
        self.remove()?;
        processes::wait_until_gone(process_id).with_context(|| format!("the container's process {process_id}"))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:#}");
        }
    }
}

/// Ends a container with whatever runs in it, and forgets it.
fn delete(name: &str) -> anyhow::Result<()> {
    let output = Command::new("runc").args(["delete", "--force", name]).output().context("cannot run runc")?;
    // With --force, one that is not there is no error.
    if !output.status.success() {
        bail!("runc does not remove the container {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Removes containers of runs that were killed.
fn remove_left_over() {
    let output = Command::new("runc").args(["list", "--format", "json"]).output();
    let Ok(list) = output.map_err(drop).and_then(|output| serde_json::from_slice(&output.stdout).map_err(drop)) else {
        return;
    };
    for name in names(&list).filter(|name| is_left_over(name)) {
        if let Err(error) = delete(name) {
            eprintln!("of an earlier run: {error:#}");
        }
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|container| container["id"].as_str())
}

/// The contender `runc`.
pub(super) struct Runc {
    containers: Containers,
    profile: Profile,
}

impl Runc {
    /// Prepares it.
    ///
    /// # Errors
    /// When this machine cannot, with what is missing.
    pub(super) fn prepare(setup: &Setup, program: &LinuxProgram) -> anyhow::Result<Self> {
        let root = scratch_root(setup, program)?;
        let seccomp = if Path::new(seccomp::PROFILE).exists() {
            "podman's default seccomp profile"
        } else {
            "no seccomp profile (there is none of podman's on this machine)"
        };
        let description = format!(
            "The same runtime as a static Linux program, the only file of its image, run by {}: namespaces for processes, \
             mounts, IPC and host name, {MEMORY_MIB} MiB of memory by a control group, podman's default capabilities, \
             {seccomp}, root file system read-only. It is flattered: it has the host's network (no namespace, no bridge, \
             no address translation), its files are there unpacked, without an overlay, and nobody watches over it.",
            version()
        );
        let profile = program.profile("runc", "runc, the same runtime", description);
        Ok(Self { containers: Containers::prepare(setup, &root, MEMORY_MIB, &[], false)?, profile })
    }
}

/// What runc calls itself.
pub(super) fn version() -> String {
    version_of("runc", &["--version"]).unwrap_or_else(|| "runc".to_owned()).replace(" version ", " ")
}

/// A root folder with the program and nothing else.
fn scratch_root(setup: &Setup, program: &LinuxProgram) -> anyhow::Result<PathBuf> {
    let root = setup.run.path().join("scratch");
    fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
    let copy = root.join("skerry-runtime");
    fs::copy(&program.path, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(root)
}

impl Contender for Runc {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        let arguments = ["/skerry-runtime".to_owned(), format!("port={}", address.port())];
        Ok(Box::new(self.containers.start(&arguments, Endpoint::plain(address))?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_are_known_by_their_names() {
        let list = json!([{"id": "a", "pid": 1}, {"pid": 2}, {"id": "b"}]);
        assert_eq!(names(&list).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(names(&json!(null)).count(), 0);
    }
}
