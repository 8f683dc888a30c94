//! The provisioning REST API: schema, routes, OpenAPI document.
#![forbid(unsafe_code)]

mod provisioner;

pub use provisioner::{Created, Filter, Idempotency, Listing, Provisioner, Refusal, Versioned};
