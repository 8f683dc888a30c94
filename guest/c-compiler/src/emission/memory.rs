//! Loads, stores and addresses.

use super::function::{AddressSource, Emitter, Home};
use crate::analysis::statics::NULL_ZONE_BYTES;
use crate::ir::{Binary, Expression, Kind, LocalId, Place};
use crate::signature::ScalarType;
use crate::types::Type;
use wasm_encoder::{MemArg, MemArgTarget, ValType};

fn memory_argument(offset: u32, size_bytes: u32) -> MemArg {
    let align = size_bytes.max(1).trailing_zeros();
    MemArg { offset: u64::from(offset), align, target: MemArgTarget::Memory(0), ordering: None }
}

/// Up to so many instructions move an object; above, one instruction for blocks of memory is cheaper.
const MAX_CHUNKS: usize = 4;

/// The parts, each with its offset, that an object of this size is moved in; only the first few if there are many.
fn chunks(size_bytes: u32) -> Vec<(Type, u32)> {
    let mut chunks = Vec::with_capacity(MAX_CHUNKS + 1);
    let mut offset = 0;
    while offset < size_bytes && chunks.len() <= MAX_CHUNKS {
        let scalar = match size_bytes - offset {
            8.. => ScalarType::UnsignedLong,
            4.. => ScalarType::UnsignedInt,
            2.. => ScalarType::UnsignedShort,
            _ => ScalarType::UnsignedChar,
        };
        chunks.push((Type::Scalar(scalar), offset));
        offset += scalar.size_bytes();
    }
    chunks
}

