//! The bench panel: the board's picture, and the parts as cards with their controls.

mod card;
mod drive;
mod edit;
mod live;
mod picture;
mod wiring;

pub use edit::EditError;
pub use picture::color_named;

use super::action::{Action, Notice, Queue};
use super::kit;
use super::theme::{GRID, Tokens};
use crate::command::Command;
use card::{ByHand, Changes, Displays, Hands};
use drive::DriveDialog;
use egui::{RichText, ScrollArea, Ui};
use emulator::bench::{Bench, BenchErrors};
use emulator::board::{BOARDS, Board, Node};
use emulator::clock::Time;
use emulator::part;
use emulator::trace::SharedTrace;
use live::Live;
use std::path::{Path, PathBuf};

/// The panel's state.
#[derive(Default)]
pub struct BenchPane {
    /// The bench as last read without errors.
    bench: Option<Bench>,
    errors: Option<BenchErrors>,
    /// The text it was read from.
    text: String,
    /// Inputs that are fed by hand, by part and input.
    by_hand: ByHand,
    /// What displays show, as the graphics card has it.
    displays: Displays,
    adding: bool,
    drive: Option<DriveDialog>,
    /// The pins of the card the pointer is over.
    marked: Vec<Node>,
}

impl BenchPane {
    /// Takes what came of reading bench.toml; without one there is a bare board.
    pub fn set(&mut self, text: String, read: Result<Bench, BenchErrors>) {
        self.text = text;
        self.by_hand.clear();
        match read {
            Ok(bench) => {
                self.bench = Some(bench);
                self.errors = None;
            }
            Err(errors) => self.errors = Some(errors),
        }
    }

