//! A client of contenders: one kept-alive connection, and the wait for a first answer.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ureq::Agent;

use super::contender::{Contender, Endpoint, Instance};
use super::interruption::Interruption;
use super::workload::Call;

/// How long an instance may take until it answers: a microVM with Linux under an emulator needs seconds when many start.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(180);
/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Between two tries to connect.
const TRY_AGAIN: Duration = Duration::from_micros(250);
/// Most bytes of an answer.
const MOST_ANSWER_BYTES: u64 = 16 << 20;

/// A client of one instance.
#[derive(Debug)]
pub(crate) struct Asking {
    agent: Agent,
    endpoint: Endpoint,
}

/// A start that was measured.
pub(crate) struct Started {
    /// The instance.
    pub(crate) instance: Box<dyn Instance>,
    /// A connection to it.
    pub(crate) asking: Asking,
    /// From asking for it to its first right answer.
    pub(crate) first_answer: Duration,
    /// When it was asked for.
    pub(crate) begun: Instant,
}

/// Asks a contender for an instance and waits for its first right answer to `GET /healthz`.
///
/// # Errors
/// When it does not start or answer in time; nothing is left of it then.
pub(crate) fn start(contender: &dyn Contender, interruption: &Interruption) -> anyhow::Result<Started> {
    let begun = Instant::now();
    let mut instance = contender.start()?;
    instance.wait_until_reachable()?;
    let asking = Asking::new(instance.endpoint().clone());
    asking.wait_for_answer(&Call::health(), begun + START_TIMEOUT, interruption)?;
    Ok(Started { instance, asking, first_answer: begun.elapsed(), begun })
}

impl Asking {
    /// A client; it connects when it is first used.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let config = Agent::config_builder().timeout_global(Some(ANSWER_TIMEOUT)).http_status_as_error(false);
        Self { agent: config.build().new_agent(), endpoint }
    }

    /// The URL of a path of the API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.endpoint.address, self.endpoint.prefix)
    }

    /// Asks, and checks the answer.
    ///
    /// # Errors
    /// When there is none, or a wrong one.
    pub(crate) fn ask(&self, call: &Call) -> anyhow::Result<Vec<u8>> {
        let (status, body) = self.exchange(call).with_context(|| format!("no answer to {}", call.name))?;
        ensure!(
            status == 200,
            "{} is answered with status {status}: {}",
            call.name,
            String::from_utf8_lossy(&body).chars().take(300).collect::<String>()
        );
        call.check(&body)?;
        Ok(body)
    }

    /// Asks a function whose result is a number, whatever it is.
    ///
    /// # Errors
    /// When there is no answer, or no number.
    pub(crate) fn number(&self, call: &Call) -> anyhow::Result<f64> {
        let (status, body) = self.exchange(call).with_context(|| format!("no answer to {}", call.name))?;
        ensure!(status == 200, "{} is answered with status {status}: {}", call.name, String::from_utf8_lossy(&body));
        Ok(call.number(&body).ok_or_else(|| call.wrong(&body, "a number".to_owned()))?)
    }

    fn exchange(&self, call: &Call) -> Result<(u16, Vec<u8>), ureq::Error> {
        let url = self.url(call.path);
        let authorization = self.endpoint.authorization.as_deref();
        let mut answer = match &call.body {
            None => {
                let request = self.agent.get(url);
                match authorization {
                    Some(value) => request.header("Authorization", value),
                    None => request,
                }
                .call()?
            }
            Some(body) => {
                let request = self.agent.post(url).content_type("application/json");
                match authorization {
                    Some(value) => request.header("Authorization", value),
                    None => request,
                }
                .send(body)?
            }
        };
        let body = answer.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_vec()?;
        Ok((answer.status().as_u16(), body))
    }

    /// Asks again and again until there is a right answer: nobody may listen yet, or say "not yet" (503).
    fn wait_for_answer(&self, call: &Call, deadline: Instant, interruption: &Interruption) -> anyhow::Result<()> {
        loop {
            interruption.check()?;
            let problem = match self.exchange(call) {
                Ok((200, body)) => return Ok(call.check(&body)?),
                Ok((503, _)) => "it answers with status 503".to_owned(),
                Ok((status, body)) => bail!("the first answer has status {status}: {}", String::from_utf8_lossy(&body)),
                Err(error) => error.to_string(),
            };
            ensure!(Instant::now() < deadline, "no answer within {} s: {problem}", START_TIMEOUT.as_secs());
            std::thread::sleep(TRY_AGAIN);
        }
    }
}
