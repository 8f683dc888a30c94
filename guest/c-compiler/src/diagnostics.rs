//! What is wrong with a source, and where: the compiler's only kind of error, and how it reads.
//!
//! Holds no knowledge of C. Positions are those of the user's own text, before any macro is expanded; of what comes out
//! of a macro, that of the macro's use, with a note that shows its definition.

use std::fmt;
use std::rc::Rc;

/// So many errors are shown; the rest are counted.
const MAX_DIAGNOSTICS: usize = 50;
/// Longer lines of source are shown in part, so many characters.
const MAX_EXCERPT: usize = 120;
/// What the source is called where it has no name of its own.
pub(crate) const FILE_NAME: &str = "function.c";

/// One error in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line in the user's source, from 1.
    pub line: u32,
    /// Column in the user's source in characters, from 1.
    pub column: u32,
    /// What is wrong, lower-case and without a full stop.
    pub message: String,
    excerpt: Excerpt,
    /// For what came out of a macro: the macro's name, and the place in its definition.
    definition: Option<Box<(String, u32, u32, Excerpt)>>,
}

/// A line of source, and the place in it that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    line: String,
    /// What stands under the line: blanks and a caret.
    marker: String,
}

impl Diagnostic {
    /// Writes the error as compilers do: place, message, the line of source with a caret under the place.
    fn write(&self, file_name: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, excerpt, definition } = self;
        write!(formatter, "{file_name}:{line}:{column}: error: {message}\n{line:5} | ")?;
        excerpt.write(formatter)?;
        if let Some(definition) = definition {
            let (name, line, column, excerpt) = &**definition;
            write!(formatter, "\n{file_name}:{line}:{column}: note: in the definition of macro '{name}'\n{line:5} | ")?;
            excerpt.write(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(FILE_NAME, formatter)
    }
}

impl Excerpt {
    fn write(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.line)?;
        formatter.write_str("\n      | ")?;
        formatter.write_str(&self.marker)
    }

    /// The line around a place: control characters become blanks, and tabs stay, also under the line.
    fn new(source: &str, lines: &LineTable, at: u32) -> Self {
        let (line, column) = lines.position(source, at);
        let text = lines.text(source, line);
        let caret = column as usize - 1;
        let length = text.chars().count();
        let begin = if length <= MAX_EXCERPT { 0 } else { caret.saturating_sub(MAX_EXCERPT / 2) };
        let mut excerpt = Self { line: String::new(), marker: String::new() };
        if begin > 0 {
            excerpt.line.push('…');
            excerpt.marker.push(' ');
        }
        let mut in_word = true;
        for (index, character) in text.chars().enumerate().skip(begin).take(MAX_EXCERPT) {
            let shown = if character.is_control() && character != '\t' { ' ' } else { character };
            excerpt.line.push(shown);
            in_word &= index <= caret || character.is_ascii_alphanumeric() || character == '_';
            match index {
                _ if index < caret && character == '\t' => excerpt.marker.push('\t'),
                _ if index < caret => excerpt.marker.extend(std::iter::repeat_n(' ', width(character))),
                _ if index == caret => {
                    excerpt.marker.push('^');
                    in_word = character.is_ascii_alphanumeric() || character == '_';
                }
                _ if in_word => excerpt.marker.push('~'),
                _ => {}
            }
        }
        if begin + MAX_EXCERPT < length {
            excerpt.line.push('…');
        }
        if caret >= length {
            excerpt.marker.push('^');
        }
        excerpt
    }
}

/// How many columns a terminal gives a character: none to marks that go on top of another, two to those of East Asia and
/// to pictures.
fn width(character: char) -> usize {
    match u32::from(character) {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Why a source does not compile: at least one [`Diagnostic`], in the order of their places.
///
/// Displays as a compiler's output: each diagnostic with its line of source and a caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileErrors {
    diagnostics: Vec<Diagnostic>,
    /// Errors beyond those that are shown.
    more: u32,
}

impl CompileErrors {
    /// For an error without a report; there is none such, but a list that is never empty is promised.
    pub(crate) fn unexplained(source: &str) -> Self {
        let mut reports = Reports::new();
        reports.report(SourceOffset(0), "the source does not compile");
        let (diagnostics, more) = reports.into_diagnostics(source);
        Self { diagnostics, more }
    }

    /// The diagnostics; never empty.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How many errors there are beside [`diagnostics`](Self::diagnostics), which are bounded.
    #[must_use]
    pub fn more(&self) -> u32 {
        self.more
    }

    /// Displays the errors of a source that is called `file_name`.
    #[must_use]
    pub fn display<'a>(&'a self, file_name: &'a str) -> impl fmt::Display + 'a {
        NamedErrors { errors: self, file_name }
    }
}

struct NamedErrors<'a> {
    errors: &'a CompileErrors,
    file_name: &'a str,
}

