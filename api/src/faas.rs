//! The Serverless Runtime's REST API (`/v1/faas/…`).
//!
//! Answers carry two sets of fields at once: those of the COGNIT D3.1 report (`result`, `faas_uuid`, `state`) and those
//! of the first public COGNIT release (`ret_code`, `res`, `err`, `exec_id`), so that a client of either works.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The TCP port on which a Serverless Runtime serves its API inside the guest.
pub const GUEST_PORT: u16 = 8000;
/// Where a host asks whether the runtime has anything to do ([`ActivityAnswer`]).
pub const ACTIVITY_PATH: &str = "/v1/skerry/activity";
/// Where a host makes a restored runtime one of its own ([`RenewRequest`]); there with the boot option
/// [`crate::boot::OPTION_RENEWAL`] only.
pub const RENEW_PATH: &str = "/v1/skerry/renew";

/// Body of `POST /v1/faas/execute-sync` and `execute-async`.
///
/// The runtime reads requests field by field itself, to name the field that is wrong; clients serialise this type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteRequest {
    /// The executor: `C`, `WASM`, `PY` or `NATIVE`.
    pub lang: String,
    /// Base64 of the function: source text, a WebAssembly module, or a native function's name.
    pub fc: String,
    /// Base64 of each parameter, in the order of the function's own.
    pub params: Vec<String>,
    /// A client's own hash of the function. Accepted and not trusted; may be missing or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fc_hash: Option<String>,
    /// Lowers the runtime's limit of the call's time, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Lowers the runtime's limit of the call's memory, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Lowers the runtime's limit of result and `OUT` values together, and of the log, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_bytes: Option<u64>,
    /// The answer is to have the call's log ([`ExecuteAnswer::logs`]).
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub log: bool,
}

/// One decoded parameter of a `C` or `WASM` function: what the base64 in [`ExecuteRequest::params`] holds as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The C type by its usual name: `int`, `unsigned long`, `float`, `double`, …; of an array: `int[]`, `int[3][4]`; of a
    /// text: `char*`, or `char[64]` where its size matters.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The parameter's name, as it is called in the function.
    pub var_name: String,
    /// Base64 of the value as text (`7.5`); empty for an `OUT` parameter.
    #[serde(default)]
    pub value: String,
    /// Which way the value travels.
    pub mode: ParameterMode,
}

/// Which way a parameter's value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ParameterMode {
    /// From the caller to the function, by value.
    In,
    /// From the function to the caller: the function gets a pointer to write through.
    Out,
    /// Both: the function gets a pointer to the value, and what is there in the end comes back.
    InOut,
}

/// One `OUT` parameter's final value, as it stands in [`ExecuteAnswer::outs`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutValue {
    /// The parameter's name.
    pub var_name: String,
    /// Base64 of the value as text.
    pub value: String,
}

/// Answer of `execute-sync` (200), and the `res` of a finished asynchronous task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteAnswer {
    /// Base64 of the result as text; `None` when the function failed or returns nothing.
    pub result: Option<String>,
    /// 0 when the function ran to its end, -1 when it failed (trap, limit, exception).
    pub ret_code: i32,
    /// The same as `result`, under the name of the first public release.
    pub res: Option<String>,
    /// Why the function failed, for a user to act on.
    pub err: Option<String>,
    /// All `OUT` values in the order of the parameters; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outs: Vec<OutValue>,
    /// The lines that the function logged, if the request asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Vec<String>>,
}

/// How far an asynchronous task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskState {
    /// Queued or running.
    Working,
    /// Ran to its end; the result is there.
    Ready,
    /// The function failed; `err` says why.
    Failed,
}

/// The task's identity in the form of the first public COGNIT release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecId {
    /// The task's UUID in the hyphenated lower-case form of RFC 9562.
    pub faas_task_uuid: String,
}

/// Answer of `execute-async` (201, or 200 with the boot option `compat=cognit-1.0`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncAnswer {
    /// The task's UUID, to ask `/v1/faas/{uuid}/status` with.
    pub faas_uuid: String,
    /// Always [`TaskState::Working`] here.
    pub status: TaskState,
    /// Always `null` here.
    pub res: Option<ExecuteAnswer>,
    /// The same UUID, as the first public release names it.
    pub exec_id: ExecId,
}

/// Answer of `GET /v1/faas/{uuid}/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusAnswer {
    /// How far the task is.
    pub state: TaskState,
    /// The same as `state`.
    pub status: TaskState,
    /// Base64 of the result as text, once there is one.
    pub result: Option<String>,
    /// The whole answer, as `execute-sync` would have given it; `null` while the task works.
    pub res: Option<ExecuteAnswer>,
    /// The task's UUID.
    pub exec_id: ExecId,
}

/// Answer of `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexAnswer {
    /// Always `skerry-runtime`.
    pub name: String,
    /// The runtime's version.
    pub version: String,
    /// The runtime's own UUID: drawn at boot, replaced by a renewal.
    pub instance: String,
    /// The clock of the day, in milliseconds since 1970.
    pub unix_time_ms: u64,
    /// Method and path of each route.
    pub routes: Vec<String>,
    /// The names of native functions; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub native_functions: Vec<String>,
}

/// Answer of `GET /v1/skerry/activity`: a runtime with nothing but zeros in the first two fields may be put to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityAnswer {
    /// Calls that wait or run, those of tasks included.
    pub calls_in_progress: usize,
    /// Asynchronous tasks that are not finished.
    pub tasks_running: usize,
    /// Finished tasks whose answers are kept.
    pub tasks_finished: usize,
    /// Open connections, the one that asks included.
    pub connections: usize,
}

/// Body of `POST /v1/skerry/renew`. No other field is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// The runtime's new identity, a UUID in the hyphenated form.
    pub instance: String,
    /// The time now, in microseconds since 1970; from the year 2000 up to 2100.
    pub unix_time_us: u64,
    /// Base64 of 32 to 256 fresh random bytes, used for nothing else.
    pub entropy: String,
}

/// Answer of `POST /v1/skerry/renew` (200).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewAnswer {
    /// The runtime's identity from now on.
    pub instance: String,
    /// The time now by the runtime's clock of the day, in microseconds since 1970.
    pub unix_time_us: u64,
}

/// Body of every answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What failed, short: `bad request`, `method not allowed`.
    pub error: String,
    /// What exactly is wrong and what to do.
    pub message: String,
    /// The same as `message`, for clients that look under this name.
    pub detail: String,
}
