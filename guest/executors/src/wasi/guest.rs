//! What a function of WASI acts on: linear memory, with every address checked, and the call's state.

use super::Errno;
use crate::sandbox::CallState;

/// Most pieces of memory in one read or write, as on Linux.
const MOST_PIECES: u32 = 1024;
/// What a piece costs, and a byte that is copied, in fuel. Without, a function could spend its time where neither clock
/// nor stop flag is looked at.
const PIECE_FUEL: u64 = 50;
const BYTES_PER_FUEL: u64 = 4;

/// Linear memory and state of a call.
pub(crate) struct Guest<'a> {
    pub(crate) memory: &'a mut [u8],
    pub(crate) state: &'a mut CallState,
    /// Fuel that the function has to pay.
    pub(crate) cost: u64,
}

impl Guest<'_> {
    pub(crate) fn bytes(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let (start, length) = (address as usize, length as usize);
        let end = start.checked_add(length).ok_or(Errno::Fault)?;
        self.memory.get_mut(start..end).ok_or(Errno::Fault)
    }

    pub(crate) fn read<const LENGTH: usize>(&mut self, address: u32) -> Result<[u8; LENGTH], Errno> {
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(self.bytes(address, LENGTH as u32)?);
        Ok(bytes)
    }

    pub(crate) fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.bytes(address, length)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.write(address, &value.to_le_bytes())
    }

    /// Address and length of each piece of an array of `iovec`. All of them lie in memory; they may overlap.
    pub(crate) fn pieces(&mut self, address: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > MOST_PIECES {
            return Err(Errno::Invalid);
        }
        let mut total = 0_u32;
        let mut pieces = Vec::with_capacity(count as usize);
        for index in 0..count {
            let at = address.checked_add(8 * index).ok_or(Errno::Fault)?;
            let [a, b, c, d, rest @ ..] = self.read::<8>(at)?;
            let (start, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(rest));
            self.bytes(start, length)?;
            // Their sum is what is answered, as a u32.
            total = total.checked_add(length).ok_or(Errno::Invalid)?;
            pieces.push((start, length));
        }
        self.cost += PIECE_FUEL * u64::from(count);
        Ok(pieces)
    }

    /// Counts bytes that are copied.
    pub(crate) fn pay_for(&mut self, bytes: u32) {
        self.cost += u64::from(bytes) / BYTES_PER_FUEL;
    }
}
