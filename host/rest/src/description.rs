//! The words about each operation: what it is for, what it takes, what it answers. Facts for `openapi.rs` and `page.rs`.
//!
//! What bodies look like is told by the schema alone; here they are named.

use http::StatusCode;

use crate::operations::Operation;
use crate::request::{DEFAULT_LIMIT, DEFAULT_LINES, MOST_LIMIT, MOST_LINES};

/// What there is to say about one operation.
pub(crate) struct Description {
    /// `operationId`: stable, since generated clients call their functions so.
    pub(crate) id: &'static str,
    /// The heading that it stands under.
    pub(crate) group: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// More, where there is more.
    pub(crate) detail: &'static str,
    /// What can be given beside a body.
    pub(crate) parameters: &'static [Parameter],
    /// The definition of the schema that its request's body fits.
    pub(crate) body: Option<&'static str>,
    /// The code of success, what it means, and what comes with it.
    pub(crate) success: (StatusCode, &'static str, Content),
    /// Headers of that answer, beside `X-Request-Id`.
    pub(crate) headers: &'static [AnswerHeader],
    /// Codes of refusals.
    pub(crate) errors: &'static [StatusCode],
}

/// What an answer's body is.
pub(crate) enum Content {
    /// No body.
    Nothing,
    /// JSON that fits a definition of the schema.
    Json(&'static str),
    /// JSON of another make, or text: the media type.
    Other(&'static str),
}

/// What a request may have beside its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Id,
    State,
    Flavour,
    Name,
    After,
    Limit,
    Lines,
    IfMatch,
    IfNoneMatch,
    IdempotencyKey,
}

impl Parameter {
    pub(crate) const ALL: [Self; 10] = [
        Self::Id,
        Self::State,
        Self::Flavour,
        Self::Name,
        Self::After,
        Self::Limit,
        Self::Lines,
        Self::IfMatch,
        Self::IfNoneMatch,
        Self::IdempotencyKey,
    ];

    /// Its name, where it stands (as OpenAPI calls it), what it is for.
    pub(crate) const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Id => ("id", "path", "The runtime's number."),
            Self::State => ("state", "query", "Only runtimes in this state."),
            Self::Flavour => ("flavour", "query", "Only runtimes of this flavour, or of one that it is an alias of."),
            Self::Name => ("name", "query", "Only runtimes of exactly this name."),
            Self::After => ("after", "query", "Only runtimes with a greater ID: `NEXT` of the page before."),
            Self::Limit => ("limit", "query", "At most this many on a page."),
            Self::Lines => ("lines", "query", "At most this many of the last lines."),
            Self::IfMatch => {
                ("If-Match", "header", "Only if the runtime still has one of these ETags (`*`: any); else 412.")
            }
            Self::IfNoneMatch => {
                ("If-None-Match", "header", "Answer 304 without a body if the runtime has one of these ETags.")
            }
            Self::IdempotencyKey => (
                "Idempotency-Key",
                "header",
                "A request that is sent again under the same key makes no second runtime.",
            ),
        }
    }

    /// Its JSON Schema, as text.
    pub(crate) fn schema(self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::Id => json!({"type": "integer", "minimum": 1}),
            Self::State => json!({"$ref": "#/components/schemas/State"}),
            Self::Flavour | Self::Name => json!({"type": "string", "minLength": 1, "maxLength": 128}),
            Self::After => json!({"type": "integer", "minimum": 0}),
            Self::Limit => json!({"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT}),
            Self::Lines => json!({"type": "integer", "minimum": 1, "maximum": MOST_LINES, "default": DEFAULT_LINES}),
            Self::IfMatch | Self::IfNoneMatch => {
                let tag = "(W/)?\"[^\"]*\"";
                let pattern = format!("^(\\*|{tag}( *, *{tag})*)$");
                json!({"type": "string", "pattern": pattern, "examples": ["*", "\"3\""]})
            }
            Self::IdempotencyKey => {
                json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"})
            }
        }
    }
}

/// Headers of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerHeader {
    RequestId,
    ETag,
    Location,
    IdempotentReplayed,
    Link,
    RetryAfter,
}

