//! Python's `int`: of any size, as 64 bits where it fits, else as bytes; and its decimal text.

use crate::{PickleError, Value};

/// Most decimal digits of an `int` in JSON, either way: the time that the conversion takes grows with their square.
/// (Python's own `json` takes 4,300 unless told otherwise.)
pub const DIGITS_LIMIT: usize = 20_000;

/// Decimal digits that fit 64 bits in any case, and the power of ten of that many.
const CHUNK_DIGITS: usize = 19;
const CHUNK: u64 = 10_u64.pow(CHUNK_DIGITS as u32);

/// An integer that does not fit 64 bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BigInteger {
    /// Two's complement, least significant byte first, as few as there can be.
    bytes: Box<[u8]>,
}

impl BigInteger {
    /// Two's complement, least significant byte first, as few bytes as there can be.
    pub fn as_signed_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is below 0.
    pub fn is_negative(&self) -> bool {
        self.bytes.last().is_some_and(|last| last & 0x80 != 0)
    }

    /// Its absolute value, least significant byte first, without zeros at the end.
    pub fn magnitude(&self) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        if self.is_negative() {
            negate(&mut bytes);
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        bytes
    }

    /// Its decimal text, unless it has more than [`DIGITS_LIMIT`] digits.
    pub fn to_decimal(&self) -> Option<String> {
        // A byte is more than 2.4 digits.
        if self.bytes.len() > DIGITS_LIMIT / 2 {
            return None;
        }
        let mut limbs: Vec<u64> = self.magnitude().chunks(8).map(limb).collect();
        let mut chunks = Vec::new();
        while !limbs.is_empty() {
            let mut rest = 0_u64;
            for limb in limbs.iter_mut().rev() {
                let dividend = u128::from(rest) << 64 | u128::from(*limb);
                // Both fit: the rest is smaller than the divisor.
                *limb = (dividend / u128::from(CHUNK)) as u64;
                rest = (dividend % u128::from(CHUNK)) as u64;
            }
            while limbs.last() == Some(&0) {
                limbs.pop();
            }
            chunks.push(rest);
        }
        let mut text = String::from(if self.is_negative() { "-" } else { "" });
        let sign_length = text.len();
        text.push_str(&chunks.pop().unwrap_or(0).to_string());
        chunks.iter().rev().for_each(|chunk| text.push_str(&format!("{chunk:019}")));
        (text.len() - sign_length <= DIGITS_LIMIT).then_some(text)
    }
}

/// Up to eight bytes as a number.
fn limb(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u64::from(*byte))
}

fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        let (negated, overflow) = (!*byte).overflowing_add(u8::from(carry));
        *byte = negated;
        carry = overflow;
    }
}

impl Value {
    /// An `int` from its two's complement, least significant byte first; no bytes are 0.
    pub fn int_from_signed_bytes(bytes: &[u8]) -> Self {
        let sign = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
        let mut length = bytes.len();
        // The last byte is not needed if the one before tells the same sign.
        while length > 1 && bytes[length - 1] == sign && bytes[length - 2] & 0x80 == sign & 0x80 {
            length -= 1;
        }
        let bytes = &bytes[..length];
        if length > 8 {
            return Value::BigInt(BigInteger { bytes: bytes.into() });
        }
        let mut whole = [sign; 8];
        whole[..length].copy_from_slice(bytes);
        Value::Int(i64::from_le_bytes(whole))
    }

    /// An `int` from decimal digits, `digits` being nothing else.
    ///
    /// # Errors
    ///
    /// [`PickleError::Value`] if there are more than [`DIGITS_LIMIT`].
    pub(crate) fn int_from_decimal(is_negative: bool, digits: &[u8]) -> Result<Self, PickleError> {
        if digits.len() > DIGITS_LIMIT {
            return Err(PickleError::Value { problem: "an int of more than 20000 digits; send it in a pickle" });
        }
        let mut limbs: Vec<u64> = Vec::new();
        let first = digits.len() % CHUNK_DIGITS;
        let (head, tail) = digits.split_at(first);
        for chunk in std::iter::once(head).chain(tail.chunks(CHUNK_DIGITS)) {
            let mut carry = chunk.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
            for limb in &mut limbs {
                let product = u128::from(*limb) * u128::from(CHUNK) + u128::from(carry);
                *limb = product as u64;
                carry = (product >> 64) as u64;
            }
            if carry > 0 {
                limbs.push(carry);
            }
        }
        let mut bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        bytes.push(0);
        if is_negative {
            negate(&mut bytes);
        }
        Ok(Self::int_from_signed_bytes(&bytes))
    }
}