    /// The board in the middle.
    pub fn board(&self) -> &'static Board {
        self.bench.as_ref().map_or(BOARDS[0], |bench| bench.board)
    }

    /// The bench's text with another board in the middle. The parts keep their wires, as far as it has such pins.
    pub fn with_board(&self, board: &Board) -> Result<String, EditError> {
        edit::set_board(&self.text, board.name)
    }

    /// Opens the list of parts.
    pub fn add_part(&mut self) {
        self.adding = true;
    }

    /// The headings of a CSV file, for the dialog that asked for them.
    pub fn set_columns(&mut self, path: &Path, columns: Vec<String>) {
        if let Some(dialog) = &mut self.drive {
            dialog.set_columns(path, columns);
        }
    }

    /// Draws the panel as of an instant, or of the present; `csv` lists the project's data sets, relative to it.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        trace: Option<&SharedTrace>,
        at: Option<Time>,
        csv: &[PathBuf],
        queue: &mut Queue,
    ) {
        self.problems(ui, queue);
        let bench = self.bench.take().unwrap_or_else(Bench::pico);
        let live = Live::read(trace, at, &bench);
        let mut changes = Changes::default();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = GRID;
            picture::board(ui, &bench, &live, &self.marked, &mut self.by_hand, queue);
            self.marked.clear();
            ui.vertical(|ui| {
                ui.add_space(GRID);
                if bench.parts.is_empty() {
                    let hint = "Sensors, LEDs, buttons: add one and wire it to the board.";
                    kit::empty_state(ui, "No parts yet", hint, &[Command::AddPart], queue);
                    return;
                }
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.5 * GRID;
                    for index in 0..bench.parts.len() {
                        let mut hands = Hands { by_hand: &mut self.by_hand, displays: &mut self.displays };
                        let hovered = card::show(ui, &bench, index, &live, &mut hands, &mut changes, queue);
                        if hovered {
                            self.marked = bench.parts[index].pins.iter().flatten().copied().collect();
                        }
                    }
                });
            });
        });
        self.apply(&bench, changes, queue);
        self.dialogs(ui, &bench, csv, queue);
        self.bench.get_or_insert(bench);
    }

    fn problems(&self, ui: &mut Ui, queue: &mut Queue) {
        let Some(errors) = &self.errors else { return };
        let tokens = Tokens::of(ui.visuals());
        egui::Frame::new().fill(tokens.raised).inner_margin(8).show(ui, |ui| {
            ui.set_width(ui.available_width());
            for error in errors.0.iter().take(3) {
                let place = if error.line > 0 { format!("line {}: ", error.line) } else { String::new() };
                let help = if error.help.is_empty() { String::new() } else { format!(" ({})", error.help) };
                let text = format!("bench.toml, {place}{}{help}", error.message);
                ui.add(egui::Label::new(RichText::new(text).color(tokens.error)).wrap());
            }
            let first = &errors.0[0];
            if first.line > 0 && ui.link("Go to the line").clicked() {
                queue.push(Action::GoTo { file: crate::project::BENCH.to_owned(), line: first.line });
            }
        });
    }

    fn apply(&mut self, bench: &Bench, changes: Changes, queue: &mut Queue) {
        let mut text = self.text.clone();
        let mut failed = None;
        let mut keep = |result: Result<String, EditError>| match result {
            Ok(new) => text = new,
            Err(error) => failed = Some(error.to_string()),
        };
        if let Some((index, pin, node)) = changes.pin {
            keep(edit::set_pin(&self.text, index, pin, node.as_deref()));
        }
        if let Some((index, name, value)) = changes.property {
            keep(edit::set_property(&self.text, index, name, value));
        }
        if let Some(index) = changes.remove {
            keep(edit::remove_part(&self.text, index));
        }
        if let Some((index, input)) = changes.drive {
            let part = &bench.parts[index];
            self.drive = Some(DriveDialog::new(
                index,
                &part.name,
                &part.kind.inputs[input],
                edit::input(&self.text, index, part.kind.inputs[input].name),
            ));
        }
        self.submit(text, failed, queue);
    }

    /// Hands a changed text over.
    fn submit(&mut self, text: String, failed: Option<String>, queue: &mut Queue) {
        if let Some(why) = failed {
            queue.push(Action::Toast(Notice::Failed(why)));
        } else if text != self.text {
            self.text.clone_from(&text);
            queue.push(Action::SetBench(text));
        }
    }

    fn dialogs(&mut self, ui: &Ui, bench: &Bench, csv: &[PathBuf], queue: &mut Queue) {
        if self.adding {
            let mut chosen = None;
            let response = kit::page(ui.ctx(), "add part").show(ui.ctx(), |ui| {
                chosen = list_of_parts(ui);
            });
            if let Some(kind) = chosen {
                let wires = wiring::suggest(bench, kind);
                let result = edit::add_part(&self.text, kind.name, &wiring::free_name(bench, kind), &wires);
                match result {
                    Ok(text) => self.submit(text, None, queue),
                    Err(error) => self.submit(String::new(), Some(error.to_string()), queue),
                }
            }
            self.adding = chosen.is_none() && !response.should_close();
        }
        let Some(mut dialog) = self.drive.take() else { return };
        let mut done = None;
        let response = kit::page(ui.ctx(), "drive").show(ui.ctx(), |ui| {
            done = dialog.show(ui, csv, queue);
        });
        match done {
            Some(drive) => match edit::set_input(&self.text, dialog.part, dialog.input.name, &drive) {
                Ok(text) => self.submit(text, None, queue),
                Err(error) => self.submit(String::new(), Some(error.to_string()), queue),
            },
            None if !response.should_close() => self.drive = Some(dialog),
            None => {}
        }
    }
}

fn list_of_parts(ui: &mut Ui) -> Option<&'static part::PartType> {
    ui.set_width(460.0);
    ui.heading("Add a part");
    ui.weak("It is wired to free pins that suit it; you can change the wiring on its card.");
    ui.add_space(GRID);
    let mut chosen = None;
    ScrollArea::vertical().max_height(440.0).show(ui, |ui| {
        for kind in part::REGISTRY {
            kit::card(ui).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.vertical(|ui| {
                        ui.set_width(350.0);
                        ui.strong(kind.title);
                        ui.add(egui::Label::new(RichText::new(kind.description).weak()).wrap());
                    });
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let add = ui.button("Add");
                        let name = format!("Add {}", kind.title);
                        add.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                        if add.clicked() {
                            chosen = Some(kind);
                        }
                    });
                });
            });
        }
    });
    chosen
}
