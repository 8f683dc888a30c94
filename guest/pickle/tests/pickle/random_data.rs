//! Random data of all types, with shared objects and cycles.

use skerry_pickle::{Data, Date, DateTime, Id, Limits, Time, TimeDelta, Value};

/// The data of a seed, always the same. `with_fold`: times may have one.
pub(crate) fn random_data(seed: u64, with_fold: bool) -> Data {
    let mut random = Random { state: seed, with_fold, data: Data::new(Limits::default()), made: Vec::new() };
    let root = random.value(5);
    random.data.set_root(root);
    random.data
}

struct Random {
    state: u64,
    with_fold: bool,
    data: Data,
    /// Mutable objects, to refer to again.
    made: Vec<Id>,
}

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn add(&mut self, value: Value) -> Id {
        self.data.add(value).expect("it is within the limits")
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = if self.below(20) == 0 { 300 } else { self.below(12) };
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn text(&mut self) -> String {
        let length = if self.below(20) == 0 { 300 } else { self.below(12) };
        (0..length)
            .map(|_| {
                let bits = self.below(21);
                char::from_u32((self.next() as u32) >> (11 + bits)).unwrap_or('\u{fffd}')
            })
            .collect()
    }

    fn int(&mut self) -> Value {
        let mut bytes = self.bytes();
        bytes.truncate(self.below(40) as usize);
        Value::int_from_signed_bytes(&bytes)
    }

    fn float(&mut self) -> f64 {
        // A NaN's payload may change on its way through a register.
        Some(f64::from_bits(self.next())).filter(|number| !number.is_nan()).unwrap_or(f64::INFINITY)
    }

    fn date(&mut self) -> Date {
        Date { year: 1 + self.below(9999) as u16, month: 1 + self.below(12) as u8, day: 1 + self.below(28) as u8 }
    }

    fn time(&mut self) -> Time {
        let tz = (self.below(2) == 0).then(|| {
            let offset = TimeDelta { days: 0, seconds: self.below(86_400) as u32, microseconds: 0 };
            let name = (self.below(2) == 0).then(|| self.text().into());
            self.add(Value::TimeZone(offset, name))
        });
        Time {
            hour: self.below(24) as u8,
            minute: self.below(60) as u8,
            second: self.below(60) as u8,
            microsecond: self.below(1_000_000) as u32,
            fold: self.with_fold && self.below(2) == 0,
            tz,
        }
    }

    /// A key, different from all others that are made.
    fn key(&mut self) -> Id {
        let unique = format!("{} {}", self.text(), self.data.len());
        match self.below(4) {
            0 => self.add(Value::Str(unique)),
            1 => self.add(Value::Bytes(unique.into_bytes())),
            2 => {
                let number = self.data.len() as i64 + 2;
                self.add(Value::Int(number))
            }
            _ => {
                let inner = self.add(Value::Str(unique));
                let none = self.add(Value::None);
                self.add(Value::Tuple(vec![inner, none]))
            }
        }
    }

    fn atom(&mut self) -> Value {
        match self.below(13) {
            0 => Value::None,
            1 => Value::Bool(self.below(2) == 0),
            2 | 3 => self.int(),
            4 => Value::Float(self.float()),
            5 => Value::Complex(self.float(), self.float()),
            6 => Value::Str(self.text()),
            7 => Value::Bytes(self.bytes()),
            8 => Value::ByteArray(self.bytes()),
            9 => Value::Date(self.date()),
            10 => Value::Time(self.time()),
            11 => Value::DateTime(DateTime { date: self.date(), time: self.time() }),
            _ => Value::Decimal(format!("-{}.{}E+{}", 1 + self.below(9), self.below(1000), 9 + self.below(400))),
        }
    }

    fn values(&mut self, depth: u32) -> Vec<Id> {
        (0..self.below(6)).map(|_| self.value(depth)).collect()
    }

    fn value(&mut self, depth: u32) -> Id {
        if !self.made.is_empty() && self.below(6) == 0 {
            let index = self.below(self.made.len() as u64) as usize;
            return self.made[index];
        }
        let kind = if depth == 0 { 9 } else { self.below(10) };
        let depth = depth.saturating_sub(1);
        match kind {
            0..=2 => {
                let list = self.add(Value::List(Vec::new()));
                self.made.push(list);
                let items = self.values(depth);
                self.data.replace(list, Value::List(items)).expect("it is within the limits");
                list
            }
            3 | 4 => {
                let items = self.values(depth);
                self.add(Value::Tuple(items))
            }
            5 | 6 => {
                let dict = self.add(Value::Dict(Vec::new()));
                self.made.push(dict);
                let pairs = (0..self.below(6)).map(|_| (self.key(), self.value(depth))).collect();
                self.data.replace(dict, Value::Dict(pairs)).expect("it is within the limits");
                dict
            }
            7 => {
                let items = (0..self.below(6)).map(|_| self.key()).collect();
                self.add(Value::Set(items))
            }
            8 => {
                let items = (0..self.below(6)).map(|_| self.key()).collect();
                self.add(Value::FrozenSet(items))
            }
            _ => {
                let atom = self.atom();
                self.add(atom)
            }
        }
    }
}
