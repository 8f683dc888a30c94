//! What links cost while nothing happens: memory for each, and processor time.
//!
//! `cargo run --release -p skerry-link --example idle -- [LINKS]`

use std::time::Duration;

use skerry_link::Link;
use tokio::net::UnixListener;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How long they are left alone.
const IDLE_TIME: Duration = Duration::from_secs(10);

/// A line of `/proc/self/status`, as a number.
fn status(name: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?)
}

/// Processor time so far, in clock ticks of 10 ms, of all threads.
fn processor_ticks() -> Outcome<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok(fields.get(11).ok_or("no user time")?.parse::<u64>()?
        + fields.get(12).ok_or("no system time")?.parse::<u64>()?)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(400), |count| count.parse())?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("link.sock");
    let listener = UnixListener::bind(&path)?;
    let mut links = Vec::new();
    let mut connect = async || -> Outcome<()> {
        let (link, accepted) = tokio::join!(Link::connect(&path), listener.accept());
        links.push((link?, accepted?));
        Ok(())
    };
    // The first few pay for what all share.
    for _ in 0..20 {
        connect().await?;
    }
    let before_kib = status("VmRSS")?;
    for _ in 0..count {
        connect().await?;
    }
    let grown_kib = status("VmRSS")?.saturating_sub(before_kib);
    let before_ticks = processor_ticks()?;
    tokio::time::sleep(IDLE_TIME).await;
    println!(
        "{:.1} KiB for each of {count} links, the socket at the other end included",
        grown_kib as f64 / count as f64
    );
    println!("{} ms of processor time in {} s", (processor_ticks()? - before_ticks) * 10, IDLE_TIME.as_secs());
    Ok(())
}
