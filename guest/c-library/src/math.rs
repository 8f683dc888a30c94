//! `math.h` (C11 7.12), as far as it is not instructions, and its errors in `errno`.

use crate::environment::{Environment, Fault};
use crate::error_numbers::{EDOM, ERANGE};
use crate::functions::Arguments;

type Answer = Result<u64, Fault>;

fn double(value: f64) -> Answer {
    Ok(value.to_bits())
}

/// What `errno` is after a function gave `result` for these operands; `None`: what it was.
pub(crate) fn error_number(operands: &[f64], result: f64, name: &str) -> Option<i32> {
    if result.is_nan() {
        return (!operands.iter().any(|operand| operand.is_nan())).then_some(EDOM);
    }
    let all_finite = operands.iter().all(|operand| operand.is_finite());
    let underflows = matches!(name, "exp" | "exp2" | "pow" | "erfc" | "tgamma");
    let from_zero = name == "pow" && operands.first() == Some(&0.0);
    let is_range_error = result.is_infinite() || result == 0.0 && underflows && !from_zero;
    (all_finite && is_range_error).then_some(ERANGE)
}

/// `fdim` (C11 7.12.12.1), which std does not have.
pub(crate) fn fdim(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x > y {
        x - y
    } else {
        0.0
    }
}

pub(crate) fn logb(x: f64) -> f64 {
    match libm::ilogb(x) {
        _ if x == 0.0 => f64::NEG_INFINITY,
        _ if !x.is_finite() => x * x,
        exponent => f64::from(exponent),
    }
}

pub(crate) fn ilogb(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    Ok(u64::from(libm::ilogb(arguments.double(0)) as u32))
}

pub(crate) fn frexp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (fraction, exponent) = libm::frexp(arguments.double(0));
    environment.write(arguments.address(1), &exponent.to_le_bytes())?;
    double(fraction)
}

pub(crate) fn ldexp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    scale(environment, arguments.double(0), arguments.int(1))
}

pub(crate) fn scalbln(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let exponent = arguments.long(1).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    scale(environment, arguments.double(0), exponent as i32)
}

fn scale(environment: &mut Environment<'_>, x: f64, exponent: i32) -> Answer {
    let result = libm::scalbn(x, exponent);
    if x.is_finite() && x != 0.0 && (result == 0.0 || result.is_infinite()) {
        environment.set_error_number(ERANGE);
    }
    double(result)
}

fn whole_and_fraction(x: f64) -> (f64, f64) {
    let fraction = if x.is_infinite() { 0.0 } else { x - x.trunc() };
    (x.trunc(), if x.is_nan() { x } else { fraction.copysign(x) })
}

pub(crate) fn modf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (whole, fraction) = whole_and_fraction(arguments.double(0));
    environment.write(arguments.address(1), &whole.to_le_bytes())?;
    double(fraction)
}

pub(crate) fn modff(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (whole, fraction) = whole_and_fraction(f64::from(arguments.float(0)));
    environment.write(arguments.address(1), &(whole as f32).to_le_bytes())?;
    Ok(u64::from((fraction as f32).to_bits()))
}

pub(crate) fn remquo(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (x, y) = (arguments.double(0), arguments.double(1));
    let (mut remainder, divisor) = (x.abs() % (8.0 * y.abs()), y.abs());
    // Of the quotient C wants the three lowest bits at least, and the sign.
    let mut quotient = 0;
    for power in [4, 2] {
        let multiple = divisor * f64::from(power);
        if remainder >= multiple {
            remainder -= multiple;
            quotient += power;
        }
    }
    // Twice the remainder is exact where half of the divisor is not, and the other way round.
    let is_tiny = divisor < 2.0 * f64::MIN_POSITIVE;
    let exceeds_half = |remainder: f64, equal: bool| {
        let (left, right) = if is_tiny { (2.0 * remainder, divisor) } else { (remainder, 0.5 * divisor) };
        left > right || equal && left == right
    };
    if exceeds_half(remainder, false) {
        remainder -= divisor;
        quotient += 1;
        if exceeds_half(remainder, true) {
            remainder -= divisor;
            quotient += 1;
        }
    }
    let quotient = if x.is_sign_negative() == y.is_sign_negative() { quotient } else { -quotient };
    environment.write(arguments.address(2), &i32::to_le_bytes(quotient))?;
    // The remainder 0 has the sign of `x`.
    let remainder = if remainder == 0.0 { 0.0 } else { remainder };
    double(if y == 0.0 {
        f64::NAN
    } else if x.is_sign_negative() {
        -remainder
    } else {
        remainder
    })
}

pub(crate) fn fmaf(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let result = libm::fmaf(arguments.float(0), arguments.float(1), arguments.float(2));
    Ok(u64::from(result.to_bits()))
}

pub(crate) fn nextafterf(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    Ok(u64::from(libm::nextafterf(arguments.float(0), arguments.float(1)).to_bits()))
}

pub(crate) fn nan(_: &mut Environment<'_>, _: Arguments<'_>) -> Answer {
    double(f64::NAN)
}

pub(crate) fn lround(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    Ok(arguments.double(0).round() as i64 as u64)
}

pub(crate) fn lrint(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    Ok(arguments.double(0).round_ties_even() as i64 as u64)
}