impl AnswerHeader {
    pub(crate) const ALL: [Self; 6] =
        [Self::RequestId, Self::ETag, Self::Location, Self::IdempotentReplayed, Self::Link, Self::RetryAfter];

    /// Its name and what it says.
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::RequestId => {
                ("X-Request-Id", "The request's, where it was well formed, else a new one; also in the engine's log.")
            }
            Self::ETag => ("ETag", "The runtime's version, for If-Match and If-None-Match."),
            Self::Location => ("Location", "Where the runtime is."),
            Self::IdempotentReplayed => {
                ("Idempotent-Replayed", "`true` if an earlier request under the same key made it.")
            }
            Self::Link => ("Link", "The next page, with `rel=\"next\"`; absent on the last."),
            Self::RetryAfter => ("Retry-After", "Seconds after which to ask again."),
        }
    }
}

/// The headings, in order, with what stands under them.
pub(crate) const GROUPS: [(&str, &str); 2] = [
    (
        "Serverless Runtimes",
        "Create, follow, change and delete runtimes. Creation never waits for a machine: poll until STATE is RUNNING, then call ENDPOINT.",
    ),
    ("Engine", "About the engine itself. No credentials needed."),
];

/// What a refusal's code means.
pub(crate) fn refusal(code: StatusCode) -> &'static str {
    match code {
        StatusCode::BAD_REQUEST => "The request is wrong; `path` points to the member at fault where there is one.",
        StatusCode::UNAUTHORIZED => "No credentials, or wrong ones.",
        StatusCode::FORBIDDEN => "Not for this user.",
        StatusCode::NOT_FOUND => "There is no such runtime.",
        StatusCode::REQUEST_TIMEOUT => "The body took too long to arrive.",
        StatusCode::PRECONDITION_FAILED => "The runtime was changed meanwhile; ETag has its version.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than 1 MiB.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body is not said to be JSON.",
        StatusCode::UNPROCESSABLE_ENTITY => "Well formed, and cannot be; the message says why.",
        StatusCode::LOCKED => "The runtime is on its way to another state.",
        StatusCode::SERVICE_UNAVAILABLE => "The engine cannot take work now.",
        StatusCode::INSUFFICIENT_STORAGE => "The host has no room for it.",
        _ => "A fault of the engine; its log has more under the X-Request-Id.",
    }
}

const READ: &[StatusCode] = &[
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];
const OPEN: &[StatusCode] = &[StatusCode::INTERNAL_SERVER_ERROR];

impl Operation {
    /// What there is to say about it.
    pub(crate) const fn description(self) -> Description {
        match self {
            Self::ListRuntimes => LIST,
            Self::CreateRuntime => CREATE,
            Self::GetRuntime => GET,
            Self::ChangeRuntime => CHANGE,
            Self::DeleteRuntime => DELETE,
            Self::GetHistory => HISTORY,
            Self::GetLog => LOG,
            Self::GetSchema => {
                about("getSchema", "The JSON Schema of all bodies", Content::Other("application/schema+json"))
            }
            Self::GetOpenApi => {
                about("getOpenApi", "This description, as an OpenAPI 3.1 document", Content::Other("application/json"))
            }
            Self::GetDocs => about("getDocs", "This description, as a page", Content::Other("text/html")),
            Self::GetHealth => about("getHealth", "Whether the engine lives", Content::Json("Health")),
            Self::GetReadiness => Description {
                errors: &[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE],
                ..about("getReadiness", "Whether the engine can take work", Content::Json("Health"))
            },
            Self::GetVersion => about("getVersion", "Which engine this is", Content::Json("Version")),
            Self::GetServerVersion => about("getServerVersion", "The same as /version", Content::Json("Version")),
            Self::GetServerConfig => {
                about("getServerConfig", "The settings in force, without secrets", Content::Json("Config"))
            }
            Self::GetMetrics => about("getMetrics", "Metrics in Prometheus' text format", Content::Other("text/plain")),
        }
    }
}

