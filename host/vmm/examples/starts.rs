//! Measures starts, saves and restores of an image: `cargo run --release -p skerry-vmm --example starts -- LOADER UNIKERNEL
//! [ROUNDS]`. Prints medians and the 90th percentile in milliseconds, and what a machine holds in memory (PSS and private
//! parts) in MiB. Under TCG, which runs everywhere.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use skerry_vmm::{Accelerator, Backend, Lifetime, MicroVm, Network, Qemu, ResourceLimits, VmSpec};

const TIMEOUT: Duration = Duration::from_secs(20);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let (Some(loader), Some(unikernel)) = (words.next(), words.next()) else {
        return Err("usage: starts LOADER UNIKERNEL [ROUNDS]".into());
    };
    let rounds = words.next().map_or(Ok(20), |word| word.parse())?;
    let directory = std::env::temp_dir().join(format!("skerry-starts-{}", std::process::id()));
    let spec = |network, limits| VmSpec {
        name: "bench".to_owned(),
        loader: loader.clone().into(),
        unikernel: unikernel.clone().into(),
        cpu_count: 1,
        memory_mib: 64,
        boot_options: Vec::new(),
        accelerator: Accelerator::Tcg,
        lifetime: Lifetime::EndsWithHost,
        state_dir: directory.join("state"),
        guest_port: 8000,
        network,
        limits,
    };
    let limits = Some(ResourceLimits { cpu_cores: 1, memory_bytes: 64 << 20 });
    let measured = measure(
        &spec(Network::User, None),
        &spec(Network::Link, None),
        &spec(Network::Link, limits),
        rounds,
        &directory,
    );
    fs::remove_dir_all(&directory)?;
    measured
}

fn measure(user: &VmSpec, link: &VmSpec, limited: &VmSpec, rounds: usize, directory: &Path) -> Outcome<()> {
    let qemu = Qemu::find(None)?;
    let kinds = [("user", user), ("link", link), ("limited", limited)];
    // One after the other, so that a change of the load meets all of them.
    let mut built = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (times, (_, spec)) in built.iter_mut().zip(kinds) {
            let begun = Instant::now();
            let machine = qemu.start(spec)?;
            times.push(begun.elapsed());
            machine.stop()?;
        }
    }
    for (times, (kind, _)) in built.into_iter().zip(kinds) {
        report(&format!("start, {kind}"), times);
    }
    states(&qemu, link, rounds, directory)
}

fn states(qemu: &Qemu, spec: &VmSpec, rounds: usize, directory: &Path) -> Outcome<()> {
    let plain = directory.join("plain");
    let (mut ready, mut saves) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begun = Instant::now();
        let mut machine = qemu.start(spec)?;
        machine.wait_until_ready(TIMEOUT)?;
        ready.push(begun.elapsed());
        let report = machine.save(&plain, TIMEOUT)?;
        saves.push(Duration::from_micros(report.took_us));
    }
    report("start to ready", ready);
    report("save", saves);
    let shared = directory.join("shared");
    let mut machine = qemu.start(spec)?;
    machine.wait_until_ready(TIMEOUT)?;
    machine.save(&shared, TIMEOUT)?;
    machine.stop()?;
    let begun = Instant::now();
    println!("memory is shared: {}, made so in {:?}", qemu.share_memory(spec, &shared)?, begun.elapsed());
    for _ in 0..2 {
        restores(qemu, spec, rounds, "plain", &plain)?;
        restores(qemu, spec, rounds, "shared", &shared)?;
    }
    Ok(())
}

fn restores(qemu: &Qemu, spec: &VmSpec, rounds: usize, kind: &str, saved: &Path) -> Outcome<()> {
    let mut times = Vec::new();
    let mut machines: Vec<Box<dyn MicroVm>> = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        machines.push(qemu.restore(spec, saved)?);
        times.push(begun.elapsed());
        if machines.len() == 10 {
            memory(kind, &machines)?;
            machines.clear();
        }
    }
    report(&format!("restore, {kind}"), times);
    Ok(())
}

/// What machines that run at the same time hold, on average.
fn memory(kind: &str, machines: &[Box<dyn MicroVm>]) -> Outcome<()> {
    let mut sums = [0u64; 3];
    for machine in machines {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", machine.process().id()))?;
        for (sum, name) in sums.iter_mut().zip(["Pss:", "Private_Dirty:", "Rss:"]) {
            let line = rollup.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
            *sum += line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()?;
        }
    }
    let [pss, dirty, rss] = sums.map(|sum| sum as f64 / 1024.0 / machines.len() as f64);
    println!("{kind}: {} at once, each: PSS {pss:.1} MiB, private dirty {dirty:.1}, RSS {rss:.1}", machines.len());
    Ok(())
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{what}: median {:.1} ms, 90 % {:.1} ms, least {:.1} ms", at(50), at(90), at(0));
}
