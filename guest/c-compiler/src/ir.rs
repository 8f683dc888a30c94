//! The typed tree between analysis and emission: every conversion explicit, every name resolved.

use crate::types::Type;

/// Index of a local variable or parameter of its function; parameters come first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalId(pub(crate) u32);

/// Index into [`Program::functions`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionId(pub(crate) u32);

/// Names a value that was computed before: the old value in [`Kind::Update`], the first of [`Kind::With`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OldValue(pub(crate) u32);

/// An expression and the type of its value. Integers narrower than 4 bytes are always in their range.
pub(crate) struct Expression {
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// Sign- or zero-extended as the type says; for pointers an address.
    Integer(i64),
    /// Of a `float`, a value that `float` holds exactly.
    Floating(f64),
    Read(Box<Place>),
    Address(Box<Place>),
    /// Stores, and is the stored value.
    Assign(Box<Place>, Box<Expression>),
    /// Computes a new value from the old, with the place evaluated once. `value` reads [`Kind::Old`] exactly once, and
    /// before all else.
    Update {
        place: Box<Place>,
        old: OldValue,
        value: Box<Expression>,
        result: UpdateResult,
    },
    /// The second with the value of the first, which is computed before and read by [`Kind::Old`].
    With {
        name: OldValue,
        first: Box<Expression>,
        then: Box<Expression>,
    },
    Old(OldValue),
    Unary(Unary, Box<Expression>),
    /// Both operands have the type that the operator works in; a comparison's own type is `int`.
    Binary(Binary, Box<Expression>, Box<Expression>),
    Convert(Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    /// All but the last for their effect, the last for its value.
    Comma(Vec<Expression>),
    Call(FunctionId, Vec<Expression>),
    /// Index into [`crate::MATH_IMPORTS`]; all `double`.
    MathCall(usize, Vec<Expression>),
    /// One WebAssembly instruction on `float` or `double`.
    Native(Native, Vec<Expression>),
}

/// Which value an update is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateResult {
    Before,
    After,
}

/// Where a value lives.
pub(crate) enum Place {
    Local(LocalId),
    /// At the address that this pointer holds.
    Memory(Expression),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unary {
    Negate,
    Complement,
    /// 1 if the operand is 0, else 0.
    Not,
    /// Of an integer, wrapping.
    Absolute,
    IsNan,
    IsInfinite,
    IsFinite,
    SignBit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Functions of `<math.h>` that are instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    SquareRoot,
    Absolute,
    Floor,
    Ceiling,
    Truncate,
    Nearest,
    CopySign,
}

pub(crate) enum Statement {
    Evaluate(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Loop(Loop),
    Switch(Switch),
    Break,
    Continue,
    Return(Option<Expression>),
    /// Zeroes a local that lives in memory.
    Clear {
        local: LocalId,
        size_bytes: u32,
    },
    /// Fills a local that lives in memory from static data.
    CopyFromStatic {
        local: LocalId,
        address: u32,
        size_bytes: u32,
    },
}

pub(crate) struct Loop {
    /// `while` and `for` test before the body, `do` after it.
    pub(crate) tests_first: bool,
    /// Without one, it goes on for ever.
    pub(crate) condition: Option<Expression>,
    pub(crate) body: Vec<Statement>,
    pub(crate) step: Option<Expression>,
}

pub(crate) struct Switch {
    pub(crate) value: Expression,
    /// Constant, and the segment that it leads to.
    pub(crate) cases: Vec<(i64, u32)>,
    pub(crate) default: Option<u32>,
    /// The statements from one label to the next; each falls through to the next.
    pub(crate) segments: Vec<Vec<Statement>>,
}

pub(crate) struct Local {
    pub(crate) ty: Type,
    /// It has an address: it is an array, or its address is taken.
    pub(crate) in_memory: bool,
}

pub(crate) struct Function {
    pub(crate) parameter_count: u32,
    pub(crate) result: Type,
    pub(crate) locals: Vec<Local>,
    pub(crate) body: Vec<Statement>,
}

/// Everything that a module is made of.
pub(crate) struct Program {
    /// By [`FunctionId`]; all those that are called are defined.
    pub(crate) functions: Vec<Option<Function>>,
    pub(crate) run: FunctionId,
    /// Which of [`crate::MATH_IMPORTS`] are used, ascending.
    pub(crate) math_imports: Vec<usize>,
    /// Whether a function may call itself, perhaps through others.
    pub(crate) is_recursive: bool,
    /// Initialised static data: address and bytes.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// First address after all static objects.
    pub(crate) static_end: u32,
}
