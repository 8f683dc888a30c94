//! Random programs whose behaviour C defines (with wrapping overflow): statements of every kind over variables of every kind.
//!
//! What keeps them defined: indices and shift counts are masked, divisors are from 1 to 16, floating values become integers
//! only where they fit, loops count, pointers always point to something, only the order that C promises matters (functions
//! with effects are called in statements of their own).

use super::choices::Choices;
use std::fmt::Write as _;

const INTEGERS: [&str; 11] = [
    "int",
    "char",
    "unsigned char",
    "short",
    "unsigned short",
    "unsigned",
    "long",
    "unsigned long",
    "signed char",
    "_Bool",
    "long long",
];
const SCALARS: [&str; 13] = [
    "int",
    "char",
    "unsigned char",
    "short",
    "unsigned short",
    "unsigned",
    "long",
    "unsigned long",
    "signed char",
    "_Bool",
    "long long",
    "double",
    "float",
];
/// Elements of every array, a power of two.
const ELEMENTS: usize = 4;

#[derive(Clone)]
pub(super) enum Kind {
    Scalar,
    Array,
    Matrix,
    /// Of the struct with this number.
    Struct(usize),
    StructArray(usize),
    Pointer,
}

#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: &'static str,
    pub(super) kind: Kind,
    pub(super) is_counter: bool,
    pub(super) is_static: bool,
}

/// A member of a struct: `x`, `v[1]`, a bit-field.
#[derive(Clone)]
struct Member {
    name: String,
    ty: &'static str,
    is_array: bool,
}

pub(super) struct Generator<'c> {
    pub(super) choices: &'c mut Choices,
    pub(super) prefix: String,
    structs: Vec<Vec<Member>>,
    pub(super) scope: Vec<Variable>,
    /// How many variables of the scope are global; only these outlive a function.
    pub(super) globals: usize,
    /// Functions without effects, with the number of their parameters.
    pure: Vec<(String, usize)>,
    /// Functions `struct S f(struct S, long)` without effects, with the number of the struct.
    pub(super) of_structs: Vec<(String, usize)>,
    /// Functions `long f(int, long)` with effects.
    pub(super) effects: Vec<String>,
    /// The label at the end of the function.
    pub(super) end: String,
    next_name: usize,
    text: String,
    pub(super) indent: usize,
    pub(super) loops: usize,
    pub(super) statements_left: usize,
}

fn is_float(ty: &str) -> bool {
    matches!(ty, "float" | "double")
}

/// The program that these decisions make. All its names begin with `prefix`, its entry is `long PREFIXrun(void)`.
pub(crate) fn program(choices: &mut Choices, prefix: &str) -> String {
    let mut generator = Generator {
        choices,
        prefix: prefix.to_owned(),
        structs: Vec::new(),
        scope: Vec::new(),
        globals: usize::MAX,
        pure: Vec::new(),
        of_structs: Vec::new(),
        effects: Vec::new(),
        end: String::new(),
        next_name: 0,
        text: String::new(),
        indent: 0,
        loops: 0,
        statements_left: 60,
    };
    generator.whole();
    generator.text
}

