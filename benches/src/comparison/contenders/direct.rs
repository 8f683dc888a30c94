//! A machine with our image and no engine: what a call takes without gateway and password. For measuring how requests are
//! served only; nobody runs it so.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use skerry_api::faas::GUEST_PORT;
use skerry_image::Image;
use skerry_vmm::{Accelerator, Backend, Lifetime, MicroVm, Network, Qemu, VmSpec};

use super::Setup;
use super::skerry::artefact_of;
use crate::bench::MEMORY_MIB;
use crate::comparison::contender::{Contender, Endpoint, Instance, Profile, Role};

/// How long a boot may take.
const BOOT_TIMEOUT: Duration = Duration::from_secs(60);

/// The contender `skerry-cold-direct`.
pub(super) struct Direct {
    qemu: Qemu,
    image: Image,
    accelerator: Accelerator,
    folder: PathBuf,
    profile: Profile,
}

impl Direct {
    /// Prepares it.
    ///
    /// # Errors
    /// When its size cannot be told.
    pub(super) fn prepare(setup: &Setup) -> anyhow::Result<Self> {
        Ok(Self {
            qemu: setup.qemu.clone(),
            image: setup.image.clone(),
            accelerator: setup.accelerator.accelerator,
            folder: setup.folder().join("direct"),
            profile: Profile {
                name: "skerry-cold-direct",
                title: "Skerry, no gateway".to_owned(),
                description: format!(
                    "The minimal image in a machine of {MEMORY_MIB} MiB without an engine: connections come through QEMU's \
                     user networking, not through the gateway."
                ),
                languages: &["C", "WASM"],
                role: Role::Serving,
                is_ours: true,
                artefact: artefact_of(setup, &setup.image)?,
            },
        })
    }
}

impl Contender for Direct {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let spec = VmSpec {
            name: "direct".to_owned(),
            loader: self.image.loader.clone(),
            unikernel: self.image.unikernel.clone(),
            cpu_count: 1,
            memory_mib: MEMORY_MIB,
            boot_options: Vec::new(),
            accelerator: self.accelerator,
            lifetime: Lifetime::EndsWithHost,
            state_dir: self.folder.clone(),
            guest_port: GUEST_PORT,
            network: Network::User,
            limits: None,
        };
        let vm = self.qemu.start(&spec).context("the machine does not start")?;
        let address = vm.address().tcp().context("the machine has no port")?;
        Ok(Box::new(Machine { vm, endpoint: Endpoint::plain(address) }))
    }
}

/// Dropped, it is ended.
struct Machine {
    vm: Box<dyn MicroVm>,
    endpoint: Endpoint,
}

impl Instance for Machine {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn wait_until_reachable(&mut self) -> anyhow::Result<()> {
        self.vm.wait_until_ready(BOOT_TIMEOUT).context("the machine does not boot")?;
        Ok(())
    }

    fn processes(&self) -> Vec<u32> {
        vec![self.vm.process().id()]
    }

    fn subject(&self) -> u32 {
        self.vm.process().id()
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.vm.stop()?)
    }
}
