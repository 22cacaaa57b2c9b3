//! XIP_CTRL (data sheet section 2.6.3): the flash cache and its streaming interface. The cache is
//! not modelled: flash is memory without wait states.

use super::flash::Flash;

const CTRL: u32 = 0x00;
const FLUSH: u32 = 0x04;
const STAT: u32 = 0x08;
const CTR_HIT: u32 = 0x0C;
const CTR_ACC: u32 = 0x10;
const STREAM_ADDR: u32 = 0x14;
const STREAM_CTR: u32 = 0x18;
const STREAM_FIFO: u32 = 0x1C;

const STAT_FLUSH_READY: u32 = 1;
const STAT_FIFO_EMPTY: u32 = 2;

/// The cache controller.
#[derive(Clone, Debug)]
pub struct Xip {
    ctrl: u32,
    stream_addr: u32,
    stream_ctr: u32,
}

impl Default for Xip {
    fn default() -> Xip {
        // EN and ERR_BADWRITE
        Xip { ctrl: 3, stream_addr: 0, stream_ctr: 0 }
    }
}

impl Xip {
    /// The next streamed word; zero when the stream is over.
    pub fn stream(&mut self, flash: &Flash) -> u32 {
        if self.stream_ctr == 0 {
            return 0;
        }
        let word = flash.memory().read_u32((self.stream_addr & 0x00FF_FFFF) as usize);
        self.stream_addr = self.stream_addr.wrapping_add(4);
        self.stream_ctr -= 1;
        word
    }

    /// Whether the stream has a word: its DMA request.
    pub fn streaming(&self) -> bool {
        self.stream_ctr != 0
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u32, flash: &Flash) -> u32 {
        match offset {
            CTRL => self.ctrl,
            // A read of FLUSH waits for the flush, which is over.
            FLUSH => 0,
            STAT => STAT_FLUSH_READY | if self.stream_ctr == 0 { STAT_FIFO_EMPTY } else { 0 },
            CTR_HIT | CTR_ACC => 0,
            STREAM_ADDR => self.stream_addr,
            STREAM_CTR => self.stream_ctr,
            STREAM_FIFO => self.stream(flash),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            CTRL => self.ctrl = value & 0xB,
            STREAM_ADDR => self.stream_addr = value & !3,
            STREAM_CTR => self.stream_ctr = value & 0x003F_FFFF,
            _ => {}
        }
    }
}