impl fmt::Display for NamedErrors<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.errors.diagnostics.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            diagnostic.write(self.file_name, formatter)?;
        }
        match self.errors.more {
            0 => Ok(()),
            1 => formatter.write_str("\nand 1 more error"),
            more => write!(formatter, "\nand {more} more errors"),
        }
    }
}

impl fmt::Display for CompileErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(FILE_NAME).fmt(formatter)
    }
}

impl std::error::Error for CompileErrors {}

/// The error was written to the [`Reports`]; carries nothing, so that no error is told twice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported;

/// Where an error is: a byte offset in the user's source, or [`SourceOffset::IN_MACRO`] and the index of a token of
/// [`MacroPlaces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceOffset(pub(crate) u32);

impl SourceOffset {
    const IN_MACRO: u32 = 1 << 31;
}

/// Where a token of the preprocessed source came from, as offsets in the user's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Where it stands, or where the macro is used that it came out of.
    pub(crate) at: u32,
    /// Where it stands in a macro's definition.
    pub(crate) spelled: Option<u32>,
}

/// Where all tokens of the preprocessed source came from.
#[derive(Debug, Default)]
pub(crate) struct MacroPlaces {
    pub(crate) origins: Vec<Origin>,
    /// Where the names of macros stand in their definitions, ascending.
    pub(crate) definitions: Vec<u32>,
}

impl MacroPlaces {
    /// The place of the token of that index.
    pub(crate) fn offset_of(&self, index: usize) -> SourceOffset {
        match self.origins.get(index) {
            Some(Origin { spelled: Some(_), .. }) => SourceOffset(index as u32 | SourceOffset::IN_MACRO),
            Some(origin) => SourceOffset(origin.at),
            None => SourceOffset(0),
        }
    }

    fn origin(&self, at: SourceOffset) -> Origin {
        if at.0 & SourceOffset::IN_MACRO == 0 {
            return Origin { at: at.0, spelled: None };
        }
        let index = (at.0 & !SourceOffset::IN_MACRO) as usize;
        self.origins.get(index).copied().unwrap_or(Origin { at: 0, spelled: None })
    }

    /// The name of the macro in whose definition this place is.
    fn macro_name(&self, source: &str, spelled: u32) -> String {
        let after = self.definitions.partition_point(|name| *name <= spelled);
        let name = after.checked_sub(1).and_then(|index| self.definitions.get(index));
        let rest = name.and_then(|name| source.get(*name as usize..)).unwrap_or_default();
        rest.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_').collect()
    }
}

/// Collects the errors of one compilation.
pub(crate) struct Reports {
    found: Vec<(SourceOffset, String)>,
    more: u32,
    places: Rc<MacroPlaces>,
}

impl Reports {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new(), more: 0, places: Rc::default() }
    }

    /// Says what places in macros mean, from now on.
    pub(crate) fn set_places(&mut self, places: Rc<MacroPlaces>) {
        self.places = places;
    }

    /// Notes an error, unless it is known already.
    pub(crate) fn report(&mut self, at: SourceOffset, message: impl Into<String>) -> Reported {
        let message = message.into();
        if self.found.iter().any(|(place, text)| *place == at && *text == message) {
            return Reported;
        }
        if self.found.len() < MAX_DIAGNOSTICS {
            self.found.push((at, message));
        } else {
            self.more += 1;
        }
        Reported
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether an error is known between two places of the source.
    pub(crate) fn any_between(&self, first: u32, last: u32) -> bool {
        self.found.iter().any(|(at, _)| (first..=last).contains(&self.places.origin(*at).at))
    }

    /// The errors with lines and columns; `None` when there are none.
    pub(crate) fn into_errors(self, source: &str) -> Option<CompileErrors> {
        if self.found.is_empty() {
            return None;
        }
        let (diagnostics, more) = self.into_diagnostics(source);
        Some(CompileErrors { diagnostics, more })
    }

    fn into_diagnostics(mut self, source: &str) -> (Vec<Diagnostic>, u32) {
        let lines = LineTable::new(source);
        let places = self.places;
        self.found.sort_by_key(|(at, _)| places.origin(*at).at);
        let diagnostics = self.found.into_iter().map(|(at, message)| {
            let Origin { at, spelled } = places.origin(at);
            let (line, column) = lines.position(source, at);
            let excerpt = Excerpt::new(source, &lines, at);
            let definition = spelled.map(|spelled| {
                let (line, column) = lines.position(source, spelled);
                let name = places.macro_name(source, spelled);
                Box::new((name, line, column, Excerpt::new(source, &lines, spelled)))
            });
            Diagnostic { line, column, message, excerpt, definition }
        });
        (diagnostics.collect(), self.more)
    }
}

/// Where the lines of a source begin.
pub(crate) struct LineTable {
    starts: Vec<u32>,
}

