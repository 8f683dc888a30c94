//! Podman with the same runtime in an image of one file: what a container engine adds to its runtime.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::linux_program::LinuxProgram;
use super::run_folder::{RunFolder, is_left_over};
use super::runc::MEMORY_MIB;
use super::{Setup, ports, require_root, require_tool};
use crate::comparison::contender::{Contender, Endpoint, Instance, Profile, Role};
use crate::comparison::host::version_of;
use crate::processes;

/// The image's name in the store, which holds no other.
const IMAGE: &str = "localhost/skerry-bench:latest";
/// The limits that podman sets by default may be more than its own user has, and are then refused.
const USER_LIMITS: [&str; 4] = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"];

/// The contender `podman`.
pub(super) struct Podman {
    run: Arc<RunFolder>,
    store: Store,
    profile: Profile,
}

impl Podman {
    /// Prepares it: puts the image into a store of the benchmark's own.
    ///
    /// # Errors
    /// When this machine cannot, with what is missing.
    pub(super) fn prepare(setup: &Setup, program: &LinuxProgram) -> anyhow::Result<Self> {
        require_root("podman's containers with control groups")?;
        require_tool("podman", "podman")?;
        require_tool("conmon", "conmon")?;
        require_tool("runc", "runc")?;
        let store = Store { folder: setup.cache.join("podman") };
        store.remove_left_over();
        store.import(setup.folder(), &program.path)?;
        let description = format!(
            "`podman run` of the same image as runc's ({}), with runc below it and {MEMORY_MIB} MiB of memory: podman itself, \
             its overlay of the image and its monitor conmon are counted. It has podman's default rights, and, as runc here, \
             the host's network.",
            version_of("podman", &["--version"]).unwrap_or_else(|| "podman".to_owned())
        );
        let profile = program.profile("podman", "podman, the same runtime", description);
        // Once it runs, it is runc's container.
        Ok(Self { run: Arc::clone(&setup.run), store, profile: Profile { role: Role::Starts, ..profile } })
    }
}

/// Podman with images and containers in the cache, so that nothing of the user's is touched.
#[derive(Clone, Debug)]
struct Store {
    folder: PathBuf,
}

impl Store {
    fn podman(&self) -> Command {
        let mut command = Command::new("podman");
        command.arg("--root").arg(self.folder.join("root")).arg("--runroot").arg(self.folder.join("run"));
        // runc, because crun 1.8 (Debian 12) refuses machines with both kinds of control groups.
        command.args(["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]);
        command.stdin(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    fn import(&self, folder: &Path, program: &Path) -> anyhow::Result<()> {
        let layer = folder.join("layer.tar");
        let file = File::create(&layer).with_context(|| format!("cannot write {}", layer.display()))?;
        let mut archive = tar::Builder::new(file);
        archive.append_path_with_name(program, "skerry-runtime").context("cannot write the image's layer")?;
        archive.into_inner().context("cannot write the image's layer")?;
        let mut command = self.podman();
        command.args(["import", "--quiet", "--change", r#"ENTRYPOINT ["/skerry-runtime"]"#]).arg(&layer).arg(IMAGE);
        run(&mut command, "import the image")?;
        // Images that this one has replaced; none is worth a failure.
        let _ = self.podman().args(["image", "prune", "--force"]).output();
        Ok(())
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        let mut command = self.podman();
        command.args(["rm", "--force", "--ignore", "--time", "0", name]);
        run(&mut command, &format!("remove the container {name}"))
    }

    /// Removes containers of runs that were killed.
    fn remove_left_over(&self) {
        let output = self.podman().args(["ps", "--all", "--format", "{{.Names}}"]).output();
        let list = output.map(|output| output.stdout).unwrap_or_default();
        for name in String::from_utf8_lossy(&list).lines().map(str::trim).filter(|name| is_left_over(name)) {
            if let Err(error) = self.remove(name) {
                eprintln!("of an earlier run: {error:#}");
            }
        }
    }
}

fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command.output().context("cannot run podman")?;
    if !output.status.success() {
        bail!("podman does not {what}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

impl Contender for Podman {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        let name = self.run.new_name();
        let files = ["monitor", "process"].map(|what| self.run.path().join(format!("{name}.{what}")));
        let [monitor_file, process_file] = &files;
        let mut command = self.store.podman();
        command.args(["run", "--detach", "--network", "host", "--log-driver", "k8s-file", "--name", &name]);
        command.args(["--memory", &format!("{MEMORY_MIB}m")]).args(USER_LIMITS);
        command.arg("--conmon-pidfile").arg(monitor_file).arg("--pidfile").arg(process_file);
        command.arg(IMAGE).arg(format!("port={}", address.port()));
        // From here on an early return removes it.
        let mut container = Container {
            store: self.store.clone(),
            name,
            monitor: 0,
            process: 0,
            endpoint: Endpoint::plain(address),
            is_there: true,
        };
        let started = run(&mut command, "start a container");
        (container.monitor, container.process) = (number_in(monitor_file), number_in(process_file));
        for file in &files {
            // Where podman has failed, there is none.
            let _ = fs::remove_file(file);
        }
        started?;
        if container.monitor == 0 || container.process == 0 {
            bail!("podman has not written the process ids of {}", container.name);
        }
        Ok(Box::new(container))
    }
}

/// The number in a file; 0 where there is none.
fn number_in(file: &Path) -> u32 {
    fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

/// Dropped, it is removed.
struct Container {
    store: Store,
    name: String,
    monitor: u32,
    process: u32,
    endpoint: Endpoint,
    is_there: bool,
}

impl Container {
    fn remove(&mut self) -> anyhow::Result<()> {
        if std::mem::take(&mut self.is_there) { self.store.remove(&self.name) } else { Ok(()) }
    }
}

impl Instance for Container {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn processes(&self) -> Vec<u32> {
        processes::with_descendants(self.monitor)
    }

    fn subject(&self) -> u32 {
        self.process
    }

    fn stop(mut self: Box<Self>) -> anyhow::Result<()> {
        self.remove()?;
        processes::wait_until_gone(self.process).context("the container's process")?;
        processes::wait_until_gone(self.monitor).context("the container's monitor")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:#}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_id_is_read_and_none_is_invented() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("id");
        assert_eq!(number_in(&file), 0);
        fs::write(&file, "12\n").unwrap();
        assert_eq!(number_in(&file), 12);
        fs::write(&file, "-1").unwrap();
        assert_eq!(number_in(&file), 0);
    }
}
