//! Many guests' metrics on one page: each sample gets the label `runtime`, each family is described once. Pure.
//!
//! A guest's page is hostile input: lines that are no samples are left out, and a guest's part is bounded.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

/// Most bytes of one guest's page that are looked at; a real one has some 10 KiB.
const MOST_PAGE_BYTES: usize = 64 * 1024;

/// Guests' pages put together.
#[derive(Debug, Default)]
pub(crate) struct GuestPages {
    families: BTreeMap<String, Family>,
}

#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: String,
}

impl GuestPages {
    /// Adds the page of a runtime's guest.
    pub(crate) fn add(&mut self, runtime: u64, page: &str) {
        let mut end = page.len().min(MOST_PAGE_BYTES);
        while !page.is_char_boundary(end) {
            end -= 1;
        }
        let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
        for line in page[..end].lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                if let Some((name, kind)) = rest.split_once(' ')
                    && is_name(name)
                    && is_kind(kind)
                {
                    kinds.insert(name, kind);
                }
                continue;
            }
            let Some((name, labels, value)) = split_sample(line) else { continue };
            let (family_name, kind) = family_of(name, &kinds);
            let family = self.families.entry(family_name.to_owned()).or_default();
            if family.kind.is_empty() {
                kind.clone_into(&mut family.kind);
            }
            let comma = if labels.is_empty() { "" } else { "," };
            // Writing to a string does not fail.
            let _ = writeln!(family.samples, "{name}{{runtime=\"{runtime}\"{comma}{labels}}} {value}");
        }
    }

    /// The page, without the families that the engine itself has: a guest has none of these in good faith.
    #[must_use]
    pub(crate) fn render(&self, engines: &HashSet<&str>) -> String {
        let mut page = String::new();
        let is_engines = |name: &str| engines.contains(name) || engines.contains(name.trim_end_matches("_total"));
        for (name, family) in self.families.iter().filter(|(name, _)| !is_engines(name)) {
            let _ = writeln!(page, "# TYPE {name} {}", family.kind);
            page.push_str(&family.samples);
        }
        page
    }
}

/// Name, labels (without braces) and value of a sample.
fn split_sample(line: &str) -> Option<(&str, &str, &str)> {
    let name_end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(name_end);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => rest.rsplit_once("} ")?,
        None => ("", rest.strip_prefix(' ')?),
    };
    let is_number = value.parse::<f64>().is_ok();
    (is_name(name) && is_number && are_labels(labels)).then_some((name, labels, value))
}

/// The family that a sample belongs to: a histogram's samples have suffixes.
fn family_of<'a>(name: &'a str, kinds: &BTreeMap<&str, &'a str>) -> (&'a str, &'a str) {
    for suffix in ["_bucket", "_sum", "_count"] {
        if let Some(family) = name.strip_suffix(suffix)
            && let Some(kind) = kinds.get(family)
        {
            return (family, kind);
        }
    }
    (name, kinds.get(name).copied().unwrap_or("untyped"))
}

fn is_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    name.bytes().next().is_some_and(is_first) && name.bytes().all(|byte| is_first(byte) || byte.is_ascii_digit())
}

fn is_kind(kind: &str) -> bool {
    ["counter", "gauge", "histogram", "summary", "untyped"].contains(&kind)
}

/// `a="x",b="y"`: names, and values without line ends whose quotes are escaped.
fn are_labels(labels: &str) -> bool {
    let mut rest = labels;
    while !rest.is_empty() {
        let Some((name, after)) = rest.split_once("=\"") else { return false };
        if !is_name(name) || name == "runtime" {
            return false;
        }
        let Some(end) = closing_quote(after) else { return false };
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest.is_empty() => {}
            None => return false,
        }
    }
    true
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = "# HELP t_seconds Time.\n# TYPE t_seconds histogram\nt_seconds_bucket{lang=\"C\",le=\"+Inf\"} 2\n\
                        t_seconds_count{lang=\"C\"} 2\n# TYPE up gauge\nup 1\n";

    #[test]
    fn families_are_described_once_and_samples_tell_their_runtime() {
        let mut pages = GuestPages::default();
        pages.add(7, PAGE);
        pages.add(12, PAGE);
        assert_eq!(
            pages.render(&HashSet::new()),
            "# TYPE t_seconds histogram\n\
             t_seconds_bucket{runtime=\"7\",lang=\"C\",le=\"+Inf\"} 2\n\
             t_seconds_count{runtime=\"7\",lang=\"C\"} 2\n\
             t_seconds_bucket{runtime=\"12\",lang=\"C\",le=\"+Inf\"} 2\n\
             t_seconds_count{runtime=\"12\",lang=\"C\"} 2\n\
             # TYPE up gauge\nup{runtime=\"7\"} 1\nup{runtime=\"12\"} 1\n"
        );
    }

    #[test]
    fn a_guest_can_neither_forge_another_runtimes_samples_nor_break_the_page() {
        let mut pages = GuestPages::default();
        for line in [
            "x{runtime=\"1\"} 1",
            "x{a=\"b} 1",
            "x{a=\"b\"c} 1",
            "x y",
            "1x 1",
            "x{a=\"\"} 1 2",
            "# TYPE x evil",
            "{} 1",
        ] {
            pages.add(2, line);
        }
        assert_eq!(pages.render(&HashSet::new()), "");
        pages.add(2, &"y 1\n".repeat(1 << 20));
        assert!(pages.render(&HashSet::new()).len() < 8 * MOST_PAGE_BYTES);
    }

    #[test]
    fn a_family_of_the_engines_own_name_is_left_out() {
        let mut pages = GuestPages::default();
        pages.add(2, "skerry_runtimes{state=\"ERROR\"} 9\nskerry_starts_total 9\nup 1\n");
        assert_eq!(
            pages.render(&HashSet::from(["skerry_runtimes", "skerry_starts"])),
            "# TYPE up untyped\nup{runtime=\"2\"} 1\n"
        );
    }

    proptest! {
        #[test]
        fn any_page_gives_lines_that_are_samples_of_its_runtime(page in "([a-z]{1,3}(\\{[a-z=\",\\\\]{0,12}\\})? [0-9.]{1,3}\n|\\PC{0,20}\n){0,10}") {
            let mut pages = GuestPages::default();
            pages.add(3, &page);
            for line in pages.render(&HashSet::new()).lines() {
                prop_assert!(line.starts_with("# TYPE ") || line.contains("{runtime=\"3\""), "{}", line);
            }
        }
    }
}