impl LineTable {
    pub(crate) fn new(source: &str) -> Self {
        let after_newlines = source.match_indices('\n').map(|(offset, _)| offset as u32 + 1);
        Self { starts: std::iter::once(0).chain(after_newlines).collect() }
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, at: SourceOffset) -> u32 {
        self.starts.partition_point(|start| *start <= at.0).max(1) as u32
    }

    /// Line and column in characters, both from 1; an offset past the end means the end.
    fn position(&self, source: &str, at: u32) -> (u32, u32) {
        let line = self.line(SourceOffset(at));
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0) as usize;
        let rest = source.get(start..).unwrap_or_default();
        let before = rest.char_indices().take_while(|(offset, _)| start + offset < at as usize).count();
        (line, before as u32 + 1)
    }

    /// The text of a line, without its end.
    fn text<'s>(&self, source: &'s str, line: u32) -> &'s str {
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0) as usize;
        let rest = source.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(source: &str, at: u32) -> (u32, u32) {
        LineTable::new(source).position(source, at)
    }

    fn shown(source: &str, at: u32) -> String {
        let mut reports = Reports::new();
        reports.report(SourceOffset(at), "wrong");
        reports.into_errors(source).expect("there is one").to_string()
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = "ab\nä=c";
        assert_eq!(position(source, 0), (1, 1));
        assert_eq!(position(source, 3), (2, 1));
        assert_eq!(position(source, 5), (2, 2));
        assert_eq!(position(source, 999), (2, 4));
    }

    #[test]
    fn errors_come_in_the_order_of_their_places_and_the_same_error_once() {
        let mut reports = Reports::new();
        reports.report(SourceOffset(2), "second");
        reports.report(SourceOffset(0), "first");
        reports.report(SourceOffset(0), "first");
        let errors = reports.into_errors("x + y").expect("there are errors");
        assert_eq!(
            errors.to_string(),
            "function.c:1:1: error: first\n    1 | x + y\n      | ^\n\
             function.c:1:3: error: second\n    1 | x + y\n      |   ^"
        );
        assert!(errors.display("sum.c").to_string().starts_with("sum.c:1:1: error: first\n"));
        assert!(Reports::new().into_errors("xyz").is_none());
    }

    #[test]
    fn the_caret_stands_under_the_place_whatever_is_before_it() {
        assert_eq!(
            shown("\tint\tab_1;\r\n", 5),
            "function.c:1:6: error: wrong\n    1 | \tint\tab_1;\n      | \t   \t^~~~"
        );
        assert_eq!(shown("\"ä漢\" + x", 10), "function.c:1:8: error: wrong\n    1 | \"ä漢\" + x\n      |         ^");
        assert_eq!(shown("int x", 5), "function.c:1:6: error: wrong\n    1 | int x\n      |      ^");
        assert_eq!(shown("a\u{1b}[31mb", 1), "function.c:1:2: error: wrong\n    1 | a [31mb\n      |  ^");
        assert_eq!(shown("", 0), "function.c:1:1: error: wrong\n    1 | \n      | ^");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let source = "x".repeat(1000) + ";" + &"y ".repeat(1000);
        let text = shown(&source, 1000);
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        assert_eq!(lines[1].len(), 8 + 1 + MAX_EXCERPT + 1);
        let caret = lines[2].iter().position(|character| *character == '^').expect("a caret");
        assert_eq!(lines[1][caret], ';');
    }

    #[test]
    fn errors_beyond_the_limit_are_counted() {
        let mut reports = Reports::new();
        let source = " ".repeat(100);
        for place in 0..MAX_DIAGNOSTICS as u32 + 2 {
            reports.report(SourceOffset(place), "wrong");
        }
        let errors = reports.into_errors(&source).expect("there are");
        assert_eq!((errors.diagnostics().len(), errors.more()), (MAX_DIAGNOSTICS, 2));
        assert!(errors.to_string().ends_with("\nand 2 more errors"));
    }

    #[test]
    fn what_comes_out_of_a_macro_is_shown_at_its_use_and_in_its_definition() {
        let source = "#define TWO(x) (x + y)\nint a = TWO(1);";
        let mut reports = Reports::new();
        let origins = vec![Origin { at: 31, spelled: Some(20) }];
        let places = MacroPlaces { origins, definitions: vec![8] };
        let at = places.offset_of(0);
        reports.set_places(Rc::new(places));
        reports.report(at, "'y' is not declared");
        assert_eq!(
            reports.into_errors(source).expect("there is one").to_string(),
            "function.c:2:9: error: 'y' is not declared\n    2 | int a = TWO(1);\n      |         ^~~\n\
             function.c:1:21: note: in the definition of macro 'TWO'\n    1 | #define TWO(x) (x + y)\n      |                     ^"
        );
    }
}
