//! A function with a text as parameter and another as result.

/// Where the runtime puts what it passes. It is the function's own from then on.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(size: usize) -> *mut u8 {
    Box::leak(vec![0; size].into_boxed_slice()).as_mut_ptr()
}

/// A text comes as its address and length; the answer goes back as an i64: address in the upper half, length in the
/// lower.
///
/// # Safety
///
/// `text` is what `alloc(length)` or more gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(text: *const u8, length: usize) -> u64 {
    // SAFETY: by this function's own contract.
    let text = unsafe { std::slice::from_raw_parts(text, length) };
    println!("{} bytes came", text.len());
    let answer = String::from_utf8_lossy(text).to_uppercase().leak();
    (answer.as_ptr() as u64) << 32 | answer.len() as u64
}
