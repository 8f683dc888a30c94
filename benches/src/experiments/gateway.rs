//! What the gateway adds to a call: the same request through it and to a guest directly, in turns, one at a time, each on
//! one kept-alive connection.
//!
//! - Over the private link, a guest has one peer. So another machine of the same kind is asked directly, over a link that
//!   this program holds, and several pairs of machines even out what differs between two machines.
//! - With QEMU's user networking, it is the very same guest, asked at its forwarded port.

use std::time::Instant;

use anyhow::{Context, ensure};
use http::Method;
use skerry_vmm::Network;

use super::milliseconds;
use crate::bare::Bare;
use crate::bench::Bench;
use crate::client::Client;
use crate::engine::{Engine, EnginePlaces};
use crate::faas::{HEALTH_PATH, SYNC_PATH, check_sum, sum_request};
use crate::processes;
use crate::quiet::Quiet;
use crate::report::{Row, Section};
use crate::runtimes;
use crate::statistics::median;

/// Milliseconds that the gateway may add to the median call.
const TARGET_MS: f64 = 0.3;
/// Pairs of machines over the link.
const PAIRS: usize = 3;
/// Requests on each way that are not counted.
const WARM_UP: u32 = 100;
/// Requests between two looks at whether anything else runs.
const AT_ONCE: u32 = 100;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Health,
    Sum,
}

/// What was measured of one call over one network.
#[derive(Default)]
struct Latencies {
    direct_ms: Vec<f64>,
    gateway_ms: Vec<f64>,
}

/// Measures.
///
/// # Errors
/// When anything does not start, or an answer is not the right one.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    let mut own_ms = Vec::new();
    let mut quiet = Quiet::default();
    let over_link = over_link(bench, &mut own_ms, &mut quiet).await?;
    let over_user = over_user(bench, &mut quiet).await?;
    for (network, measured) in [("link", over_link), ("user networking", over_user)] {
        for (call, latencies) in measured {
            rows.extend(latencies.rows(call, network));
        }
    }
    rows.push(Row::new("the engine's own /healthz", "ms", own_ms));
    let how =
        "one request at a time on one kept-alive connection, directly and through the gateway in turns".to_owned();
    let notes =
        vec![quiet.note(), format!("link: {PAIRS} pairs of machines; user networking: the same guest both ways")];
    Ok(Section { name: "gateway", how, rows, notes })
}

type Both = [(Call, Latencies); 2];

fn both() -> Both {
    [Call::Health, Call::Sum].map(|call| (call, Latencies::default()))
}

async fn over_link(bench: &Bench, own_ms: &mut Vec<f64>, quiet: &mut Quiet) -> anyhow::Result<Both> {
    let places = EnginePlaces::new(&bench.engine, "gateway-link")?;
    let engine =
        Engine::start(&bench.engine, &places, &["--pool", "minimal=0", "--spares", "0", "--guest-network", "link"])
            .await?;
    let mut client = engine.client().await?;
    let mut measured = both();
    let requests = bench.arguments.requests.div_ceil(u32::try_from(PAIRS)?);
    for pair in 0..PAIRS {
        client.refresh().await?;
        let id = runtimes::create(&mut client).await?;
        runtimes::wait_until_healthy(&mut client, id).await?;
        let mut bare = Bare::boot(bench, Network::Link).await?;
        for (call, latencies) in &mut measured {
            let mut ways = Ways { direct: Direct::Bare(&mut bare), gateway: &mut client, id };
            latencies.measure(*call, &mut ways, requests, quiet).await?;
        }
        client.refresh().await?;
        for _ in 0..requests {
            own_ms.push(timed(&mut client, Method::GET, HEALTH_PATH, "").await?.0);
        }
        bare.stop().await?;
        runtimes::delete(&mut client, id).await?;
        engine.wait_for_machines(0).await?;
        eprintln!("  link, pair {} of {PAIRS}", pair + 1);
    }
    Ok(measured)
}

