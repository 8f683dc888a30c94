//! Reading requests: ids, conditions, query parameters. Everything is bounded and refused with a reason.
//!
//! Bodies are read in `body.rs`; what is asked for is done in `runtimes.rs`.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri};
use skerry_api::provisioning::RuntimeState;
use skerry_gateway::Identity;

use crate::error::ApiError;
use crate::provisioner::Filter;

/// The most characters of a client's own text that a message repeats.
const MOST_QUOTED_CHARS: usize = 64;

/// `limit` of a list where none is given.
pub(crate) const DEFAULT_LIMIT: usize = 100;
/// The largest `limit` of a list.
pub(crate) const MOST_LIMIT: usize = 1000;
/// `lines` of a log where none is given.
pub(crate) const DEFAULT_LINES: usize = 100;
/// The largest `lines` of a log.
pub(crate) const MOST_LINES: usize = 10_000;
/// The longest filter value, in characters: no name or flavour is longer.
const MOST_FILTER_CHARS: usize = 128;

/// Whose request it is, as the middleware in front decided. Where there is none, nobody's: 401.
pub(crate) struct Caller(pub(crate) Identity);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Identity>().cloned().map(Self).ok_or(ApiError::Unauthenticated)
    }
}

/// The path's `{id}`: a whole number from 1 without sign or leading zero, so that each runtime has one URL.
pub(crate) struct RuntimeId(pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for RuntimeId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let malformed = |text: &str| ApiError::MalformedId(quoted(text));
        // Fails where percent-encoded bytes are no UTF-8.
        let parameters =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| malformed("of that name"))?;
        let text = parameters.iter().find(|(name, _)| *name == "id").map_or("", |(_, value)| value);
        parse_id(text).map(Self).ok_or_else(|| malformed(text))
    }
}

fn parse_id(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

/// Which versions of a runtime a condition header names (RFC 9110 §13.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    /// `*`.
    Any,
    /// Those; weak says whether it was written with `W/`. Tags that the engine never makes are left out.
    These(Vec<Tag>),
}

/// One entity tag of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Whether it was written with `W/`.
    pub(crate) weak: bool,
    /// The version.
    pub(crate) version: u64,
}

impl Tags {
    /// Whether a version is meant, by strong comparison (RFC 9110 §8.8.3.2).
    pub(crate) fn has_strong(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.contains(&Tag { weak: false, version }),
        }
    }

    /// Whether a version is meant, by weak comparison.
    pub(crate) fn has_weak(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.version == version),
        }
    }
}

/// A condition header, all of its lines together; `None` where there is none.
pub(crate) fn tags(headers: &HeaderMap, name: &HeaderName, shown: &'static str) -> Result<Option<Tags>, ApiError> {
    let malformed = || ApiError::Header { name: shown, problem: "must be * or quoted tags, as ETag gives them" };
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        lines.push(value.to_str().map_err(|_| malformed())?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    parse_tags(&lines.join(",")).map(Some).ok_or_else(malformed)
}

fn parse_tags(text: &str) -> Option<Tags> {
    if text.trim() == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start();
    let mut any = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
            continue;
        }
        let (weak, quote) = rest.strip_prefix("W/").map_or((false, rest), |strong| (true, strong));
        let (tag, after) = quote.strip_prefix('"')?.split_once('"')?;
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
        any = true;
        tags.extend(parse_version(tag).map(|version| Tag { weak, version }));
    }
    any.then_some(Tags::These(tags))
}

fn parse_version(tag: &str) -> Option<u64> {
    tag.parse::<u64>().ok().filter(|version| version.to_string() == tag)
}

/// The `Idempotency-Key` of a creation.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let name = "Idempotency-Key";
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::Header { name, problem: "is there more than once; send one" });
    }
    let bytes = value.as_bytes();
    let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e));
    match value.to_str() {
        Ok(text) if fits => Ok(Some(text.to_owned())),
        _ => Err(ApiError::Header { name, problem: "must be 1 to 255 printable ASCII characters" }),
    }
}

/// The filter that a list's query asks for.
pub(crate) fn filter(uri: &Uri) -> Result<Filter, ApiError> {
    let mut filter = Filter { limit: DEFAULT_LIMIT, ..Filter::default() };
    for (name, value) in parameters(uri, &["state", "flavour", "name", "after", "limit"])? {
        match name.as_str() {
            "state" => filter.state = Some(parse_state(&value)?),
            "flavour" => filter.flavour = Some(text_of("flavour", value)?),
            "name" => filter.name = Some(text_of("name", value)?),
            "after" => filter.after = Some(number("after", &value, 0, u64::MAX)?),
            _ => filter.limit = small_number("limit", &value, MOST_LIMIT)?,
        }
    }
    Ok(filter)
}

/// The number of lines that a log's query asks for.
pub(crate) fn lines(uri: &Uri) -> Result<usize, ApiError> {
    match parameters(uri, &["lines"])?.first() {
        Some((_, value)) => small_number("lines", value, MOST_LINES),
        None => Ok(DEFAULT_LINES),
    }
}

/// Refuses query parameters where a route has none.
pub(crate) fn no_parameters(uri: &Uri) -> Result<(), ApiError> {
    parameters(uri, &[]).map(|_| ())
}

fn parameters(uri: &Uri, known: &[&str]) -> Result<Vec<(String, String)>, ApiError> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| ApiError::Query("the query cannot be read; percent-encode its values".to_owned()))?;
    for (index, (name, _)) in pairs.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let there_are = if known.is_empty() { "there are none here" } else { "there are " };
            let name = quoted(name);
            return Err(ApiError::Query(format!("unknown query parameter {name}; {there_are}{}", known.join(", "))));
        }
        if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(ApiError::Query(format!("query parameter {name} is there more than once; send one")));
        }
    }
    Ok(pairs)
}

fn parse_state(text: &str) -> Result<RuntimeState, ApiError> {
    RuntimeState::ALL.into_iter().find(|state| state.name() == text).ok_or_else(|| {
        let names = RuntimeState::ALL.map(RuntimeState::name).join(", ");
        ApiError::Query(format!("query parameter state is {}, must be one of {names}", quoted(text)))
    })
}

fn text_of(name: &str, value: String) -> Result<String, ApiError> {
    if (1..=MOST_FILTER_CHARS).contains(&value.chars().count()) {
        return Ok(value);
    }
    Err(ApiError::Query(format!("query parameter {name} must have 1 to {MOST_FILTER_CHARS} characters")))
}

fn number(name: &str, text: &str, least: u64, most: u64) -> Result<u64, ApiError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && (least..=most).contains(number)).ok_or_else(|| {
        let text = quoted(text);
        ApiError::Query(format!("query parameter {name} is {text}, must be a whole number from {least} to {most}"))
    })
}

fn small_number(name: &str, text: &str, most: usize) -> Result<usize, ApiError> {
    let value = number(name, text, 1, most as u64)?;
    Ok(usize::try_from(value).unwrap_or(most))
}

/// A client's text, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
