//! The FaaS API's answers as JSON, each with its status code. Pure.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use skerry_api::faas::{
    ACTIVITY_PATH, ActivityAnswer, AsyncAnswer, ErrorBody, ExecId, ExecuteAnswer, IndexAnswer, OutValue, RENEW_PATH,
    RenewAnswer, StatusAnswer, TaskState,
};
use skerry_executors::{Outcome, RequestError};

use crate::http::{Response, reason};
use crate::identifiers::Uuid;
use crate::request_body::BodyError;
use crate::workers::JobError;

/// The routes that are always there, as `GET /` lists them.
const ROUTES: [&str; 7] = [
    "GET /",
    "GET /healthz",
    "GET /metrics",
    "POST /v1/faas/execute-sync",
    "POST /v1/faas/execute-async",
    "GET /v1/faas/{uuid}/status",
    "DELETE /v1/faas/{uuid}",
];

/// The answer of `GET /healthz`.
pub(crate) const HEALTHY: &str = r#"{"status":"ok"}"#;

/// The answer of `GET /`.
pub(crate) fn index(
    instance: Uuid,
    unix_time_us: u64,
    offers_renewal: bool,
    natives: impl Iterator<Item = &'static str>,
) -> Response {
    let mut routes: Vec<String> = ROUTES.iter().map(ToString::to_string).collect();
    routes.push(format!("GET {ACTIVITY_PATH}"));
    if offers_renewal {
        routes.push(format!("POST {RENEW_PATH}"));
    }
    let answer = IndexAnswer {
        name: "skerry-runtime".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        instance: instance.to_string(),
        unix_time_ms: unix_time_us / 1000,
        routes,
        native_functions: natives.map(str::to_owned).collect(),
    };
    json(200, &answer)
}

/// The answer of `activity`.
pub(crate) fn activity(activity: ActivityAnswer) -> Response {
    json(200, &activity)
}

/// The answer of `renew`.
pub(crate) fn renewed(instance: Uuid, unix_time_us: u64) -> Response {
    json(200, &RenewAnswer { instance: instance.to_string(), unix_time_us })
}

/// An error, as [`ErrorBody`].
pub(crate) fn error(status: u16, message: &str) -> Response {
    let (message, detail) = (message.to_owned(), message.to_owned());
    json(status, &ErrorBody { error: reason(status).to_ascii_lowercase(), message, detail })
}

/// The answer to a call that cannot be run; `None` where nobody waits for one.
pub(crate) fn refused(refusal: &JobError) -> Option<Response> {
    let status = match refusal {
        JobError::Abandoned => return None,
        JobError::Body(BodyError::NoMemory) | JobError::Request(RequestError::NoMemory) => 503,
        JobError::Body(_) | JobError::Request(RequestError::BadParameter { .. } | RequestError::BadLimit { .. }) => 400,
        JobError::Request(RequestError::Unusable { .. } | RequestError::LanguageNotHere { .. }) => 405,
    };
    let response = error(status, &refusal.to_string());
    // RFC 9110 wants every 405 to name the methods; the method was right here, the report's choice of code is not ours.
    Some(if status == 405 { Response { allow: Some("POST"), ..response } } else { response })
}

/// What came of a call, with values in base64, and with the lines of the log if they are wanted.
pub(crate) fn execute_answer(outcome: Outcome, wants_log: bool) -> ExecuteAnswer {
    let logs = wants_log.then(|| outcome.log.lines().map(str::to_owned).collect());
    match outcome.result {
        Ok(success) => {
            let result = success.result.map(|value| STANDARD.encode(value));
            let out = |(var_name, value): (String, Vec<u8>)| OutValue { var_name, value: STANDARD.encode(value) };
            let outs = success.outs.into_iter().map(out).collect();
            ExecuteAnswer { result: result.clone(), ret_code: 0, res: result, err: None, outs, logs }
        }
        Err(failure) => {
            ExecuteAnswer { result: None, ret_code: -1, res: None, err: Some(failure.reason), outs: Vec::new(), logs }
        }
    }
}

/// What came of a task that was cancelled.
pub(crate) fn cancelled() -> ExecuteAnswer {
    let err = Some("cancelled".to_owned());
    ExecuteAnswer { result: None, ret_code: -1, res: None, err, outs: Vec::new(), logs: None }
}

/// The answer of `execute-sync`.
pub(crate) fn executed(call: Uuid, answer: &ExecuteAnswer, duration: Duration) -> Response {
    Response { call: Some(call), duration: Some(duration), ..json(200, answer) }
}

/// The answer of `execute-async`.
pub(crate) fn accepted(task: Uuid, cognit_compatible: bool) -> Response {
    let name = task.to_string();
    let location = Some(format!("/v1/faas/{name}/status"));
    let exec_id = ExecId { faas_task_uuid: name.clone() };
    let answer = AsyncAnswer { faas_uuid: name, status: TaskState::Working, res: None, exec_id };
    Response { location, ..json(if cognit_compatible { 200 } else { 201 }, &answer) }
}

/// The answer of `status`.
pub(crate) fn status(task: Uuid, state: TaskState, answer: Option<&ExecuteAnswer>) -> Response {
    let exec_id = ExecId { faas_task_uuid: task.to_string() };
    let result = answer.and_then(|answer| answer.result.clone());
    json(200, &StatusAnswer { state, status: state, result, res: answer.cloned(), exec_id })
}

fn json(status: u16, content: &impl Serialize) -> Response {
    match serde_json::to_vec(content) {
        Ok(text) => Response::json(status, text),
        // The types of the API have nothing that JSON cannot say.
        Err(_) => Response::json(500, &b"{}"[..]),
    }
}

