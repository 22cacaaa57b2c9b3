//! Emulated microcontrollers.
