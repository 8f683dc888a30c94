//! The Serverless Runtime: HTTP server, FaaS API, tasks and metrics
#![forbid(unsafe_code)]