const fn about(id: &'static str, summary: &'static str, content: Content) -> Description {
    Description {
        id,
        group: GROUPS[1].0,
        summary,
        detail: "",
        parameters: &[],
        body: None,
        success: (StatusCode::OK, "That.", content),
        headers: &[],
        errors: OPEN,
    }
}

const LIST: Description = Description {
    id: "listRuntimes",
    group: GROUPS[0].0,
    summary: "List runtimes",
    detail: "By rising ID, in pages; a runtime that is made meanwhile appears at the end, none twice.",
    parameters: &[Parameter::State, Parameter::Flavour, Parameter::Name, Parameter::After, Parameter::Limit],
    body: None,
    success: (StatusCode::OK, "One page.", Content::Json("RuntimePage")),
    headers: &[AnswerHeader::Link],
    errors: &[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR],
};

const CREATE: Description = Description {
    id: "createRuntime",
    group: GROUPS[0].0,
    summary: "Create a runtime",
    detail: "Answered at once, with STATE PENDING. Only FAAS.FLAVOUR is required. Sent again under the same Idempotency-Key it answers 201 with the runtime as it is then.",
    parameters: &[Parameter::IdempotencyKey],
    body: Some("RuntimeCreation"),
    success: (StatusCode::CREATED, "Accepted.", Content::Json("Runtime")),
    headers: &[AnswerHeader::ETag, AnswerHeader::Location, AnswerHeader::IdempotentReplayed],
    errors: &[
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::INSUFFICIENT_STORAGE,
    ],
};

const GET: Description = Description {
    id: "getRuntime",
    group: GROUPS[0].0,
    summary: "Get a runtime",
    detail: "",
    parameters: &[Parameter::Id, Parameter::IfNoneMatch],
    body: None,
    success: (StatusCode::OK, "The runtime as it is now.", Content::Json("Runtime")),
    headers: &[AnswerHeader::ETag],
    errors: READ,
};

const CHANGE: Description = Description {
    id: "changeRuntime",
    group: GROUPS[0].0,
    summary: "Change a runtime",
    detail: "Takes what GET answered, changed; what the engine sets is ignored. CPU, MEMORY and DISK_SIZE may become more; a change of FLAVOUR or a decrease is refused with 422. The endpoint goes on answering meanwhile.",
    parameters: &[Parameter::Id, Parameter::IfMatch],
    body: Some("RuntimeChange"),
    success: (StatusCode::OK, "The runtime as it is now.", Content::Json("Runtime")),
    headers: &[AnswerHeader::ETag],
    errors: &[
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PRECONDITION_FAILED,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::LOCKED,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::INSUFFICIENT_STORAGE,
    ],
};

const DELETE: Description = Description {
    id: "deleteRuntime",
    group: GROUPS[0].0,
    summary: "Delete a runtime",
    detail: "Its machine ends afterwards. If-Match is looked at before the deletion; a change in between is not noticed.",
    parameters: &[Parameter::Id, Parameter::IfMatch],
    body: None,
    success: (StatusCode::NO_CONTENT, "It is gone.", Content::Nothing),
    headers: &[],
    errors: &[
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::PRECONDITION_FAILED,
        StatusCode::LOCKED,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ],
};

const HISTORY: Description = Description {
    id: "getRuntimeHistory",
    group: GROUPS[0].0,
    summary: "What happened to a runtime",
    detail: "Each step with its start path and how long its phases took, oldest first.",
    parameters: &[Parameter::Id],
    body: None,
    success: (StatusCode::OK, "Its history.", Content::Json("History")),
    headers: &[],
    errors: READ,
};

const LOG: Description = Description {
    id: "getRuntimeLog",
    group: GROUPS[0].0,
    summary: "The last lines of a runtime's serial log",
    detail: "What the guest wrote, as it wrote it.",
    parameters: &[Parameter::Id, Parameter::Lines],
    body: None,
    success: (StatusCode::OK, "The lines.", Content::Other("text/plain")),
    headers: &[],
    errors: READ,
};
