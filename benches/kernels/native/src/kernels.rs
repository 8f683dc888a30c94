//! The ten kernels of `benches/kernels` in Rust: the same work, and the same results.

#![allow(clippy::needless_range_loop, reason = "the loops are to be those of the other languages")]

const LCG_FACTOR: u32 = 1_664_525;
const LCG_STEP: u32 = 1_013_904_223;

fn next(seed: &mut u32) -> u32 {
    *seed = seed.wrapping_mul(LCG_FACTOR).wrapping_add(LCG_STEP);
    *seed
}

/// Calls: Fibonacci numbers by plain recursion.
pub fn fib(n: i32) -> f64 {
    fn fib(n: i32) -> i32 {
        if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
    }
    f64::from(fib(n))
}

/// Floating point in arrays: the product of two n x n matrices.
pub fn matrix(n: i32) -> f64 {
    let n = usize::try_from(n).unwrap_or_default();
    let made = |row: usize, column: usize, modulus: usize| {
        let mut rows = vec![vec![0.0; n]; n];
        for i in 0..n {
            for j in 0..n {
                rows[i][j] = ((i * row + j * column) % modulus) as f64;
            }
        }
        rows
    };
    let (a, b) = (made(3, 7, 11), made(5, 2, 13));
    let mut total = 0.0;
    for i in 0..n {
        for j in 0..n {
            let mut sum = 0.0;
            for k in 0..n {
                sum += a[i][k] * b[k][j];
            }
            total += sum * ((i + j) % 3) as f64;
        }
    }
    total
}

const SOLAR_MASS: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;
const YEAR: f64 = 365.24;

struct Body {
    place: [f64; 3],
    speed: [f64; 3],
    mass: f64,
}

fn body(place: [f64; 3], speed: [f64; 3], mass: f64) -> Body {
    Body { place, speed: speed.map(|part| part * YEAR), mass: mass * SOLAR_MASS }
}

fn distance(one: &Body, other: &Body) -> ([f64; 3], f64) {
    let parts = [0, 1, 2].map(|axis| one.place[axis] - other.place[axis]);
    (parts, parts[0] * parts[0] + parts[1] * parts[1] + parts[2] * parts[2])
}

/// Floating point in structures: the sun and four planets attract each other for n steps; the energy that is left.
pub fn nbody(n: i32) -> f64 {
    let mut bodies = [
        body([0.0; 3], [0.0; 3], 1.0),
        body(
            [4.841_431_442_464_721, -1.160_320_044_027_428_4, -1.036_220_444_711_231_1e-1],
            [1.660_076_642_744_037e-3, 7.699_011_184_197_404e-3, -6.904_600_169_720_63e-5],
            9.547_919_384_243_266e-4,
        ),
        body(
            [8.343_366_718_244_58, 4.124_798_564_124_305, -4.035_234_171_143_214e-1],
            [-2.767_425_107_264_11e-3, 4.998_528_012_349_172e-3, 2.304_172_975_737_639_3e-5],
            2.858_859_806_661_308e-4,
        ),
        body(
            [12.894_369_562_139_131, -15.111_151_401_698_631, -2.233_075_788_926_557_3e-1],
            [2.964_601_375_647_616e-3, 2.378_471_739_594_809_5e-3, -2.965_895_685_402_375_6e-5],
            4.366_244_043_351_563e-5,
        ),
        body(
            [15.379_697_114_850_917, -25.919_314_609_987_964, 1.792_587_729_503_711_8e-1],
            [2.680_677_724_903_893_2e-3, 1.628_241_700_382_423e-3, -9.515_922_545_197_159e-5],
            5.151_389_020_466_114_5e-5,
        ),
    ];
    for _ in 0..n {
        for i in 0..5 {
            let (before, after) = bodies.split_at_mut(i + 1);
            let p = &mut before[i];
            for q in after {
                let (parts, square) = distance(p, q);
                let magnitude = 0.01 / (square * square.sqrt());
                for axis in 0..3 {
                    p.speed[axis] -= parts[axis] * q.mass * magnitude;
                    q.speed[axis] += parts[axis] * p.mass * magnitude;
                }
            }
        }
        for body in &mut bodies {
            for axis in 0..3 {
                body.place[axis] += 0.01 * body.speed[axis];
            }
        }
    }
    let mut energy = 0.0;
    for (i, p) in bodies.iter().enumerate() {
        let [x, y, z] = p.speed;
        energy += 0.5 * p.mass * (x * x + y * y + z * z);
        for q in &bodies[i + 1..] {
            energy -= p.mass * q.mass / distance(p, q).1.sqrt();
        }
    }
    energy
}

/// Floating point in registers: how many points of an n x n grid belong to the Mandelbrot set.
pub fn mandelbrot(n: i32) -> f64 {
    let mut inside = 0;
    for row in 0..n {
        for column in 0..n {
            let real = 3.0 * f64::from(column) / f64::from(n) - 2.25;
            let imaginary = 2.5 * f64::from(row) / f64::from(n) - 1.25;
            let (mut x, mut y, mut i) = (0.0_f64, 0.0_f64, 0);
            while i < 50 && x * x + y * y <= 4.0 {
                (x, y) = (x * x - y * y + real, 2.0 * x * y + imaginary);
                i += 1;
            }
            inside += i32::from(i == 50);
        }
    }
    f64::from(inside)
}

