//! Keeps the texts of tokens that no source holds: made by `#`, by `##` and by `__LINE__`.

use std::cell::OnceCell;

/// A list that grows through a shared reference, and whose texts live as long as it does.
#[derive(Default)]
pub(crate) struct Texts {
    text: String,
    next: OnceCell<Box<Texts>>,
}

impl Texts {
    /// Puts `text` behind this last element, and gives the new last one.
    pub(super) fn push(&self, text: String) -> &Self {
        self.next.get_or_init(|| Box::new(Self { text, next: OnceCell::new() }))
    }

    /// This element's text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for Texts {
    /// One after the other: the list may be longer than the native stack is deep.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut element) = next {
            next = element.next.take();
        }
    }
}
