//! What the gateway counts, under our names and under OpenFaaS's.

use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::paths::Kind;

/// From a tenth of a millisecond, since a quick call takes little more, to the longest that one may run.
const REQUEST_BUCKETS: [f64; 18] =
    [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// Fewer, because there is one set for each runtime.
const FUNCTION_BUCKETS: [f64; 6] = [0.001, 0.01, 0.1, 1.0, 10.0, 60.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    code: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InvocationLabels {
    function_name: u64,
    code: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FunctionLabels {
    function_name: u64,
}

/// All of them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    invocations: Family<InvocationLabels, Counter>,
    functions: Family<FunctionLabels, Histogram, fn() -> Histogram>,
    pub(crate) in_flight: Gauge,
    pub(crate) queued: Gauge,
    pub(crate) wakes_waited: Counter,
    pub(crate) retries: Counter,
    pub(crate) cut_short: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::new_with_constructor(|| Histogram::new(REQUEST_BUCKETS)),
            invocations: Family::default(),
            functions: Family::new_with_constructor(|| Histogram::new(FUNCTION_BUCKETS)),
            in_flight: Gauge::default(),
            queued: Gauge::default(),
            wakes_waited: Counter::default(),
            retries: Counter::default(),
            cut_short: Counter::default(),
        }
    }
}

impl Metrics {
    /// Offers them under their names; counters get `_total` behind theirs.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "skerry_gateway_request_seconds",
            "Requests to runtimes, from their head to the end of the answer, by route and status code",
            self.requests.clone(),
        );
        registry.register(
            "skerry_gateway_requests_in_flight",
            "Requests to runtimes that are not answered in full, waiting ones included",
            self.in_flight.clone(),
        );
        registry.register(
            "skerry_gateway_requests_queued",
            "Requests that wait for a free slot of their runtime",
            self.queued.clone(),
        );
        registry.register(
            "skerry_gateway_wakes_waited",
            "Requests that waited for their runtime to start or wake",
            self.wakes_waited.clone(),
        );
        registry.register(
            "skerry_gateway_retries",
            "Requests sent again because a kept connection was found dead",
            self.retries.clone(),
        );
        registry.register(
            "skerry_gateway_answers_cut_short",
            "Answers that ended early because their guest did",
            self.cut_short.clone(),
        );
        registry.register(
            "gateway_function_invocation",
            "Calls of functions by runtime and status code, as OpenFaaS names it",
            self.invocations.clone(),
        );
        registry.register(
            "gateway_functions_seconds",
            "Calls of functions by runtime, as OpenFaaS names it",
            self.functions.clone(),
        );
    }

    /// Counts a request to the runtime `id`.
    pub(crate) fn observe(&self, kind: Kind, status: StatusCode, id: Option<u64>, duration: Duration) {
        let (code, seconds) = (code(status), duration.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { route: kind.name(), code }).observe(seconds);
        if let Some(id) = id.filter(|_| matches!(kind, Kind::ExecuteSync | Kind::ExecuteAsync)) {
            self.invocations.get_or_create(&InvocationLabels { function_name: id, code }).inc();
            self.functions.get_or_create(&FunctionLabels { function_name: id }).observe(seconds);
        }
    }

    /// Forgets the runtime `id`, so that what is counted does not grow with all that ever was.
    pub(crate) fn forget(&self, id: u64) {
        self.functions.remove(&FunctionLabels { function_name: id });
        for status in 100..600 {
            self.invocations.remove(&InvocationLabels { function_name: id, code: status });
        }
    }
}

/// The code as a label: a guest can invent hundreds, and each that nobody knows counts as the first of its class.
fn code(status: StatusCode) -> u32 {
    let number = u32::from(status.as_u16());
    let is_known = status.canonical_reason().is_some() || status == CLIENT_GONE;
    if is_known { number } else { (number / 100).min(5) * 100 }
}

/// What is counted for a client that went away before its answer: the code that nginx made customary.
pub(crate) const CLIENT_GONE: StatusCode = match StatusCode::from_u16(499) {
    Ok(status) => status,
    Err(_) => StatusCode::BAD_REQUEST,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn a_call_is_counted_under_both_names() {
        let metrics = Metrics::default();
        metrics.observe(Kind::ExecuteSync, StatusCode::OK, Some(7), Duration::from_micros(150));
        metrics.observe(Kind::Health, StatusCode::OK, Some(7), Duration::from_micros(150));
        let text = text(&metrics);
        for line in [
            r#"skerry_gateway_request_seconds_bucket{le="0.0001",route="/v1/faas/execute-sync",code="200"} 0"#,
            r#"skerry_gateway_request_seconds_bucket{le="0.0002",route="/v1/faas/execute-sync",code="200"} 1"#,
            r#"skerry_gateway_request_seconds_count{route="/healthz",code="200"} 1"#,
            r#"gateway_function_invocation_total{function_name="7",code="200"} 1"#,
            r#"gateway_functions_seconds_count{function_name="7"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_runtime_that_is_gone_leaves_no_series() {
        let metrics = Metrics::default();
        for code in [200, 499, 502] {
            let status = StatusCode::from_u16(code).unwrap();
            metrics.observe(Kind::ExecuteSync, status, Some(7), Duration::ZERO);
        }
        metrics.forget(7);
        assert!(!text(&metrics).contains("function_name"));
    }

    #[test]
    fn codes_that_a_guest_invents_make_no_series_of_their_own() {
        for (given, counted) in [(200, 200), (299, 200), (499, 499), (599, 500), (777, 500), (999, 500)] {
            assert_eq!(code(StatusCode::from_u16(given).unwrap()), counted);
        }
    }
}
