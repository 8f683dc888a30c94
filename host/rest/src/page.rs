//! The page at `/docs`: the OpenAPI document as HTML, made once, without scripts and without anything from elsewhere.
//!
//! It shows what `openapi.rs` says and adds nothing of its own.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::description::GROUPS;
use crate::openapi;
use crate::operations::Operation;

static HTML: LazyLock<String> = LazyLock::new(|| render(openapi::document()));

/// The page.
pub(crate) fn html() -> &'static str {
    &HTML
}

fn render(document: &Value) -> String {
    let (mut menu, mut sections) = (String::new(), String::new());
    for (group, about) in GROUPS {
        let _ = write!(menu, "<h2>{}</h2><ul>", escaped(group));
        let _ = write!(sections, "<h2>{}</h2><p>{}</p>", escaped(group), escaped(about));
        for operation in Operation::ALL.into_iter().filter(|operation| operation.description().group == group) {
            menu.push_str(&menu_item(operation));
            sections.push_str(&section(document, operation));
        }
        menu.push_str("</ul>");
    }
    let title = escaped(text(document, "/info/title"));
    let version = escaped(text(document, "/info/version"));
    let about = escaped(text(document, "/info/description"));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{}</style></head><body><nav aria-label=\"Operations\"><a href=\"#top\"><strong>{title}</strong></a>{menu}</nav>\
         <main id=\"top\"><h1>{title}</h1><p class=\"faint\">Version {version} · <a href=\"/openapi.json\">OpenAPI document</a> · \
         <a href=\"/serverless-runtimes/schema\">JSON Schema</a></p><p>{about}</p>{sections}</main></body></html>\n",
        include_str!("page.css")
    )
}

fn menu_item(operation: Operation) -> String {
    let (method, path) = operation.method_and_path();
    let (class, id) = (method.as_str().to_ascii_lowercase(), operation.description().id);
    format!("<li><a href=\"#{id}\"><span class=\"method {class}\">{method}</span>{}</a></li>", escaped(path))
}

fn section(document: &Value, operation: Operation) -> String {
    let (method, path) = operation.method_and_path();
    let class = method.as_str().to_ascii_lowercase();
    let nothing = Value::Null;
    let described = document["paths"].get(path).and_then(|item| item.get(&class)).unwrap_or(&nothing);
    let access = if operation.is_open() { "Without credentials." } else { "With credentials (HTTP Basic)." };
    let mut html = format!(
        "<section id=\"{id}\"><h3><span class=\"method {class}\">{method}</span>{path}</h3><p><strong>{summary}.</strong> \
         {detail} <span class=\"faint\">{access}</span></p>",
        id = escaped(text(described, "/operationId")),
        path = escaped(path),
        summary = escaped(text(described, "/summary")),
        detail = prose(text(described, "/description")),
    );
    html.push_str(&parameters(document, described));
    if let Some(media) = described.pointer("/requestBody/content/application~1json") {
        html.push_str(&request_body(document, path, &method, media));
    }
    html.push_str(&answers(document, described));
    html.push_str("</section>");
    html
}

fn parameters(document: &Value, described: &Value) -> String {
    let rows: String = described["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|reference| resolved(document, reference))
        .map(|one| {
            row(&[
                &format!("<code>{}</code>", escaped(text(one, "/name"))),
                &escaped(text(one, "/in")),
                &escaped(&rule(document, &one["schema"])),
                &prose(text(one, "/description")),
            ])
        })
        .collect();
    table("Parameters", &["Name", "In", "Value", "Meaning"], &rows)
}

fn request_body(document: &Value, path: &str, method: &http::Method, media: &Value) -> String {
    let example = media["example"].to_string();
    let address = path.replace("{id}", "1");
    // The shell gets the example in single quotes; JSON has none unless a text in it does.
    let curl = format!(
        "curl -u USER -X {method} http://127.0.0.1:2719{address} \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
        example.replace('\'', "'\\''")
    );
    let members = members(document, &media["schema"], "Members of the request's body", "");
    format!("<h4>Example</h4><pre><code>{}</code></pre>{members}", escaped(&curl))
}

fn answers(document: &Value, described: &Value) -> String {
    let none = Map::new();
    let answers = described["responses"].as_object().unwrap_or(&none);
    let mut rows = String::new();
    let mut shown = String::new();
    for (code, answer) in answers {
        let headers = answer["headers"].as_object().unwrap_or(&none);
        let names = headers.keys().filter(|name| *name != "X-Request-Id");
        let with: String = names.map(|name| format!(" <code>{}</code>", escaped(name))).collect();
        let content = answer["content"].as_object().unwrap_or(&none);
        let kinds: Vec<String> = content.keys().map(|kind| escaped(kind)).collect();
        rows.push_str(&row(&[
            &format!("<code>{}</code>", escaped(code)),
            &prose(text(answer, "/description")),
            &kinds.join(", "),
            &with,
        ]));
        if code.starts_with('2')
            && let Some(schema) = content.get("application/json").and_then(|media| media.get("schema"))
        {
            shown.push_str(&members(document, schema, "Members of the answer's body", ""));
        }
    }
    table("Answers", &["Code", "Meaning", "Body", "Headers"], &rows) + &shown
}

/// A folded table of everything in a body.
fn members(document: &Value, schema: &Value, heading: &str, place: &str) -> String {
    let mut rows = String::new();
    member_rows(document, schema, place, &mut rows);
    if rows.is_empty() {
        return String::new();
    }
    let head = "<tr><th>Member</th><th>Value</th><th>Meaning</th></tr>";
    format!(
        "<details><summary>{}</summary><div class=\"wide\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div></details>",
        escaped(heading)
    )
}

/// One row for each member below a schema, deepest paths written out. The schema has no circles: a test of it says so by
/// ending.
fn member_rows(document: &Value, schema: &Value, place: &str, rows: &mut String) {
    let target = resolved(document, schema);
    if let Some(items) = target.get("items") {
        member_rows(document, items, &format!("{place}[]"), rows);
    }
    let Some(properties) = target.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        let here = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let required = [target, schema].iter().any(|one| lists(one.get("required"), name));
        let mut value = rule(document, property);
        if required {
            value.push_str("; required");
        }
        if property.get("readOnly") == Some(&Value::Bool(true)) {
            value.push_str("; set by the engine");
        }
        let meaning = property.get("description").or_else(|| resolved(document, property).get("description"));
        let meaning = meaning.and_then(Value::as_str).unwrap_or_default();
        rows.push_str(&row(&[&format!("<code>{}</code>", escaped(&here)), &escaped(&value), &prose(meaning)]));
        member_rows(document, property, &here, rows);
    }
}

