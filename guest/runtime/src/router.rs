//! From method and path to what the runtime offers. Pure, and without allocation: it runs for each request.

use crate::http::Method;
use skerry_api::faas::{ACTIVITY_PATH, RENEW_PATH};

use crate::identifiers::Uuid;

/// Something that the runtime offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Index,
    Health,
    Metrics,
    ExecuteSync,
    ExecuteAsync,
    Status(Uuid),
    Cancel(Uuid),
    Activity,
    Renew,
}

/// Why a request leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 404
    UnknownPath,
    /// 405, with the methods that the path has.
    WrongMethod(&'static str),
    /// 400
    MalformedUuid,
    /// 501: the data service is not there yet.
    NoDataService,
}

/// A path as the metrics name it: few of them, whatever clients ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Index,
    Health,
    Metrics,
    ExecuteSync,
    ExecuteAsync,
    Status,
    Task,
    Data,
    Activity,
    Renew,
    /// No such path.
    Unmatched,
    /// Not even a request.
    Invalid,
}

impl Label {
    /// How many there are.
    pub(crate) const COUNT: usize = 12;

    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Index,
        Self::Health,
        Self::Metrics,
        Self::ExecuteSync,
        Self::ExecuteAsync,
        Self::Status,
        Self::Task,
        Self::Data,
        Self::Activity,
        Self::Renew,
        Self::Unmatched,
        Self::Invalid,
    ];

    /// The value of the label `route`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::Health => "/healthz",
            Self::Metrics => "/metrics",
            Self::ExecuteSync => "/v1/faas/execute-sync",
            Self::ExecuteAsync => "/v1/faas/execute-async",
            Self::Status => "/v1/faas/{uuid}/status",
            Self::Task => "/v1/faas/{uuid}",
            Self::Data => "/v1/daas",
            Self::Activity => ACTIVITY_PATH,
            Self::Renew => RENEW_PATH,
            Self::Unmatched => "unmatched",
            Self::Invalid => "invalid",
        }
    }
}

/// What a request leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) label: Label,
    pub(crate) route: Result<Route, Refusal>,
}

impl Resolution {
    /// Whether the request's body is of interest.
    pub(crate) fn wants_body(&self) -> bool {
        matches!(self.route, Ok(Route::ExecuteSync | Route::ExecuteAsync | Route::Renew))
    }
}

const READ: &str = "GET, HEAD";
const SUBMIT: &str = "POST";
const REMOVE: &str = "DELETE";

/// Finds what `method` on `path` leads to.
pub(crate) fn resolve(method: Method, path: &str) -> Resolution {
    let read = |label, route| (label, allowed(READ, matches!(method, Method::Get | Method::Head)).and(Ok(route)));
    let submit = |label, route| (label, allowed(SUBMIT, method == Method::Post).and(Ok(route)));
    let (label, route) = match path {
        "/" => read(Label::Index, Route::Index),
        "/healthz" => read(Label::Health, Route::Health),
        "/metrics" => read(Label::Metrics, Route::Metrics),
        "/v1/faas/execute-sync" => submit(Label::ExecuteSync, Route::ExecuteSync),
        "/v1/faas/execute-async" => submit(Label::ExecuteAsync, Route::ExecuteAsync),
        ACTIVITY_PATH => read(Label::Activity, Route::Activity),
        RENEW_PATH => submit(Label::Renew, Route::Renew),
        "/v1/daas" => (Label::Data, Err(Refusal::NoDataService)),
        _ if path.starts_with("/v1/daas/") => (Label::Data, Err(Refusal::NoDataService)),
        _ => match task_of(path).map(Uuid::parse) {
            None => match path.strip_prefix("/v1/faas/").and_then(Uuid::parse) {
                Some(task) => (Label::Task, allowed(REMOVE, method == Method::Delete).and(Ok(Route::Cancel(task)))),
                None => (Label::Unmatched, Err(Refusal::UnknownPath)),
            },
            Some(Some(uuid)) => read(Label::Status, Route::Status(uuid)),
            // The method goes first: a path with a malformed UUID has no POST either.
            Some(None) => {
                let readable = allowed(READ, matches!(method, Method::Get | Method::Head));
                (Label::Status, readable.and(Err(Refusal::MalformedUuid)))
            }
        },
    };
    Resolution { label, route }
}

