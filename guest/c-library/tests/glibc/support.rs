//! What the comparisons with the system's C library share: the library under test on a small memory.

use skerry_c_library::{Environment, Fault, Library, Output, function};

/// Output that is kept.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<u8>);

impl Output for Kept {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.0.extend_from_slice(bytes);
        true
    }
}

/// Linear memory with the library on it.
pub(crate) struct Machine {
    pub(crate) memory: Vec<u8>,
    pub(crate) library: Library,
    pub(crate) output: Kept,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let mut library = Library::default();
        library.set_heap_start(48 * 1024);
        Self { memory: vec![0xee; 64 * 1024], library, output: Kept::default() }
    }

    pub(crate) fn call(&mut self, name: &str, arguments: &[u64]) -> Result<u64, Fault> {
        let found = function(name).unwrap();
        assert_eq!(found.parameters().count(), arguments.len(), "{name}");
        let mut environment =
            Environment { memory: &mut self.memory, library: &mut self.library, output: &mut self.output };
        found.call(&mut environment, arguments)
    }

    /// Writes a string, its NUL included.
    pub(crate) fn put(&mut self, at: usize, text: &[u8]) -> u64 {
        self.memory[at..at + text.len()].copy_from_slice(text);
        self.memory[at + text.len()] = 0;
        at as u64
    }

    /// The arguments of a call with `...`, in slots of 8 bytes.
    pub(crate) fn slots(&mut self, at: usize, values: &[u64]) -> u64 {
        for (index, value) in values.iter().enumerate() {
            self.memory[at + 8 * index..][..8].copy_from_slice(&value.to_le_bytes());
        }
        at as u64
    }

    pub(crate) fn text(&self, at: usize) -> &[u8] {
        let rest = &self.memory[at..];
        &rest[..rest.iter().position(|byte| *byte == 0).unwrap()]
    }

    pub(crate) fn errno(&mut self) -> i32 {
        let at = self.call("__errno_location", &[]).unwrap() as usize;
        i32::from_le_bytes(self.memory[at..at + 4].try_into().unwrap())
    }

    pub(crate) fn clear_errno(&mut self) {
        let at = self.call("__errno_location", &[]).unwrap() as usize;
        self.memory[at..at + 4].fill(0);
    }
}
