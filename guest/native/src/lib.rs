//! Native functions: Rust, compiled into a runtime's image and called by name (`"lang": "NATIVE"`).
//!
//! A crate of yours has one public function, which registers the others:
//!
//! ```
//! use skerry_native::{Call, Error, Registry};
//!
//! pub fn functions(registry: &mut Registry) {
//!     registry.add("hypotenuse", hypotenuse);
//! }
//!
//! fn hypotenuse(call: &mut Call<'_>) -> Result<f64, Error> {
//!     let [a, b] = [call.parse::<f64>(0)?, call.parse::<f64>(1)?];
//!     Ok(a.hypot(b))
//! }
//! # let mut registry = Registry::default();
//! # functions(&mut registry);
//! # assert_eq!(registry.names().collect::<Vec<_>>(), ["hypotenuse"]);
//! ```
//!
//! `skerry image build --functions path/to/crate` makes the image. Nothing stands between such a function and the machine:
//! no sandbox, no interpreter, no fuel. What that means:
//!
//! - **It must look whether it may go on** ([`Call::check`]), every few milliseconds. Nobody else can end it.
//! - **A panic ends the machine**, since the image is built with `panic = "abort"`. Whatever a request can cause must be an
//!   [`Error`]; the helpers of [`Call`] give one for each parameter that is missing or wrong.
//! - **Its memory is the machine's.** The limits that [`Call`] tells are for the function itself to keep.
//! - Its stack has 512 KiB. What it keeps in statics stays from call to call, and calls run on several threads.
#![forbid(unsafe_code)]

mod call;
mod output;
mod registry;

pub use call::{Call, Error, Surroundings};
pub use output::{Json, Output};
pub use registry::{Function, Registry};
