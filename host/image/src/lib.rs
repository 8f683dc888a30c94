//! Builds and stores Serverless Runtime images
#![forbid(unsafe_code)]
