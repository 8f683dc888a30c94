//! Random programs whose behaviour C defines (with wrapping overflow): statements of every kind over variables of every kind.
//!
//! What keeps them defined: indices and shift counts are masked, divisors are from 1 to 16, floating values become integers
//! only where they fit, loops count, pointers always point to something, only the order that C promises matters (functions
//! with effects are called in statements of their own).

use super::choices::Choices;
use std::fmt::Write as _;

pub(super) const INTEGERS: [&str; 11] = [
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
pub(super) const ELEMENTS: usize = 4;

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
pub(super) struct Member {
    pub(super) name: String,
    pub(super) ty: &'static str,
    pub(super) is_array: bool,
}

pub(super) struct Generator<'c> {
    pub(super) choices: &'c mut Choices,
    pub(super) prefix: String,
    pub(super) structs: Vec<Vec<Member>>,
    pub(super) scope: Vec<Variable>,
    /// How many variables of the scope are global; only these outlive a function.
    pub(super) globals: usize,
    /// Functions without effects, with the number of their parameters.
    pub(super) pure: Vec<(String, usize)>,
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

pub(super) fn is_float(ty: &str) -> bool {
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
