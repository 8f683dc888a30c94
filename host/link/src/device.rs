//! The network card as the stack sees it: the frames of one read on one side, the frames to be written on the other.

use smoltcp::phy::{self, Checksum, Device, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

use crate::frames::{FrameWriter, Frames, MTU_BYTES};
use crate::neighbour::{self, Neighbour};
use crate::windows::Windows;

/// Lives for one turn of the stack.
pub(crate) struct Card<'a> {
    /// What came in; `None` when this turn only sends.
    pub(crate) incoming: Option<Frames<'a>>,
    pub(crate) outgoing: &'a mut FrameWriter,
    pub(crate) neighbour: &'a mut Neighbour,
    pub(crate) windows: &'a mut Windows,
}

/// A frame that came in.
pub(crate) struct Incoming<'a>(&'a [u8]);

/// Room for a frame that goes out.
pub(crate) struct Outgoing<'a>(&'a mut FrameWriter);

impl Device for Card<'_> {
    type RxToken<'a>
        = Incoming<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Outgoing<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        let frame = self.incoming.as_mut()?.next()?;
        if let Some(address) = neighbour::learn(frame) {
            self.neighbour.address = Some(address);
        }
        self.windows.note(frame);
        // Even when our own data has to wait, the guest's is taken in: were each to wait for the other to read, both
        // would wait forever. Answers that find no room are dropped, see `FrameWriter`.
        Some((Incoming(frame), Outgoing(self.outgoing)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Outgoing<'_>> {
        (!self.outgoing.is_full()).then_some(Outgoing(self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MTU_BYTES + 14;
        // Between two processes of one machine nothing gets damaged: the guest checks what it gets, we need not.
        capabilities.checksum.ipv4 = Checksum::Tx;
        capabilities.checksum.tcp = Checksum::Tx;
        capabilities
    }
}

impl phy::RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

impl phy::TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        self.0.push(len, f)
    }
}
