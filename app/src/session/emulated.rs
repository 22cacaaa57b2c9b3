//! An emulated board.
use std::time::Duration;

use emulator::trace::SharedTrace;
use thiserror::Error;

use super::message::{Emulated, Speed, Stats};
use crate::device::LinkError;

/// Why an emulated board cannot be made.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The machine is still to come.
    #[error("this build has no emulated board yet")]
    Absent,
}

/// An emulated board.
pub struct EmulatedBoard {}

impl EmulatedBoard {
    /// Boots it.
    pub fn boot(_what: &Emulated, _trace: SharedTrace) -> Result<EmulatedBoard, OpenError> {
        Err(OpenError::Absent)
    }
    pub fn name(&self) -> &str {
        "emulated"
    }
    pub fn now(&self) -> Duration {
        Duration::ZERO
    }
    pub fn write(&mut self, _bytes: &[u8]) -> Result<usize, LinkError> {
        Ok(0)
    }
    pub fn pump(&mut self, _wait: Duration, _into: &mut Vec<u8>) -> Result<(), LinkError> {
        Ok(())
    }
    pub fn rest(&self) -> Duration {
        Duration::ZERO
    }
    pub fn speed(&self) -> Speed {
        Speed::Max
    }
    pub fn set_speed(&mut self, _speed: Speed) {}
    pub fn set_input(&mut self, _part: &str, _input: &str, _value: Option<f64>) -> Result<(), String> {
        Ok(())
    }
    pub fn stats(&mut self) -> Stats {
        Stats::default()
    }
    pub fn reset(&mut self) {}
}
