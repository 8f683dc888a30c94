//! One function: where its variables live, its prologue and epilogue, and scratch locals.

use super::Layout;
use super::dispatch::OpenDispatch;
use super::inlining::Inlined;
use crate::ir::{Function, LocalId, OldValue, Program};
use crate::types::Type;
use wasm_encoder::{BlockType, InstructionSink, ValType};

/// The global that holds the address of the innermost frame.
const STACK_POINTER: u32 = 0;

/// Where a variable lives.
#[derive(Clone, Copy)]
pub(super) enum Home {
    /// In this WebAssembly local.
    Local(u32),
    /// At this offset in the frame.
    Frame(u32),
    /// A record that the caller has made a copy of: its address is in this WebAssembly local.
    Parameter(u32),
}

impl Home {
    pub(super) fn frame_offset(self) -> Option<u32> {
        match self {
            Self::Frame(offset) => Some(offset),
            Self::Local(_) | Self::Parameter(_) => None,
        }
    }
}

/// How to get the old value within an update.
#[derive(Clone, Copy)]
pub(super) enum OldSource {
    Local(u32),
    /// It is still in memory.
    Memory(AddressSource),
}

/// An address that can be put on the stack again and again.
#[derive(Clone, Copy)]
pub(super) enum AddressSource {
    Local(u32),
    Frame,
    Constant(u32),
}

pub(super) struct Emitter<'p> {
    pub(super) program: &'p Program,
    pub(super) layout: &'p Layout,
    function: &'p Function,
    pub(super) homes: Vec<Home>,
    /// Types of the WebAssembly locals after the parameters.
    extra_locals: Vec<ValType>,
    free: Vec<(ValType, u32)>,
    frame_bytes: u32,
    frame_local: u32,
    /// The stack pointer in this function: the frame itself, unless that is aligned to more than all frames are.
    stack_local: u32,
    pub(super) old_values: Vec<(OldValue, OldSource, u32)>,
    /// How many blocks are open.
    pub(super) depth: u32,
    pub(super) break_labels: Vec<u32>,
    pub(super) continue_labels: Vec<u32>,
    pub(super) dispatches: Vec<OpenDispatch>,
    pub(super) inlined: Inlined,
    code: Vec<u8>,
}

impl<'p> Emitter<'p> {
    pub(super) fn new(program: &'p Program, layout: &'p Layout, function: &'p Function) -> Self {
        let mut emitter = Self {
            program,
            layout,
            function,
            homes: Vec::with_capacity(function.locals.len()),
            extra_locals: Vec::new(),
            free: Vec::new(),
            frame_bytes: super::frame_bytes(function).unwrap_or_default(),
            frame_local: 0,
            stack_local: 0,
            old_values: Vec::new(),
            depth: 0,
            break_labels: Vec::new(),
            continue_labels: Vec::new(),
            dispatches: Vec::new(),
            inlined: Inlined::default(),
            code: Vec::new(),
        };
        emitter.place_locals();
        emitter
    }

    pub(super) fn sink(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    fn place_locals(&mut self) {
        let mut frame_end = 0_u32;
        for (index, local) in self.function.locals.iter().enumerate() {
            let home = if self.function.is_in_frame(index) {
                let offset = frame_end.next_multiple_of(local.alignment_bytes);
                frame_end = offset + local.ty.size_bytes();
                Home::Frame(offset)
            } else if index < self.function.parameter_count as usize {
                if local.ty.is_record() { Home::Parameter(index as u32) } else { Home::Local(index as u32) }
            } else {
                Home::Local(self.new_local(local.ty.value_type()))
            };
            self.homes.push(home);
        }
        if self.frame_bytes > 0 {
            self.frame_local = self.new_local(ValType::I32);
            let is_over_aligned = super::frame_alignment_bytes(self.function) > super::MAX_ALIGNMENT_BYTES;
            self.stack_local = if is_over_aligned { self.new_local(ValType::I32) } else { self.frame_local };
        }
    }

    fn new_local(&mut self, ty: ValType) -> u32 {
        self.extra_locals.push(ty);
        self.function.parameter_count + self.extra_locals.len() as u32 - 1
    }

    /// A local for a value that is needed twice. To be given back.
    pub(super) fn acquire(&mut self, ty: ValType) -> u32 {
        match self.free.iter().position(|(free, _)| *free == ty) {
            Some(index) => self.free.swap_remove(index).1,
            None => self.new_local(ty),
        }
    }

    pub(super) fn release(&mut self, ty: ValType, local: u32) {
        self.free.push((ty, local));
    }

    pub(super) fn home(&self, local: LocalId) -> Home {
        self.homes.get(local.0 as usize).copied().unwrap_or(Home::Frame(0))
    }

    /// Puts the address of the frame on the stack.
    pub(super) fn frame(&mut self) {
        let local = self.frame_local;
        self.sink().local_get(local);
    }

    /// The body with its declarations of locals, as the code section holds it.
    pub(super) fn emit(mut self) -> Vec<u8> {
        self.prologue();
        let function = self.function;
        self.statements(&function.body);
        self.leave_frame();
        let result = &function.face.result;
        if *result != Type::Void && !result.is_record() {
            // Reached only by a function that ends without a return: C leaves the value open, so it is 0.
            self.zero(result);
        }
        self.sink().end();
        let mut runs: Vec<(u32, ValType)> = Vec::new();
        for ty in &self.extra_locals {
            match runs.last_mut() {
                Some((count, last)) if last == ty => *count += 1,
                _ => runs.push((1, *ty)),
            }
        }
        let mut whole = wasm_encoder::Function::new(runs);
        whole.raw(self.code);
        whole.into_raw_body()
    }

    fn prologue(&mut self) {
        if self.frame_bytes == 0 {
            return;
        }
        let (bytes, limit, stack) = (self.frame_bytes as i32, self.layout.stack_limit as i32, self.stack_local);
        let frame = self.frame_local;
        self.sink()
            .global_get(STACK_POINTER)
            .i32_const(bytes)
            .i32_sub()
            .local_tee(stack)
            .i32_const(limit)
            .i32_lt_s()
            .if_(BlockType::Empty)
            .unreachable()
            .end()
            .local_get(stack)
            .global_set(STACK_POINTER);
        if stack != frame {
            let alignment = super::frame_alignment_bytes(self.function) as i32;
            self.sink().local_get(stack).i32_const(alignment - 1).i32_add().i32_const(-alignment).i32_and();
            self.sink().local_set(frame);
        }
        for index in 0..self.function.parameter_count {
            if let (Home::Frame(offset), Some(local)) =
                (self.home(LocalId(index)), self.function.locals.get(index as usize))
            {
                self.sink().local_get(frame).local_get(index);
                self.store(&local.ty, offset);
            }
        }
    }

    /// Gives the frame back; what is on the stack stays there.
    pub(super) fn leave_frame(&mut self) {
        if self.frame_bytes > 0 {
            let (bytes, stack) = (self.frame_bytes as i32, self.stack_local);
            self.sink().local_get(stack).i32_const(bytes).i32_add().global_set(STACK_POINTER);
        }
    }
}
