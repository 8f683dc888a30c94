//! The statements of a random program.

use super::generator::{Generator, Kind, Variable, is_float};

/// Loops within each other.
const DEEPEST_LOOP: usize = 2;

impl Generator<'_> {
    /// One statement, of blocks at most `depth` deep.
    pub(super) fn statement(&mut self, depth: usize) {
        if self.statements_left == 0 {
            return;
        }
        self.statements_left -= 1;
        match self.below(24) {
            0..=4 => self.assignment(),
            5 | 6 => {
                let storage = if self.below(5) == 4 { "static " } else { "" };
                self.declare(storage);
            }
            7 | 8 if depth > 0 => self.choice(depth),
            9..=11 if depth > 0 && self.loops < DEEPEST_LOOP => self.repetition(depth),
            12 if depth > 0 => self.switch(depth),
            13 if depth > 0 => self.block("{", depth, "}"),
            14 => self.call(),
            15 => self.copy_struct(),
            16 => self.turn_pointer(),
            17 if depth > 0 && self.loops < DEEPEST_LOOP => self.goto_loop(depth),
            18 => {
                let condition = self.integer(2);
                let leave = if self.loops == 0 || self.below(4) == 3 {
                    format!("goto {}", self.end)
                } else {
                    self.choices.one_of(&["break", "continue"]).to_owned()
                };
                self.line(&format!("if ({condition}) {leave};"));
            }
            19 => self.comma(),
            20 => self.call_by_pointer(),
            _ => self.assignment(),
        }
    }

    /// Assigns to something: `=`, compound, `++` or `--`.
    pub(super) fn assignment(&mut self) {
        let Some((place, ty, true)) = self.place() else { return };
        let text = match self.below(10) {
            0..=3 => format!("{place} = {};", self.value_or_cut(ty)),
            4 => format!("{};", self.choices.one_of(&["@++", "++@", "@--", "--@"]).replace('@', &place)),
            5 if is_float(ty) => format!("{place} *= {};", self.choices.one_of(&["0.5", "3", "-1.5f"])),
            5 => format!("{place} {} ({} & 7);", self.choices.one_of(&["<<=", ">>="]), self.integer(1)),
            6 if !is_float(ty) => {
                format!("{place} {} (({} & 15) + 1);", self.choices.one_of(&["/=", "%="]), self.integer(1))
            }
            7 if !is_float(ty) => format!("{place} *= {};", self.choices.one_of(&["0.5", "0.25f"])),
            8 if !is_float(ty) => format!("{place} {} {};", self.choices.one_of(&["&=", "|=", "^="]), self.integer(2)),
            _ => {
                let value = if is_float(ty) { self.value_or_cut(ty) } else { self.integer(2) };
                format!("{place} {} {value};", self.choices.one_of(&["+=", "-=", "*="]))
            }
        };
        self.line(&text);
    }

    /// A value for a type, sometimes a floating one for an integer.
    fn value_or_cut(&mut self, ty: &str) -> String {
        match (ty, self.below(8)) {
            ("_Bool", 6) => self.floating(2),
            (_, 7) if !is_float(ty) => {
                let value = self.floating(2);
                format!("({ty}){}cut({value})", self.prefix)
            }
            _ => self.value_for(ty, 3),
        }
    }

    fn block(&mut self, head: &str, depth: usize, tail: &str) {
        self.line(head);
        self.indent += 1;
        let scope = self.scope.len();
        for _ in 0..1 + self.below(4) {
            self.statement(depth - 1);
        }
        for variable in self.scope.split_off(scope) {
            if self.below(3) == 0 {
                self.mix_all(&variable);
            }
        }
        self.indent -= 1;
        self.line(tail);
    }

    fn choice(&mut self, depth: usize) {
        let condition = if self.below(4) == 3 { self.floating(2) } else { self.integer(2) };
        if self.below(2) == 0 {
            self.block(&format!("if ({condition}) {{"), depth, "}");
        } else {
            self.block(&format!("if ({condition}) {{"), depth, "} else {");
            self.block("", depth, "}");
        }
    }

    fn counter(&mut self) -> String {
        let name = self.name("i");
        let counter =
            Variable { name: name.clone(), ty: "int", kind: Kind::Scalar, is_counter: true, is_static: false };
        self.scope.push(counter);
        name
    }

    fn repetition(&mut self, depth: usize) {
        let scope = self.scope.len();
        let i = self.counter();
        let rounds = 1 + self.below(4);
        self.loops += 1;
        match self.below(4) {
            0 => self.block(&format!("for (int {i} = 0; {i} < {rounds}; {i}++) {{"), depth, "}"),
            1 => self.block(&format!("for (unsigned char {i} = {rounds}; {i}-- > 0;) {{"), depth, "}"),
            2 => {
                let condition = self.integer(1);
                self.line(&format!("int {i} = 0;"));
                self.block(&format!("while ({i}++ < {rounds} && ({condition} || {i} < 2)) {{"), depth, "}");
            }
            _ => {
                self.line(&format!("int {i} = {rounds};"));
                self.block("do {", depth, &format!("}} while (--{i} > 0);"));
            }
        }
        self.loops -= 1;
        self.scope.truncate(scope);
    }

    /// A loop made of a label and `goto`.
    fn goto_loop(&mut self, depth: usize) {
        let scope = self.scope.len();
        let (i, label) = (self.counter(), self.name("l"));
        self.line(&format!("int {i} = 0;"));
        // `break` and `continue` have no loop of their own here.
        let loops = std::mem::replace(&mut self.loops, 0);
        let inner = depth.min(1);
        self.block(&format!("{label}: {{"), inner, "}");
        self.loops = loops;
        self.line(&format!("if ({i}++ < 2) goto {label};"));
        self.scope.truncate(scope);
    }

    fn switch(&mut self, depth: usize) {
        let value = self.integer(2);
        self.line(&format!("switch ({value} & 3) {{"));
        let default = self.below(4);
        for label in 0..3 {
            let (head, tail) = if label == default { ("default: ", "}") } else { ("", "}") };
            let leaves = self.below(3) != 0;
            // `continue` would mean the loop outside, `break` the switch: both are fine there.
            self.block(&format!("{head}case {label}: {{"), depth, tail);
            if leaves {
                self.line("break;");
            }
        }
        self.line("}");
    }

    fn call(&mut self) {
        let Some(function) = self.some_function() else { return self.assignment() };
        let (first, second) = (self.integer(2), self.integer(2));
        let prefix = self.prefix.clone();
        // Not `sum += f()`: whether its old value is read before or after the call is not said.
        self.line(&format!("{{ long r = {function}({first}, {second}); {prefix}sum += r; }}"));
    }

    fn some_function(&mut self) -> Option<String> {
        if self.effects.is_empty() {
            return None;
        }
        let at = self.below(self.effects.len());
        Some(self.effects[at].clone())
    }

    fn call_by_pointer(&mut self) {
        let Some((one, other)) = self.some_function().zip(self.some_function()) else { return self.assignment() };
        let (name, condition, argument) = (self.name("p"), self.integer(1), self.integer(1));
        let prefix = self.prefix.clone();
        self.line(&format!("{{ long (*{name}[2])(int, long) = {{{one}, {other}}};"));
        self.line(&format!(
            "  long {name}r = {name}[({condition}) & 1](3, {argument}); {prefix}sum = {prefix}sum * 31 + {name}r; }}"
        ));
    }

    fn copy_struct(&mut self) {
        if self.of_structs.is_empty() {
            return self.assignment();
        }
        let at = self.below(self.of_structs.len());
        let (function, number) = self.of_structs[at].clone();
        let Some((to, from)) = self.same_struct(number).zip(self.same_struct(number)) else { return self.assignment() };
        let text = match self.below(3) {
            0 => format!("{to} = {from};"),
            1 => format!("{to} = {function}({from}, {});", self.integer(2)),
            _ => {
                let (inner, outer) = (self.integer(1), self.integer(1));
                format!("{to} = {function}({function}({from}, {inner}), {outer});")
            }
        };
        self.line(&text);
    }

    fn turn_pointer(&mut self) {
        let pointers: Vec<(usize, Variable)> = self.scope.iter().cloned().enumerate().collect();
        let pointers: Vec<_> = pointers.into_iter().filter(|(_, v)| matches!(v.kind, Kind::Pointer)).collect();
        if pointers.is_empty() {
            return self.assignment();
        }
        let (at, pointer) = pointers[self.below(pointers.len())].clone();
        // What it points to must live as long as it does.
        let count = if pointer.is_static { self.globals } else { at };
        if let Some(target) = self.pointable_before(pointer.ty, count) {
            self.line(&format!("{} = {target};", pointer.name));
        }
    }

    /// Several effects in one expression, in an order that C promises.
    fn comma(&mut self) {
        let (name, ty) = (self.name("t"), self.choices.one_of(&["int", "short", "unsigned char", "long", "unsigned"]));
        let (first, second) = (self.integer(2), self.integer(1));
        let step = self.choices.one_of(&["@++", "++@", "@--", "--@", "@ += 3", "@ <<= 2"]).replace('@', &name);
        let Some((place, to, true)) = self.place() else { return };
        if is_float(to) {
            return;
        }
        let text = format!("({step}, ({name} > 5 && {name}-- > 7) || !{name} ? {name} : {second})");
        self.line(&format!("{{ {ty} {name} = {first}; {place} = {text}; }}"));
    }
}