impl Emitter<'_> {
    /// Replaces the address on the stack by the value there.
    pub(super) fn load(&mut self, ty: &Type, offset: u32) {
        let argument = memory_argument(offset, ty.size_bytes());
        let mut sink = self.sink();
        match ty {
            Type::Scalar(ScalarType::Bool | ScalarType::UnsignedChar) => sink.i32_load8_u(argument),
            Type::Scalar(ScalarType::Char | ScalarType::SignedChar) => sink.i32_load8_s(argument),
            Type::Scalar(ScalarType::Short) => sink.i32_load16_s(argument),
            Type::Scalar(ScalarType::UnsignedShort) => sink.i32_load16_u(argument),
            ty => match ty.value_type() {
                ValType::I64 => sink.i64_load(argument),
                ValType::F32 => sink.f32_load(argument),
                ValType::F64 => sink.f64_load(argument),
                _ => sink.i32_load(argument),
            },
        };
    }

    /// Stores the value on the stack at the address below it.
    pub(super) fn store(&mut self, ty: &Type, offset: u32) {
        let argument = memory_argument(offset, ty.size_bytes());
        let mut sink = self.sink();
        match (ty.value_type(), ty.size_bytes()) {
            (ValType::I64, _) => sink.i64_store(argument),
            (ValType::F32, _) => sink.f32_store(argument),
            (ValType::F64, _) => sink.f64_store(argument),
            (_, 1) => sink.i32_store8(argument),
            (_, 2) => sink.i32_store16(argument),
            _ => sink.i32_store(argument),
        };
    }

    /// Puts a pointer on the stack, less an offset that the memory instruction adds.
    ///
    /// Only constant offsets that are small are left to the instruction, since there the sum does not wrap around: no
    /// object lies below [`NULL_ZONE_BYTES`], so a base that wrapped around itself is further away from one.
    pub(super) fn base(&mut self, pointer: &Expression) -> u32 {
        if let Kind::Binary(Binary::Add, base, offset) = &pointer.kind
            && let Kind::Integer(bytes) = offset.kind
        {
            let largest = i64::from(u32::MAX / 4);
            if let Some(frame_offset) = self.frame_offset(base).filter(|_| (0..=largest).contains(&bytes)) {
                self.frame();
                return frame_offset + bytes as u32;
            }
            if (0..=i64::from(NULL_ZONE_BYTES)).contains(&bytes) {
                self.value(base);
                return bytes as u32;
            }
        }
        if let Some(frame_offset) = self.frame_offset(pointer) {
            self.frame();
            return frame_offset;
        }
        self.value(pointer);
        0
    }

    /// The offset in the frame that a pointer always holds the address of.
    fn frame_offset(&self, pointer: &Expression) -> Option<u32> {
        match &pointer.kind {
            Kind::Address(place) => match **place {
                Place::Local(local) => self.home(local).frame_offset(),
                Place::Memory(_) => None,
            },
            _ => None,
        }
    }

    /// Puts the address of a place in memory on the stack, less the offset that is returned.
    pub(super) fn place_base(&mut self, place: &Place) -> u32 {
        match place {
            Place::Memory(pointer) => self.base(pointer),
            Place::Local(local) => match self.home(*local) {
                Home::Parameter(index) => {
                    self.sink().local_get(index);
                    0
                }
                home => {
                    self.frame();
                    home.frame_offset().unwrap_or_default()
                }
            },
        }
    }

    /// Evaluates the address of a place in memory once, for several uses. The second part is an offset to add, the
    /// third a scratch local to give back.
    pub(super) fn address_source(&mut self, place: &Place) -> (AddressSource, u32, Option<u32>) {
        let pointer = match place {
            Place::Local(local) => {
                return match self.home(*local) {
                    Home::Parameter(index) => (AddressSource::Local(index), 0, None),
                    home => (AddressSource::Frame, home.frame_offset().unwrap_or_default(), None),
                };
            }
            Place::Memory(pointer) => pointer,
        };
        if let Kind::Integer(address) = pointer.kind {
            return (AddressSource::Constant(address as u32), 0, None);
        }
        if let Some(offset) = self.frame_offset(pointer) {
            return (AddressSource::Frame, offset, None);
        }
        let offset = self.base(pointer);
        let scratch = self.acquire(ValType::I32);
        self.sink().local_set(scratch);
        (AddressSource::Local(scratch), offset, Some(scratch))
    }

    pub(super) fn put_address(&mut self, source: AddressSource) {
        match source {
            AddressSource::Local(local) => {
                self.sink().local_get(local);
            }
            AddressSource::Frame => self.frame(),
            AddressSource::Constant(address) => {
                self.sink().i32_const(address as i32);
            }
        }
    }

    pub(super) fn clear(&mut self, local: LocalId, size_bytes: u32) {
        let chunks = chunks(size_bytes);
        if chunks.len() > MAX_CHUNKS {
            self.local_address(local);
            self.sink().i32_const(0).i32_const(size_bytes as i32).memory_fill(0);
            return;
        }
        for (ty, offset) in chunks {
            let base = self.place_base(&Place::Local(local));
            self.zero(&ty);
            self.store(&ty, base + offset);
        }
    }

    pub(super) fn copy_from_static(&mut self, local: LocalId, address: u32, size_bytes: u32) {
        self.local_address(local);
        self.sink().i32_const(address as i32);
        self.copy(size_bytes);
    }

    /// Copies between the two addresses on the stack, destination first; right too if the two overlap.
    pub(super) fn copy(&mut self, size_bytes: u32) {
        let chunks = chunks(size_bytes);
        if chunks.len() > MAX_CHUNKS {
            self.sink().i32_const(size_bytes as i32).memory_copy(0, 0);
            return;
        }
        let (source, destination) = (self.acquire(ValType::I32), self.acquire(ValType::I32));
        self.sink().local_set(source).local_set(destination);
        // All is read before anything is written.
        for (ty, offset) in &chunks {
            self.sink().local_get(destination).local_get(source);
            self.load(ty, *offset);
        }
        for (ty, offset) in chunks.iter().rev() {
            self.store(ty, *offset);
        }
        self.release(ValType::I32, source);
        self.release(ValType::I32, destination);
    }

    /// Puts the address of a variable in memory on the stack.
    pub(super) fn local_address(&mut self, local: LocalId) {
        let home = self.home(local);
        if let Home::Parameter(index) = home {
            self.sink().local_get(index);
            return;
        }
        self.frame();
        if let Some(offset) = home.frame_offset().filter(|offset| *offset > 0) {
            self.sink().i32_const(offset as i32).i32_add();
        }
    }
}
