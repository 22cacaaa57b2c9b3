//! USBCTRL (data sheet section 4.1): the device controller and its 4 KiB of buffers.
//!
//! The other end of the cable is [`super::usb_host`], which calls [`Usb::setup`], [`Usb::input`]
//! and [`Usb::output`] for the tokens it sends.

use super::shared::{Shared, irq};

const MAIN_CTRL: u32 = 0x40;
const SOF_RD: u32 = 0x48;
const SIE_CTRL: u32 = 0x4C;
const SIE_STATUS: u32 = 0x50;
const BUFF_STATUS: u32 = 0x58;
const BUFF_CPU_SHOULD_HANDLE: u32 = 0x5C;
const EP_ABORT: u32 = 0x60;
const EP_ABORT_DONE: u32 = 0x64;
const EP_STALL_ARM: u32 = 0x68;
const NAK_POLL: u32 = 0x6C;
const EP_STATUS_STALL_NAK: u32 = 0x70;
const USB_PWR: u32 = 0x78;
const USBPHY_TRIM: u32 = 0x84;
const INTR: u32 = 0x8C;
const INTE: u32 = 0x90;
const INTF: u32 = 0x94;
const INTS: u32 = 0x98;

const MAIN_CTRL_CONTROLLER_EN: u32 = 1;
const MAIN_CTRL_HOST_NDEVICE: u32 = 2;
const SIE_CTRL_PULLUP_EN: u32 = 1 << 16;
const SIE_CTRL_EP0_INT_1BUF: u32 = 1 << 29;

const STATUS_VBUS_DETECTED: u32 = 1;
const STATUS_LINE_J: u32 = 1 << 2;
const STATUS_CONNECTED: u32 = 1 << 16;
const STATUS_SETUP_REC: u32 = 1 << 17;
const STATUS_TRANS_COMPLETE: u32 = 1 << 18;
const STATUS_BUS_RESET: u32 = 1 << 19;
const STATUS_ACK_REC: u32 = 1 << 30;
/// Bits of SIE_STATUS that writing a one clears.
const STATUS_CLEARABLE: u32 = 0xFF0F_0810;

const INT_TRANS_COMPLETE: u32 = 1 << 3;
const INT_BUFF_STATUS: u32 = 1 << 4;
const INT_BUS_RESET: u32 = 1 << 12;
const INT_SETUP_REQ: u32 = 1 << 16;
const INT_DEV_SOF: u32 = 1 << 17;
const INT_ABORT_DONE: u32 = 1 << 18;
const INT_EP_STALL_NAK: u32 = 1 << 19;

const EP_CTRL_ENABLE: u32 = 1 << 31;
const EP_CTRL_DOUBLE: u32 = 1 << 30;
const EP_CTRL_INT_PER_BUFFER: u32 = 1 << 29;
const EP_CTRL_INT_PER_DOUBLE: u32 = 1 << 28;
const EP_CTRL_INT_ON_NAK: u32 = 1 << 16;

const BUF_FULL: u32 = 1 << 15;
const BUF_RESET_SEL: u32 = 1 << 12;
const BUF_STALL: u32 = 1 << 11;
const BUF_AVAILABLE: u32 = 1 << 10;
const BUF_LENGTH: u32 = 0x3FF;

const DPRAM: usize = 4096;
const BUFFER_CONTROL: usize = 0x80;
const EP0_BUFFER: usize = 0x100;

/// What the device answers to a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Data was taken, or here it is.
    Ack(Vec<u8>),
    /// Not now.
    Nak,
    /// Never, until the host clears it.
    Stall,
}

/// The device controller.
#[derive(Clone)]
pub struct Usb {
    dpram: Box<[u8; DPRAM]>,
    regs: [u32; 0x9C / 4],
    /// Next buffer of each double-buffered endpoint: bit 2n for IN, 2n + 1 for OUT.
    select: u32,
    sof: bool,
    /// The device gave the host something to do: a buffer became available.
    pub kicked: bool,
}

