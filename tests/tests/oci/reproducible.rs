//! Two builds from scratch, in two places, are one image: the promise on which all trust in a digest rests.

use std::path::Path;

use skerry_image::{Builder, Flavour, Silent};
use skerry_tests::image;

use crate::tools::image_is_of_this_tree;

/// Takes as long as the image takes to build, minutes: nothing of the other build is used.
#[test]
fn a_build_of_a_copy_of_the_tree_in_another_place_is_the_same_image() {
    if !image_is_of_this_tree() {
        return;
    }
    let first = image::minimal();
    let folder = tempfile::tempdir().unwrap();
    // At another depth, so that a path that gets into the image changes its size, too.
    let source = folder.path().join("a/rather/longer/path/to/the/sources");
    copy(image::source_root(), &source);
    let second = Builder::new(source, &folder.path().join("target")).build(Flavour::Minimal, &mut Silent).unwrap();
    assert_eq!(first.id, second.id, "the copy is one");
    for (first, second) in [(&first.loader, &second.loader), (&first.unikernel, &second.unikernel)] {
        let same = std::fs::read(first).unwrap() == std::fs::read(second).unwrap();
        assert!(same, "{} and {} differ", first.display(), second.display());
    }
}

/// Copies the tree's files, but not what was built of them.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_symlink() || name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
