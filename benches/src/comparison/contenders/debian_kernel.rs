//! Debian's kernel for virtual machines, from its package: downloaded once by apt, unpacked into the cache, not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use super::require_tool;

/// The package that depends on the newest one.
const NEWEST: &str = "linux-image-cloud-amd64";
/// The kernel begins with a program of 16-bit code that tells where the rest is (Documentation/arch/x86/boot.rst).
const SETUP_SECTORS: usize = 0x1f1;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_LENGTH: usize = 0x24c;
const SECTOR: usize = 512;
/// What LZ4's older form begins with, which the kernel's build uses.
const LZ4_LEGACY: u32 = 0x184c_2102;
/// Bytes of each block of it, uncompressed.
const LZ4_BLOCK: usize = 8 << 20;

/// The kernel's files.
#[derive(Clone, Debug)]
pub(super) struct DebianKernel {
    /// Its package.
    pub(super) package: String,
    /// The kernel: an ELF where it could be unpacked, else as it is in the package.
    pub(super) kernel: PathBuf,
    /// Whether it was unpacked, so that no guest has to.
    pub(super) is_unpacked: bool,
    /// The modules' folder.
    modules: PathBuf,
}

impl DebianKernel {
    /// Downloads and unpacks it, unless it is there.
    ///
    /// # Errors
    /// When this is no Debian, or its archive cannot be reached.
    pub(super) fn prepare(cache: &Path) -> anyhow::Result<Self> {
        for tool in ["apt-get", "apt-cache", "dpkg-deb"] {
            require_tool(tool, "apt and dpkg of a Debian").context("the kernel comes from Debian's archive")?;
        }
        let package = newest()?;
        let folder = cache.join("kernel").join(&package);
        if !folder.join("boot").is_dir() {
            download(&package, &folder)?;
        }
        let release = package.trim_start_matches("linux-image-");
        let modules = ["lib/modules", "usr/lib/modules"].map(|place| folder.join(place).join(release));
        let modules =
            modules.into_iter().find(|place| place.is_dir()).context("the kernel's package has no modules")?;
        let packed = folder.join(format!("boot/vmlinuz-{release}"));
        let kernel = folder.join("vmlinux");
        if !kernel.exists() {
            let file = fs::read(&packed).with_context(|| format!("cannot read {}", packed.display()))?;
            if let Some(unpacked) = unpack(&file) {
                replace(&kernel, &unpacked)?;
            }
        }
        let is_unpacked = kernel.exists();
        Ok(Self { package, kernel: if is_unpacked { kernel } else { packed }, is_unpacked, modules })
    }

    /// A module's content; `None` where the kernel has it built in.
    ///
    /// # Errors
    /// When there is no such module.
    pub(super) fn module(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.modules.join("kernel").join(format!("{name}.ko"));
        let packed = path.with_extension("ko.xz");
        if path.exists() {
            return Ok(Some(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?));
        }
        if packed.exists() {
            require_tool("xz", "xz-utils")?;
            let output = Command::new("xz").arg("-dc").arg(&packed).output().context("cannot run xz")?;
            ensure!(output.status.success(), "xz does not unpack {}", packed.display());
            return Ok(Some(output.stdout));
        }
        let list = self.modules.join("modules.builtin");
        let list = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        ensure!(
            list.lines().any(|line| line == format!("kernel/{name}.ko")),
            "the kernel {} has no module {name}",
            self.package
        );
        Ok(None)
    }
}

/// The newest kernel's package.
fn newest() -> anyhow::Result<String> {
    let output = Command::new("apt-cache").args(["depends", NEWEST]).output().context("cannot run apt-cache")?;
    dependency(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("apt knows no package {NEWEST}; run: apt-get update"))
}

/// The first package that another one depends on.
fn dependency(list: &str) -> Option<String> {
    let lines = list.lines().filter_map(|line| line.trim().strip_prefix("Depends:"));
    lines.map(str::trim).find(|name| name.starts_with("linux-image-")).map(str::to_owned)
}

