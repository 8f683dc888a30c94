//! What may lie where an image is to go: each place takes it whole, or stays as it was.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use skerry_oci::{CreationTime, Destination, PackedImage, Tag, Unikernel, WriteError, pack};
use tempfile::TempDir;

/// An image of two small files; what is in them makes it another image.
fn image(content: &str) -> PackedImage {
    let folder = tempfile::tempdir().unwrap();
    let (loader, unikernel) = (folder.path().join("loader"), folder.path().join("unikernel"));
    fs::write(&loader, "loader").unwrap();
    fs::write(&unikernel, content).unwrap();
    let unikernel = Unikernel {
        flavour: "minimal".to_owned(),
        description: "functions".to_owned(),
        revision: "abc".to_owned(),
        loader,
        unikernel,
    };
    pack(&unikernel, CreationTime::default()).unwrap()
}

fn place(folder: &TempDir, name: &str) -> Destination {
    folder.path().join(name).to_str().unwrap().parse().unwrap()
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

/// Every file below a folder with its content, every folder with none.
fn everything(folder: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                waiting.push(path);
                found.push((name, None));
            } else {
                found.push((name, Some(fs::read(path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

/// The tags of a layout, with the digests that they name, in their order.
fn tags(layout: &Path) -> Vec<(String, String)> {
    let index: serde_json::Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let entry = |entry: &serde_json::Value| {
        (text(&entry["annotations"]["org.opencontainers.image.ref.name"]), text(&entry["digest"]))
    };
    index["manifests"].as_array().unwrap().iter().map(entry).collect()
}

#[test]
fn the_same_files_are_the_same_image_in_every_place() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        for name in ["layout", "archive.tar"] {
            place(folder, name).write(&image("a"), &tag("minimal")).unwrap();
        }
    }
    assert_eq!(everything(first.path()), everything(second.path()));
    assert_ne!(image("a").digest(), image("b").digest());
}

#[test]
fn every_file_of_a_layout_is_what_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let image = image("a");
    place(&folder, "layout").write(&image, &tag("minimal")).unwrap();
    let files = everything(&folder.path().join("layout"));
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let blobs: Vec<_> = names.iter().filter(|name| name.starts_with("blobs/sha256/")).collect();
    assert_eq!((names.len(), blobs.len()), (7, 3), "{names:?}");
    assert!(blobs.iter().any(|name| image.digest().ends_with(&name["blobs/sha256/".len()..])), "{names:?}");
    let bytes: usize =
        files.iter().filter(|(name, _)| name.starts_with("blobs/")).flat_map(|(_, file)| file).map(Vec::len).sum();
    assert_eq!(bytes as u64, image.sizes().image_bytes);
}

#[test]
fn a_layout_keeps_its_other_tags_and_replaces_the_same_one_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, destination) = (folder.path().join("layout"), place(&folder, "layout"));
    let (old, new, other) = (image("old"), image("new"), image("other"));
    destination.write(&old, &tag("a")).unwrap();
    destination.write(&other, &tag("b")).unwrap();
    destination.write(&new, &tag("a")).unwrap();
    let expected = [("a", &new), ("b", &other)].map(|(tag, image)| (tag.to_owned(), image.digest()));
    assert_eq!(tags(&layout), expected);
    let before = everything(&layout);
    destination.write(&new, &tag("a")).unwrap();
    assert_eq!(everything(&layout), before);
    let hex = old.digest().replace("sha256:", "");
    assert!(layout.join("blobs/sha256").join(hex).exists(), "whatever names the old one still finds it");
}

#[test]
fn entries_of_other_tools_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let destination = place(&folder, "layout");
    destination.write(&image("a"), &tag("a")).unwrap();
    let index = folder.path().join("layout/index.json");
    let digest = format!("sha256:{}", "1".repeat(64));
    let foreign = serde_json::json!({
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": 3,
        "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"},
        "artifactType": "application/x", "annotations": {"org.example.key": "value"},
    });
    let mut document: serde_json::Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    document["manifests"].as_array_mut().unwrap().insert(0, foreign.clone());
    document["annotations"] = serde_json::json!({"org.example.index": "1"});
    fs::write(&index, document.to_string()).unwrap();
    destination.write(&image("b"), &tag("b")).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    assert_eq!(written["manifests"][0], foreign);
    assert_eq!(written["annotations"], document["annotations"]);
    assert_eq!(tags(&folder.path().join("layout")).len(), 3);
}

#[test]
fn an_empty_folder_becomes_a_layout() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    place(&folder, "empty").write(&image("a"), &tag("a")).unwrap();
    place(&folder, "new").write(&image("a"), &tag("a")).unwrap();
    assert_eq!(everything(&folder.path().join("empty")), everything(&folder.path().join("new")));
}

