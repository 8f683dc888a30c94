//! The Containerfiles of `images/`, through the buildah that the distribution has.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use skerry_image::{Flavour, Image};
use skerry_tests::image;

use crate::tools::{read, run, unpack};

/// A buildah with a store of its own, so that nothing is left of it; without namespaces and mounts of its own, which a test
/// in a container may not make.
struct Buildah {
    folder: tempfile::TempDir,
}

impl Buildah {
    /// Whether it can run here: as root, or as a user who may have users of their own. Says so where it cannot.
    fn can_run() -> bool {
        if nix::unistd::geteuid().is_root() {
            return true;
        }
        let tried = Command::new("buildah").args(["unshare", "true"]).stdin(Stdio::null()).output();
        let can = tried.as_ref().is_ok_and(|output| output.status.success());
        if !can {
            eprintln!(
                "skipped: buildah does not run without root here (no subordinate users, or no newuidmap?): {tried:?}"
            );
        }
        can
    }

    fn run(&self, verb: &[&str]) -> Option<String> {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let (root, run_root) = (place("root"), place("run"));
        run("buildah", &[&["--root", &root, "--runroot", &run_root, "--storage-driver", "vfs"], verb].concat())
    }

    /// Builds a flavour's Containerfile with the files of an image, into a layout.
    fn build(&self, flavour: Flavour, image: &Image) -> Option<std::path::PathBuf> {
        let containerfile = image::source_root().join(format!("images/{flavour}/Containerfile"));
        let (containerfile, context) = (containerfile.to_str().unwrap(), image.loader.parent().unwrap());
        let name = format!("skerry-{flavour}");
        let bud = ["bud", "--isolation", "chroot", "--timestamp", "0", "--file", containerfile, "--tag", &name];
        self.run(&[&bud[..], &[context.to_str().unwrap()]].concat())?;
        let layout = self.folder.path().join(format!("{flavour}.oci"));
        self.run(&["push", &name, &format!("oci:{}:{flavour}", layout.display())])?;
        Some(layout)
    }
}

#[test]
fn buildah_makes_the_same_image_of_a_containerfile() {
    if !Buildah::can_run() {
        return;
    }
    let buildah = Buildah { folder: tempfile::tempdir().unwrap() };
    let image = image::minimal();
    // Which files they are makes no difference, and minimal's are there.
    for flavour in Flavour::ALL {
        let Some(theirs) = buildah.build(flavour, image) else { return };
        let ours = buildah.folder.path().join(format!("{flavour}.ours"));
        write(image, flavour, &ours);
        let (theirs, ours) = (read(&theirs, flavour.name()), read(&ours, flavour.name()));
        let (their_root, our_root) =
            (buildah.folder.path().join(format!("{flavour}-a")), buildah.folder.path().join(format!("{flavour}-b")));
        let files = unpack(&ours.layer, &our_root);
        assert_eq!(unpack(&theirs.layer, &their_root), files);
        assert_eq!(files.len(), 3, "{files:?}");
        for (path, _) in files.iter().filter(|(_, bytes)| bytes.is_some()) {
            let content = |root: &Path| std::fs::read(root.join(path)).unwrap();
            assert!(content(&their_root) == content(&our_root), "{path} differs");
        }
        for field in ["architecture", "os"] {
            assert_eq!(theirs.configuration[field], ours.configuration[field], "{field}");
        }
        let (theirs, ours) = (&theirs.configuration["config"], &ours.configuration["config"]);
        for field in ["Entrypoint", "ExposedPorts", "WorkingDir"] {
            assert_eq!(theirs[field], ours[field], "{field} of {flavour}");
        }
        let labels = |config: &Value| config["Labels"].as_object().unwrap().clone();
        let (mut theirs, mut ours) = (labels(theirs), labels(ours));
        theirs.remove("io.buildah.version");
        // What one build of it is, a Containerfile cannot know.
        for name in ["version", "revision", "created"] {
            ours.remove(&format!("org.opencontainers.image.{name}"));
        }
        assert_eq!(theirs, ours, "labels of {flavour}");
    }
}

/// Writes the files as the OCI image of any flavour.
fn write(image: &Image, flavour: Flavour, layout: &Path) {
    let unikernel = skerry_oci::Unikernel {
        flavour: flavour.name().to_owned(),
        description: flavour.description().to_owned(),
        revision: image.id.clone(),
        loader: image.loader.clone(),
        unikernel: image.unikernel.clone(),
    };
    let packed = skerry_oci::pack(&unikernel, skerry_oci::CreationTime::default()).unwrap();
    let destination: skerry_oci::Destination = layout.to_str().unwrap().parse().unwrap();
    destination.write(&packed, &flavour.name().parse().unwrap()).unwrap();
}
