//! MicroPython for the micro:bit v1, as Debian packages it, on the emulated board. Without the package
//! (firmware-microbit-micropython) the tests say so and do nothing.

mod programs;
mod rig;
mod system;