fn download(package: &str, folder: &Path) -> anyhow::Result<()> {
    let parent = folder.parent().context("the kernel's folder has no parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let work = tempfile::tempdir_in(parent).context("cannot make a folder for the kernel")?;
    let output = Command::new("apt-get")
        // As root, apt downloads as a user of its own, to whom the folder does not belong.
        .args(["-o", "APT::Sandbox::User=root", "download", package])
        .current_dir(&work)
        .output()
        .context("cannot run apt-get")?;
    if !output.status.success() {
        bail!("apt-get does not download {package} ({}); run: apt-get update", last_line(&output.stderr));
    }
    let entries = fs::read_dir(&work).context("cannot list the download")?;
    let file =
        entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "deb"));
    let file = file.context("apt-get has downloaded no package")?;
    let files = work.path().join("files");
    let output = Command::new("dpkg-deb").arg("-x").arg(&file).arg(&files).output().context("cannot run dpkg-deb")?;
    ensure!(output.status.success(), "dpkg-deb does not unpack {package}: {}", last_line(&output.stderr));
    // As a whole or not at all: somebody may end this in between.
    fs::rename(&files, folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn last_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim().lines().last().unwrap_or_default().to_owned()
}

/// Writes a file as a whole or not at all.
pub(super) fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let folder = path.parent().with_context(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    std::io::Write::write_all(&mut file, content).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

/// The ELF in a kernel's file; `None` where it is packed in a form that is not known here.
fn unpack(file: &[u8]) -> Option<Vec<u8>> {
    let number = |place: usize| file.get(place..place + 4)?.try_into().ok().map(u32::from_le_bytes);
    let setup_bytes = (usize::from(*file.get(SETUP_SECTORS)?) + 1) * SECTOR;
    let begin = setup_bytes.checked_add(usize::try_from(number(PAYLOAD_OFFSET)?).ok()?)?;
    let end = begin.checked_add(usize::try_from(number(PAYLOAD_LENGTH)?).ok()?)?;
    unpack_lz4(file.get(begin..end)?).filter(|elf| elf.starts_with(b"\x7fELF"))
}

/// Blocks, each behind its length; after them the kernel's build adds the length of all.
fn unpack_lz4(payload: &[u8]) -> Option<Vec<u8>> {
    let (payload, _) = payload.split_last_chunk::<4>()?;
    let (magic, mut rest) = payload.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*magic) != LZ4_LEGACY {
        return None;
    }
    let mut unpacked = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (block, behind) = behind.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        unpacked.extend(lz4_flex::block::decompress(block, LZ4_BLOCK).ok()?);
        rest = behind;
    }
    rest.is_empty().then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut payload = LZ4_LEGACY.to_le_bytes().to_vec();
        for chunk in content.chunks(LZ4_BLOCK) {
            let block = lz4_flex::block::compress(chunk);
            payload.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
            payload.extend(block);
        }
        payload.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        let mut file = vec![0; 3 * SECTOR];
        file[SETUP_SECTORS] = 1;
        file[PAYLOAD_OFFSET..PAYLOAD_OFFSET + 4].copy_from_slice(&512_u32.to_le_bytes());
        file[PAYLOAD_LENGTH..PAYLOAD_LENGTH + 4].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        file.extend(payload);
        file
    }

    #[test]
    fn a_kernel_is_unpacked_also_one_of_several_blocks() {
        let mut kernel = b"\x7fELF".to_vec();
        kernel.resize(LZ4_BLOCK + 1000, 7);
        assert!(unpack(&packed(&kernel)).is_some_and(|unpacked| unpacked == kernel));
        assert!(unpack(&packed(b"no program")).is_none());
    }

    #[test]
    fn of_the_packages_that_the_newest_needs_the_kernel_is_taken() {
        let list = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-1-cloud-amd64\n  Suggests: other\n";
        assert_eq!(dependency(list).as_deref(), Some("linux-image-6.1.0-1-cloud-amd64"));
        assert_eq!(dependency("E: no packages found\n"), None);
    }

    proptest! {
        #[test]
        fn any_file_is_looked_at_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
            unpack(&bytes);
            unpack_lz4(&[&LZ4_LEGACY.to_le_bytes()[..], &bytes].concat());
        }

        #[test]
        fn a_damaged_kernel_is_looked_at_without_harm(place in 0..2000_usize, byte in any::<u8>()) {
            let mut file = packed(b"\x7fELF and more, and more, and more");
            let place = place % file.len();
            file[place] = byte;
            unpack(&file);
        }
    }
}
