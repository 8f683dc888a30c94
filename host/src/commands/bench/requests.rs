//! Small requests over one kept-alive connection, written to the socket as bytes: so that the runtime is measured, and no
//! client's own work.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};

use crate::faas_client::FaasClient;
use crate::failure::Failure;
use crate::statistics::Summary;
use crate::table::milliseconds;

/// How long one answer may take before the measurement is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer and the longest header line that are read.
const MOST_BODY_BYTES: u64 = 1024 * 1024;
const MOST_LINE_BYTES: u64 = 16 * 1024;

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    path: String,
    count: u32,
    took: Duration,
    latency_us: Summary,
}

/// Sends `count` GET requests for `path`, each after the last one's answer.
///
/// # Errors
/// When the connection breaks or an answer is not a 200.
pub(super) fn measure(endpoint: &str, path: &str, count: u32) -> Result<Measured, Failure> {
    // The client checks the endpoint's form, and that it answers at all.
    let client = FaasClient::new(endpoint, ANSWER_TIMEOUT)?;
    client.check_health()?;
    let authority = client.endpoint().trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).with_context(|| format!("cannot connect to {authority}"))?;
    stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(ANSWER_TIMEOUT)))
        .context("cannot set up the socket")?;
    let mut answers = BufReader::new(stream.try_clone().context("cannot set up the socket")?);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    let mut latencies = Vec::with_capacity(count as usize);
    let begun = Instant::now();
    for number in 1..=count {
        let sent = Instant::now();
        stream
            .write_all(request.as_bytes())
            .map_err(anyhow::Error::from)
            .and_then(|()| read_answer(&mut answers))
            .with_context(|| format!("request {number} of {count} for {path} failed"))?;
        latencies.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    let took = begun.elapsed();
    let latency_us = Summary::of(latencies).ok_or_else(|| anyhow!("no request was sent"))?;
    Ok(Measured { path: path.to_owned(), count, took, latency_us })
}

/// Reads one answer with status 200 and a Content-Length.
fn read_answer(answers: &mut impl BufRead) -> anyhow::Result<()> {
    let status = read_line(answers)?;
    if !status.starts_with("HTTP/1.1 200") {
        bail!("the answer is `{status}`, not 200");
    }
    let mut body_bytes = 0;
    loop {
        let line = read_line(answers)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            body_bytes = value.trim().parse::<u64>().context("the Content-Length is no number")?;
        }
    }
    if body_bytes > MOST_BODY_BYTES {
        bail!("the answer has {body_bytes} bytes; this measures small ones");
    }
    let read = io::copy(&mut answers.take(body_bytes), &mut io::sink()).context("the answer's body breaks off")?;
    if read < body_bytes {
        bail!("the answer's body breaks off after {read} of {body_bytes} bytes");
    }
    Ok(())
}

fn read_line(answers: &mut impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    answers.take(MOST_LINE_BYTES).read_line(&mut line).context("the answer breaks off")?;
    if !line.ends_with('\n') {
        bail!("the answer breaks off");
    }
    Ok(line.trim_end().to_owned())
}

impl Measured {
    fn per_second(&self) -> f64 {
        f64::from(self.count) / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The measurement as text.
    pub(super) fn render(&self) -> String {
        let Summary { min, median, p95, max } = self.latency_us;
        format!(
            "{:.0} requests/s for {} over one connection ({} requests)\n\
             latency in ms: median {:.2}, min {:.2}, max {}, p95 {:.2}\n",
            self.per_second(),
            self.path,
            self.count,
            as_milliseconds(median),
            as_milliseconds(min),
            milliseconds(max),
            as_milliseconds(p95)
        )
    }

    /// The measurement as JSON.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "path": self.path,
            "requests": self.count,
            "connections": 1,
            "requests_per_second": self.per_second().round(),
            "latency_us": self.latency_us,
        })
    }
}

/// Two decimals are wanted here: requests take tenths of a millisecond.
fn as_milliseconds(microseconds: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let microseconds = microseconds as f64;
    microseconds / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(), String> {
        read_answer(&mut text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_ends_with_its_content_length() {
        let two = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let mut answers = two.as_bytes();
        read_answer(&mut answers).unwrap();
        read_answer(&mut answers).unwrap();
        assert!(answers.is_empty());
    }

    #[test]
    fn what_is_not_a_whole_200_is_an_error() {
        assert_eq!(read("HTTP/1.1 503 Busy\r\n\r\n").unwrap_err(), "the answer is `HTTP/1.1 503 Busy`, not 200");
        assert_eq!(read("").unwrap_err(), "the answer breaks off");
        assert_eq!(
            read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok").unwrap_err(),
            "the answer's body breaks off after 2 of 5 bytes"
        );
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").is_err());
    }
}
