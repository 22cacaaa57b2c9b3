//! A board in memory, for tests: scripted console input, captured output, RAM flash, a clock that
//! moves only when somebody looks at it or sleeps.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use super::*;

const PINS: usize = 30;
const BLOCK: u32 = 4096;

/// How a test looks into and acts on the board: every field is open.
#[derive(Debug)]
pub struct Host {
    /// What the console will receive.
    pub input: VecDeque<u8>,
    /// What the console has sent.
    pub output: Vec<u8>,
    /// Where console output goes, if not into `output`.
    pub sink: Option<fn(&[u8])>,
    interrupt_char: Option<u8>,
    second_console: Option<u8>,
    /// µs since start. Advances by 1 whenever it is read, so that busy waits end.
    pub now: u64,
    alarm: Option<u64>,
    wall_offset: u64,
    pub events: VecDeque<Event>,
    pending: &'static Pending,
    irq_on: bool,
    pub pins: [HostPin; PINS],
    /// What each ADC channel reads.
    pub adc: [u16; 5],
    pub pwm: [HostPwm; PINS],
    /// Answers of I2C devices: (controller, address, registers). A write sets the register pointer
    /// with its first byte and then registers; a read reads from the pointer.
    pub i2c: Vec<HostI2c>,
    /// SPI bytes sent, controller and byte; what comes back is the byte inverted.
    pub spi_sent: Vec<(u8, u8)>,
    /// UARTs with transmit and receive joined.
    pub uart: [VecDeque<u8>; 2],
    pub flash: Vec<u8>,
    /// Programs and erases left before the power fails; `None`: it does not.
    pub flash_fuse: Option<u32>,
    /// The power has failed: flash neither programs nor erases any more.
    pub flash_dead: bool,
    /// Called by [`System::room_made`].
    pub room: Option<fn(usize)>,
    /// Called with true before [`System::guarded`] runs something and with false after it.
    pub guard: Option<fn(bool)>,
    /// Input still to come: time (µs) and bytes, earliest first.
    pub later: VecDeque<(u64, Vec<u8>)>,
    random: u32,
    freq: u32,
    pub watchdog_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub struct HostPin {
    pub mode: PinMode,
    pub pull: Pull,
    pub out: bool,
    /// What the outside drives; `None`: nothing.
    pub driven: Option<bool>,
    pub irq: u8,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct HostPwm {
    pub on: bool,
    pub freq: u32,
    pub duty_u16: u16,
    pub inverted: bool,
}

#[derive(Clone, Debug)]
pub struct HostI2c {
    pub id: u8,
    pub addr: u8,
    pub registers: Vec<u8>,
    pub pointer: usize,
}

impl Default for Host {
    fn default() -> Self {
        Self::new(64)
    }
}

impl Host {
    /// A board with that many 4 KiB blocks of erased flash.
    pub fn new(blocks: u32) -> Self {
        let pin = HostPin { mode: PinMode::In, pull: Pull::None, out: false, driven: None, irq: 0 };
        Host {
            input: VecDeque::new(),
            output: Vec::new(),
            sink: None,
            interrupt_char: None,
            second_console: None,
            now: 0,
            alarm: None,
            wall_offset: 1_609_459_200_000_000,
            events: VecDeque::new(),
            pending: Box::leak(Box::new(Pending::new())),
            irq_on: true,
            pins: [pin; PINS],
            adc: [0; 5],
            pwm: [HostPwm::default(); PINS],
            i2c: Vec::new(),
            spi_sent: Vec::new(),
            uart: [VecDeque::new(), VecDeque::new()],
            flash: vec![0xFF; (blocks * BLOCK) as usize],
            flash_fuse: None,
            flash_dead: false,
            guard: None,
            room: None,
            later: VecDeque::new(),
            random: 1,
            freq: 125_000_000,
            watchdog_ms: None,
        }
    }

    /// The board behind the traits, where it is one of these.
    pub fn of(hal: &mut dyn Hal) -> Option<&mut Host> {
        (hal as &mut dyn core::any::Any).downcast_mut()
    }

    /// Queues console input; the interrupt character acts at once.
    pub fn type_in(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.interrupt_char == Some(byte) {
                self.input.clear();
                self.pending.interrupt();
            } else {
                self.input.push_back(byte);
            }
        }
    }

    /// Takes what the console has sent so far.
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.output)
    }

    /// Drives a pin from outside and reports the edge if somebody asked for it.
    pub fn drive(&mut self, pin: u8, level: Option<bool>) {
        let before = self.pin_read(pin);
        self.pins[pin as usize].driven = level;
        let after = self.pin_read(pin);
        let edge = match (before, after) {
            (false, true) => EDGE_RISE,
            (true, false) => EDGE_FALL,
            _ => 0,
        };
        let flags = edge & self.pins[pin as usize].irq;
        if flags != 0 {
            self.raise(Event::Pin { pin, flags });
        }
    }

    fn raise(&mut self, event: Event) {
        self.events.push_back(event);
        self.pending.set();
    }

    fn advance(&mut self, to: u64) {
        self.now = self.now.max(to);
        if self.alarm.is_some_and(|at| at <= self.now) {
            self.alarm = None;
            self.raise(Event::Alarm);
        }
        while self.later.front().is_some_and(|(at, _)| *at <= self.now) {
            if let Some((_, bytes)) = self.later.pop_front() {
                self.type_in(&bytes);
            }
        }
    }

    fn flash_range(&self, block: u32, offset: u32, len: usize) -> Result<core::ops::Range<usize>> {
        let start = (block * BLOCK + offset) as usize;
        if offset as usize + len > BLOCK as usize || start + len > self.flash.len() {
            return Err(Error::Invalid("outside the flash"));
        }
        Ok(start..start + len)
    }

    fn burn_fuse(&mut self) -> Result {
        match &mut self.flash_fuse {
            Some(0) => {
                self.flash_dead = true;
                Err(Error::Io)
            }
            Some(n) => {
                *n -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn i2c_device(&mut self, id: u8, addr: u8) -> Result<&mut HostI2c> {
        self.i2c.iter_mut().find(|d| d.id == id && d.addr == addr).ok_or(Error::NoAck)
    }
}

impl Console for Host {
    fn console_read(&mut self) -> Option<u8> {
        self.input.pop_front()
    }
    fn console_readable(&mut self) -> bool {
        !self.input.is_empty()
    }
    fn console_writable(&mut self) -> bool {
        true
    }
    fn console_write(&mut self, bytes: &[u8]) {
        if let Some(sink) = self.sink {
            return sink(bytes);
        }
        self.output.extend_from_slice(bytes);
    }
    fn set_interrupt_char(&mut self, byte: Option<u8>) {
        self.interrupt_char = byte;
    }
    fn duplicate_console(&mut self, uart: Option<u8>) {
        self.second_console = uart;
    }
    fn duplicated_console(&self) -> Option<u8> {
        self.second_console
    }
}

impl Clock for Host {
    fn ticks_us(&mut self) -> u64 {
        self.advance(self.now.saturating_add(1));
        self.now
    }
    fn ticks_cpu(&mut self) -> u32 {
        self.ticks_us().wrapping_mul(u64::from(self.freq / 1_000_000)) as u32
    }
    fn sleep_until(&mut self, deadline: u64) {
        let wake = self.alarm.map_or(deadline, |at| at.min(deadline));
        let wake = self.later.front().map_or(wake, |(at, _)| wake.min(*at));
        self.advance(wake);
    }
    fn delay_us(&mut self, us: u32) {
        self.advance(self.now + u64::from(us));
    }
    fn set_alarm(&mut self, at: Option<u64>) {
        self.alarm = at;
        self.advance(self.now);
    }
    fn wall_us(&mut self) -> u64 {
        self.now + self.wall_offset
    }
    fn set_wall_us(&mut self, us: u64) {
        self.wall_offset = us.wrapping_sub(self.now);
    }
}

impl Events for Host {
    fn pending(&self) -> &'static Pending {
        self.pending
    }
    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
    fn disable_irq(&mut self) -> bool {
        core::mem::replace(&mut self.irq_on, false)
    }
    fn restore_irq(&mut self, on: bool) {
        self.irq_on |= on;
    }
}

/// The Pico's names; index is the pin number.
const NAMES: [&str; PINS] = [
    "GP0", "GP1", "GP2", "GP3", "GP4", "GP5", "GP6", "GP7", "GP8", "GP9", "GP10", "GP11", "GP12", "GP13",
    "GP14", "GP15", "GP16", "GP17", "GP18", "GP19", "GP20", "GP21", "GP22", "GP23", "GP24", "GP25", "GP26",
    "GP27", "GP28", "GP29",
];

impl Pins for Host {
    fn pin_count(&self) -> u8 {
        PINS as u8
    }
    fn pin_by_name(&self, name: &str) -> Option<u8> {
        match name {
            "LED" => Some(25),
            _ => NAMES.iter().position(|&n| n == name).map(|i| i as u8),
        }
    }
    fn pin_configure(&mut self, pin: u8, mode: PinMode, pull: Pull) {
        let pin = &mut self.pins[pin as usize];
        (pin.mode, pin.pull) = (mode, pull);
    }
    fn pin_mode(&self, pin: u8) -> (PinMode, Pull) {
        let pin = &self.pins[pin as usize];
        (pin.mode, pin.pull)
    }
    fn pin_read(&mut self, pin: u8) -> bool {
        let pin = &self.pins[pin as usize];
        match pin.mode {
            PinMode::Out => pin.out,
            PinMode::OpenDrain if !pin.out => false,
            _ => pin.driven.unwrap_or(pin.pull == Pull::Up),
        }
    }
    fn pin_write(&mut self, pin: u8, high: bool) {
        self.pins[pin as usize].out = high;
    }
    fn pin_output(&self, pin: u8) -> bool {
        self.pins[pin as usize].out
    }
    fn pin_irq(&mut self, pin: u8, flags: u8) {
        self.pins[pin as usize].irq = flags;
    }
    fn bitstream(&mut self, pin: u8, timing: [u32; 4], data: &[u8]) {
        let _ = pin;
        let bits = data.len() as u64 * 8;
        self.advance(self.now + bits * u64::from(timing[0] + timing[1]) / 1000);
    }
}

impl Adc for Host {
    fn adc_channel(&self, pin: u8) -> Option<u8> {
        (26..30).contains(&pin).then(|| pin - 26)
    }
    fn adc_channels(&self) -> u8 {
        5
    }
    fn adc_read_u16(&mut self, channel: u8) -> Result<u16> {
        self.adc.get(channel as usize).copied().ok_or(Error::NoDevice)
    }
}

impl Pwm for Host {
    fn pwm_start(&mut self, pin: u8) -> Result {
        self.pwm[pin as usize].on = true;
        Ok(())
    }
    fn pwm_stop(&mut self, pin: u8) {
        self.pwm[pin as usize] = HostPwm::default();
    }
    fn pwm_set_freq(&mut self, pin: u8, hz: u32) -> Result {
        if !(8..=62_500_000).contains(&hz) {
            return Err(Error::Invalid("freq must be 8..62500000 Hz"));
        }
        self.pwm[pin as usize].freq = hz;
        Ok(())
    }
    fn pwm_freq(&self, pin: u8) -> u32 {
        self.pwm[pin as usize].freq
    }
    fn pwm_set_duty_u16(&mut self, pin: u8, duty: u16) -> Result {
        self.pwm[pin as usize].duty_u16 = duty;
        Ok(())
    }
    fn pwm_duty_u16(&self, pin: u8) -> u16 {
        self.pwm[pin as usize].duty_u16
    }
    fn pwm_set_duty_ns(&mut self, pin: u8, ns: u32) -> Result {
        let p = &mut self.pwm[pin as usize];
        p.duty_u16 = (u64::from(ns) * u64::from(p.freq) * 65_535 / 1_000_000_000).min(65_535) as u16;
        Ok(())
    }
    fn pwm_duty_ns(&self, pin: u8) -> u32 {
        let p = &self.pwm[pin as usize];
        if p.freq == 0 {
            0
        } else {
            (u64::from(p.duty_u16) * 1_000_000_000 / 65_535 / u64::from(p.freq)) as u32
        }
    }
    fn pwm_invert(&mut self, pin: u8, invert: bool) -> Result {
        self.pwm[pin as usize].inverted = invert;
        Ok(())
    }
}

impl I2c for Host {
    fn i2c_default_pins(&self, id: u8) -> Option<(u8, u8)> {
        [(5, 4), (7, 6)].get(id as usize).copied()
    }
    fn i2c_init(&mut self, id: u8, config: &I2cConfig) -> Result<u32> {
        if id < 2 { Ok(config.freq) } else { Err(Error::NoDevice) }
    }
    fn i2c_write(&mut self, id: u8, addr: u8, bytes: &[u8], _stop: bool) -> Result<usize> {
        let device = self.i2c_device(id, addr)?;
        if let Some((&first, rest)) = bytes.split_first() {
            device.pointer = first as usize;
            for &byte in rest {
                if let Some(register) = device.registers.get_mut(device.pointer) {
                    *register = byte;
                }
                device.pointer += 1;
            }
        }
        Ok(bytes.len())
    }
    fn i2c_read(&mut self, id: u8, addr: u8, buf: &mut [u8], _stop: bool) -> Result {
        let device = self.i2c_device(id, addr)?;
        for byte in buf {
            *byte = device.registers.get(device.pointer).copied().unwrap_or(0xFF);
            device.pointer += 1;
        }
        Ok(())
    }
}

impl Spi for Host {
    fn spi_default_pins(&self, id: u8) -> Option<(u8, u8, u8)> {
        [(18, 19, 16), (10, 11, 8)].get(id as usize).copied()
    }
    fn spi_init(&mut self, id: u8, config: &SpiConfig) -> Result<u32> {
        if id < 2 { Ok(config.baudrate) } else { Err(Error::NoDevice) }
    }
    fn spi_deinit(&mut self, _id: u8) {}
    fn spi_transfer(&mut self, id: u8, buf: &mut [u8]) -> Result {
        for byte in buf {
            self.spi_sent.push((id, *byte));
            *byte = !*byte;
        }
        Ok(())
    }
    fn spi_write(&mut self, id: u8, bytes: &[u8]) -> Result {
        self.spi_sent.extend(bytes.iter().map(|&b| (id, b)));
        Ok(())
    }
}

impl Uart for Host {
    fn uart_default_pins(&self, id: u8) -> Option<(u8, u8)> {
        [(0, 1), (4, 5)].get(id as usize).copied()
    }
    fn uart_init(&mut self, id: u8, config: &UartConfig) -> Result<u32> {
        if id < 2 { Ok(config.baudrate) } else { Err(Error::NoDevice) }
    }
    fn uart_deinit(&mut self, id: u8) {
        self.uart[id as usize].clear();
    }
    fn uart_any(&mut self, id: u8) -> usize {
        self.uart[id as usize].len()
    }
    fn uart_read(&mut self, id: u8) -> Option<u8> {
        self.uart[id as usize].pop_front()
    }
    fn uart_write(&mut self, id: u8, bytes: &[u8]) -> usize {
        self.uart[id as usize].extend(bytes);
        bytes.len()
    }
    fn uart_writable(&mut self, _id: u8) -> bool {
        true
    }
    fn uart_txdone(&mut self, _id: u8) -> bool {
        true
    }
    fn uart_break(&mut self, _id: u8) {}
    fn uart_irq(&mut self, _id: u8, _flags: u8) {}
}

impl Flash for Host {
    fn flash_block_size(&self) -> u32 {
        BLOCK
    }
    fn flash_block_count(&self) -> u32 {
        self.flash.len() as u32 / BLOCK
    }
    fn flash_read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result {
        let range = self.flash_range(block, offset, buf.len())?;
        buf.copy_from_slice(&self.flash[range]);
        Ok(())
    }
    fn flash_program(&mut self, block: u32, offset: u32, bytes: &[u8]) -> Result {
        let range = self.flash_range(block, offset, bytes.len())?;
        if self.flash_dead {
            return Err(Error::Io);
        }
        if let Err(e) = self.burn_fuse() {
            // The power fails half way: some of the bits have been programmed.
            for (cell, &byte) in self.flash[range].iter_mut().zip(&bytes[..bytes.len() / 2]) {
                *cell &= byte;
            }
            return Err(e);
        }
        for (cell, &byte) in self.flash[range].iter_mut().zip(bytes) {
            *cell &= byte;
        }
        Ok(())
    }
    fn flash_erase(&mut self, block: u32) -> Result {
        let range = self.flash_range(block, 0, BLOCK as usize)?;
        if self.flash_dead {
            return Err(Error::Io);
        }
        let failed = self.burn_fuse();
        // A block whose erasing was cut short reads as anything.
        let len = if failed.is_err() { BLOCK as usize / 3 } else { BLOCK as usize };
        self.flash[range][..len].fill(0xFF);
        failed
    }
}

impl System for Host {
    fn board(&self) -> &'static str {
        "Host with no hardware"
    }
    fn platform(&self) -> &'static str {
        "rp2"
    }
    fn unique_id(&mut self, id: &mut [u8; 8]) {
        *id = *b"SOLDRLES";
    }
    fn cpu_freq(&self) -> u32 {
        self.freq
    }
    fn set_cpu_freq(&mut self, hz: u32, _peripherals: Option<u32>) -> Result {
        self.freq = hz;
        Ok(())
    }
    fn bootsel(&mut self) -> bool {
        false
    }
    fn random(&mut self) -> u32 {
        // xorshift32 (Marsaglia): the same in every run, so that tests repeat.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
    fn reset(&mut self) -> ! {
        panic!("machine.reset() on the host board")
    }
    fn reset_cause(&self) -> ResetCause {
        ResetCause::PowerOn
    }
    fn watchdog_start(&mut self, timeout_ms: u32) -> Result {
        self.watchdog_ms = Some(timeout_ms);
        Ok(())
    }
    fn watchdog_feed(&mut self) {}
    fn irq_line(&mut self, _line: u8, _on: bool) {}
    fn mem_read(&mut self, _address: u32, _size: u8) -> Result<u32> {
        Err(Error::NoDevice)
    }
    fn mem_write(&mut self, _address: u32, _size: u8, _value: u32) -> Result {
        Err(Error::NoDevice)
    }
    fn guarded(&mut self, f: &mut dyn FnMut()) -> bool {
        let tell = |on| {
            if let Some(guard) = self.guard {
                guard(on);
            }
        };
        tell(true);
        f();
        tell(false);
        true
    }
    fn room_made(&mut self, bytes: usize) {
        if let Some(tell) = self.room {
            tell(bytes);
        }
    }
    fn soft_reset(&mut self) {
        self.alarm = None;
        self.events.clear();
        for pin in &mut self.pins {
            pin.irq = 0;
        }
        self.pwm = [HostPwm::default(); PINS];
    }
}
