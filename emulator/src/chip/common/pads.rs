//! What the world was last told of each pin's driver.

use crate::clock::Time;
use crate::world::{Drive, World};

/// Pins of a chip, by number. The world hears of changes only.
#[derive(Clone, Debug)]
pub struct Pads {
    told: Vec<Option<Drive>>,
}

impl Pads {
    /// So many pins, none of which the world has heard of.
    pub fn new(count: usize) -> Pads {
        Pads { told: vec![None; count] }
    }

    /// A pin is driven like this now. True when that is news to the world.
    pub fn drive(&mut self, world: &mut dyn World, now: Time, gpio: usize, drive: Drive) -> bool {
        let news = self.told[gpio] != Some(drive);
        if news {
            self.told[gpio] = Some(drive);
            world.pin_drive(now, gpio as u8, drive);
        }
        news
    }
}