impl Generator<'_> {
    pub(super) fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}{line}", "  ".repeat(self.indent));
    }

    pub(super) fn name(&mut self, letter: &str) -> String {
        self.next_name += 1;
        format!("{}{letter}{}", self.prefix, self.next_name)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.choices.below(end)
    }

    fn whole(&mut self) {
        let prefix = self.prefix.clone();
        self.line(&format!("static unsigned long {prefix}sum;"));
        self.line(&format!("static int {prefix}cut(double d) {{ return d > -30000 && d < 30000 ? (int)d : -1; }}"));
        self.line(&format!(
            "static void {prefix}mixd(double d) {{ unsigned long b = *(unsigned long *)&d; {prefix}sum = {prefix}sum * 31 + (d != d ? 99 : d == 0 ? 0 : b); }}"
        ));
        for _ in 0..self.below(3) {
            self.define_struct();
        }
        for _ in 0..1 + self.below(4) {
            self.declare("static ");
        }
        for _ in 0..self.below(3) {
            self.pure_function();
        }
        for number in 0..self.structs.len() {
            self.struct_function(number);
        }
        self.globals = self.scope.len();
        for _ in 0..1 + self.below(3) {
            self.statements_left = self.statements_left.max(10);
            let function = self.function();
            self.scope.truncate(self.globals);
            self.effects.push(function);
        }
        let main = self.effects.last().cloned().unwrap_or_default();
        self.line(&format!("long {prefix}run(void) {{"));
        self.indent += 1;
        for arguments in ["0, 0", "7, -3", "-2000000000, 9000000000"] {
            self.line(&format!("{{ long r = {main}({arguments}); {prefix}sum += 7 * r; }}"));
        }
        for variable in self.scope.clone() {
            self.mix_all(&variable);
        }
        self.line(&format!("return {prefix}sum;"));
        self.indent -= 1;
        self.line("}");
    }

    fn define_struct(&mut self) {
        let number = self.structs.len();
        let mut members = Vec::new();
        let mut text = format!("struct {}s{number} {{ ", self.prefix);
        for index in 0..1 + self.below(5) {
            let name = format!("m{index}");
            let form = self.below(4);
            let ty = if form == 3 { INTEGERS[self.below(INTEGERS.len())] } else { SCALARS[self.below(SCALARS.len())] };
            let widest = match ty {
                "_Bool" => 1,
                _ if ty.contains("char") => 8,
                _ if ty.contains("short") => 16,
                _ if ty.contains("long") => 64,
                _ => 32,
            };
            let _ = match form {
                2 => write!(text, "{ty} {name}[{ELEMENTS}]; "),
                3 => write!(text, "{ty} {name} : {}; ", 1 + self.below(widest)),
                _ => write!(text, "{ty} {name}; "),
            };
            members.push(Member { name, ty, is_array: form == 2 });
        }
        text.push_str("};");
        self.line(&text);
        self.structs.push(members);
    }

    /// A variable of a random kind, with initialiser.
    pub(super) fn declare(&mut self, storage: &str) {
        let name = self.name("v");
        let ty = SCALARS[self.below(SCALARS.len())];
        let is_static = storage.contains("static");
        let structs = self.structs.len();
        let kind = match self.below(7) {
            0 | 1 => Kind::Scalar,
            2 => Kind::Array,
            3 => Kind::Matrix,
            4 if structs > 0 => Kind::Struct(self.below(structs)),
            5 if structs > 0 => Kind::StructArray(self.below(structs)),
            6 if self.pointable(ty).is_some() => Kind::Pointer,
            _ => Kind::Scalar,
        };
        let value = |this: &mut Self| if is_static { this.constant() } else { this.value_for(ty, 1) };
        let prefix = &self.prefix.clone();
        let text = match kind {
            Kind::Scalar => format!("{storage}{ty} {name} = {};", value(self)),
            Kind::Array => {
                let (first, second) = (value(self), value(self));
                let form = self.below(3);
                let list = [format!("{first}, {second}"), format!("{first}, [2] = {second}"), first][form].clone();
                format!("{storage}{ty} {name}[{ELEMENTS}] = {{{list}}};")
            }
            Kind::Matrix => {
                let (first, second) = (value(self), value(self));
                format!("{storage}{ty} {name}[2][{ELEMENTS}] = {{{{{first}}}, {{1, {second}}}}};")
            }
            Kind::Struct(number) => match self.same_struct(number) {
                Some(other) if !is_static => format!("{storage}struct {prefix}s{number} {name} = {other};"),
                _ => format!("{storage}struct {prefix}s{number} {name} = {{{}}};", self.constant()),
            },
            Kind::StructArray(number) => {
                format!("{storage}struct {prefix}s{number} {name}[{ELEMENTS}] = {{[1] = {{{}}}}};", self.constant())
            }
            Kind::Pointer => {
                let target = if is_static { self.constant_target(ty) } else { self.pointable(ty) };
                format!("{storage}{ty} *{name} = {};", target.unwrap_or_default())
            }
        };
        if text.ends_with("= ;") {
            return;
        }
        self.line(&text);
        let ty = if matches!(kind, Kind::Struct(_) | Kind::StructArray(_)) { "" } else { ty };
        self.scope.push(Variable { name, ty, kind, is_counter: false, is_static });
    }

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
    fn constant_target(&mut self, ty: &str) -> Option<String> {
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

    fn member(&mut self, number: usize, base: &str) -> (String, &'static str, bool) {
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

    fn pure_call(&mut self, depth: usize) -> String {
        let at = self.below(self.pure.len());
        let (name, parameters) = self.pure[at].clone();
        let arguments: Vec<String> = (0..parameters).map(|_| self.integer(depth)).collect();
        format!("{name}({})", arguments.join(", "))
    }

    /// A function of its parameters alone.
    fn pure_function(&mut self) {
        let name = self.name("f");
        let globals = std::mem::take(&mut self.scope);
        let result = INTEGERS[self.below(INTEGERS.len())];
        let count = 1 + self.below(4);
        let mut parameters = Vec::new();
        for _ in 0..count {
            let (parameter, ty) = (self.name("a"), SCALARS[self.below(SCALARS.len())]);
            parameters.push(format!("{ty} {parameter}"));
            self.scope.push(Variable { name: parameter, ty, kind: Kind::Scalar, is_counter: false, is_static: false });
        }
        let value = self.integer(3);
        self.line(&format!("static {result} {name}({}) {{ return {value}; }}", parameters.join(", ")));
        self.scope = globals;
        self.pure.push((name, count));
    }

    /// A function that takes and returns a struct.
    fn struct_function(&mut self, number: usize) {
        let name = self.name("h");
        let prefix = self.prefix.clone();
        let globals = std::mem::take(&mut self.scope);
        let parameter = |suffix: &str, ty, kind| Variable {
            name: format!("{name}{suffix}"),
            ty,
            kind,
            is_counter: false,
            is_static: false,
        };
        self.scope = vec![parameter("x", "long", Kind::Scalar), parameter("s", "", Kind::Struct(number))];
        self.line(&format!(
            "static struct {prefix}s{number} {name}(struct {prefix}s{number} {name}s, long {name}x) {{"
        ));
        self.indent += 1;
        for _ in 0..1 + self.below(3) {
            self.assignment();
        }
        self.line(&format!("return {name}s;"));
        self.indent -= 1;
        self.line("}");
        self.scope = globals;
        self.of_structs.push((name, number));
    }

    /// A function with effects: `long name(int, long)`.
    fn function(&mut self) -> String {
        let name = self.name("g");
        self.end = format!("{name}end");
        self.line(&format!("static long {name}(int {name}a, long {name}b) {{"));
        self.indent += 1;
        for (suffix, ty) in [("a", "int"), ("b", "long")] {
            let name = format!("{name}{suffix}");
            self.scope.push(Variable { name, ty, kind: Kind::Scalar, is_counter: false, is_static: false });
        }
        let depth = self.scope.len();
        for _ in 0..2 + self.below(8) {
            self.statement(3);
        }
        // Out of scope from here on: what `goto` to the end has skipped has no value.
        for variable in self.scope.split_off(depth) {
            self.mix_all(&variable);
        }
        let value = self.integer(2);
        self.line(&format!("goto {name}end; {name}end: return {value};"));
        self.indent -= 1;
        self.line("}");
        name
    }

    /// Mixes everything that is in a variable into the sum.
    pub(super) fn mix_all(&mut self, variable: &Variable) {
        let name = &variable.name;
        let mut parts = Vec::new();
        match variable.kind {
            Kind::Scalar => parts.push((name.clone(), variable.ty)),
            Kind::Pointer => parts.push((format!("*{name}"), variable.ty)),
            Kind::Array => parts.extend((0..ELEMENTS).map(|index| (format!("{name}[{index}]"), variable.ty))),
            Kind::Matrix => {
                parts.extend((0..2 * ELEMENTS).map(|at| (format!("{name}[{}][{}]", at / 4, at % 4), variable.ty)))
            }
            Kind::Struct(number) => parts.extend(self.parts_of(number, name)),
            Kind::StructArray(number) => {
                parts.extend((0..ELEMENTS).flat_map(|index| self.parts_of(number, &format!("{name}[{index}]"))));
            }
        }
        let prefix = self.prefix.clone();
        for (part, ty) in parts {
            if is_float(ty) {
                self.line(&format!("{prefix}mixd({part});"));
            } else {
                self.line(&format!("{prefix}sum = {prefix}sum * 31 + {part};"));
            }
        }
    }

    fn parts_of(&self, number: usize, base: &str) -> Vec<(String, &'static str)> {
        let of_member = |member: &Member| {
            let count = if member.is_array { ELEMENTS } else { 1 };
            let index = |at: usize| if member.is_array { format!("[{at}]") } else { String::new() };
            (0..count).map(|at| (format!("{base}.{}{}", member.name, index(at)), member.ty)).collect::<Vec<_>>()
        };
        self.structs[number].iter().flat_map(of_member).collect()
    }
}