impl Default for Usb {
    fn default() -> Usb {
        let mut usb =
            Usb { dpram: Box::new([0; DPRAM]), regs: [0; 0x9C / 4], select: 0, sof: false, kicked: false };
        usb.regs[NAK_POLL as usize / 4] = 0x10 << 16 | 0x10;
        usb.regs[USBPHY_TRIM as usize / 4] = 0x1F << 8 | 0x1F;
        usb
    }
}

impl Usb {
    fn reg(&mut self, offset: u32) -> &mut u32 {
        &mut self.regs[offset as usize / 4]
    }

    /// Whether the device has its pull-up on: it wants to be seen.
    pub fn attached(&self) -> bool {
        let main = self.regs[MAIN_CTRL as usize / 4];
        self.regs[SIE_CTRL as usize / 4] & SIE_CTRL_PULLUP_EN != 0
            && main & MAIN_CTRL_CONTROLLER_EN != 0
            && main & MAIN_CTRL_HOST_NDEVICE == 0
    }

    /// Reads a word of the buffers.
    pub fn dpram_read(&self, offset: u32) -> u32 {
        self.word(offset as usize & (DPRAM - 4))
    }

    fn word(&self, at: usize) -> u32 {
        let d = &self.dpram;
        u32::from_le_bytes([d[at], d[at + 1], d[at + 2], d[at + 3]])
    }

