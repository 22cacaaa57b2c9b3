//! The console panel: the board's live prompt.

mod keys;
mod terminal;
mod view;

pub use terminal::{Link, Terminal};
pub use view::{ConsoleView, Request, focus_id};
