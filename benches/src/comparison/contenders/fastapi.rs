//! The service that one would write instead: FastAPI and uvicorn on Debian without what a slim image leaves out, run by runc.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::debian_kernel::replace;
use super::runc::{Containers, version};
use super::{Setup, artefact, ports, require_root, require_tool};
use crate::comparison::contender::{Artefact, Contender, Endpoint, Instance, Profile, Role};

/// Debian's release, and what is installed of it beside its base: Python, and a compiler of C with its headers.
const RELEASE: &str = "bookworm";
const PACKAGES: &str = "python3,tcc,libc6-dev";
/// What of Debian's files images called slim leave out.
const TRIMMED: [&str; 8] = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/cache/debconf",
    "var/log",
];
/// Where the service and its packages are.
const PLACE: &str = "opt/service";
/// The version of Debian's Python, for which wheels are chosen.
const PYTHON: &str = "3.11";
/// Memory of the container: that of Skerry's machines with Python.
const MEMORY_MIB: u32 = 160;
const ENVIRONMENT: [&str; 3] = ["PATH=/usr/bin:/bin", "PYTHONPATH=/opt/service", "PYTHONDONTWRITEBYTECODE=1"];

/// The contender `runc-fastapi`.
pub(super) struct FastApi {
    containers: Containers,
    profile: Profile,
}

impl FastApi {
    /// Prepares it: makes the root folder where it is missing, which takes minutes.
    ///
    /// # Errors
    /// When this machine cannot, with what is missing.
    pub(super) fn prepare(setup: &Setup) -> anyhow::Result<Self> {
        require_root("debootstrap and runc's containers")?;
        require_tool("debootstrap", "debootstrap")?;
        require_tool("python3", "python3")?;
        let root = Root::prepare(setup)?;
        let description = format!(
            "The same API (execute-sync and healthz) as a FastAPI service under uvicorn, one worker, on Debian {RELEASE} \
             (debootstrap, minbase, trimmed as slim images are), run by {} like the other container, with {MEMORY_MIB} MiB. \
             Python functions run in the service's own process, C is compiled by tcc to machine code and called there: unlike \
             Skerry it has no sandbox within the container, and keeps no limits of a call. Versions are those of \
             benches/contenders/fastapi/requirements.txt.",
            version()
        );
        let containers = Containers::prepare(setup, &root.path, MEMORY_MIB, &ENVIRONMENT, true)?;
        let profile = Profile {
            name: "runc-fastapi",
            title: "runc, FastAPI".to_owned(),
            description,
            languages: &["PY", "C"],
            role: Role::Everything,
            is_ours: false,
            artefact: root.artefact,
        };
        Ok(Self { containers, profile })
    }
}

impl Contender for FastApi {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        let port = address.port().to_string();
        let words = ["/usr/bin/python3", "-m", "uvicorn", "service:app", "--host", "127.0.0.1", "--port", &port];
        let words = words.into_iter().chain(["--no-access-log", "--log-level", "warning"]);
        let arguments: Vec<String> = words.map(str::to_owned).collect();
        Ok(Box::new(self.containers.start(&arguments, Endpoint::plain(address))?))
    }
}

/// The container's root folder.
struct Root {
    path: PathBuf,
    artefact: Artefact,
}

impl Root {
    /// The one in the cache, if it was made of the same things; else a new one.
    fn prepare(setup: &Setup) -> anyhow::Result<Self> {
        let source = setup.source_root.join("benches/contenders/fastapi");
        let folder = setup.cache.join("fastapi");
        let (path, notes) = (folder.join("root"), folder.join("made-of.json"));
        let recipe = recipe(&source)?;
        if let Some(artefact) = fs::read_to_string(&notes).ok().and_then(|text| remembered(&text, &recipe)) {
            return Ok(Self { path, artefact });
        }
        ensure!(
            !setup.quick,
            "its root file system takes minutes to make, which a quick run does not: run without --quick once"
        );
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let base = folder.join(format!("{RELEASE}-{PACKAGES}").replace(',', "-"));
        if !base.is_dir() {
            bootstrap(&folder, &base)?;
        }
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        run(Command::new("cp").args(["--archive", "--reflink=auto"]).arg(&base).arg(&path), "copy the base")?;
        install(&source, &path)?;
        let artefact = artefact::of_tree("OCI image on Debian slim", &path, components(&path)?)?;
        let text = json!({"recipe": recipe, "artefact": numbers(&artefact)}).to_string();
        replace(&notes, text.as_bytes())?;
        Ok(Self { path, artefact })
    }
}

