//! A booted flavour, and calls of it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use skerry_api::faas::GUEST_PORT;
use skerry_image::Image;
use skerry_vmm::{Accelerator, Backend, Lifetime, MicroVm, Network, Qemu, VmSpec};
use ureq::Agent;

use super::kernels::Kernel;
use super::peers::{Measured, Peers};
use crate::faas::SYNC_PATH;

/// The title of what others are compared with in the guest.
pub(super) const GCC: &str = "gcc -O2";
/// How long a boot may take.
const BOOT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a call may take, the guest's own limit included.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// A language, as the kernels are written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    C,
    Wasm,
    Python,
    Native,
    /// Native too: the C, as gcc -O2 has compiled it into the image.
    Gcc,
}

impl Language {
    const ALL: [Self; 5] = [Self::Gcc, Self::Native, Self::C, Self::Wasm, Self::Python];

    /// Its name in tables.
    pub(super) fn title(self) -> &'static str {
        if self == Self::Gcc { GCC } else { self.name() }
    }

    /// Its name in a request.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Wasm => "WASM",
            Self::Python => "PY",
            Self::Native | Self::Gcc => "NATIVE",
        }
    }

    /// The body of a call; `None` where there is nothing to send.
    pub(super) fn request(self, kernel: &Kernel, peers: &Peers) -> anyhow::Result<Option<String>> {
        let gcc_name = format!("gcc_{}", kernel.name);
        let code = match self {
            Self::Gcc => gcc_name.as_bytes(),
            Self::C => kernel.c.as_bytes(),
            Self::Python => kernel.python.as_bytes(),
            Self::Native => kernel.name.as_bytes(),
            Self::Wasm => match peers.module(kernel) {
                Some(module) => module,
                None => return Ok(None),
            },
        };
        let parameter = if self == Self::Python {
            kernel.python_size.to_string()
        } else {
            let value = BASE64_STANDARD.encode(kernel.size.to_string());
            json!({"type": "int", "var_name": "n", "value": value, "mode": "IN"}).to_string()
        };
        let (code, parameter) = (BASE64_STANDARD.encode(code), BASE64_STANDARD.encode(parameter));
        Ok(Some(json!({"lang": self.name(), "fc": code, "fc_hash": "", "params": [parameter]}).to_string()))
    }
}

/// A machine that is ready. Dropped, it is ended.
pub(super) struct Guest {
    vm: Box<dyn MicroVm>,
    url: String,
    agent: Agent,
    languages: Vec<Language>,
    /// When it said that it is ready.
    pub(super) ready: Instant,
}

impl Guest {
    /// Boots an image.
    ///
    /// # Errors
    /// When it does not boot; nothing is left of it.
    pub(super) fn boot(
        qemu: &Qemu,
        image: &Image,
        accelerator: Accelerator,
        folder: &Path,
        memory_mib: u32,
    ) -> anyhow::Result<Self> {
        let spec = VmSpec {
            name: "functions".to_owned(),
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            cpu_count: 1,
            memory_mib,
            boot_options: vec![("call-time-limit-ms".to_owned(), CALL_TIMEOUT.as_millis().to_string())],
            accelerator,
            lifetime: Lifetime::EndsWithHost,
            state_dir: folder.to_owned(),
            guest_port: GUEST_PORT,
            network: Network::User,
            limits: None,
        };
        let mut vm = qemu.start(&spec).context("the machine does not start")?;
        let told = vm.wait_until_ready(BOOT_TIMEOUT).context("the machine does not boot")?;
        let ready = Instant::now();
        let address = vm.address().tcp().context("the machine has no port")?;
        let languages =
            Language::ALL.into_iter().filter(|language| told.langs.split(',').any(|name| name == language.name()));
        let config = Agent::config_builder().timeout_global(Some(CALL_TIMEOUT)).http_status_as_error(false);
        let agent = config.build().new_agent();
        Ok(Self { languages: languages.collect(), vm, url: format!("http://{address}"), agent, ready })
    }

    /// The languages that it runs.
    pub(super) fn languages(&self) -> Vec<Language> {
        self.languages.clone()
    }

    /// Calls a function: the number that it returns, and the time that it ran, by the guest's own count.
    ///
    /// # Errors
    /// When it fails, or its result is no number.
    pub(super) fn call(&self, language: Language, request: &str) -> anyhow::Result<Measured> {
        let before = self.run_seconds(language)?;
        let result = self.answer(request)?;
        let after = self.run_seconds(language)?;
        Ok(Measured { result, ms: (after - before) * 1e3 })
    }

    /// Calls a function whose result is a number.
    ///
    /// # Errors
    /// When it fails, or its result is no number.
    pub(super) fn answer(&self, request: &str) -> anyhow::Result<f64> {
        let sent = self.agent.post(format!("{}{SYNC_PATH}", self.url)).content_type("application/json").send(request);
        let text = sent?.body_mut().read_to_string()?;
        let answer: Value = serde_json::from_str(&text).context("the answer is no JSON")?;
        let result = answer["result"].as_str().and_then(|result| BASE64_STANDARD.decode(result).ok());
        let Some(result) = result.and_then(|bytes| String::from_utf8(bytes).ok()) else { bail!("{text}") };
        result.trim().parse().with_context(|| format!("the result is {result}"))
    }

    /// How long functions of a language have run so far, in all.
    fn run_seconds(&self, language: Language) -> anyhow::Result<f64> {
        let page = self.agent.get(format!("{}/metrics", self.url)).call()?.body_mut().read_to_string()?;
        let name = format!("skerry_function_duration_seconds_sum{{lang=\"{}\"}} ", language.name());
        let sum = page.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
        sum.with_context(|| format!("the guest does not count {}", language.name()))
    }

    /// Ends it.
    ///
    /// # Errors
    /// When something is left of it.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        Ok(self.vm.stop()?)
    }
}
