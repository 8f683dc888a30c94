//! The gamma function and its logarithm (C11 7.12.8), by Lanczos's approximation with the rational function that Boost's
//! documentation names `lanczos13m53`.

use std::f64::consts::PI;

/// The approximation's parameter, less one half.
const SHIFT: f64 = 5.524_680_040_776_73;
const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_4,
    186_056.265_395_223_5,
    8_071.672_002_365_816,
    210.824_277_751_579_34,
    2.506_628_274_631_000_2,
];
/// Below, the gamma function is 1/x to the last bit.
const TINY: f64 = 1e-17;
/// The coefficients of x (x+1) … (x+11).
const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// The rational function, for x above 0.
fn series(x: f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    if x < 8.0 {
        for (numerator, denominator) in NUMERATOR.iter().zip(&DENOMINATOR).rev() {
            (above, below) = (above * x + numerator, below * x + denominator);
        }
    } else {
        // By powers of 1/x, which stay small.
        for (numerator, denominator) in NUMERATOR.iter().zip(&DENOMINATOR) {
            (above, below) = (above / x + numerator, below / x + denominator);
        }
    }
    above / below
}

/// sin(πx), exact in its zeros.
fn sine_of_pi_times(x: f64) -> f64 {
    let nearest = x.round();
    let sine = (PI * (x - nearest)).sin();
    if nearest % 2.0 == 0.0 { sine } else { -sine }
}

pub(crate) fn tgamma(x: f64) -> f64 {
    let is_whole = x == x.trunc();
    if x.abs() < TINY {
        return 1.0 / x;
    }
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 && is_whole {
        return f64::NAN;
    }
    if is_whole && x <= 23.0 {
        return (2..x as u32).fold(1.0, |product, factor| product * f64::from(factor));
    }
    if x.abs() >= 184.0 {
        let is_negative = sine_of_pi_times(x) < 0.0;
        return if x > 0.0 { f64::INFINITY } else { 0.0_f64.copysign(if is_negative { -1.0 } else { 1.0 }) };
    }
    let magnitude = x.abs();
    let base = magnitude + SHIFT;
    // What the sum lost.
    let lost = if magnitude > SHIFT { base - magnitude - SHIFT } else { base - SHIFT - magnitude };
    let mut power = magnitude - 0.5;
    let mut result = series(magnitude) * (-base).exp();
    if x < 0.0 {
        result = -PI / (sine_of_pi_times(magnitude) * magnitude * result);
        power = -power;
    }
    result += lost * (SHIFT + 0.5) * result / base;
    // In two halves, which do not overflow before the whole does.
    let half = base.powf(0.5 * power);
    result * half * half
}

pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || x <= 0.0 && x == x.trunc() {
        return f64::INFINITY;
    }
    let magnitude = x.abs();
    if magnitude < TINY {
        return -magnitude.ln();
    }
    let base = magnitude + SHIFT;
    let positive =
        if x == 1.0 || x == 2.0 { 0.0 } else { series(magnitude).ln() - base + (magnitude - 0.5) * base.ln() };
    if x > 0.0 { positive } else { (PI / (magnitude * sine_of_pi_times(magnitude)).abs()).ln() - positive }
}
