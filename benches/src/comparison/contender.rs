//! What is compared: a contender makes instances, an instance answers HTTP. All of them are real programs of the machine.
//!
//! Everything here blocks; whoever wants several at once takes threads.

use std::net::SocketAddr;

/// A way to run the FaaS API: Skerry by one start path, a container, a microVM with Linux, a bare process.
pub(crate) trait Contender: Send + Sync {
    /// What it is.
    fn profile(&self) -> &Profile;

    /// Its name in the data.
    fn name(&self) -> &'static str {
        self.profile().name
    }

    /// Waits until a start can be measured: pools are filled, nothing is left of the instance before. Not part of a start.
    ///
    /// # Errors
    /// When it does not come to rest.
    fn settle(&self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Asks for an instance and returns as soon as somebody can be asked whether it answers: what takes time from the call
    /// of this to the first right answer is the start.
    ///
    /// # Errors
    /// When it cannot be started; nothing is left of it then.
    fn start(&self) -> anyhow::Result<Box<dyn Instance>>;

    /// The processes that exist because of the contender, however many instances there are: an engine, a daemon.
    fn shared_processes(&self) -> Vec<u32> {
        Vec::new()
    }
}

/// What a contender is, however it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Its name in data and on the command line, the same in every run: lower case, hyphens.
    pub(crate) name: &'static str,
    /// Its name in tables and charts.
    pub(crate) title: String,
    /// What exactly it is, in a sentence that a sceptic can check.
    pub(crate) description: String,
    /// The languages of functions that it runs, as the API's `lang` names them: `C`, `PY`, `WASM`. Where only one is wanted,
    /// it is asked in the first.
    pub(crate) languages: &'static [&'static str],
    /// Where it takes part.
    pub(crate) role: Role,
    /// Whether it is Skerry: whatever becomes of it is a failure of the run, and not only a gap in the report.
    pub(crate) is_ours: bool,
    /// What has to be shipped to run it.
    pub(crate) artefact: Artefact,
}

/// Where a contender takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everywhere.
    Everything,
    /// Where instances are started, and what waits for starts is counted: once started, another contender has the same.
    Starts,
    /// Where requests are served, alone.
    Serving,
}

/// One started instance. Dropped, it is ended, and nothing is left of it.
pub(crate) trait Instance: Send {
    /// Where it answers, sooner or later.
    fn endpoint(&self) -> &Endpoint;

    /// Waits until connecting makes sense. For what accepts connections before anybody can answer them (a forwarded port):
    /// there a first try that comes too early would measure a retransmission.
    ///
    /// # Errors
    /// When the instance has ended, or says nothing in time.
    fn wait_until_reachable(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// What the start was made of, as the instance itself knows it, in the order of time; asked for after the first answer.
    ///
    /// # Errors
    /// When it should know and does not.
    fn phases(&mut self) -> anyhow::Result<Vec<Phase>> {
        Ok(Vec::new())
    }

    /// All processes that exist because of this instance and no other: its own, its children, its monitor.
    fn processes(&self) -> Vec<u32>;

    /// The process by which it meets the host's kernel: what an escape would start from (the VMM, the container's first process).
    fn subject(&self) -> u32;

    /// Ends it, in order.
    ///
    /// # Errors
    /// When something is left of it.
    fn stop(self: Box<Self>) -> anyhow::Result<()>;
}

/// Where an instance answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// An address of the loopback network.
    pub(crate) address: SocketAddr,
    /// What stands before the API's paths, such as `/r/<id>`; empty for most.
    pub(crate) prefix: String,
    /// The value of the header `Authorization`, where one is needed.
    pub(crate) authorization: Option<String>,
}

impl Endpoint {
    /// An address at which the API is as it is.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { address, prefix: String::new(), authorization: None }
    }
}

/// A part of a start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phase {
    /// Its name.
    pub(crate) name: String,
    /// How long it took.
    pub(crate) ms: f64,
}

/// What has to be shipped, with its sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Artefact {
    /// What it is: `OCI image`, `kernel and initramfs`, `program`.
    pub(crate) kind: &'static str,
    /// Bytes on disk, unpacked.
    pub(crate) bytes: u64,
    /// Bytes under gzip -9, as a registry would hold and send it.
    pub(crate) compressed_bytes: u64,
    /// Files, without directories.
    pub(crate) files: u64,
    /// Lines of its software bill of materials: packages of a distribution, crates, wheels.
    pub(crate) components: u64,
    /// Bytes of machine code (sections that are executed) in its kernel (its own, not the host's), programs and libraries.
    pub(crate) code_bytes: u64,
}
