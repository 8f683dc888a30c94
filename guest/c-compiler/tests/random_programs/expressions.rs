//! The expressions of a random program, and the places that it reads and writes.

use super::generator::{ELEMENTS, Generator, INTEGERS, Kind, Variable, is_float};

impl Generator<'_> {
    pub(super) fn constant(&mut self) -> String {
        self.choices
            .one_of(&[
                "0",
                "1",
                "-1",
                "7",
                "100",
                "255",
                "-128",
                "40000",
                "2147483647",
                "3000000000u",
                "(1L << 33)",
                "'a'",
            ])
            .to_owned()
    }

    /// The address of something of this type.
    pub(super) fn pointable(&mut self, ty: &str) -> Option<String> {
        self.pointable_before(ty, self.scope.len())
    }

    /// The same of the first variables of the scope, which live as long as those after them.
    pub(super) fn pointable_before(&mut self, ty: &str, count: usize) -> Option<String> {
        let is_fitting =
            |v: &&Variable| v.ty == ty && !v.is_counter && !matches!(v.kind, Kind::Struct(_) | Kind::StructArray(_));
        let fitting: Vec<Variable> = self.scope.iter().take(count).filter(is_fitting).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let variable = fitting[self.below(fitting.len())].clone();
        Some(match variable.kind {
            Kind::Scalar => format!("&{}", variable.name),
            Kind::Pointer => variable.name.clone(),
            Kind::Matrix => format!("&{}[{}][{}]", variable.name, self.below(2), self.index()),
            _ => format!("{} + {}", variable.name, self.index()),
        })
    }

    /// The same as a constant expression: of globals, with constant indices.
    pub(super) fn constant_target(&mut self, ty: &str) -> Option<String> {
        let is_fitting = |v: &&Variable| v.ty == ty && matches!(v.kind, Kind::Scalar | Kind::Array);
        let variable = self.scope.iter().take(self.globals).find(is_fitting)?.clone();
        Some(match variable.kind {
            Kind::Scalar => format!("&{}", variable.name),
            _ => format!("&{}[{}]", variable.name, self.below(ELEMENTS)),
        })
    }

    pub(super) fn same_struct(&mut self, number: usize) -> Option<String> {
        let variables: Vec<Variable> = self.scope.clone();
        let mut all = Vec::new();
        for variable in variables {
            match variable.kind {
                Kind::Struct(other) if other == number => all.push(variable.name),
                Kind::StructArray(other) if other == number => all.push(format!("{}[{}]", variable.name, self.index())),
                _ => {}
            }
        }
        if all.is_empty() { None } else { Some(all[self.below(all.len())].clone()) }
    }

    pub(super) fn index(&mut self) -> String {
        match self.below(3) {
            0 | 1 => self.below(ELEMENTS).to_string(),
            _ => format!("(({}) & {})", self.integer(1), ELEMENTS - 1),
        }
    }

    /// A place that can be read and, unless it is a loop's counter, written: its text, type, and whether it may be written.
    pub(super) fn place(&mut self) -> Option<(String, &'static str, bool)> {
        if self.scope.is_empty() {
            return None;
        }
        let number = self.below(self.scope.len());
        let variable = self.scope[self.scope.len() - 1 - number].clone();
        let (name, ty) = (&variable.name, variable.ty);
        Some(match variable.kind {
            Kind::Scalar => (name.clone(), ty, !variable.is_counter),
            Kind::Array => (format!("{name}[{}]", self.index()), ty, true),
            Kind::Matrix => (format!("{name}[{}][{}]", self.below(2), self.index()), ty, true),
            Kind::Pointer => (if self.below(2) == 0 { format!("(*{name})") } else { format!("{name}[0]") }, ty, true),
            Kind::Struct(number) => {
                let base = if self.below(3) == 2 { format!("(&{name})->") } else { format!("{name}.") };
                self.member(number, &base)
            }
            Kind::StructArray(number) => {
                let index = self.index();
                let base =
                    if self.below(3) == 2 { format!("({name} + {index})->") } else { format!("{name}[{index}].") };
                self.member(number, &base)
            }
        })
    }

    pub(super) fn member(&mut self, number: usize, base: &str) -> (String, &'static str, bool) {
        let at = self.below(self.structs[number].len());
        let member = self.structs[number][at].clone();
        let index = if member.is_array { format!("[{}]", self.index()) } else { String::new() };
        (format!("{base}{}{index}", member.name), member.ty, true)
    }

    /// An integer expression without effects.
    pub(super) fn integer(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(8) == 0 {
            if self.below(3) == 0 {
                return self.constant();
            }
            return match self.place() {
                Some((place, ty, _)) if is_float(ty) => format!("{}cut({place})", self.prefix),
                // A bit-field that is wider than int has a type of its own with gcc: cast.
                Some((place, ty, _)) if ty.contains("long") => format!("({ty}){place}"),
                Some((place, ..)) => place,
                None => self.constant(),
            };
        }
        let a = self.integer(depth - 1);
        let b = |this: &mut Self| this.integer(depth - 1);
        match self.below(22) {
            0..=5 => format!("({a} {} {})", self.choices.one_of(&["+", "-", "*", "&", "|", "^"]), b(self)),
            6 => format!("({a} / (({} & 15) + 1))", b(self)),
            7 => format!("({a} % (({} & 7) + 2))", b(self)),
            8 => format!("({a} << ({} & 31))", b(self)),
            9 => format!("({a} >> ({} & 31))", b(self)),
            10 | 11 => format!("({a} {} {})", self.choices.one_of(&["<", "<=", ">", ">=", "==", "!="]), b(self)),
            12 => format!("({a} {} {})", self.choices.one_of(&["&&", "||"]), b(self)),
            13 => format!("({a} ? {} : {})", b(self), b(self)),
            14 => format!("({}({a}))", self.choices.one_of(&["-", "~", "!", "+"])),
            15 | 16 => format!("(({})({a}))", INTEGERS[self.below(INTEGERS.len())]),
            17 => format!("({} < {})", self.floating(depth - 1), self.floating(depth - 1)),
            18 => {
                let value = self.floating(depth - 1);
                format!("{}cut({value})", self.prefix)
            }
            19 if !self.pure.is_empty() => self.pure_call(depth - 1),
            20 => match self.place() {
                Some((place, ty, _)) => format!("(int)sizeof({}{place})", if is_float(ty) { "" } else { "+(int)" }),
                None => a,
            },
            _ => a,
        }
    }

    pub(super) fn floating(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.place() {
                Some((place, ty, _)) if is_float(ty) => place,
                Some((place, ..)) if self.below(2) == 0 => format!("(double){place}"),
                _ => self.choices.one_of(&["0.5", "1.0f", "0.1", "-2.5f", "1e10", "3.0"]).to_owned(),
            };
        }
        let a = self.floating(depth - 1);
        match self.below(6) {
            0..=2 => format!("({a} {} {})", self.choices.one_of(&["+", "-", "*"]), self.floating(depth - 1)),
            3 => format!("(({})({a}))", self.choices.one_of(&["float", "double"])),
            4 => format!("({} ? {a} : {})", self.integer(depth - 1), self.floating(depth - 1)),
            _ => format!("({a} + {})", self.integer(depth - 1)),
        }
    }

    /// A value that may be assigned to this type.
    pub(super) fn value_for(&mut self, ty: &str, depth: usize) -> String {
        if is_float(ty) && self.below(3) != 0 { self.floating(depth) } else { self.integer(depth) }
    }

    pub(super) fn pure_call(&mut self, depth: usize) -> String {
        let at = self.below(self.pure.len());
        let (name, parameters) = self.pure[at].clone();
        let arguments: Vec<String> = (0..parameters).map(|_| self.integer(depth)).collect();
        format!("{name}({})", arguments.join(", "))
    }
}