async fn over_user(bench: &Bench, quiet: &mut Quiet) -> anyhow::Result<Both> {
    let places = EnginePlaces::new(&bench.engine, "gateway-user")?;
    let engine =
        Engine::start(&bench.engine, &places, &["--pool", "minimal=0", "--guest-network", "user", "--snapshots=false"])
            .await?;
    let mut client = engine.client().await?;
    let id = runtimes::create(&mut client).await?;
    runtimes::wait_until_healthy(&mut client, id).await?;
    let [machine] = engine.machines()[..] else { anyhow::bail!("there is not one machine") };
    let port = processes::listening_port(machine).context("the guest's port is not found")?;
    let mut direct = Client::connect(([127, 0, 0, 1], port).into()).await?;
    let mut measured = both();
    for (call, latencies) in &mut measured {
        let mut ways = Ways { direct: Direct::Port(&mut direct), gateway: &mut client, id };
        latencies.measure(*call, &mut ways, bench.arguments.requests, quiet).await?;
    }
    eprintln!("  user networking");
    Ok(measured)
}

/// The two ways to a guest.
struct Ways<'a> {
    direct: Direct<'a>,
    gateway: &'a mut Client,
    id: u64,
}

/// The way without the gateway.
enum Direct<'a> {
    Bare(&'a mut Bare),
    Port(&'a mut Client),
}

impl Direct<'_> {
    async fn refresh(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Bare(bare) => bare.refresh().await,
            Self::Port(client) => client.refresh().await,
        }
    }

    fn client(&mut self) -> &mut Client {
        match self {
            Self::Bare(bare) => &mut bare.client,
            Self::Port(client) => client,
        }
    }
}

impl Ways<'_> {
    /// Asks both ways in turns; milliseconds of each pair.
    async fn ask(&mut self, call: Call, requests: u32) -> anyhow::Result<Vec<[f64; 2]>> {
        let through = format!("/r/{}{}", self.id, call.path());
        let (method, body) = (call.method(), call.body());
        self.direct.refresh().await?;
        self.gateway.refresh().await?;
        let mut pairs = Vec::new();
        for request in 0..requests {
            let mut pair = [0.0; 2];
            // Neither is always the first.
            for way in if request.is_multiple_of(2) { [0, 1] } else { [1, 0] } {
                let (client, path) =
                    if way == 0 { (self.direct.client(), call.path()) } else { (&mut *self.gateway, through.as_str()) };
                let (took_ms, answer) = timed(client, method.clone(), path, &body).await?;
                if call == Call::Sum {
                    check_sum(&answer)?;
                }
                pair[way] = took_ms;
            }
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

impl Latencies {
    async fn measure(
        &mut self,
        call: Call,
        ways: &mut Ways<'_>,
        requests: u32,
        quiet: &mut Quiet,
    ) -> anyhow::Result<()> {
        ways.ask(call, WARM_UP).await?;
        let mut left = requests;
        while left > 0 {
            let some = left.min(AT_ONCE);
            for [direct_ms, gateway_ms] in quiet.measure(async || ways.ask(call, some).await).await? {
                self.direct_ms.push(direct_ms);
                self.gateway_ms.push(gateway_ms);
            }
            left -= some;
        }
        Ok(())
    }

    fn rows(self, call: Call, network: &str) -> Vec<Row> {
        let name = call.name();
        let added = median(&self.gateway_ms).zip(median(&self.direct_ms)).map(|(through, directly)| through - directly);
        let paired =
            self.gateway_ms.iter().zip(&self.direct_ms).map(|(through, directly)| through - directly).collect();
        let mut rows = vec![
            Row::new(format!("{name} over {network}: directly"), "ms", self.direct_ms),
            Row::new(format!("{name} over {network}: through the gateway"), "ms", self.gateway_ms),
            Row::new("  difference of each pair", "ms", paired),
        ];
        rows.extend(added.map(|added| Row::figure("  added at the median", "ms", added).at_most(TARGET_MS)));
        rows
    }
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::Health => "healthz",
            Self::Sum => "sum",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Health => HEALTH_PATH,
            Self::Sum => SYNC_PATH,
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Health => Method::GET,
            Self::Sum => Method::POST,
        }
    }

    fn body(self) -> String {
        match self {
            Self::Health => String::new(),
            Self::Sum => sum_request(),
        }
    }
}

/// One request: milliseconds, and the body of its 200.
async fn timed(
    client: &mut Client,
    method: Method,
    path: &str,
    body: &str,
) -> anyhow::Result<(f64, hyper::body::Bytes)> {
    let body = body.to_owned();
    let begun = Instant::now();
    let answer = client.ask(method, path, body).await?;
    let took = begun.elapsed();
    ensure!(answer.status == 200, "{path}: {:?}", answer.expect(200).err());
    Ok((milliseconds(took), answer.body))
}
