//! The examples that come with the program, and the gallery that shows them.

use super::action::{Action, Queue};
use super::kit;
use super::theme::{GRID, ROW};
use egui::{RichText, Ui, vec2};
use std::path::PathBuf;

/// One example: a project folder.
pub struct Example {
    /// Its folder's name.
    pub name: &'static str,
    /// Relative paths and contents.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// All examples, by name.
pub static EXAMPLES: &[Example] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// What the window opens when it is started for the first time.
pub const FIRST: &str = "04-weather-station";

impl Example {
    /// An example by its folder's name.
    pub fn find(name: &str) -> Option<&'static Self> {
        EXAMPLES.iter().find(|example| example.name == name)
    }

    /// What the gallery calls it.
    pub fn title(&self) -> String {
        let readme = self.files.iter().find(|(path, _)| *path == "README.md");
        let heading =
            readme.and_then(|(_, text)| std::str::from_utf8(text).ok()).and_then(|text| text.lines().next());
        if let Some(title) = heading.and_then(|line| line.strip_prefix("# ")) {
            return title.trim().to_owned();
        }
        let words = self.name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_');
        let words = words.replace(['-', '_'], " ");
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// What it shows: the first paragraph of its main.py's docstring, or of the comment at its top.
    pub fn description(&self) -> String {
        let main = self.files.iter().find(|(path, _)| *path == "main.py");
        main.map(|(_, bytes)| first_paragraph(&String::from_utf8_lossy(bytes))).unwrap_or_default()
    }

    /// Its files with paths of this system.
    pub fn files(&self) -> Vec<(PathBuf, &'static [u8])> {
        self.files.iter().map(|(path, bytes)| (path.split('/').collect(), *bytes)).collect()
    }
}

fn first_paragraph(source: &str) -> String {
    let source = source.trim_start();
    let lines: Vec<&str> = match source.strip_prefix("\"\"\"") {
        Some(rest) => rest.split("\"\"\"").next().unwrap_or("").lines().collect(),
        None => source.lines().map_while(|line| line.strip_prefix('#')).collect(),
    };
    let paragraph = lines.iter().map(|line| line.trim()).skip_while(|line| line.is_empty());
    paragraph.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Draws the gallery.
pub fn gallery(ui: &mut Ui, queue: &mut Queue) {
    ui.set_width(560.0);
    ui.heading("Examples");
    ui.weak("Each opens as a project of your own: change it as you like.");
    ui.add_space(2.0 * GRID);
    egui::ScrollArea::vertical().max_height(440.0).show(ui, |ui| {
        for example in EXAMPLES {
            let frame = kit::card(ui);
            frame.show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.vertical(|ui| {
                        ui.set_width(420.0);
                        ui.strong(example.title());
                        ui.add(egui::Label::new(RichText::new(example.description()).weak()).wrap());
                    });
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let open = ui.add(egui::Button::new("Open").min_size(vec2(16.0 * GRID, ROW)));
                        let name = format!("Open {}", example.title());
                        open.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                        if open.clicked() {
                            queue.push(Action::OpenExample(example.name.to_owned()));
                            ui.close();
                        }
                    });
                });
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_what_a_project_needs() {
        for example in EXAMPLES {
            let has = |name| example.files.iter().any(|(path, _)| *path == name);
            assert!(has("main.py") && has("bench.toml"), "{}", example.name);
            assert!(!example.description().is_empty(), "{} does not say what it shows", example.name);
        }
    }

    #[test]
    fn descriptions_come_from_docstrings_and_comments() {
        assert_eq!(first_paragraph("\"\"\"Blink.\n\nMore.\"\"\"\nimport x"), "Blink.");
        assert_eq!(first_paragraph("# Blink\n# an LED.\n\nimport x"), "Blink an LED.");
        assert_eq!(first_paragraph("import x"), "");
    }
}