const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
];

fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut w = [0_u32; 64];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for i in 16..64 {
        let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
        let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for i in 0..64 {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let one = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(ROUND_CONSTANTS[i]).wrapping_add(w[i]);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let two = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = old.wrapping_add(new);
    }
}

/// Integer arithmetic: SHA-256 (FIPS 180-4) of n bytes; the first 32 bits of the digest.
pub fn sha256(n: i32) -> f64 {
    let mut state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    let mut block = Vec::with_capacity(64);
    for i in 0..n {
        block.push(i.wrapping_mul(31).wrapping_add(7) as u8);
        if block.len() == 64 {
            compress(&mut state, &block);
            block.clear();
        }
    }
    block.push(0x80);
    if block.len() > 56 {
        block.resize(64, 0);
        compress(&mut state, &block);
        block.clear();
    }
    block.resize(56, 0);
    block.extend((n as u64 * 8).to_be_bytes());
    compress(&mut state, &block);
    f64::from(state[0])
}

/// Memory and branches: n numbers sorted, without `sort`; a sum over their places.
pub fn quicksort(n: i32) -> f64 {
    fn sort(numbers: &mut [u32], mut first: isize, mut last: isize) {
        while first < last {
            let pivot = numbers[(first + (last - first) / 2) as usize];
            let (mut low, mut high) = (first, last);
            while low <= high {
                while numbers[low as usize] < pivot {
                    low += 1;
                }
                while numbers[high as usize] > pivot {
                    high -= 1;
                }
                if low <= high {
                    numbers.swap(low as usize, high as usize);
                    low += 1;
                    high -= 1;
                }
            }
            if high - first < last - low {
                sort(numbers, first, high);
                first = low;
            } else {
                sort(numbers, low, last);
                last = high;
            }
        }
    }
    let mut seed = 42;
    let mut numbers: Vec<u32> = (0..n).map(|_| next(&mut seed) >> 8).collect();
    let last = numbers.len() as isize - 1;
    sort(&mut numbers, 0, last);
    let weighted = numbers.iter().zip(1_u32..).map(|(number, place)| number.wrapping_mul(place));
    f64::from(weighted.fold(0, u32::wrapping_add))
}

/// Text: n words with numbers put together; a checksum (FNV-1a) of the whole.
pub fn strings(n: i32) -> f64 {
    use std::fmt::Write as _;
    let mut text = String::new();
    for i in 0..n {
        // Writing to a String cannot fail.
        let _ = write!(text, "item {i} is {}; ", if i % 2 == 1 { "odd" } else { "even" });
    }
    let sum = text.bytes().fold(2_166_136_261_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(16_777_619));
    f64::from(sum)
}

/// Memory in steps: how many primes there are below n.
pub fn sieve(n: i32) -> f64 {
    let n = usize::try_from(n).unwrap_or_default();
    let mut composite = vec![false; n];
    let mut count = 0;
    for i in 2..n {
        if composite[i] {
            continue;
        }
        count += 1;
        let mut j = i * i;
        while j < n {
            composite[j] = true;
            j += i;
        }
    }
    f64::from(count)
}

/// Parsing: n records as JSON, written and read again; the sum of what was read.
pub fn json(n: i32) -> f64 {
    use std::fmt::Write as _;
    let mut text = String::from("[");
    for i in 0..n {
        let comma = if i > 0 { ", " } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{comma}{{\"id\": {i}, \"name\": \"sensor {}\", \"on\": {}, \"values\": [{}.5, -{}, null]}}",
            i % 7,
            i % 3 != 0,
            i % 100,
            i % 10
        );
    }
    text.push(']');
    fn sum(value: &serde_json::Value) -> f64 {
        match value {
            serde_json::Value::Null => 0.0,
            serde_json::Value::Bool(on) => f64::from(u8::from(*on)),
            serde_json::Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            serde_json::Value::String(text) => text.len() as f64,
            serde_json::Value::Array(values) => values.iter().map(sum).sum(),
            serde_json::Value::Object(members) => members.values().map(sum).sum(),
        }
    }
    serde_json::from_str(&text).map_or(f64::NAN, |value| sum(&value))
}

/// Dynamic programming: the edit distance of two texts of n letters.
pub fn levenshtein(n: i32) -> f64 {
    let mut seed = 7;
    let letters = |_| ((next(&mut seed) >> 16) % 8, (next(&mut seed) >> 16) % 8);
    let (one, other): (Vec<u32>, Vec<u32>) = (0..n).map(letters).unzip();
    let mut row: Vec<i32> = (0..=n).collect();
    for (letter, i) in one.iter().zip(1..) {
        let mut diagonal = row[0];
        row[0] = i;
        for j in 1..row.len() {
            let best = diagonal + i32::from(*letter != other[j - 1]);
            diagonal = row[j];
            row[j] = best.min(row[j] + 1).min(row[j - 1] + 1);
        }
    }
    row.last().copied().map_or(f64::NAN, f64::from)
}
