//! Compares the private link with QEMU's user networking: same guest image, same client, same machine.
//!
//! `cargo run --release -p skerry-link --example compare -- LOADER UNIKERNEL [ROUNDS]`, with the two files that
//! `skerry image inspect` names. Needs `qemu-system-x86_64`, 7.2 or newer. Both ways are measured in turns, since a shared
//! machine has good and bad minutes; each cell is the median of the rounds.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use skerry_link::{Link, LinkError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Where the runtime listens in the guest.
const GUEST_PORT: u16 = 8000;
/// How long each load is kept up.
const LOAD_TIME: Duration = Duration::from_secs(2);
/// How long a call of a few bytes may take, a new connection included, before it counts as failed.
const CALL_PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: guest\r\n\r\n";
const MACHINE: &str = "microvm,acpi=off,pit=off,pic=off,rtc=on,x-option-roms=off,auto-kernel-cmdline=on,usb=off,\
                       mem-merge=off,dump-guest-core=off";
const CPU: &str = "qemu64,apic,fsgsbase,fxsr,rdrand,rdtscp,xsave,xsaveopt";
const KERNEL_WORDS: &str = "env=HERMIT_IP=10.0.2.15 env=HERMIT_GATEWAY=10.0.2.2 env=HERMIT_MASK=255.255.255.0 --";

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Any way to the guest.
trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// How the guest is reached.
#[derive(Clone)]
enum Way {
    Forwarded(u16),
    Linked(Link),
}

