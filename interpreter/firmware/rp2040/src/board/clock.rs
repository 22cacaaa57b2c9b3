//! TIMER: time, sleep and the alarm. ALARM0 wakes from sleep, ALARM1 is the interpreter's, ALARM2 the console's.

use interpreter::hal::{Clock, Events};

use super::{Pico, events, regs};

/// Microseconds since the chip started.
pub fn now() -> u64 {
    let timer = regs().TIMER;
    loop {
        let high = timer.timerawh().read().bits();
        let low = timer.timerawl().read().bits();
        if timer.timerawh().read().bits() == high {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// Arms alarm 0, 1 or 2. They compare 32 bits: later times are cut short, and whoever is woken looks again.
pub fn arm(alarm: usize, at: u64) {
    let timer = regs().TIMER;
    let start = now();
    // At least a few µs ahead, or the match is missed.
    let at = at.max(start + 10).min(start + 0x7FFF_FFFF) as u32;
    match alarm {
        0 => timer.alarm0().write(|w| unsafe { w.bits(at) }),
        1 => timer.alarm1().write(|w| unsafe { w.bits(at) }),
        _ => timer.alarm2().write(|w| unsafe { w.bits(at) }),
    };
}

pub fn disarm(alarm: usize) {
    regs().TIMER.armed().write(|w| unsafe { w.bits(1 << alarm) });
}

/// Waits exactly, with interrupts as they are.
pub fn spin_us(us: u32) {
    let end = now() + u64::from(us);
    while now() < end {}
}

impl Clock for Pico {
    fn ticks_us(&mut self) -> u64 {
        now()
    }

    fn ticks_cpu(&mut self) -> u32 {
        regs().TIMER.timerawl().read().bits()
    }

    fn sleep_until(&mut self, deadline: u64) {
        // With interrupts held back nothing can happen between the look and the sleep; a pending one
        // ends the sleep all the same.
        cortex_m::interrupt::disable();
        let wanted = self.pending().is_set() || super::console::readable() || super::uart::take_received();
        if !wanted && now() < deadline {
            arm(0, deadline);
            cortex_m::asm::wfi();
            disarm(0);
        }
        // The caller sleeps in thread mode, where they were on.
        unsafe { cortex_m::interrupt::enable() };
    }

    fn delay_us(&mut self, us: u32) {
        spin_us(us);
    }

    fn set_alarm(&mut self, at: Option<u64>) {
        events::set_alarm(at);
    }

    fn wall_us(&mut self) -> u64 {
        now().wrapping_add(self.wall_offset)
    }

    fn set_wall_us(&mut self, us: u64) {
        self.wall_offset = us.wrapping_sub(now());
    }
}
