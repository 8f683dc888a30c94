//! What an engine writes to its log, read as it comes: the engine must never wait for its reader, and what it says tells
//! when it serves.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::sync::watch;

/// Lines that are kept.
const MOST_LINES: usize = 5_000;
/// The longest line; what is behind it counts as the next one.
const MOST_LINE_BYTES: u64 = 64 * 1024;
/// What the engine says when a machine begins to serve a runtime.
const SERVING: &str = "serving";
/// Lines that a failure shows.
const SHOWN_LINES: usize = 15;

/// An engine's log.
#[derive(Clone, Debug)]
pub(crate) struct EngineLog {
    lines: Arc<Mutex<VecDeque<Line>>>,
    news: watch::Receiver<()>,
}

#[derive(Clone, Debug)]
struct Line {
    at: Instant,
    text: String,
}

impl EngineLog {
    /// Begins to read.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn read(stream: impl Read + Send + 'static) -> anyhow::Result<Self> {
        let (sender, news) = watch::channel(());
        let lines: Arc<Mutex<VecDeque<Line>>> = Arc::default();
        let kept = Arc::clone(&lines);
        let reading = move || {
            let mut stream = BufReader::new(stream);
            let mut bytes = Vec::new();
            while let Ok(1..) = (&mut stream).take(MOST_LINE_BYTES).read_until(b'\n', &mut bytes) {
                let line = Line { at: Instant::now(), text: String::from_utf8_lossy(&bytes).trim_end().to_owned() };
                bytes.clear();
                let mut lines = locked(&kept);
                lines.push_back(line);
                if lines.len() > MOST_LINES {
                    lines.pop_front();
                }
                drop(lines);
                sender.send_replace(());
            }
        };
        thread::Builder::new().name("engine-log".to_owned()).spawn(reading).context("cannot start a thread")?;
        Ok(Self { lines, news })
    }

    /// Waits for a line with this message; when it was read, and what it says.
    ///
    /// # Errors
    /// When it does not come in time, or the log ends before.
    pub(crate) async fn wait_for(&self, message: &str, timeout: Duration) -> anyhow::Result<(Instant, Value)> {
        let mut news = self.news.clone();
        let found = async {
            loop {
                news.borrow_and_update();
                if let Some(found) = self.find(message) {
                    return Some(found);
                }
                if news.changed().await.is_err() {
                    return self.find(message);
                }
            }
        };
        match tokio::time::timeout(timeout, found).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => bail!("the engine ended before it said `{message}`; {}", self.tail()),
            Err(_) => bail!("the engine did not say `{message}` within {} s; {}", timeout.as_secs(), self.tail()),
        }
    }

    fn find(&self, message: &str) -> Option<(Instant, Value)> {
        locked(&self.lines).iter().find_map(|line| {
            let value: Value = serde_json::from_str(&line.text).ok()?;
            (value["message"] == message).then_some((line.at, value))
        })
    }

    /// Waits until a runtime is served by a machine, and gives that machine's process; `None` if it does not come to that.
    pub(crate) async fn machine_of(&self, runtime: u64, timeout: Duration) -> Option<u32> {
        let mut news = self.news.clone();
        let found = async {
            loop {
                news.borrow_and_update();
                // The last one: a runtime may have had others before.
                if let Some((_, process_id)) = self.machines_in_service().into_iter().rfind(|(id, _)| *id == runtime) {
                    return Some(process_id);
                }
                news.changed().await.ok()?;
            }
        };
        tokio::time::timeout(timeout, found).await.ok().flatten()
    }

    /// Which of these machines were not given to a runtime so far.
    pub(crate) fn free_machines(&self, machines: &[u32]) -> Vec<u32> {
        let given = self.machines_in_service();
        machines.iter().copied().filter(|machine| !given.iter().any(|(_, process_id)| process_id == machine)).collect()
    }

    /// Runtimes, and the processes of the machines that began to serve them.
    fn machines_in_service(&self) -> Vec<(u64, u32)> {
        let lines = locked(&self.lines);
        // Few lines are looked into: there may be thousands.
        let said = lines.iter().filter(|line| line.text.contains(SERVING));
        let values = said.filter_map(|line| serde_json::from_str::<Value>(&line.text).ok());
        let serving = values.filter(|value| value["message"] == SERVING);
        serving
            .filter_map(|value| Some((value["runtime"].as_u64()?, u32::try_from(value["process"].as_u64()?).ok()?)))
            .collect()
    }

    /// The last lines, for a message.
    pub(crate) fn tail(&self) -> String {
        let lines = locked(&self.lines);
        if lines.is_empty() {
            return "its log is empty".to_owned();
        }
        let shown = lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES));
        shown.fold("its log ends with".to_owned(), |text, line| text + "\n    " + &line.text)
    }
}

fn locked(lines: &Mutex<VecDeque<Line>>) -> MutexGuard<'_, VecDeque<Line>> {
    // Lines are whole whatever panicked.
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(log: &'static [u8], message: &str) -> anyhow::Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let log = EngineLog::read(log).unwrap();
        runtime.block_on(log.wait_for(message, Duration::from_secs(60))).map(|(_, value)| value)
    }

    #[test]
    fn a_message_is_found_whatever_stands_before_and_behind_it() {
        let log = b"not JSON \xff\n[1]\n{\"message\":\"other\"}\n{\"message\":\"it serves\",\"port\":7}\nrest";
        assert_eq!(wait(log, "it serves").unwrap()["port"], 7);
    }

    #[test]
    fn a_runtimes_machine_is_the_last_that_began_to_serve_it() {
        let log = b"{\"message\":\"serving\",\"runtime\":1,\"process\":10}\n{\"message\":\"serving\",\"runtime\":2,\"process\":20}\n\
                    {\"message\":\"not serving\",\"runtime\":1,\"process\":9}\n{\"message\":\"serving\",\"runtime\":1,\"process\":11}\n\
                    {\"message\":\"end\"}\n";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let log = EngineLog::read(&log[..]).unwrap();
        runtime.block_on(async {
            log.wait_for("end", Duration::from_secs(60)).await.unwrap();
            assert_eq!(log.machine_of(1, Duration::from_secs(60)).await, Some(11));
            assert_eq!(log.machine_of(3, Duration::from_secs(60)).await, None);
        });
        assert_eq!(log.free_machines(&[10, 20, 30]), [30]);
    }

    #[test]
    fn a_log_that_ends_without_the_message_is_an_error_with_its_end() {
        let error = wait(b"first\nlast words\n", "it serves").unwrap_err().to_string();
        assert!(error.contains("ended before") && error.contains("last words"), "{error}");
        assert!(wait(b"", "it serves").unwrap_err().to_string().contains("empty"));
    }
}
