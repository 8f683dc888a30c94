//! A Serverless Runtime in a microVM of its own, started as `skerry provision` starts it, for the length of a test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use skerry_api::console::ReadyLine;
use skerry_api::faas::GUEST_PORT;
use skerry_image::Image;
use skerry_vmm::{
    Accelerator, Backend, GuestAddress, Lifetime, MicroVm, Network, NotReady, Qemu, StartError, VmExit, VmSpec,
};
use tempfile::TempDir;

use crate::PATIENCE;
use crate::faas::{self, HEALTH, SYNC};
use crate::http::{Answer, Connection};
use crate::image;

/// The memory of a machine of which a test says nothing: what the issue promises to be enough.
pub const USUAL_MEMORY_MIB: u32 = 64;
/// The memory of a machine with Python: what the issue promises to be enough.
pub const PYTHON_MEMORY_MIB: u32 = 160;
/// The most machines at once, whatever the number of test threads.
const MOST_MACHINES: usize = 4;
/// Lines of the serial console that a failed test shows.
const SHOWN_LINES: usize = 30;

/// Free places for machines.
static FREE: Mutex<usize> = Mutex::new(MOST_MACHINES);
static FREED: Condvar = Condvar::new();

/// A place for a machine; free again when it is dropped.
#[derive(Debug)]
pub struct Slot(());

impl Slot {
    /// Waits for a place. Who holds one must not take another, or all could wait for each other.
    #[must_use]
    pub fn take() -> Self {
        let [slot] = Self::take_together();
        slot
    }

    /// Waits until there are several places at once.
    #[must_use]
    pub fn take_together<const COUNT: usize>() -> [Self; COUNT] {
        assert!(COUNT <= MOST_MACHINES, "there will never be as many places");
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = FREED.wait_while(free, |free| *free < COUNT).unwrap_or_else(PoisonError::into_inner);
        *free -= COUNT;
        [const { Self(()) }; COUNT]
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_all();
    }
}

/// A machine to start: the image as it was built, unless a test changes something.
#[derive(Debug)]
pub struct Setup {
    /// The loader's file.
    pub loader: PathBuf,
    /// The unikernel's file.
    pub unikernel: PathBuf,
    /// Memory of the machine.
    pub memory_mib: u32,
    /// Its processors.
    pub cpu_count: u32,
    /// Boot options, `name=value` each.
    pub options: Vec<String>,
    /// How it is reached.
    pub network: Network,
}

impl Setup {
    /// The usual machine with these boot options.
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        Self::of(image::minimal(), options)
    }

    /// The usual machine with this image and these boot options.
    #[must_use]
    pub fn of(image: &Image, options: &[&str]) -> Self {
        Self {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            memory_mib: USUAL_MEMORY_MIB,
            cpu_count: 1,
            options: options.iter().map(ToString::to_string).collect(),
            network: Network::User,
        }
    }

    /// The usual machine of the flavour with Python, with these boot options.
    #[must_use]
    pub fn python(options: &[&str]) -> Self {
        let image = image::python();
        Self {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            memory_mib: PYTHON_MEMORY_MIB,
            cpu_count: 1,
            options: options.iter().map(ToString::to_string).collect(),
            network: Network::User,
        }
    }

    fn spec(&self, state_dir: PathBuf) -> VmSpec {
        let option = |word: &String| {
            let (name, value) = word.split_once('=').expect("boot options have the form name=value");
            (name.to_owned(), value.to_owned())
        };
        VmSpec {
            name: "test".to_owned(),
            loader: self.loader.clone(),
            unikernel: self.unikernel.clone(),
            cpu_count: self.cpu_count,
            memory_mib: self.memory_mib,
            boot_options: self.options.iter().map(option).collect(),
            // What is tested is the same under both; TCG works everywhere.
            accelerator: Accelerator::Tcg,
            lifetime: Lifetime::EndsWithHost,
            state_dir,
            guest_port: GUEST_PORT,
            network: self.network,
            limits: None,
        }
    }

    /// Starts a machine that ends by itself before it is ready, and says how it ended.
    ///
    /// # Panics
    /// When it does anything else.
    #[must_use]
    #[track_caller]
    pub fn failed_boot(&self) -> VmExit {
        match self.try_boot() {
            Err(exit) => exit,
            Ok(runtime) => panic!("the machine runs: {:?}", runtime.ready()),
        }
    }

    /// Starts a machine that either gets ready or ends by itself.
    ///
    /// # Errors
    /// How it ended.
    ///
    /// # Panics
    /// When it does neither.
    #[track_caller]
    pub fn try_boot(&self) -> Result<Runtime, VmExit> {
        self.boot_in(Slot::take())
    }

    #[track_caller]
    fn boot_in(&self, slot: Slot) -> Result<Runtime, VmExit> {
        let state = tempfile::tempdir().expect("a temporary directory");
        let mut vm = match qemu().start(&self.spec(state.path().to_owned())) {
            Ok(vm) => vm,
            // A guest that ends within a millisecond may be gone before QEMU has said that it runs.
            Err(StartError::Ended(exit)) => return Err(exit),
            Err(error) => panic!("the machine was not started: {error}"),
        };
        match vm.wait_until_ready(PATIENCE) {
            Ok(ready) => {
                let address = vm.address();
                let serial_log = vm.serial_log().to_owned();
                Ok(Runtime { vm: Mutex::new(Some(vm)), address, serial_log, ready, _state: state, _slot: slot })
            }
            Err(NotReady::Ended(exit)) => Err(exit),
            Err(error) => panic!("the machine neither runs nor ended: {error}"),
        }
    }
}

