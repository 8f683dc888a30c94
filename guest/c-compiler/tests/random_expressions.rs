//! Random expressions over all integer types and `double`, compared with gcc.

mod support;

use std::fmt::Write as _;
use support::{Job, Runner, compiled, with_gcc};

/// Expressions in one program for gcc.
const EXPRESSIONS: usize = 200;
/// Calls of each, with different arguments.
const CALLS: usize = 3;

/// xorshift64*: enough randomness for tests, and the same on every machine.
struct Random {
    state: u64,
    /// Types of the variables that the present expression assigns to, each once: two writes would be unsequenced.
    locals: Vec<&'static str>,
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    fn choose<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.below(choices.len())]
    }

    fn new_local(&mut self) -> String {
        let ty = TYPES[1 + self.below(TYPES.len() - 1)];
        self.locals.push(ty);
        format!("x{}", self.locals.len() - 1)
    }
}

const TYPES: [&str; 10] = [
    "_Bool",
    "char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned int",
    "long",
    "unsigned long",
    "unsigned long long",
];

/// An integer expression without undefined behaviour, but for overflow, which both sides wrap.
fn integer(random: &mut Random, depth: u32) -> String {
    if depth == 0 {
        return match random.below(4) {
            0 => random
                .choose(&["0", "1", "-1", "7", "255", "2147483647", "0x80000000", "1L", "3u", "'a'", "65536"])
                .to_owned(),
            1 => format!("g{}", random.below(4)),
            _ => format!("v{}", random.below(TYPES.len())),
        };
    }
    let a = integer(random, depth - 1);
    match random.below(20) {
        0..=5 => format!("({a} {} {})", random.choose(&["+", "-", "*", "&", "|", "^"]), integer(random, depth - 1)),
        6 => format!("({a} / (({} & 15) + 1))", integer(random, depth - 1)),
        7 => format!("({a} % (({} & 31) + 2))", integer(random, depth - 1)),
        8 => format!("({a} << ({} & 31))", integer(random, depth - 1)),
        9 => format!("({a} >> ({} & 31))", integer(random, depth - 1)),
        10..=11 => {
            format!("({a} {} {})", random.choose(&["<", "<=", ">", ">=", "==", "!="]), integer(random, depth - 1))
        }
        12 => format!("({a} {} {})", random.choose(&["&&", "||"]), integer(random, depth - 1)),
        13 => format!("({a} ? {} : {})", integer(random, depth - 1), integer(random, depth - 1)),
        14 => format!("({}({a}))", random.choose(&["-", "~", "!", "+"])),
        15..=16 => format!("(({}){a})", TYPES[random.below(TYPES.len())]),
        17 => {
            let x = random.new_local();
            let operator = random.choose(&["+=", "-=", "*=", "|=", "^="]);
            format!("({x} = {a}, {x} {operator} {})", integer(random, depth - 1))
        }
        18 => {
            let x = random.new_local();
            let step = random.choose(&["@++", "@--", "++@", "--@"]).replace('@', &x);
            format!("({x} = {a}, ({step}) ? 3 * {x} : {x})")
        }
        _ => format!("({} < {})", floating(random, depth - 1), floating(random, depth - 1)),
    }
}

fn floating(random: &mut Random, depth: u32) -> String {
    if depth == 0 {
        return random.choose(&["d0", "e0", "0.1", "2.5f", "v5", "v8", "v6", "1e10"]).to_owned();
    }
    let a = floating(random, depth - 1);
    match random.below(6) {
        0..=2 => format!("({a} {} {})", random.choose(&["+", "-", "*"]), floating(random, depth - 1)),
        3 => format!("({})({a})", random.choose(&["float", "double"])),
        4 => format!("({} ? {a} : {})", integer(random, depth - 1), floating(random, depth - 1)),
        _ => format!("(({a}) * (double)({}))", integer(random, depth - 1)),
    }
}

/// A program whose `run` picks one of the expressions, some in integer, some in floating arithmetic.
fn program(random: &mut Random) -> String {
    let mut functions =
        String::from("char g0 = -3; unsigned short g1 = 65535; int g2 = -70000; unsigned long g3 = 1UL << 40;\n");
    let mut cases = String::new();
    let parameters: Vec<String> = TYPES.iter().enumerate().map(|(index, ty)| format!("{ty} v{index}")).collect();
    let parameters = format!("{}, double d0, float e0", parameters.join(", "));
    let names: Vec<String> = (0..TYPES.len()).map(|index| format!("v{index}")).collect();
    for index in 0..EXPRESSIONS {
        random.locals.clear();
        let (ty, expression) =
            if index % 4 == 3 { ("double", floating(random, 3)) } else { ("long", integer(random, 4)) };
        let locals: String =
            random.locals.iter().enumerate().map(|(index, ty)| format!("{ty} x{index} = 0; ")).collect();
        // A floating result travels as its bits.
        let result = if ty == "double" { "return *(long *)&r;" } else { "return r;" };
        let _ = writeln!(functions, "static long f{index}({parameters}) {{ {locals}{ty} r = {expression}; {result} }}");
        let _ = writeln!(cases, "case {index}: return f{index}({}, d0, e0);", names.join(", "));
    }
    format!("{functions}long run(int which, {parameters}) {{ switch (which) {{\n{cases}}} return 0; }}\n")
}

fn arguments(random: &mut Random, which: usize) -> String {
    let mut text = which.to_string();
    for (index, ty) in TYPES.iter().enumerate() {
        let raw = match random.below(3) {
            0 => random.next(),
            1 => random.next() % 16,
            _ => (random.next() % 16).wrapping_neg(),
        };
        let value = match index {
            0 => i128::from(raw & 1),
            1 => i128::from(raw as i8),
            2 => i128::from(raw as u8),
            3 => i128::from(raw as i16),
            4 => i128::from(raw as u16),
            5 => i128::from(raw as i32),
            6 => i128::from(raw as u32),
            _ if ty.starts_with("unsigned") => i128::from(raw),
            _ => i128::from(raw as i64),
        };
        let _ = write!(text, "; {value}");
    }
    let _ = write!(text, "; {}; {}", random.below(1000) as f64 / 8.0 - 60.0, random.below(1000) as f32 / 4.0 - 100.0);
    text
}

#[test]
fn random_expressions_agree_with_gcc() {
    for seed in [1, 2, 3] {
        println!("seed {seed}");
        let mut random = Random { state: 0x1234_5678_9abc_def1_u64.wrapping_mul(seed), locals: Vec::new() };
        let source = program(&mut random);
        let mut calls = Vec::new();
        for which in 0..EXPRESSIONS {
            for _ in 0..CALLS {
                calls.push(arguments(&mut random, which));
            }
        }
        let jobs: Vec<Job<'_>> = calls.iter().map(|arguments| Job { source: &source, arguments }).collect();
        let Some(expected) = with_gcc(&jobs) else { return };
        let runner = Runner::new(&compiled("random", &source));
        let mut failures = Vec::new();
        for (job, expected) in jobs.iter().zip(&expected) {
            let given = runner.run(job.arguments);
            if given != *expected {
                let which: usize =
                    job.arguments.split(';').next().and_then(|text| text.parse().ok()).unwrap_or_default();
                let line = source.lines().nth(which + 1).unwrap_or_default();
                failures.push(format!("seed {seed}: gcc {expected}, ours {given} for ({}) of {line}", job.arguments));
            }
        }
        assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures[..failures.len().min(5)].join("\n"));
    }
}