/// All that decides on what is in the root folder.
fn recipe(source: &Path) -> anyhow::Result<Value> {
    let read = |name: &str| {
        let path = source.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(json!([RELEASE, PACKAGES, TRIMMED, read("requirements.txt")?, read("service.py")?]))
}

fn numbers(artefact: &Artefact) -> [u64; 5] {
    let Artefact { bytes, compressed_bytes, files, components, code_bytes, .. } = *artefact;
    [bytes, compressed_bytes, files, components, code_bytes]
}

/// What was measured of a root folder, if it was made by this recipe.
fn remembered(notes: &str, recipe: &Value) -> Option<Artefact> {
    let notes: Value = serde_json::from_str(notes).ok()?;
    let numbers: Vec<u64> = notes["artefact"].as_array()?.iter().filter_map(Value::as_u64).collect();
    let [bytes, compressed_bytes, files, components, code_bytes] = numbers.try_into().ok()?;
    let kind = "OCI image on Debian slim";
    (notes["recipe"] == *recipe).then_some(Artefact { kind, bytes, compressed_bytes, files, components, code_bytes })
}

/// Debian's base with the packages, trimmed; as a whole or not at all.
fn bootstrap(folder: &Path, base: &Path) -> anyhow::Result<()> {
    let work = folder.join("bootstrap");
    if work.exists() {
        // Of a run that was ended in between.
        fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))?;
    }
    let mut command = Command::new("debootstrap");
    command.args(["--variant=minbase", &format!("--include={PACKAGES}"), RELEASE]).arg(&work);
    run(&mut command, "make a Debian (it needs Debian's archive, and its key on other distributions)")?;
    for place in TRIMMED {
        let place = work.join(place);
        if place.is_dir() {
            fs::remove_dir_all(&place).with_context(|| format!("cannot remove {}", place.display()))?;
            fs::create_dir(&place).with_context(|| format!("cannot make {}", place.display()))?;
        }
    }
    fs::rename(&work, base).with_context(|| format!("cannot make {}", base.display()))
}

/// The service and its packages, compiled, as installers do: the container cannot write what Python would.
fn install(source: &Path, root: &Path) -> anyhow::Result<()> {
    let place = root.join(PLACE);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-deps", "--no-compile", "--only-binary=:all:"]);
    pip.args(["--python-version", PYTHON, "--implementation", "cp", "--platform", "manylinux2014_x86_64"]);
    pip.arg("--target").arg(&place).arg("--requirement").arg(source.join("requirements.txt"));
    run(&mut pip, "install FastAPI (the package python3-pip brings pip; it needs PyPI)")?;
    let service = place.join("service.py");
    fs::copy(source.join("service.py"), &service).with_context(|| format!("cannot write {}", service.display()))?;
    let words = ["/usr/bin/python3", "-m", "compileall", "-q", &format!("/{PLACE}")].map(str::to_owned);
    run(Command::new("chroot").arg(root).args(words), "compile the service")
}

/// Debian's packages and Python's.
fn components(root: &Path) -> anyhow::Result<u64> {
    let output = Command::new("dpkg-query")
        .arg("--admindir")
        .arg(root.join("var/lib/dpkg"))
        .args(["--show", "--showformat", "${Package}\n"])
        .output()
        .context("cannot run dpkg-query")?;
    ensure!(output.status.success(), "dpkg-query does not list the packages");
    let packages = String::from_utf8_lossy(&output.stdout).lines().count();
    let place = root.join(PLACE);
    let entries = fs::read_dir(&place).with_context(|| format!("cannot list {}", place.display()))?;
    let wheels = entries.flatten().filter(|entry| entry.path().extension() == Some(OsStr::new("dist-info"))).count();
    Ok((packages + wheels) as u64)
}

fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let told = [&output.stdout[..], &output.stderr[..]].concat();
        let told = String::from_utf8_lossy(&told).trim().lines().last().unwrap_or("it said nothing").to_owned();
        bail!("{program} does not {what}: {told}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_by_another_recipe_is_not_used() {
        let (recipe, other) = (json!(["a"]), json!(["b"]));
        let artefact = Artefact { kind: "OCI image on Debian slim", bytes: 5, files: 2, ..Artefact::default() };
        let notes = json!({"recipe": recipe, "artefact": numbers(&artefact)}).to_string();
        assert_eq!(remembered(&notes, &recipe), Some(artefact));
        assert_eq!(remembered(&notes, &other), None);
        for broken in ["", "{}", "[]", r#"{"recipe":["a"],"artefact":[1]}"#] {
            assert_eq!(remembered(broken, &recipe), None, "{broken}");
        }
    }

    #[test]
    fn the_recipe_has_the_service_and_pinned_versions_only() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("contenders/fastapi");
        let recipe = recipe(&source).unwrap();
        let requirements = recipe[3].as_str().unwrap();
        let lines: Vec<&str> = requirements.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 5 && lines.iter().all(|line| line.contains("==")), "{requirements}");
    }
}
