//! placeholder
pub(crate) fn html() -> &'static str {
    ""
}