    fn set_word(&mut self, at: usize, value: u32) {
        self.dpram[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Writes 1, 2 or 4 bytes of the buffers.
    pub fn dpram_write(&mut self, offset: u32, size: u32, value: u32) {
        let at = offset as usize & (DPRAM - 1);
        let size = (size as usize).min(DPRAM - at);
        self.dpram[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        if (BUFFER_CONTROL..EP0_BUFFER).contains(&at) {
            let at = at & !3;
            let control = self.word(at);
            if control & BUF_RESET_SEL != 0 {
                self.select &= !(1 << ((at - BUFFER_CONTROL) / 4));
                // The bit reads as zero.
                self.set_word(at, control & !BUF_RESET_SEL);
            }
            if control & (BUF_AVAILABLE | BUF_AVAILABLE << 16 | BUF_STALL) != 0 {
                self.kicked = true;
            }
        }
    }

    /// The host resets the bus.
    pub fn bus_reset(&mut self, s: &mut Shared) {
        *self.reg(SIE_STATUS) |= STATUS_BUS_RESET | STATUS_CONNECTED;
        self.select = 0;
        self.update(s);
    }

    /// Start of frame `number`.
    pub fn start_of_frame(&mut self, s: &mut Shared, number: u32) {
        *self.reg(SOF_RD) = number & 0x7FF;
        self.sof = true;
        self.update(s);
    }

    /// A SETUP token with its packet: never refused.
    pub fn setup(&mut self, s: &mut Shared, packet: &[u8; 8]) {
        self.dpram[..8].copy_from_slice(packet);
        *self.reg(SIE_STATUS) |= STATUS_SETUP_REC;
        // A new transfer ends a stall on the control endpoint.
        *self.reg(EP_STALL_ARM) = 0;
        self.select &= !3;
        self.update(s);
    }

    /// An IN token to an endpoint.
    pub fn input(&mut self, s: &mut Shared, endpoint: u8) -> Answer {
        let (bit, control_at) = (u32::from(endpoint) * 2, BUFFER_CONTROL + usize::from(endpoint) * 8);
        let Some((ctrl, buffer)) = self.buffer(endpoint, true) else { return Answer::Nak };
        let which = self.which(ctrl, bit);
        let shift = 16 * which;
        let control = self.word(control_at) >> shift;
        if let Some(answer) = self.refusal(s, endpoint, bit, self.word(control_at), control, ctrl) {
            return answer;
        }
        if control & BUF_FULL == 0 {
            return Answer::Nak;
        }
        let len = (control & BUF_LENGTH) as usize;
        let start = (buffer + 64 * which as usize).min(DPRAM);
        let data = self.dpram[start..(start + len).min(DPRAM)].to_vec();
        self.complete(s, control_at, shift, BUF_AVAILABLE | BUF_FULL, 0, ctrl, bit, which);
        *self.reg(SIE_STATUS) |= STATUS_ACK_REC;
        Answer::Ack(data)
    }

    /// An OUT token to an endpoint with its data.
    pub fn output(&mut self, s: &mut Shared, endpoint: u8, data: &[u8]) -> Answer {
        let (bit, control_at) = (u32::from(endpoint) * 2 + 1, BUFFER_CONTROL + usize::from(endpoint) * 8 + 4);
        let Some((ctrl, buffer)) = self.buffer(endpoint, false) else { return Answer::Nak };
        let which = self.which(ctrl, bit);
        let shift = 16 * which;
        let control = self.word(control_at) >> shift;
        if let Some(answer) = self.refusal(s, endpoint, bit, self.word(control_at), control, ctrl) {
            return answer;
        }
        let len = data.len().min((control & BUF_LENGTH) as usize).min(64);
        let start = (buffer + 64 * which as usize).min(DPRAM - 64);
        self.dpram[start..start + len].copy_from_slice(&data[..len]);
        let set = BUF_FULL | len as u32;
        self.complete(s, control_at, shift, BUF_AVAILABLE | BUF_LENGTH, set, ctrl, bit, which);
        Answer::Ack(Vec::new())
    }

    /// An endpoint's control word and where its buffer lies; `None` when it is not enabled.
    fn buffer(&self, endpoint: u8, input: bool) -> Option<(u32, usize)> {
        if endpoint == 0 {
            let sie = self.regs[SIE_CTRL as usize / 4];
            let int = if sie & SIE_CTRL_EP0_INT_1BUF != 0 { EP_CTRL_INT_PER_BUFFER } else { 0 };
            return Some((EP_CTRL_ENABLE | int, EP0_BUFFER));
        }
        let at = usize::from(endpoint) * 8 + if input { 0 } else { 4 };
        let ctrl = self.word(at);
        (ctrl & EP_CTRL_ENABLE != 0).then_some((ctrl, (ctrl & 0xFFC0) as usize))
    }

    fn which(&self, ctrl: u32, bit: u32) -> u32 {
        if ctrl & EP_CTRL_DOUBLE != 0 { self.select >> bit & 1 } else { 0 }
    }

    /// A stall, or no buffer.
    fn refusal(
        &mut self,
        s: &mut Shared,
        endpoint: u8,
        bit: u32,
        both: u32,
        control: u32,
        ctrl: u32,
    ) -> Option<Answer> {
        if both & BUF_STALL != 0 {
            // The control endpoint stalls only when armed.
            let armed = self.regs[EP_STALL_ARM as usize / 4] >> bit & 1 != 0;
            if endpoint != 0 || armed {
                *self.reg(EP_STATUS_STALL_NAK) |= 1 << bit;
                self.update(s);
                return Some(Answer::Stall);
            }
        }
        if control & BUF_AVAILABLE == 0 {
            if ctrl & EP_CTRL_INT_ON_NAK != 0 && endpoint != 0 {
                *self.reg(EP_STATUS_STALL_NAK) |= 1 << bit;
                self.update(s);
            }
            return Some(Answer::Nak);
        }
        None
    }

    #[allow(clippy::too_many_arguments)]
    fn complete(
        &mut self,
        s: &mut Shared,
        control_at: usize,
        shift: u32,
        clear: u32,
        set: u32,
        ctrl: u32,
        bit: u32,
        which: u32,
    ) {
        let control = self.word(control_at) & !(clear << shift) | set << shift;
        self.set_word(control_at, control);
        if ctrl & EP_CTRL_DOUBLE != 0 {
            self.select ^= 1 << bit;
        }
        let per_double = ctrl & EP_CTRL_INT_PER_DOUBLE != 0 && ctrl & EP_CTRL_DOUBLE != 0;
        if ctrl & EP_CTRL_INT_PER_BUFFER != 0 || per_double && which == 1 {
            *self.reg(BUFF_STATUS) |= 1 << bit;
            let handle = self.reg(BUFF_CPU_SHOULD_HANDLE);
            *handle = *handle & !(1 << bit) | which << bit;
        }
        *self.reg(SIE_STATUS) |= STATUS_TRANS_COMPLETE;
        self.update(s);
    }

    fn raw(&self) -> u32 {
        let status = self.regs[SIE_STATUS as usize / 4];
        let bit = |on: bool, bit: u32| if on { bit } else { 0 };
        bit(status & STATUS_TRANS_COMPLETE != 0, INT_TRANS_COMPLETE)
            | bit(self.regs[BUFF_STATUS as usize / 4] != 0, INT_BUFF_STATUS)
            | bit(status & STATUS_BUS_RESET != 0, INT_BUS_RESET)
            | bit(status & STATUS_SETUP_REC != 0, INT_SETUP_REQ)
            | bit(self.sof, INT_DEV_SOF)
            | bit(self.regs[EP_ABORT_DONE as usize / 4] != 0, INT_ABORT_DONE)
            | bit(self.regs[EP_STATUS_STALL_NAK as usize / 4] != 0, INT_EP_STALL_NAK)
    }

    fn status(&self) -> u32 {
        self.raw() & self.regs[INTE as usize / 4] | self.regs[INTF as usize / 4]
    }

    fn update(&mut self, s: &mut Shared) {
        s.set_irq(irq::USBCTRL, self.status() != 0);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            SIE_STATUS => {
                let line = if self.attached() { STATUS_LINE_J } else { 0 };
                self.regs[SIE_STATUS as usize / 4] | STATUS_VBUS_DETECTED | line
            }
            SOF_RD => {
                self.sof = false;
                self.update(s);
                *self.reg(SOF_RD)
            }
            INTR => self.raw(),
            INTS => self.status(),
            _ => self.regs.get(offset as usize / 4).copied().unwrap_or(0),
        }
    }

    /// What a set, clear or toggle alias starts from, without a read's side effects: registers
    /// whose ones clear start from zero, so that the alias clears exactly the bits written.
    pub fn peek(&self, offset: u32) -> u32 {
        self.regs.get(offset as usize / 4).copied().unwrap_or(0)
    }

    /// Whether writing ones to a register clears them.
    pub fn clears(offset: u32) -> bool {
        matches!(offset, SIE_STATUS | BUFF_STATUS | EP_ABORT_DONE | EP_STATUS_STALL_NAK)
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            SIE_STATUS => *self.reg(SIE_STATUS) &= !(value & STATUS_CLEARABLE),
            BUFF_STATUS | EP_ABORT_DONE | EP_STATUS_STALL_NAK => *self.reg(offset) &= !value,
            EP_ABORT => {
                *self.reg(EP_ABORT) = value;
                *self.reg(EP_ABORT_DONE) |= value;
            }
            SOF_RD | BUFF_CPU_SHOULD_HANDLE | INTR | INTS => {}
            // Commands that end by themselves: RESET_BUS, RESUME and transaction starts.
            SIE_CTRL => *self.reg(SIE_CTRL) = value & !0x301F,
            _ => {
                if let Some(register) = self.regs.get_mut(offset as usize / 4) {
                    *register = value;
                }
            }
        }
        if matches!(offset, SIE_CTRL | MAIN_CTRL | USB_PWR | EP_STALL_ARM) {
            self.kicked = true;
        }
        self.update(s);
    }
}
