//! The functions of an image, by name.

use crate::{Call, Error, Output};
use std::sync::Arc;

/// A registered function: its result as bytes, if it has one.
pub type Function = dyn Fn(&mut Call<'_>) -> Result<Option<Vec<u8>>, Error> + Send + Sync;

/// All functions that were registered, in the order of that.
#[derive(Default)]
pub struct Registry {
    functions: Vec<(&'static str, Arc<Function>)>,
}

impl Registry {
    /// Registers a function under the name by which requests call it.
    ///
    /// # Panics
    /// If the name is empty or taken, so that an image with such a mistake does not boot.
    pub fn add<T: Output>(
        &mut self,
        name: &'static str,
        function: impl Fn(&mut Call<'_>) -> Result<T, Error> + Send + Sync + 'static,
    ) -> &mut Self {
        assert!(!name.is_empty() && self.get(name).is_none(), "the native function name `{name}` is empty or taken");
        self.functions.push((name, Arc::new(move |call| function(call).map(Output::into_bytes))));
        self
    }

    /// The function of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Function>> {
        self.functions.iter().find(|(known, _)| *known == name).map(|(_, function)| function)
    }

    /// All names, in the order of registration.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.functions.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn a_function_is_found_by_its_name_and_listed_in_the_order_of_registration() {
        let mut registry = Registry::default();
        registry.add("b", |_| Ok(())).add("a", |_| Ok(1));
        assert!(registry.get("a").is_some() && registry.get("c").is_none());
        assert_eq!(registry.names().collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    #[should_panic(expected = "`a` is empty or taken")]
    fn a_name_is_taken_once() {
        Registry::default().add("a", |_| Ok(())).add("a", |_| Ok(()));
    }
}
