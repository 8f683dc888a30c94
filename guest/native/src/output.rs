//! Results as the bytes that go back to the caller.

use serde::Serialize;

/// What a function can give as its result. Numbers become text (`7.5`), as those of C functions do.
pub trait Output {
    /// The result's bytes; `None` for a function without one.
    fn into_bytes(self) -> Option<Vec<u8>>;
}

impl Output for () {
    fn into_bytes(self) -> Option<Vec<u8>> {
        None
    }
}

impl Output for Vec<u8> {
    fn into_bytes(self) -> Option<Vec<u8>> {
        Some(self)
    }
}

impl Output for String {
    fn into_bytes(self) -> Option<Vec<u8>> {
        Some(self.into_bytes())
    }
}

impl Output for &str {
    fn into_bytes(self) -> Option<Vec<u8>> {
        Some(self.as_bytes().to_vec())
    }
}

impl<T: Output> Output for Option<T> {
    fn into_bytes(self) -> Option<Vec<u8>> {
        self.and_then(T::into_bytes)
    }
}

macro_rules! as_text {
    ($($scalar:ty)*) => {
        $(impl Output for $scalar {
            fn into_bytes(self) -> Option<Vec<u8>> {
                Some(self.to_string().into_bytes())
            }
        })*
    };
}

as_text!(bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

/// A result that is given as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> Output for Json<T> {
    /// No result where the value has no form in JSON, such as a map whose keys are no text.
    fn into_bytes(self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Output};

    #[test]
    fn results_are_text_json_or_bytes() {
        assert_eq!(7.5_f64.into_bytes().as_deref(), Some(&b"7.5"[..]));
        assert_eq!((-3_i64).into_bytes().as_deref(), Some(&b"-3"[..]));
        assert_eq!("a".into_bytes().as_deref(), Some(&b"a"[..]));
        assert_eq!(vec![0_u8, 255].into_bytes(), Some(vec![0, 255]));
        assert_eq!(Json(vec![1, 2]).into_bytes().as_deref(), Some(&b"[1,2]"[..]));
        assert_eq!(((), None::<i32>), ((), None));
        assert_eq!(().into_bytes(), None);
        assert_eq!(None::<i32>.into_bytes(), None);
    }
}
