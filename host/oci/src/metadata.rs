//! What an image says of itself: the configuration that container engines read, the manifest, and the annotations of both.
//!
//! Annotations stand twice: in the manifest, where registries and podman look, and as labels in the configuration, which is
//! all that other engines pass on. urunc reads both.

use std::collections::HashMap;
use std::path::PathBuf;

use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_DESCRIPTION, ANNOTATION_LICENSES, ANNOTATION_REVISION, ANNOTATION_TITLE,
    ANNOTATION_VERSION, Arch, Config, Descriptor, History, ImageConfiguration, ImageManifest, MediaType, Os, RootFs,
    SCHEMA_VERSION,
};

use crate::created::CreationTime;
use crate::layer::{FOLDER, LOADER, Layer};

/// The port that every Serverless Runtime listens on; TCP.
pub const GUEST_PORT: u16 = 8000;

/// This release of Skerry.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Under which terms our part of the image is; `Cargo.lock` files name what else is in it.
const LICENSES: &str = env!("CARGO_PKG_LICENSE");

/// What urunc (<https://urunc.io>) asks an image: the kind of guest, on which VMM, which file the VMM starts, which it hands
/// over to that, and whether the guest wants to see the image's files. No command line: the arguments of the container are
/// the guest's boot options.
const URUNC_TYPE: &str = "com.urunc.unikernel.unikernelType";
const URUNC_HYPERVISOR: &str = "com.urunc.unikernel.hypervisor";
const URUNC_BINARY: &str = "com.urunc.unikernel.binary";
const URUNC_INITRD: &str = "com.urunc.unikernel.initrd";
const URUNC_MOUNT_ROOTFS: &str = "com.urunc.unikernel.mountRootfs";

/// A Serverless Runtime to make an image of.
#[derive(Clone, Debug)]
pub struct Unikernel {
    /// Its flavour, which is also the name of its file in the image.
    pub flavour: String,
    /// What it can run, for people.
    pub description: String,
    /// What identifies the sources that it was built from.
    pub revision: String,
    /// The loader's file.
    pub loader: PathBuf,
    /// The unikernel's file.
    pub unikernel: PathBuf,
}

impl Unikernel {
    fn path(&self) -> String {
        format!("/{FOLDER}/{}", self.flavour)
    }

    /// What the manifest and the configuration say alike.
    fn annotations(&self, created: CreationTime) -> HashMap<String, String> {
        let pairs = [
            (ANNOTATION_TITLE, format!("skerry-{}", self.flavour)),
            (ANNOTATION_DESCRIPTION, format!("Serverless Runtime on the Hermit unikernel: {}", self.description)),
            (ANNOTATION_VERSION, VERSION.to_owned()),
            (ANNOTATION_REVISION, self.revision.clone()),
            (ANNOTATION_LICENSES, LICENSES.to_owned()),
            (ANNOTATION_CREATED, created.rfc3339()),
            (URUNC_TYPE, "hermit".to_owned()),
            (URUNC_HYPERVISOR, "qemu".to_owned()),
            (URUNC_BINARY, format!("/{FOLDER}/{LOADER}")),
            (URUNC_INITRD, self.path()),
            (URUNC_MOUNT_ROOTFS, "false".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// The configuration. `linux` is not the truth about what is inside; engines refuse to run what is for any other system,
/// so images of unikernels are marked so, urunc's too.
pub(crate) fn configuration(unikernel: &Unikernel, layer: &Layer, created: CreationTime) -> ImageConfiguration {
    let mut config = Config::default();
    config
        .set_exposed_ports(Some(vec![format!("{GUEST_PORT}/tcp")]))
        // What follows the first word on a command line are boot options: `podman run IMAGE log=debug`.
        .set_entrypoint(Some(vec![unikernel.path()]))
        .set_working_dir(Some("/".to_owned()))
        .set_labels(Some(unikernel.annotations(created)));
    let mut history = History::default();
    history.set_created(Some(created.rfc3339())).set_created_by(Some(format!("skerry {VERSION} image build --oci")));
    let mut root = RootFs::default();
    root.set_diff_ids(vec![format!("sha256:{}", layer.diff_id.digest())]);
    let mut configuration = ImageConfiguration::default();
    configuration
        .set_created(Some(created.rfc3339()))
        .set_architecture(Arch::Amd64)
        .set_os(Os::Linux)
        .set_config(Some(config))
        .set_rootfs(root)
        .set_history(Some(vec![history]));
    configuration
}

/// The manifest.
///
/// # Errors
/// When the specification's types refuse, which they have no reason to.
pub(crate) fn manifest(
    unikernel: &Unikernel,
    configuration: Descriptor,
    layer: Descriptor,
    created: CreationTime,
) -> oci_spec::Result<ImageManifest> {
    oci_spec::image::ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(configuration)
        .layers(vec![layer])
        .annotations(unikernel.annotations(created))
        .build()
}
