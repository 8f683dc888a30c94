//! OCI images as their users meet them: written by `skerry image build --oci` and by buildah, read by skopeo and tar, and
//! booted. None of them is run by a container engine here.
//!
//! A test that cannot run on this machine says `skipped:` and why.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod containerfile;
mod export;
mod reproducible;
mod tools;
