//! The provisioning REST API: schema, routes, OpenAPI document.
//!
//! What it offers is listed in `operations.rs`; what bodies look like, in `serverless-runtime.schema.json`. It knows the
//! engine by the trait [`Provisioner`] only, decides about no credentials, and never waits for a VM.
//!
//! An engine serves `finish(protected(p).layer(identity).merge(open(p)).merge(gateway))`.
#![forbid(unsafe_code)]

mod body;
mod description;
mod error;
mod json;
mod openapi;
mod operations;
mod page;
mod provisioner;
mod request;
mod request_id;
mod routes;
mod runtimes;
mod schema;
mod server;
mod unread;

pub use openapi::document as openapi_document;
pub use provisioner::{Created, Filter, Idempotency, Listing, Provisioner, Refusal, Versioned};
pub use request_id::{REQUEST_ID, with_request_id};
pub use routes::{finish, open, protected};
