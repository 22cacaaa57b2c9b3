//! The text model of the editor: what a file's text is and how editing changes it.
//!
//! Nothing here knows how text is drawn, so that all of it is tested without a window.
//! Positions are character indices into the rope unless a name says otherwise.

mod document;
mod find;
mod highlight;
mod lines;
mod marks;

pub use document::{Change, Document, Motion, Selection};
pub use find::{FindOptions, Finder};
pub use highlight::{Analysis, Analyst, Job, Kind, Problem, Span};
pub use marks::Marks;
