//! `errno.h` (C11 7.5): the numbers that the library itself uses, and all texts, as Linux and glibc have them.

pub(crate) const ENOMEM: i32 = 12;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const EDOM: i32 = 33;
pub(crate) const ERANGE: i32 = 34;
pub(crate) const EOVERFLOW: i32 = 75;

/// Longest text of a known number.
pub(crate) const LONGEST_TEXT_BYTES: usize = 49;

/// Texts of the numbers from 0 on.
const TEXTS: [&str; 35] = [
    "Success",
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted system call",
    "Input/output error",
    "No such device or address",
    "Argument list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Cannot allocate memory",
    "Permission denied",
    "Bad address",
    "Block device required",
    "Device or resource busy",
    "File exists",
    "Invalid cross-device link",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate ioctl for device",
    "Text file busy",
    "File too large",
    "No space left on device",
    "Illegal seek",
    "Read-only file system",
    "Too many links",
    "Broken pipe",
    "Numerical argument out of domain",
    "Numerical result out of range",
];

/// The text of an error number (`strerror`), if it is known.
pub(crate) fn known_text(number: i32) -> Option<&'static str> {
    match number {
        EOVERFLOW => Some("Value too large for defined data type"),
        84 => Some("Invalid or incomplete multibyte or wide character"),
        number => TEXTS.get(usize::try_from(number).ok()?).copied(),
    }
}

/// The text of any error number.
pub(crate) fn text(number: i32) -> String {
    known_text(number).map_or_else(|| ["Unknown error ", &number.to_string()].concat(), str::to_owned)
}
