//! The loader's two ways to tell the world something: bytes on the first serial port, and the exit code.

use core::arch::asm;
use core::fmt;
use skerry_api::boot::GuestExit;

/// The first serial port (COM1), whose transmit register takes bytes without any set-up under every VMM we know.
pub(crate) const SERIAL_PORT: u16 = 0x3f8;
/// Offset of the line status register, and its bit that says that the transmitter takes another byte.
const LINE_STATUS: u16 = 5;
const TRANSMITTER_EMPTY: u8 = 0x20;
/// QEMU's `isa-debug-exit` device, where the host puts it.
const EXIT_PORT: u16 = 0xf4;
/// The keyboard controller's command port; 0xfe resets the machine, which VMMs run with `-no-reboot` take as the end.
const RESET_PORT: u16 = 0x64;
const RESET_COMMAND: u8 = 0xfe;

/// Writes text to the serial port.
pub(crate) struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // Bounded: a machine without a serial port must not hang the boot.
            for _ in 0..10_000 {
                if read_port(SERIAL_PORT + LINE_STATUS) & TRANSMITTER_EMPTY != 0 {
                    break;
                }
            }
            write_port(SERIAL_PORT, byte);
        }
        Ok(())
    }
}

/// Says why the boot ends, and ends it: by the exit device where there is one, by a reset elsewhere.
pub(crate) fn fail(exit: GuestExit, reason: fmt::Arguments<'_>) -> ! {
    use fmt::Write;
    // Writing to the port cannot fail.
    let _ = writeln!(Serial, "skerry-loader: cannot boot: {reason}");
    // SAFETY: an I/O port write; on machines without the device nothing happens.
    unsafe { asm!("out dx, eax", in("dx") EXIT_PORT, in("eax") u32::from(exit as u8), options(nomem, nostack)) };
    write_port(RESET_PORT, RESET_COMMAND);
    loop {
        // SAFETY: halting with interrupts off stops the processor for good, which is what is wanted.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) };
    }
}

fn write_port(port: u16, value: u8) {
    // SAFETY: the ports written are the serial port's and the keyboard controller's, which hold no memory of ours.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack)) };
}

fn read_port(port: u16) -> u8 {
    let value;
    // SAFETY: reading the serial port's status register has no effect on memory.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack)) };
    value
}
