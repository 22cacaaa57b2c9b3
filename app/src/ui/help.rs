//! The help page, the settings page, and what the program says about itself.

use super::kit;
use super::state::UserState;
use super::theme::{GRID, mono};
use crate::command::{Command, Menu};
use egui::{Grid, RichText, ScrollArea, Slider, Ui};
use strum::IntoEnumIterator;

/// What a beginner reads first: title and text.
const PAGES: &[(&str, &str)] = &[
    (
        "First steps",
        "The text in the editor runs on the board that is chosen at the top. Press Run: its output appears in \
         the console, its pins move on the bench and in the waveforms. Change the text and press Run again.",
    ),
    (
        "The board",
        "\u{201c}Emulated\u{201d} boards exist only in this program, but run the same firmware as real ones: a \
         script cannot tell the difference. With a real board on a cable, choose it in the same list; Run and \
         Upload then work on it. Upload copies the project's files to the board, so that main.py starts by \
         itself when the board has power.",
    ),
    (
        "The bench",
        "bench.toml says which parts are wired to which pins. The Bench panel shows and changes it: add a part, \
         choose its pins, then feed its inputs by hand, by a generator, or from a column of a CSV file. A switch \
         back to \u{201c}bench.toml\u{201d} ends what you fed by hand.",
    ),
    (
        "The console",
        "This is the board's own prompt. Ctrl+C interrupts, Ctrl+D restarts MicroPython, arrow keys bring back \
         earlier lines, Tab completes names. Lines of a traceback lead to the text when clicked. \
         Ctrl+Shift+C copies; Ctrl+C copies, too, while something is selected.",
    ),
    (
        "Waveforms",
        "Wheel zooms, dragging pans, a click puts a cursor, Shift+click the second one: the time between them and \
         its frequency are shown. Shift with the arrow keys jumps from edge to edge of the row that was clicked \
         last. Lines such as \u{201c}temp: 21.5\u{201d} that a script prints become rows of their own.",
    ),
    (
        "Back in time",
        "Everything an emulated board does is kept. Drag the line at the bottom, or press F9 and F10, to look at an \
         earlier instant: pins, waveforms, parts, displays and console show it, and the board waits. A step goes to \
         the next edge (of the row that was clicked last in the waveforms), by a millisecond, or by one instruction \
         of the processor. \u{201c}Run from here\u{201d} (F11) sends the board back: what was done then is done \
         again, until you press a button, type or move a slider; from there on things take another course, and what \
         came after is dropped. \u{201c}Live\u{201d} (F12) leads back to the present.",
    ),
    (
        "Recordings",
        "Time \u{2192} Save recording\u{2026} writes all that entered the board since it was switched on (what was \
         typed, run and fed by hand, with its time) and what its flash held then. Time \u{2192} Replay \
         recording\u{2026}, or \u{201c}solderless run --replay\u{201d}, repeats it to the last edge, with the \
         same bench and firmware.",
    ),
];

/// Draws the help page.
pub fn help(ui: &mut Ui) {
    ui.set_width(620.0);
    ui.heading("Help");
    ScrollArea::vertical().max_height(560.0).auto_shrink([false, true]).show(ui, |ui| {
        for (title, text) in PAGES {
            ui.add_space(2.0 * GRID);
            ui.strong(*title);
            ui.add(egui::Label::new(RichText::new(*text)).wrap());
        }
        ui.add_space(3.0 * GRID);
        ui.strong("Shortcuts");
        for menu in Menu::iter() {
            let commands: Vec<Command> =
                Command::all().filter(|c| c.menu() == menu && !c.shortcuts().is_empty()).collect();
            if commands.is_empty() {
                continue;
            }
            ui.add_space(GRID);
            let title: &'static str = menu.into();
            kit::caption(ui, title);
            Grid::new(("shortcuts", title)).num_columns(3).spacing([4.0 * GRID, GRID]).show(ui, |ui| {
                for command in commands {
                    let keys: Vec<String> = command
                        .shortcuts()
                        .iter()
                        .map(|shortcut| ui.ctx().format_shortcut(shortcut))
                        .collect();
                    ui.label(command.text());
                    ui.label(RichText::new(keys.join("  ")).font(mono(12.0)));
                    ui.weak(command.tooltip());
                    ui.end_row();
                }
            });
        }
    });
}

/// Draws the settings.
pub fn settings(ui: &mut Ui, user: &mut UserState) {
    ui.set_width(420.0);
    ui.heading("Settings");
    ui.add_space(GRID);
    Grid::new("settings").num_columns(2).spacing([6.0 * GRID, 2.0 * GRID]).show(ui, |ui| {
        ui.label("Theme");
        ui.horizontal(|ui| {
            ui.selectable_value(&mut user.dark, true, "Dark");
            ui.selectable_value(&mut user.dark, false, "Light");
        });
        ui.end_row();
        let label = ui.label("Size of code");
        ui.add(Slider::new(&mut user.code_size, 9.0..=24.0).step_by(0.5).suffix(" pt")).labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Height of waveforms");
        ui.add(Slider::new(&mut user.wave_row_height, 24.0..=120.0).step_by(4.0).suffix(" pt"))
            .labelled_by(label.id);
        ui.end_row();
    });
    ui.add_space(GRID);
    ui.checkbox(&mut user.save_before_run, "Save changed files before running or uploading");
    ui.checkbox(&mut user.watch, "Watch mode: run or upload again when a file is saved");
    ui.checkbox(&mut user.run_on_open, "Run main.py when a project is opened on an emulated board");
}

/// Draws the page about the program.
pub fn about(ui: &mut Ui) {
    ui.set_width(380.0);
    ui.heading("Solderless");
    ui.label(RichText::new(format!("Version {}", env!("CARGO_PKG_VERSION"))).font(mono(12.5)));
    ui.add_space(2.0 * GRID);
    ui.add(egui::Label::new("A workbench for MicroPython without the hardware.").wrap());
    ui.add_space(GRID);
    ui.add(
        egui::Label::new(
            RichText::new(
                "The program and its emulator: GPL-2.0 or later. The interpreter and its firmware: MIT or Apache-2.0.",
            )
            .weak(),
        )
        .wrap(),
    );
}
