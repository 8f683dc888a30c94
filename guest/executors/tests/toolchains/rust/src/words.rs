//! A program: the parameters are its arguments, what it writes to stdout is the result, its log is stderr.

use std::io::Read;
use std::time::{Duration, Instant};

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("the input is UTF-8");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    eprintln!("read {} bytes", text.len());
    assert!(arguments.len() < 3, "too many arguments");
    let started = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    assert!(started.elapsed() >= Duration::from_millis(2));
    assert!(std::fs::read("/etc/passwd").is_err());
    let home = std::env::var("HOME").unwrap_or_default();
    println!("{} words, {arguments:?}, {home}", text.split_whitespace().count());
}
