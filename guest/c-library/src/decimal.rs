//! The exact decimal digits of a `double`, and rounding them.
//!
//! Each `double` is a whole number of at most 767 digits times a power of ten, so arithmetic on that whole number gives
//! every digit, and rounding is done once, on digits.

/// Digits of one element of the whole number.
const ELEMENT_DIGITS: usize = 9;
const ELEMENT: u64 = 1_000_000_000;

/// `0.d₁d₂d₃… × 10^point`; no digits at all is zero.
pub(crate) struct Decimal {
    /// From 0 to 9, the first is not 0.
    pub(crate) digits: Vec<u8>,
    pub(crate) point: i32,
}

impl Decimal {
    /// All digits of a finite number's magnitude.
    pub(crate) fn of(value: f64) -> Self {
        let (mantissa, exponent) = parts(value);
        if mantissa == 0 {
            return Self { digits: Vec::new(), point: 1 };
        }
        let twos = mantissa.trailing_zeros();
        let (mantissa, exponent) = (mantissa >> twos, exponent + twos as i32);
        let mut elements = vec![(mantissa % ELEMENT) as u32, (mantissa / ELEMENT) as u32];
        let mut times = |factor: u64, count: u32, whole: u32| {
            // As many of the factor at once as fit.
            for done in (0..count).step_by(whole as usize) {
                multiply(&mut elements, factor.pow(whole.min(count - done)));
            }
        };
        let scale = if exponent >= 0 {
            times(2, exponent as u32, 32);
            0
        } else {
            times(5, exponent.unsigned_abs(), 13);
            -exponent
        };
        let mut digits = Vec::with_capacity(elements.len() * ELEMENT_DIGITS);
        for element in elements.iter().rev() {
            let mut power = ELEMENT as u32 / 10;
            while power != 0 {
                digits.push((element / power % 10) as u8);
                power /= 10;
            }
        }
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..leading);
        let point = digits.len() as i32 - scale;
        Self { digits, point }
    }

    /// Rounds to so many digits (none and fewer than none are possible), halves to even.
    pub(crate) fn round(&mut self, count: i64) {
        let Ok(count) = usize::try_from(count) else {
            self.digits.clear();
            return;
        };
        let Some(tail) = self.digits.get(count..).filter(|tail| !tail.is_empty()) else { return };
        let beyond_half = tail.iter().skip(1).any(|digit| *digit != 0);
        let is_odd = count > 0 && self.digits.get(count - 1).is_some_and(|digit| digit % 2 == 1);
        let up = match tail.first() {
            Some(5) => beyond_half || is_odd,
            Some(first) => *first > 5,
            None => false,
        };
        self.digits.truncate(count);
        if !up {
            return;
        }
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(1);
                self.point += 1;
            }
        }
    }

    /// The exponent in scientific notation.
    pub(crate) fn exponent(&self) -> i32 {
        self.point - 1
    }
}

fn multiply(elements: &mut Vec<u32>, factor: u64) {
    let mut carry = 0;
    for element in elements.iter_mut() {
        let product = u64::from(*element) * factor + carry;
        *element = (product % ELEMENT) as u32;
        carry = product / ELEMENT;
    }
    while carry != 0 {
        elements.push((carry % ELEMENT) as u32);
        carry /= ELEMENT;
    }
}

/// Mantissa and exponent of two of a finite number's magnitude.
pub(crate) fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, exponent - 1075),
    }
}