fn qemu() -> Qemu {
    Qemu::find(None).unwrap_or_else(|error| panic!("{error}"))
}

/// A runtime that answers. When its test ends well, its machine must still run and its console be free of complaints.
pub struct Runtime {
    /// Taken when it is stopped. Behind a lock because clients on several threads share the rest.
    vm: Mutex<Option<Box<dyn MicroVm>>>,
    address: GuestAddress,
    serial_log: PathBuf,
    ready: ReadyLine,
    // Fields are dropped in this order: the place is free only when the machine is gone.
    _state: TempDir,
    _slot: Slot,
}

impl Runtime {
    /// Boots one with the usual memory and these boot options.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    #[track_caller]
    pub fn start(options: &[&str]) -> Self {
        Self::boot(&Setup::with(options))
    }

    /// Boots one as it is described.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    #[track_caller]
    pub fn boot(setup: &Setup) -> Self {
        Self::ready_or_panic(setup.try_boot())
    }

    /// Boots several of the usual kind, to run at the same time.
    ///
    /// # Panics
    /// When one does not get ready.
    #[must_use]
    #[track_caller]
    pub fn start_together<const COUNT: usize>(options: &[&str]) -> [Self; COUNT] {
        let setup = Setup::with(options);
        Slot::take_together::<COUNT>().map(|slot| Self::ready_or_panic(setup.boot_in(slot)))
    }

    #[track_caller]
    fn ready_or_panic(booted: Result<Self, VmExit>) -> Self {
        booted.unwrap_or_else(|exit| panic!("the machine has ended: {exit}"))
    }

    /// The processor time that each thread of the machine's process has had, in clock ticks of the host, most first.
    ///
    /// # Panics
    /// When the machine was stopped.
    #[must_use]
    pub fn thread_ticks(&self) -> Vec<u64> {
        let vm = self.vm.lock().unwrap_or_else(PoisonError::into_inner);
        let process_id = vm.as_ref().expect("the machine runs").process().id();
        let threads = std::fs::read_dir(format!("/proc/{process_id}/task")).expect("the process is there");
        let mut ticks: Vec<u64> = threads.flatten().filter_map(|thread| ticks_of(&thread.path())).collect();
        ticks.sort_unstable_by(|one, other| other.cmp(one));
        ticks
    }

    /// What it said when it was ready.
    #[must_use]
    pub fn ready(&self) -> &ReadyLine {
        &self.ready
    }

    /// Where it answers, if it is reached as usual.
    ///
    /// # Panics
    /// When it has a link.
    #[must_use]
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        self.address.tcp().expect("user networking has a TCP address")
    }

    /// The socket of its link.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    #[track_caller]
    pub fn link(&self) -> &Path {
        match &self.address {
            GuestAddress::Link(path) => path,
            GuestAddress::Tcp(address) => panic!("it is reached by {address}"),
        }
    }

    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// All that is on its serial console so far.
    #[must_use]
    pub fn console(&self) -> String {
        let bytes = std::fs::read(&self.serial_log).expect("the serial log is there as long as the machine");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A new connection.
    #[must_use]
    #[track_caller]
    pub fn connect(&self) -> Connection {
        Connection::open(self.address())
    }

    /// One GET on a connection of its own.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.connect().get(path)
    }

    /// One POST on a connection of its own.
    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.connect().post(path, body)
    }

    /// Starts a task and gives its UUID.
    #[track_caller]
    pub fn start_task(&self, body: &str) -> String {
        let answer = self.post(faas::ASYNC, body);
        assert_eq!(answer.status, 201, "{answer:?}");
        faas::text_at(&answer.json(), "/faas_uuid")
    }

    /// Asks for a task until it has finished.
    #[track_caller]
    pub fn finished_task(&self, task: &str) -> Value {
        let mut connection = self.connect();
        crate::process::wait_for("the task's end", || {
            let answer = connection.get(&faas::status_path(task));
            assert_eq!(answer.status, 200, "{answer:?}");
            Some(answer.json()).filter(|status| status["state"] != "WORKING")
        })
    }

    /// What was wrong with one client, or one function, must not concern the next.
    #[track_caller]
    pub fn serves_the_next_client(&self) {
        assert_eq!(self.get(HEALTH).status, 200);
        let answer = self.post(SYNC, &faas::sum("20", "22.5"));
        assert_eq!(faas::result(&answer), "42.5");
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let vm = self.vm.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut vm) = vm else { return };
        if std::thread::panicking() {
            eprintln!("the serial console of the test's machine ends with\n{}", vm.serial_tail(SHOWN_LINES));
            return;
        }
        if let Some(exit) = vm.wait(Duration::ZERO).expect("the kernel says whether the machine runs") {
            panic!("the machine has ended: {exit}");
        }
        vm.stop().unwrap_or_else(|error| panic!("{error}"));
    }
}

/// User and system time of a thread: proc(5), fields 14 and 15. Its name, in parentheses, may hold anything.
fn ticks_of(thread: &Path) -> Option<u64> {
    let stat = std::fs::read_to_string(thread.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}
