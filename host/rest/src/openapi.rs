//! The OpenAPI 3.1 document: operations from `operations.rs`, words from `description.rs`, bodies from the schema.
//!
//! `host/rest/openapi.json` is a copy for readers of the repository; a test demands that it is current.

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::description::{AnswerHeader, Content, Description, GROUPS, Parameter, refusal};
use crate::operations::Operation;
use crate::schema;

static DOCUMENT: LazyLock<Value> = LazyLock::new(build);
static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", *DOCUMENT));

/// The document of everything that [`crate::open`] and [`crate::protected`] serve.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The same, as it is served.
pub(crate) fn text() -> &'static str {
    &TEXT
}

fn build() -> Value {
    let groups: Vec<Value> =
        GROUPS.iter().map(|(name, description)| json!({"name": name, "description": description})).collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Skerry provisioning engine",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Creates, follows, changes and deletes Serverless Runtimes. Functions are then sent to a runtime's own ENDPOINT.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": groups,
        "security": [{"basic": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            "schemas": schemas(),
            "parameters": by_name(Parameter::ALL.map(|one| (one.words().0, parameter(one)))),
            "headers": by_name(AnswerHeader::ALL.map(|one| (one.words().0, header(one)))),
        },
    })
}

fn by_name<const N: usize>(all: [(&str, Value); N]) -> Value {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn paths() -> Value {
    let mut paths = Map::new();
    for operation in Operation::ALL {
        let (method, path) = operation.method_and_path();
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method.as_str().to_ascii_lowercase()] = describe(operation);
    }
    paths.into()
}

fn describe(operation: Operation) -> Value {
    let words = operation.description();
    let references = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
    let mut described = json!({
        "operationId": words.id,
        "tags": [words.group],
        "summary": words.summary,
        "responses": answers(&words),
    });
    if !words.detail.is_empty() {
        described["description"] = words.detail.into();
    }
    if !words.parameters.is_empty() {
        described["parameters"] = words.parameters.iter().map(|one| references(one.words().0)).collect();
    }
    if let Some(name) = words.body {
        let mut media = json!({"schema": component(name)});
        if let Some(example) = schema::document().pointer("/examples/0") {
            media["example"] = example.clone();
        }
        described["requestBody"] = json!({"required": true, "content": {"application/json": media}});
    }
    if operation.is_open() {
        described["security"] = json!([]);
    }
    described
}

fn answers(words: &Description) -> Value {
    let (code, meaning, content) = &words.success;
    let mut answers = Map::new();
    let mut success = json!({"description": meaning, "headers": headers(words.headers)});
    match content {
        Content::Nothing => {}
        Content::Json(name) => success["content"] = json!({"application/json": {"schema": component(name)}}),
        Content::Other(media_type) => success["content"] = json!({*media_type: {}}),
    }
    answers.insert(code.as_str().to_owned(), success);
    if words.parameters.contains(&Parameter::IfNoneMatch) {
        let unchanged = json!({"description": "The client has it already.", "headers": headers(&[AnswerHeader::ETag])});
        answers.insert("304".to_owned(), unchanged);
    }
    for code in words.errors {
        let more: &[AnswerHeader] = match *code {
            StatusCode::LOCKED | StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE => {
                &[AnswerHeader::RetryAfter]
            }
            StatusCode::PRECONDITION_FAILED => &[AnswerHeader::ETag],
            _ => &[],
        };
        let content = json!({"application/json": {"schema": component("Error")}});
        let error = json!({"description": refusal(*code), "headers": headers(more), "content": content});
        answers.insert(code.as_str().to_owned(), error);
    }
    answers.into()
}

fn headers(more: &[AnswerHeader]) -> Value {
    let all = [AnswerHeader::RequestId].into_iter().chain(more.iter().copied());
    all.map(|header| {
        let name = header.words().0;
        (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))
    })
    .collect::<Map<_, _>>()
    .into()
}

fn parameter(parameter: Parameter) -> Value {
    let (name, place, description) = parameter.words();
    json!({
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": parameter.schema(),
    })
}

fn header(header: AnswerHeader) -> Value {
    let kind = if header == AnswerHeader::RetryAfter { "integer" } else { "string" };
    json!({"description": header.words().1, "schema": {"type": kind}})
}

fn component(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The schema's definitions, with references that lead to where they stand in this document.
fn schemas() -> Value {
    let mut schemas = schema::document().get("$defs").cloned().unwrap_or_default();
    lead_references_here(&mut schemas);
    schemas
}

fn lead_references_here(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace("#/$defs/", "#/components/schemas/");
                    }
                    other => lead_references_here(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(lead_references_here),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_copy_in_the_repository_is_current() {
        let copy: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        let remedy = "cargo run -p skerry-rest --example openapi > host/rest/openapi.json";
        assert!(copy == *document(), "host/rest/openapi.json is stale; run: {remedy}");
    }

    #[test]
    fn each_operation_is_listed_once_and_has_an_id_of_its_own() {
        let places: HashSet<_> = Operation::ALL.map(Operation::method_and_path).into_iter().collect();
        let ids: HashSet<_> = Operation::ALL.map(|operation| operation.description().id).into_iter().collect();
        assert_eq!((places.len(), ids.len()), (Operation::ALL.len(), Operation::ALL.len()));
        // The enum's last variant: one that is missing in ALL would leave a gap before it or come after it.
        assert_eq!(Operation::GetMetrics as usize + 1, Operation::ALL.len());
    }

    #[test]
    fn each_path_parameter_is_described_and_each_reference_leads_somewhere() {
        for operation in Operation::ALL {
            let (_, path) = operation.method_and_path();
            let described = operation.description().parameters.contains(&Parameter::Id);
            assert_eq!(path.contains("{id}"), described, "{path}");
            assert_eq!(
                operation.is_open(),
                !operation.description().errors.contains(&StatusCode::UNAUTHORIZED),
                "{path}"
            );
        }
        let mut references = 0;
        follow_references(document(), &mut references);
        assert!(references > 100, "{references}");
    }

    fn follow_references(value: &Value, count: &mut usize) {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            *count += 1;
            assert!(document().pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| follow_references(member, count)),
            Value::Array(items) => items.iter().for_each(|item| follow_references(item, count)),
            _ => {}
        }
    }
}
