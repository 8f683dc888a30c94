//! The programs that other people use on such images, and what an image says to them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use skerry_tests::command::{Ended, Places};
use skerry_tests::image;

/// Runs a program to its end, which must be a good one; `None`, with the reason on stderr, where there is no such program.
#[track_caller]
pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: there is no {program} here; scripts/setup --tests installs it");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let Output { status, stdout, stderr } = output;
    assert!(status.success(), "{program} {arguments:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).unwrap())
}

/// Runs skopeo. Nothing here is signed, and whether this machine has a policy for signatures is not what is tested.
#[track_caller]
pub(crate) fn skopeo(arguments: &[&str]) -> Option<String> {
    run("skopeo", &[&["--insecure-policy"], arguments].concat())
}

/// Whether `skerry image build` finds the image that the tests use, built already; else the test is skipped.
pub(crate) fn image_is_of_this_tree() -> bool {
    let is = std::env::var_os("SKERRY_IMAGE").is_none();
    if !is {
        eprintln!("skipped: SKERRY_IMAGE names an image that may be of other sources");
    }
    is
}

/// Runs `skerry image build --oci` for the image that all tests use.
#[track_caller]
pub(crate) fn export(places: &Places, destination: &Path, more: &[&str]) -> Ended {
    image::minimal();
    let destination = destination.to_str().unwrap();
    places.run(&[&["image", "build", "--no-setup", "-o", "json", "--oci", destination], more].concat())
}

/// What a successful export says of itself.
#[track_caller]
pub(crate) fn exported(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    report["oci"].clone()
}

/// A layout's image: its manifest, its configuration, and the one layer's file.
pub(crate) struct Read {
    pub(crate) manifest: Value,
    pub(crate) configuration: Value,
    pub(crate) layer: PathBuf,
}

/// Reads a layout's image of a tag with no help but JSON's.
#[track_caller]
pub(crate) fn read(layout: &Path, tag: &str) -> Read {
    let json = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let blob = |descriptor: &Value| {
        layout.join("blobs/sha256").join(descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap())
    };
    let index = json(&layout.join("index.json"));
    let has_tag = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == tag;
    let entry = index["manifests"].as_array().unwrap().iter().find(has_tag).unwrap();
    let manifest = json(&blob(entry));
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1, "{manifest}");
    Read { configuration: json(&blob(&manifest["config"])), layer: blob(&layers[0]), manifest }
}

/// Unpacks a layer with the system's own tar, and returns every path in it with its size or, for a folder, none.
#[track_caller]
pub(crate) fn unpack(layer: &Path, into: &Path) -> BTreeMap<String, Option<u64>> {
    std::fs::create_dir_all(into).unwrap();
    run("tar", &["-xzf", layer.to_str().unwrap(), "-C", into.to_str().unwrap()]).expect("every Linux has tar");
    let mut found = BTreeMap::new();
    let mut waiting = vec![into.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.metadata().unwrap();
            let name = path.strip_prefix(into).unwrap().display().to_string();
            found.insert(name, metadata.is_file().then_some(metadata.len()));
            if metadata.is_dir() {
                waiting.push(path);
            }
        }
    }
    found
}