fn allowed(methods: &'static str, is: bool) -> Result<(), Refusal> {
    if is { Ok(()) } else { Err(Refusal::WrongMethod(methods)) }
}

/// The middle of `/v1/faas/…/status`, one segment.
fn task_of(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/faas/")?.strip_suffix("/status").filter(|middle| !middle.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "/v1/faas/00000000-0000-4000-8000-000000000000/status";

    fn route(method: Method, path: &str) -> Result<Route, Refusal> {
        resolve(method, path).route
    }

    #[test]
    fn each_path_has_its_methods_and_no_other() {
        for path in ["/", "/healthz", "/metrics", ACTIVITY_PATH, TASK, "/v1/faas/nonsense/status"] {
            assert!(!matches!(route(Method::Get, path), Err(Refusal::WrongMethod(_))), "{path}");
            assert_eq!(route(Method::Head, path), route(Method::Get, path), "{path}");
            assert_eq!(route(Method::Post, path), Err(Refusal::WrongMethod("GET, HEAD")), "{path}");
            assert_eq!(route(Method::Other, path), Err(Refusal::WrongMethod("GET, HEAD")), "{path}");
        }
        for path in ["/v1/faas/execute-sync", "/v1/faas/execute-async", RENEW_PATH] {
            assert!(resolve(Method::Post, path).wants_body(), "{path}");
            assert_eq!(route(Method::Get, path), Err(Refusal::WrongMethod("POST")), "{path}");
        }
    }

    #[test]
    fn a_status_path_names_a_task_or_is_malformed() {
        let uuid = Uuid::parse("00000000-0000-4000-8000-000000000000").unwrap();
        assert_eq!(route(Method::Get, TASK), Ok(Route::Status(uuid)));
        for text in ["", "x", "execute-sync"] {
            assert_eq!(route(Method::Get, &format!("/v1/faas/{text}/status")), Err(Refusal::MalformedUuid));
        }
        assert_eq!(route(Method::Get, "/v1/faas/status"), Err(Refusal::UnknownPath));
        assert_eq!(route(Method::Get, "/v1/faas/a/b/status"), Err(Refusal::UnknownPath));
    }

    #[test]
    fn a_tasks_own_path_has_nothing_but_delete() {
        let path = TASK.strip_suffix("/status").unwrap();
        let task = Uuid::parse("00000000-0000-4000-8000-000000000000").unwrap();
        assert_eq!(route(Method::Delete, path), Ok(Route::Cancel(task)));
        for method in [Method::Get, Method::Head, Method::Post, Method::Other] {
            assert_eq!(route(method, path), Err(Refusal::WrongMethod("DELETE")));
        }
        assert_eq!(route(Method::Delete, "/v1/faas/nonsense"), Err(Refusal::UnknownPath));
        assert_eq!(route(Method::Delete, TASK), Err(Refusal::WrongMethod("GET, HEAD")));
    }

    #[test]
    fn the_data_service_is_announced_as_missing_whatever_the_method() {
        for path in ["/v1/daas", "/v1/daas/", "/v1/daas/a/b"] {
            assert_eq!(route(Method::Other, path), Err(Refusal::NoDataService), "{path}");
        }
    }

    #[test]
    fn other_paths_are_unknown() {
        for path in ["", "*", "healthz", "/healthz/", "/HEALTHZ", "/v1/daasx", "//"] {
            assert_eq!(route(Method::Get, path), Err(Refusal::UnknownPath), "{path}");
        }
    }

    #[test]
    fn labels_are_numbered_in_the_order_of_the_list() {
        for (number, label) in Label::ALL.into_iter().enumerate() {
            assert_eq!(label as usize, number);
        }
    }
}