fn lists(names: Option<&Value>, name: &str) -> bool {
    names.and_then(Value::as_array).is_some_and(|names| names.iter().any(|one| one == name))
}

/// What a schema lets through, in a few words.
fn rule(document: &Value, schema: &Value) -> String {
    let target = resolved(document, schema);
    let find = |keyword: &str| schema.get(keyword).or_else(|| target.get(keyword));
    let mut words = match (find("type"), find("enum")) {
        (_, Some(Value::Array(values))) => values.iter().map(Value::to_string).collect::<Vec<_>>().join(", "),
        (Some(Value::String(kind)), _) => kind.clone(),
        (Some(Value::Array(kinds)), _) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    };
    for (least, most, what) in [("minimum", "maximum", ""), ("minLength", "maxLength", " characters")] {
        match (find(least), find(most)) {
            (Some(least), Some(most)) => drop(write!(words, ", {least} to {most}{what}")),
            (Some(least), None) => drop(write!(words, ", at least {least}{what}")),
            (None, Some(most)) => drop(write!(words, ", at most {most}{what}")),
            (None, None) => {}
        }
    }
    if let Some(default) = find("default") {
        let _ = write!(words, ", default {default}");
    }
    words
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target =
        value.get("$ref").and_then(Value::as_str).and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn table(heading: &str, columns: &[&str], rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = columns.iter().map(|column| format!("<th>{column}</th>")).collect();
    format!(
        "<h4>{heading}</h4><div class=\"wide\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// A row of cells that are HTML already.
fn row(cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr>{cells}</tr>")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Escaped, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let pieces = escaped(text);
    let pieces: Vec<&str> = pieces.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return pieces.join("`");
    }
    let mark = |(index, piece): (usize, &&str)| match index % 2 {
        0 => (*piece).to_owned(),
        _ => format!("<code>{piece}</code>"),
    };
    pieces.iter().enumerate().map(mark).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_asks_for_nothing_from_elsewhere() {
        for operation in Operation::ALL {
            assert!(html().contains(&format!("<section id=\"{}\">", operation.description().id)), "{operation:?}");
        }
        for outside in ["<script", "<link", "<img", "src=", "@import", "url("] {
            assert!(!html().contains(outside), "{outside}");
        }
        assert!(html().contains("FAAS.FLAVOUR"));
    }

    #[test]
    fn each_element_that_is_opened_is_closed() {
        for element in ["section", "table", "tr", "td", "details", "ul", "li", "pre", "code", "span", "p", "div", "a"] {
            let opened =
                html().matches(&format!("<{element}>")).count() + html().matches(&format!("<{element} ")).count();
            assert_eq!(opened, html().matches(&format!("</{element}>")).count(), "{element}");
        }
    }

    #[test]
    fn code_in_prose_is_marked_and_a_single_backtick_is_itself() {
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("a ` b"), "a ` b");
        assert!(!html().contains('`'));
    }

    #[test]
    fn text_of_the_document_is_never_markup() {
        let mut document = openapi::document().clone();
        document["info"]["title"] = "<script>&\"'".into();
        assert!(render(&document).contains("&lt;script&gt;&amp;&quot;&#39;"));
        assert!(!render(&document).contains("<script"));
    }
}