#[cfg(test)]
mod tests {
    use skerry_executors::{Failure, FailureKind, Lang, Success};

    use super::*;

    const TASK: &str = "0188a6e2-1111-4222-8333-444455556666";

    fn task() -> Uuid {
        Uuid::parse(TASK).unwrap()
    }

    #[track_caller]
    fn golden(response: &Response, status: u16, body: &str) {
        assert_eq!((response.status, std::str::from_utf8(&response.body).unwrap()), (status, body));
    }

    fn outcome(result: Result<Success, Failure>) -> Outcome {
        Outcome { result, log: "secret".to_owned(), duration: Duration::from_micros(42) }
    }

    fn sum() -> ExecuteAnswer {
        let outs = vec![("c".to_owned(), "7.5".into())];
        execute_answer(outcome(Ok(Success { result: Some("7.5".into()), outs })), false)
    }

    fn failed() -> ExecuteAnswer {
        let failure = Failure { reason: "integer division by zero".to_owned(), kind: FailureKind::Trap };
        execute_answer(outcome(Err(failure)), false)
    }

    #[test]
    fn a_result_stands_under_both_names_and_out_values_by_their_own() {
        let expected =
            r#"{"result":"Ny41","ret_code":0,"res":"Ny41","err":null,"outs":[{"var_name":"c","value":"Ny41"}]}"#;
        golden(&executed(task(), &sum(), Duration::ZERO), 200, expected);
    }

    #[test]
    fn a_function_that_returns_nothing_has_no_result() {
        let nothing = execute_answer(outcome(Ok(Success { result: None, outs: Vec::new() })), false);
        golden(
            &executed(task(), &nothing, Duration::ZERO),
            200,
            r#"{"result":null,"ret_code":0,"res":null,"err":null}"#,
        );
    }

    #[test]
    fn a_failed_function_is_an_answer_with_its_reason() {
        let expected = r#"{"result":null,"ret_code":-1,"res":null,"err":"integer division by zero"}"#;
        golden(&executed(task(), &failed(), Duration::ZERO), 200, expected);
    }

    #[test]
    fn the_log_is_in_the_answer_for_whoever_asked_for_it_whichever_way_the_function_ended() {
        let failure = Failure { reason: "no".to_owned(), kind: FailureKind::Trap };
        let log = "one \"1\"\n\ntwo\n".to_owned();
        let answer = execute_answer(Outcome { log, ..outcome(Err(failure)) }, true);
        let expected = r#"{"result":null,"ret_code":-1,"res":null,"err":"no","logs":["one \"1\"","","two"]}"#;
        golden(&executed(task(), &answer, Duration::ZERO), 200, expected);
        let silent = Outcome { log: String::new(), ..outcome(Ok(Success { result: None, outs: Vec::new() })) };
        assert_eq!(execute_answer(silent, true).logs, Some(Vec::new()));
    }

    #[test]
    fn an_accepted_task_has_its_name_twice_and_a_place_to_ask() {
        let body = format!(
            r#"{{"faas_uuid":"{TASK}","status":"WORKING","res":null,"exec_id":{{"faas_task_uuid":"{TASK}"}}}}"#
        );
        golden(&accepted(task(), false), 201, &body);
        golden(&accepted(task(), true), 200, &body);
        assert_eq!(accepted(task(), false).location, Some(format!("/v1/faas/{TASK}/status")));
    }

    #[test]
    fn a_status_has_the_whole_answer_once_there_is_one() {
        let exec_id = format!(r#""exec_id":{{"faas_task_uuid":"{TASK}"}}"#);
        let working = format!(r#"{{"state":"WORKING","status":"WORKING","result":null,"res":null,{exec_id}}}"#);
        golden(&status(task(), TaskState::Working, None), 200, &working);
        let ready = format!(
            r#"{{"state":"READY","status":"READY","result":"Ny41","res":{{"result":"Ny41","ret_code":0,"res":"Ny41","err":null,"outs":[{{"var_name":"c","value":"Ny41"}}]}},{exec_id}}}"#
        );
        golden(&status(task(), TaskState::Ready, Some(&sum())), 200, &ready);
        let broken = format!(
            r#"{{"state":"FAILED","status":"FAILED","result":null,"res":{{"result":null,"ret_code":-1,"res":null,"err":"integer division by zero"}},{exec_id}}}"#
        );
        golden(&status(task(), TaskState::Failed, Some(&failed())), 200, &broken);
    }

    #[test]
    fn an_error_says_its_message_under_both_names() {
        let expected = r#"{"error":"not found","message":"say \"x\"","detail":"say \"x\""}"#;
        golden(&error(404, "say \"x\""), 404, expected);
    }

    #[test]
    fn what_is_wrong_decides_between_400_405_and_503() {
        let code = |refusal: JobError| refused(&refusal).map(|response| (response.status, response.allow));
        assert_eq!(code(BodyError::Missing("fc").into()), Some((400, None)));
        let bad = RequestError::BadParameter { field: "params[1].value".to_owned(), message: "is bad".to_owned() };
        golden(
            &refused(&bad.clone().into()).unwrap(),
            400,
            r#"{"error":"bad request","message":"params[1].value: is bad","detail":"params[1].value: is bad"}"#,
        );
        assert_eq!(code(RequestError::Unusable { message: String::new() }.into()), Some((405, Some("POST"))));
        assert_eq!(code(RequestError::LanguageNotHere { lang: Lang::Python }.into()), Some((405, Some("POST"))));
        assert_eq!(code(RequestError::NoMemory.into()), Some((503, None)));
        assert_eq!(code(BodyError::NoMemory.into()), Some((503, None)));
        assert_eq!(code(JobError::Abandoned), None);
    }
}
