//! What a client does with runtimes over the REST API, and how long it takes.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::faas::{HEALTH_PATH, SYNC_PATH, check_sum, sum_request};

/// How long a runtime may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks at a runtime's state.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// The pause after an answer that says that the runtime is not there yet.
const NOT_YET_PAUSE: Duration = Duration::from_millis(1);

/// Creates a runtime with the defaults and gives its number.
///
/// # Errors
/// When it is not created.
pub(crate) async fn create(client: &mut Client) -> anyhow::Result<u64> {
    create_as(client, json!({"FLAVOUR": "minimal"})).await
}

/// Creates a runtime whose `FAAS` is this, and gives its number.
///
/// # Errors
/// When it is not created.
pub(crate) async fn create_as(client: &mut Client, faas: Value) -> anyhow::Result<u64> {
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": faas}}).to_string();
    let answer = client.ask(Method::POST, "/serverless-runtimes", body).await?.expect(201)?;
    answer.json()?["SERVERLESS_RUNTIME"]["ID"].as_u64().context("a new runtime without a number")
}

/// Deletes a runtime.
///
/// # Errors
/// When it is not deleted.
pub(crate) async fn delete(client: &mut Client, id: u64) -> anyhow::Result<()> {
    client.ask(Method::DELETE, &format!("/serverless-runtimes/{id}"), "").await?.expect(204)?;
    Ok(())
}

/// The runtime as it is shown.
///
/// # Errors
/// When it is not.
pub(crate) async fn show(client: &mut Client, id: u64) -> anyhow::Result<Value> {
    let answer = client.get(&format!("/serverless-runtimes/{id}")).await?.expect(200)?;
    Ok(answer.json()?["SERVERLESS_RUNTIME"].take())
}

/// Looks every millisecond until the runtime is RUNNING.
///
/// # Errors
/// When it goes to ERROR, or takes too long.
pub(crate) async fn wait_until_running(client: &mut Client, id: u64) -> anyhow::Result<Value> {
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline {
        let runtime = show(client, id).await?;
        match runtime["FAAS"]["STATE"].as_str() {
            Some("RUNNING") => return Ok(runtime),
            Some("ERROR") => bail!("runtime {id} is in ERROR: {}", runtime["FAAS"]["ERROR"]),
            _ => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
    bail!("runtime {id} is not RUNNING after {} s", START_TIMEOUT.as_secs())
}

/// Asks for the runtime's health until it is a 200. The gateway keeps the request until there is a machine, so that this
/// is one request, as a rule.
///
/// # Errors
/// When it takes too long.
pub(crate) async fn wait_until_healthy(client: &mut Client, id: u64) -> anyhow::Result<()> {
    let path = format!("/r/{id}{HEALTH_PATH}");
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        let answer = client.get(&path).await?;
        if answer.status == 200 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "runtime {id} does not answer: {:?}", answer.expect(200).err());
        tokio::time::sleep(NOT_YET_PAUSE).await;
    }
}

/// Calls `sum` until there is an answer, and checks it.
///
/// # Errors
/// When the answer is wrong, or takes too long.
pub(crate) async fn call_sum(client: &mut Client, id: u64) -> anyhow::Result<()> {
    let path = format!("/r/{id}{SYNC_PATH}");
    let body = sum_request();
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        let answer = client.ask(Method::POST, &path, body.clone()).await?;
        if answer.status == 503 && Instant::now() < deadline {
            tokio::time::sleep(NOT_YET_PAUSE).await;
            continue;
        }
        return check_sum(&answer.expect(200)?.body);
    }
}

/// Where the time of a runtime's start went: microseconds by phase, as its history has it.
///
/// # Errors
/// When there is no history.
pub(crate) async fn start_phases(client: &mut Client, id: u64) -> anyhow::Result<Vec<(String, u64)>> {
    let history = client.get(&format!("/serverless-runtimes/{id}/history")).await?.expect(200)?.json()?;
    Ok(phases(&history))
}

/// The phases of the entry that has some.
fn phases(history: &Value) -> Vec<(String, u64)> {
    let entries = history.as_array().into_iter().flatten();
    let started = entries.filter_map(|entry| entry["phases_us"].as_array()).find(|phases| !phases.is_empty());
    let named = started.into_iter().flatten();
    named.filter_map(|phase| Some((phase.get(0)?.as_str()?.to_owned(), phase.get(1)?.as_u64()?))).collect()
}

/// How many runtimes are in a state.
///
/// # Errors
/// When the list is not shown.
pub(crate) async fn count_in(client: &mut Client, state: &str) -> anyhow::Result<u64> {
    let answer = client.get(&format!("/serverless-runtimes?limit=1&state={state}")).await?.expect(200)?;
    total(&answer.json()?)
}

/// How many machines wait in the pools, and how many spare ones.
///
/// # Errors
/// When the engine does not show its metrics.
pub(crate) async fn waiting(client: &mut Client) -> anyhow::Result<[usize; 2]> {
    let page = client.get("/metrics").await?.expect(200)?;
    let page = String::from_utf8_lossy(&page.body);
    Ok(["skerry_pool_machines", "skerry_spare_machines"].map(|gauge| sum_of(&page, gauge)))
}

/// The sum over all flavours of a gauge in the engine's metrics.
fn sum_of(page: &str, gauge: &str) -> usize {
    let lines = page.lines().filter_map(|line| line.strip_prefix(gauge)?.strip_prefix('{'));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum()
}

/// How many runtimes a list is about.
///
/// # Errors
/// When it does not say.
pub(crate) fn total(list: &Value) -> anyhow::Result<u64> {
    list["TOTAL"].as_u64().context("a list of runtimes without its total")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phases_are_those_of_the_start() {
        let history = json!([
            {"event": "created", "phases_us": []},
            {"event": "started", "phases_us": [["vmm", 20_000], ["link", 300]]},
        ]);
        assert_eq!(phases(&history), [("vmm".to_owned(), 20_000), ("link".to_owned(), 300)]);
        for none in [json!([]), json!({}), json!([{"phases_us": [["vmm"], 3]}])] {
            assert!(phases(&none).is_empty());
        }
    }

    #[test]
    fn the_machines_that_wait_are_counted_over_all_flavours() {
        let page = "# TYPE skerry_pool_machines gauge\nskerry_pool_machines{flavour=\"minimal\"} 3\n\
                    skerry_pool_machines{flavour=\"python\"} 2\nskerry_pool_takes 9\n";
        assert_eq!(sum_of(page, "skerry_pool_machines"), 5);
        assert_eq!(sum_of("", "skerry_pool_machines"), 0);
    }
}