#[test]
fn a_damaged_blob_is_made_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (destination, image) = (place(&folder, "layout"), image("a"));
    destination.write(&image, &tag("a")).unwrap();
    let before = everything(folder.path());
    let manifest = folder.path().join("layout/blobs/sha256").join(image.digest().replace("sha256:", ""));
    fs::write(&manifest, "{").unwrap();
    destination.write(&image, &tag("a")).unwrap();
    assert_eq!(everything(folder.path()), before);
}

#[test]
fn what_is_no_layout_is_named_and_left_alone() {
    let good_index = r#"{"schemaVersion":2,"manifests":[]}"#;
    let good_layout = r#"{"imageLayoutVersion":"1.0.0"}"#;
    for (files, problem) in [
        (&[("notes.txt", "mine")][..], "there is no oci-layout in it"),
        (&[("index.json", good_index)], "there is no oci-layout in it"),
        (&[("oci-layout", good_layout)], "there is no index.json in it"),
        (
            &[("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#), ("index.json", good_index)],
            "its version is \"2.0.0\"",
        ),
        (&[("oci-layout", "{"), ("index.json", good_index)], "oci-layout: EOF"),
        (&[("oci-layout", good_layout), ("index.json", "[]")], "index.json cannot be understood"),
        (&[("oci-layout", good_layout), ("index.json", r#"{"schemaVersion":1,"manifests":[]}"#)], "of schema 1, not 2"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("there")).unwrap();
        for (name, content) in files {
            fs::write(folder.path().join("there").join(name), content).unwrap();
        }
        let before = everything(folder.path());
        let destination = place(&folder, "there");
        for error in [destination.check().unwrap_err(), destination.write(&image("a"), &tag("a")).unwrap_err()] {
            assert!(matches!(error, WriteError::NoLayout { .. }), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
        }
        assert_eq!(everything(folder.path()), before);
    }
}

#[test]
fn a_file_or_folder_of_the_wrong_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    fs::write(folder.path().join("mine.tar"), "mine").unwrap();
    fs::create_dir(folder.path().join("folder.tar")).unwrap();
    let mut backup = tar::Builder::new(fs::File::create(folder.path().join("backup.tar")).unwrap());
    backup.append_path_with_name(folder.path().join("file"), "file").unwrap();
    backup.into_inner().unwrap();
    let before = everything(folder.path());
    for name in ["file", "mine.tar", "folder.tar", "backup.tar"] {
        let destination = place(&folder, name);
        assert!(destination.check().is_err(), "{name}");
        assert!(destination.write(&image("a"), &tag("a")).is_err(), "{name}");
    }
    assert_eq!(everything(folder.path()), before);
}

#[test]
fn an_archive_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let destination = place(&folder, "images.tar");
    destination.write(&image("old"), &tag("old")).unwrap();
    destination.write(&image("new"), &tag("new")).unwrap();
    let other = tempfile::tempdir().unwrap();
    place(&other, "images.tar").write(&image("new"), &tag("new")).unwrap();
    assert_eq!(everything(folder.path()), everything(other.path()));
}

/// `/proc` takes no files, not even root's.
#[test]
fn where_nothing_can_be_written_the_path_is_named_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let before = everything(folder.path());
    for path in ["/proc/images", "/proc/images.tar", "/dev/null/images"] {
        let error = path.parse::<Destination>().unwrap().write(&image("a"), &tag("a")).unwrap_err();
        assert!(matches!(&error, WriteError::Io { path: named, .. } if named == Path::new(path)), "{error:?}");
    }
    let nowhere = place(&folder, "missing/images");
    assert!(nowhere.write(&image("a"), &tag("a")).is_err());
    assert_eq!(everything(folder.path()), before);
}

/// A blob's place is taken by a folder, so that writing fails after the first blobs are there.
#[test]
fn what_fails_half_way_takes_back_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (destination, image) = (place(&folder, "layout"), image("new"));
    destination.write(&self::image("old"), &tag("a")).unwrap();
    let manifest = folder.path().join("layout/blobs/sha256").join(image.digest().replace("sha256:", ""));
    fs::create_dir(manifest).unwrap();
    let before = everything(folder.path());
    assert!(destination.write(&image, &tag("a")).is_err());
    assert_eq!(everything(folder.path()), before);
}

#[test]
fn who_writes_at_the_same_time_loses_no_tag() {
    let folder = tempfile::tempdir().unwrap();
    place(&folder, "layout").write(&image("first"), &tag("first")).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let destination = place(&folder, "layout");
            scope.spawn(move || destination.write(&image(&number.to_string()), &tag(&number.to_string())).unwrap());
        }
    });
    assert_eq!(tags(&folder.path().join("layout")).len(), 9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_tag_that_is_taken_is_found_again(text in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}") {
        let folder = tempfile::tempdir().unwrap();
        let image = image("a");
        place(&folder, "layout").write(&image, &tag(&text)).unwrap();
        prop_assert_eq!(tags(&folder.path().join("layout")), [(text, image.digest())]);
    }
}
