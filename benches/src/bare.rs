//! A machine without any engine: what starts and answers are compared with.

use std::time::{Duration, Instant};

use anyhow::Context;
use skerry_api::faas::GUEST_PORT;
use skerry_link::Link;
use skerry_vmm::{Backend, GuestAddress, Lifetime, MicroVm, Network, VmSpec};

use crate::bench::{Bench, MEMORY_MIB};
use crate::client::Client;
use crate::faas::HEALTH_PATH;

/// How long a boot may take.
const BOOT_TIMEOUT: Duration = Duration::from_secs(30);

/// A machine that has answered. Dropped, it is ended.
pub(crate) struct Bare {
    vm: Box<dyn MicroVm>,
    /// The connection to its guest.
    pub(crate) client: Client,
    /// The link, which the connection needs.
    link: Option<Link>,
    /// From the wish for it to its first 200.
    pub(crate) took: Duration,
    /// From the wish for it until the guest said that it is ready.
    pub(crate) until_ready: Duration,
}

impl Bare {
    /// Boots one: QEMU's start to the first 200 of `/healthz`, as `skerry bench boot` has it.
    ///
    /// # Errors
    /// When it does not boot or answer; nothing is left of it.
    pub(crate) async fn boot(bench: &Bench, network: Network) -> anyhow::Result<Self> {
        let (qemu, spec) = (bench.qemu.clone(), spec(bench, network));
        let begun = Instant::now();
        let booted = tokio::task::spawn_blocking(move || {
            let mut vm = qemu.start(&spec)?;
            vm.wait_until_ready(BOOT_TIMEOUT)?;
            anyhow::Ok(vm)
        });
        let vm = booted.await.context("the boot was cut off")?.context("the bare machine does not boot")?;
        let until_ready = begun.elapsed();
        let (mut client, link) = connect(vm.address()).await?;
        client.get(HEALTH_PATH).await?.expect(200)?;
        Ok(Self { vm, client, link, took: begun.elapsed(), until_ready })
    }

    /// Connects anew where the guest has closed the connection, as it does when nothing was asked for a while.
    ///
    /// # Errors
    /// When the guest takes no connection.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        match &self.link {
            Some(link) if self.client.is_closed() => self.client = over(link).await?,
            _ => self.client.refresh().await?,
        }
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// When something is left of it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let vm = self.vm;
        tokio::task::spawn_blocking(move || vm.stop()).await.context("the end was cut off")??;
        Ok(())
    }
}

fn spec(bench: &Bench, network: Network) -> VmSpec {
    VmSpec {
        name: "bare".to_owned(),
        loader: bench.image.loader.clone(),
        unikernel: bench.image.unikernel.clone(),
        cpu_count: 1,
        memory_mib: MEMORY_MIB,
        boot_options: Vec::new(),
        accelerator: bench.engine.accelerator,
        lifetime: Lifetime::EndsWithHost,
        state_dir: bench.engine.folder.join("bare"),
        guest_port: GUEST_PORT,
        network,
        limits: None,
    }
}

async fn connect(address: GuestAddress) -> anyhow::Result<(Client, Option<Link>)> {
    match address {
        GuestAddress::Tcp(address) => Ok((Client::connect(address).await?, None)),
        GuestAddress::Link(socket) => {
            let link = Link::connect(&socket).await?;
            Ok((over(&link).await?, Some(link)))
        }
    }
}

async fn over(link: &Link) -> anyhow::Result<Client> {
    Client::over(link.open(GUEST_PORT, BOOT_TIMEOUT).await?, "guest").await
}