impl Way {
    async fn open(&self) -> Outcome<Box<dyn Bytes>> {
        match self {
            Self::Forwarded(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Linked(link) => Ok(Box::new(link.open(GUEST_PORT, PATIENCE).await?)),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    UserNetwork,
    PrivateLink,
}

/// A running guest; ended when dropped.
struct Guest {
    qemu: Child,
    way: Way,
    directory: tempfile::TempDir,
}

impl Drop for Guest {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Guest {
    /// Starts QEMU and waits for the first 200; says how long that took.
    async fn boot(kind: Kind, loader: &Path, unikernel: &Path) -> Outcome<(Self, Duration)> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("link.sock");
        let port = free_port()?;
        let network = match kind {
            Kind::UserNetwork => {
                format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:{GUEST_PORT}")
            }
            Kind::PrivateLink => format!("stream,id=net,server=on,addr.type=unix,addr.path={}", socket.display()),
        };
        let started = Instant::now();
        let mut qemu = Command::new("qemu-system-x86_64")
            .args(["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"])
            .arg("-serial")
            .arg(format!("file:{}", directory.path().join("serial.log").display()))
            .args(["-machine", MACHINE, "-accel", "tcg", "-cpu", CPU, "-smp", "1", "-m", "64M"])
            .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-global", "virtio-mmio.force-legacy=off"])
            .args(["-netdev", &network, "-device", "virtio-net-device,netdev=net", "-append", KERNEL_WORDS])
            .arg("-kernel")
            .arg(loader)
            .arg("-initrd")
            .arg(unikernel)
            .stdin(Stdio::null())
            .spawn()?;
        let way = match kind {
            Kind::UserNetwork => Way::Forwarded(port),
            Kind::PrivateLink => Way::Linked(connect(&socket, &mut qemu).await?),
        };
        let guest = Self { qemu, way, directory };
        guest.first_answer().await?;
        Ok((guest, started.elapsed()))
    }

    async fn first_answer(&self) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let once = async { Client { stream: self.way.open().await?, answer: Vec::new() }.call(HEALTH).await };
            // User networking accepts before the guest listens, and then sits on what it has: a try must not wait long.
            match tokio::time::timeout(Duration::from_millis(100), once).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if Instant::now() > deadline => return Err(error),
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    /// What may explain a failure: how QEMU stands, and what the guest wrote.
    fn last_words(&mut self) -> String {
        let written = std::fs::read_to_string(self.directory.path().join("serial.log"));
        format!("QEMU: {:?}; guest: {}", self.qemu.try_wait(), written.unwrap_or_default())
    }

    /// Memory that QEMU has to itself, shared pages counted in part.
    fn memory_kib(&self) -> Outcome<u64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.qemu.id()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no PSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

async fn connect(socket: &Path, qemu: &mut Child) -> Outcome<Link> {
    loop {
        match Link::connect(socket).await {
            Ok(link) => return Ok(link),
            Err(LinkError::Connect { .. }) if qemu.try_wait()?.is_none() => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A kept-alive connection.
struct Client {
    stream: Box<dyn Bytes>,
    answer: Vec<u8>,
}

impl Client {
    /// Sends a request and reads its answer, whatever its status but an error of the server.
    async fn call(&mut self, request: &[u8]) -> Outcome<()> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the guest closed the connection".into());
            }
            let Some(head) = self.answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&self.answer[..head])?.to_ascii_lowercase();
            let length: usize = match text.split("content-length:").nth(1).and_then(|rest| rest.lines().next()) {
                Some(length) => length.trim().parse()?,
                None => 0,
            };
            if self.answer.len() >= head + 4 + length {
                return if text.starts_with("http/1.1 5") { Err(text.into()) } else { Ok(()) };
            }
        }
    }
}

/// How long each of many calls on one connection took, in microseconds, sorted.
async fn latencies_us(way: &Way) -> Outcome<Vec<f64>> {
    let mut client = Client { stream: way.open().await?, answer: Vec::new() };
    let mut latencies_us = Vec::new();
    let end = Instant::now() + LOAD_TIME;
    while Instant::now() < end {
        let started = Instant::now();
        client.call(HEALTH).await?;
        latencies_us.push(started.elapsed().as_secs_f64() * 1e6);
    }
    latencies_us.sort_by(f64::total_cmp);
    Ok(latencies_us)
}

/// What a load came to.
#[derive(Default, Clone, Copy)]
struct Load {
    calls_per_second: f64,
    /// Connections that were reset or did not answer in time, and were replaced.
    failures: usize,
}

/// Keeps that many connections busy.
async fn load(way: &Way, connections: usize) -> Outcome<Load> {
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for _ in 0..connections {
        clients.spawn(keep_busy(way.clone(), started + LOAD_TIME));
    }
    let (mut calls, mut failures) = (0, 0);
    while let Some(client) = clients.join_next().await {
        let (its_calls, its_failures) = client?;
        calls += its_calls;
        failures += its_failures;
    }
    Ok(Load { calls_per_second: calls as f64 / started.elapsed().as_secs_f64(), failures })
}

/// Calls on one connection until then, and on another when it fails; counts both.
async fn keep_busy(way: Way, end: Instant) -> (usize, usize) {
    let (mut calls, mut failures) = (0, 0);
    let mut client = None;
    while Instant::now() < end {
        let call = async {
            if client.is_none() {
                client = Some(Client { stream: way.open().await?, answer: Vec::new() });
            }
            match &mut client {
                Some(client) => client.call(HEALTH).await,
                None => Ok(()),
            }
        };
        match tokio::time::timeout(CALL_PATIENCE, call).await {
            Ok(Ok(())) => calls += 1,
            _ => {
                failures += 1;
                client = None;
            }
        }
    }
    (calls, failures)
}

/// MiB per second of requests with a body of 1 MiB, which the guest reads and then refuses.
async fn upload_mib_per_second(way: &Way) -> Outcome<f64> {
    const BODY_BYTES: usize = 1 << 20;
    let mut request = format!("POST /v1/faas/execute-sync HTTP/1.1\r\nHost: guest\r\nContent-Type: application/json\r\nContent-Length: {BODY_BYTES}\r\n\r\n").into_bytes();
    request.resize(request.len() + BODY_BYTES, b' ');
    let started = Instant::now();
    let mut calls = 0;
    while started.elapsed() < LOAD_TIME {
        // A server may close after a body that it does not like.
        let mut client = Client { stream: way.open().await?, answer: Vec::new() };
        client.call(&request).await?;
        calls += 1;
    }
    Ok(f64::from(calls) / started.elapsed().as_secs_f64())
}

/// Milliseconds until that many new connections, opened at once, have each had an answer, and how many had to be replaced.
async fn burst(way: &Way, connections: usize) -> Outcome<(f64, usize)> {
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let way = way.clone();
        clients.spawn(async move {
            let mut failures = 0;
            loop {
                let call = async { Client { stream: way.open().await?, answer: Vec::new() }.call(HEALTH).await };
                match tokio::time::timeout(CALL_PATIENCE, call).await {
                    Ok(Ok(())) => return Outcome::Ok(failures),
                    // One that finds the guest's list of waiting connections full is reset.
                    _ if started.elapsed() < PATIENCE => failures += 1,
                    _ => return Err("a connection of the burst got no answer at all".into()),
                }
            }
        });
    }
    let mut failures = 0;
    while let Some(client) = clients.join_next().await {
        failures += client??;
    }
    Ok((started.elapsed().as_secs_f64() * 1e3, failures))
}

const ROWS: [&str; 11] = [
    "exec to first 200, ms",
    "latency, median, us",
    "latency, p99, us",
    "requests/s, 1 connection",
    "requests/s, 8 connections",
    "requests/s, 32 connections",
    "  failed connections, all three",
    "1 MiB bodies, MiB/s",
    "32 connections at once, ms",
    "  failed connections",
    "QEMU's PSS, MiB",
];

async fn measure(kind: Kind, loader: &Path, unikernel: &Path) -> Outcome<[f64; ROWS.len()]> {
    let (mut guest, boot) = Guest::boot(kind, loader, unikernel).await?;
    match measure_booted(&guest, boot).await {
        Ok(results) => Ok(results),
        Err(error) => Err(format!("{error}; {}", guest.last_words()).into()),
    }
}

async fn measure_booted(guest: &Guest, boot: Duration) -> Outcome<[f64; ROWS.len()]> {
    let way = &guest.way;
    let latencies_us = latencies_us(way).await?;
    let mut loads = [Load::default(); 3];
    for (result, connections) in loads.iter_mut().zip([1, 8, 32]) {
        *result = load(way, connections).await?;
    }
    let upload = upload_mib_per_second(way).await?;
    let (burst_ms, burst_failures) = burst(way, 32).await?;
    Ok([
        boot.as_secs_f64() * 1e3,
        latencies_us[latencies_us.len() / 2],
        latencies_us[latencies_us.len() * 99 / 100],
        loads[0].calls_per_second,
        loads[1].calls_per_second,
        loads[2].calls_per_second,
        loads.iter().map(|load| load.failures as f64).sum(),
        upload,
        burst_ms,
        burst_failures as f64,
        guest.memory_kib()? as f64 / 1024.0,
    ])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() -> Outcome<()> {
    // As a server's connections are: within the runtime, not on a thread beside it that has to be woken for each byte.
    tokio::spawn(compare()).await?
}

async fn compare() -> Outcome<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [loader, unikernel, rest @ ..] = arguments.as_slice() else {
        return Err("usage: compare LOADER UNIKERNEL [ROUNDS]".into());
    };
    let rounds: usize = rest.first().map_or(Ok(3), |rounds| rounds.display().to_string().parse())?;
    let (mut user, mut link) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        link.push(measure(Kind::PrivateLink, loader, unikernel).await?);
        user.push(measure(Kind::UserNetwork, loader, unikernel).await?);
    }
    println!("{:<32} {:>14} {:>14}", "", "user network", "private link");
    for (row, name) in ROWS.iter().enumerate() {
        let of = |runs: &[[f64; ROWS.len()]]| median(runs.iter().map(|run| run[row]).collect());
        println!("{name:<32} {:>14.1} {:>14.1}", of(&user), of(&link));
    }
    Ok(())
}
