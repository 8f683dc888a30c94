//! The typed tree between analysis and emission: every conversion explicit, every name resolved.

use crate::types::{FunctionType, Type};
use std::rc::Rc;

/// Index of a local variable or parameter of its function; parameters come first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalId(pub(crate) u32);

/// Index into [`Program::functions`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionId(pub(crate) u32);

/// A label of its function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LabelId(pub(crate) u32);

/// Names a value that was computed before: the old value in [`Kind::Update`], the first of [`Kind::With`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OldValue(pub(crate) u32);

/// An expression and the type of its value. Integers narrower than 4 bytes are always in their range. The value of a struct
/// or union is the address of an object that holds it until the object is changed.
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
    /// The last with the values of the firsts, which are computed before, in order, and read by [`Kind::Old`].
    With {
        firsts: Vec<(OldValue, Expression)>,
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
    /// Arguments as WebAssembly takes them: see [`FunctionType::lowered`].
    Call(FunctionId, Vec<Expression>),
    /// Through a pointer: an index into the table of functions.
    CallPointer(Box<Expression>, Rc<FunctionType>, Vec<Expression>),
    /// Index into [`crate::MATH_IMPORTS`]; all `double`.
    MathCall(usize, Vec<Expression>),
    /// Statements for their effect, then a value: a statement expression of GNU C.
    Statements(Vec<Statement>, Box<Expression>),
    /// One WebAssembly instruction on `float` or `double`, or on memory.
    Native(Native, Vec<Expression>),
    /// Zeroes a local that lives in memory; `void`.
    Clear {
        local: LocalId,
        size_bytes: u32,
    },
    /// Fills a local that lives in memory from static data; `void`.
    CopyFromStatic {
        local: LocalId,
        address: u32,
        size_bytes: u32,
    },
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
    /// Of an integer, how many bits are 0 before the highest 1; the result is an `int`.
    LeadingZeros,
    TrailingZeros,
    PopulationCount,
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

/// Functions of `<math.h>` and `<string.h>` that are instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    SquareRoot,
    Absolute,
    Floor,
    Ceiling,
    Truncate,
    Nearest,
    CopySign,
    /// Address, address, length; `void`.
    MemoryCopy,
    /// Address, byte, length; `void`.
    MemoryFill,
}

pub(crate) enum Statement {
    Evaluate(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Loop(Loop),
    Switch(Switch),
    Break,
    Continue,
    Return(Option<Expression>),
    /// Where a [`Statement::Goto`] leads. None is left when analysis is done.
    Label(LabelId),
    /// A jump to a label of one of the dispatches around it.
    Goto(LabelId),
    Dispatch(Dispatch),
}

/// Statements in a row that can be entered at any label. Runs from its beginning to its end, where nothing jumps.
pub(crate) struct Dispatch {
    pub(crate) segments: Vec<Segment>,
}

/// The statements from one label, or several, to the next.
#[derive(Default)]
pub(crate) struct Segment {
    pub(crate) labels: Vec<LabelId>,
    pub(crate) statements: Vec<Statement>,
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
    /// Where it lives in memory.
    pub(crate) alignment_bytes: u32,
    /// It has an address: it is an array or a record, or its address is taken.
    pub(crate) in_memory: bool,
}

pub(crate) struct Function {
    pub(crate) face: Rc<FunctionType>,
    /// Of the locals, those that come from the caller: hidden ones too.
    pub(crate) parameter_count: u32,
    pub(crate) locals: Vec<Local>,
    pub(crate) body: Vec<Statement>,
}

impl Function {
    /// Whether a local has its place in the frame. A record that is a parameter lives where the caller has put it.
    pub(crate) fn is_in_frame(&self, index: usize) -> bool {
        let is_parameter = index < self.parameter_count as usize;
        self.locals.get(index).is_some_and(|local| local.in_memory && !(is_parameter && local.ty.is_record()))
    }
}

/// What a function's name stands for in the end.
pub(crate) enum Body {
    /// It is never used.
    Missing,
    /// The caller supplies it.
    Imported {
        module: &'static str,
        name: String,
        face: Rc<FunctionType>,
    },
    Defined(Function),
}

/// Everything that a module is made of.
pub(crate) struct Program {
    /// By [`FunctionId`]; none that is called or in the table is missing.
    pub(crate) functions: Vec<Body>,
    pub(crate) run: FunctionId,
    /// Which of [`crate::MATH_IMPORTS`] are used, ascending.
    pub(crate) math_imports: Vec<usize>,
    /// Functions that pointers point to: the first has number 1, since 0 is the null pointer.
    pub(crate) table: Vec<FunctionId>,
    /// Whether anything is called through a pointer.
    pub(crate) calls_pointers: bool,
    /// Whether a function may call itself, perhaps through others.
    pub(crate) is_recursive: bool,
    /// Initialised static data: address and bytes.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// First address after all static objects.
    pub(crate) static_end: u32,
}
