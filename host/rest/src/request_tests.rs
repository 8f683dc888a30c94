//! Tests of how requests are read, below HTTP.

use proptest::prelude::*;

use super::*;

fn these(tags: &[(bool, u64)]) -> Option<Tags> {
    Some(Tags::These(tags.iter().map(|&(weak, version)| Tag { weak, version }).collect()))
}

#[test]
fn tags_are_read_as_rfc_9110_writes_them() {
    assert_eq!(parse_tags(" * "), Some(Tags::Any));
    assert_eq!(parse_tags("\"1\""), these(&[(false, 1)]));
    assert_eq!(parse_tags("W/\"1\" ,, \"2\","), these(&[(true, 1), (false, 2)]));
    // Well formed, none of ours: never the current one.
    for foreign in ["\"\"", "\"x\"", "\"01\"", "\"+1\"", "\"99999999999999999999\"", "\"a,b\""] {
        assert_eq!(parse_tags(foreign), these(&[]), "{foreign}");
    }
    for malformed in ["", " ", ",", "1", "\"1", "1\"", "w/\"1\"", "W/ \"1\"", "\"1\"\"2\"", "*,*", "* \"1\""] {
        assert_eq!(parse_tags(malformed), None, "{malformed}");
    }
}

#[test]
fn a_strong_comparison_takes_no_weak_tag_and_a_weak_one_does() {
    let weak = parse_tags("W/\"3\"").unwrap();
    assert!(!weak.has_strong(3) && weak.has_weak(3) && !weak.has_weak(4));
    let strong = parse_tags("\"3\"").unwrap();
    assert!(strong.has_strong(3) && strong.has_weak(3) && !strong.has_strong(4));
}

proptest! {
    #[test]
    fn tags_of_any_text_are_read_or_refused(text in "[W/\"*, 0-9a\\\\]{0,20}|\\PC{0,20}") {
        if let Some(Tags::These(tags)) = parse_tags(&text) {
            let quoted_in_it = tags.iter().all(|tag| text.contains(&format!("\"{}\"", tag.version)));
            prop_assert!(quoted_in_it);
        }
    }

    #[test]
    fn an_id_has_one_notation(text in "[0-9+\\-. ]{0,21}|\\PC{0,4}") {
        match parse_id(&text) {
            Some(id) => prop_assert!(id >= 1 && id.to_string() == text),
            None => prop_assert!(text.parse::<u64>().map_or(true, |id| id == 0 || id.to_string() != text)),
        }
    }

    #[test]
    fn any_query_is_read_or_refused(query in "(state|flavour|name|after|limit|x)=[ -~&&[^#<>\"` ]]{0,12}") {
        if let Ok(uri) = format!("/serverless-runtimes?{query}").parse::<Uri>()
            && let Ok(filter) = filter(&uri)
        {
            prop_assert!((1..=MOST_LIMIT).contains(&filter.limit));
        }
    }
}
