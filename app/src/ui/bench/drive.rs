//! The dialog that asks what drives an input: a value, a slider, a generator, a column of a CSV file.

use super::edit::Drive;
use crate::ui::action::{Action, Queue};
use crate::ui::theme::GRID;
use egui::{ComboBox, DragValue, Grid, TextEdit, Ui};
use emulator::part::InputInfo;
use emulator::signal::Shape;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Constant,
    Slider,
    Generator,
    Csv,
}

/// What the user has chosen so far.
pub struct DriveDialog {
    /// The part's place on the bench.
    pub part: usize,
    /// The input.
    pub input: InputInfo,
    title: String,
    kind: Kind,
    value: f64,
    min: f64,
    max: f64,
    shape: &'static str,
    period: String,
    file: Option<PathBuf>,
    /// The file that bench.toml names, until its headings are asked for.
    wanted: Option<PathBuf>,
    column: String,
    columns: Vec<String>,
    repeat: bool,
    linear: bool,
}

impl DriveDialog {
    /// Starts from what drives the input now.
    pub fn new(part: usize, name: &str, input: &InputInfo, drive: Option<Drive>) -> Self {
        let mut dialog = Self {
            part,
            input: *input,
            title: format!("{name}: {}", input.title),
            kind: Kind::Constant,
            value: input.default,
            min: input.min,
            max: input.max,
            shape: "sine",
            period: "2s".to_owned(),
            file: None,
            wanted: None,
            column: String::new(),
            columns: Vec::new(),
            repeat: true,
            linear: false,
        };
        match drive {
            None => {}
            Some(Drive::Constant(value)) => dialog.value = value,
            Some(Drive::Slider { value, min, max }) => {
                dialog.kind = Kind::Slider;
                (dialog.value, dialog.min, dialog.max) = (value, min, max);
            }
            Some(Drive::Generator { shape, min, max, period }) => {
                dialog.kind = Kind::Generator;
                (dialog.min, dialog.max, dialog.period) = (min, max, period);
                dialog.shape =
                    Shape::ALL.iter().find(|(name, _)| *name == shape).map_or("sine", |(name, _)| name);
            }
            Some(Drive::Csv { file, column, period, repeat, linear }) => {
                dialog.kind = Kind::Csv;
                dialog.wanted = Some(PathBuf::from(file));
                (dialog.column, dialog.period) = (column, period);
                (dialog.repeat, dialog.linear) = (repeat, linear);
            }
        }
        dialog
    }

    /// The headings of the chosen file have been read.
    pub fn set_columns(&mut self, path: &Path, columns: Vec<String>) {
        if self.file.as_deref() == Some(path) {
            if !columns.contains(&self.column) {
                self.column =
                    columns.iter().find(|name| *name != "t" && *name != "time").cloned().unwrap_or_default();
            }
            self.columns = columns;
        }
    }

    /// Draws the dialog; the choice once it is made.
    pub fn show(&mut self, ui: &mut Ui, csv: &[PathBuf], queue: &mut Queue) -> Option<Drive> {
        ui.set_width(380.0);
        ui.heading(&self.title);
        ui.horizontal(|ui| {
            for (kind, name) in [
                (Kind::Constant, "Value"),
                (Kind::Slider, "Slider"),
                (Kind::Generator, "Generator"),
                (Kind::Csv, "CSV file"),
            ] {
                ui.selectable_value(&mut self.kind, kind, name);
            }
        });
        ui.add_space(GRID);
        Grid::new("drive").num_columns(2).spacing([4.0 * GRID, 2.0 * GRID]).show(ui, |ui| match self.kind {
            Kind::Constant => self.number(ui, "Value", |dialog| &mut dialog.value),
            Kind::Slider => {
                self.number(ui, "Value", |dialog| &mut dialog.value);
                self.number(ui, "From", |dialog| &mut dialog.min);
                self.number(ui, "To", |dialog| &mut dialog.max);
            }
            Kind::Generator => self.generator(ui),
            Kind::Csv => self.csv(ui, csv, queue),
        });
        ui.add_space(2.0 * GRID);
        let ready = self.drive();
        let mut done = None;
        ui.horizontal(|ui| {
            if ui.add_enabled(ready.is_some(), egui::Button::new("Use this")).clicked() {
                done = ready;
                ui.close();
            }
            if ui.button("Cancel").clicked() {
                ui.close();
            }
        });
        done
    }

    fn number(&mut self, ui: &mut Ui, name: &str, field: impl Fn(&mut Self) -> &mut f64) {
        let label = ui.label(name);
        let (min, max, step, unit) = (self.input.min, self.input.max, self.input.step, self.input.unit);
        let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        ui.add(DragValue::new(field(self)).range(min..=max).speed(step).suffix(suffix)).labelled_by(label.id);
        ui.end_row();
    }

    fn generator(&mut self, ui: &mut Ui) {
        ui.label("Shape");
        ComboBox::from_id_salt("shape").selected_text(self.shape).show_ui(ui, |ui| {
            for (name, _) in Shape::ALL {
                ui.selectable_value(&mut self.shape, name, name);
            }
        });
        ui.end_row();
        self.number(ui, "From", |dialog| &mut dialog.min);
        self.number(ui, "To", |dialog| &mut dialog.max);
        self.period_field(ui, "Period");
    }

    fn period_field(&mut self, ui: &mut Ui, name: &str) {
        let label = ui.label(name);
        ui.add(TextEdit::singleline(&mut self.period).desired_width(80.0)).labelled_by(label.id);
        ui.end_row();
    }

    fn csv(&mut self, ui: &mut Ui, csv: &[PathBuf], queue: &mut Queue) {
        if csv.is_empty() {
            ui.label("The project has no CSV file. Put one into its folder first.");
            ui.end_row();
            return;
        }
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self.file.is_none() {
            let file = self.wanted.take().filter(|file| csv.contains(file));
            self.choose(file.unwrap_or_else(|| csv[0].clone()), queue);
        }
        ui.label("File");
        let shown = self.file.as_ref().map(name).unwrap_or_default();
        let mut chosen = None;
        ComboBox::from_id_salt("file").selected_text(shown).width(200.0).show_ui(ui, |ui| {
            for path in csv {
                if ui.selectable_label(self.file.as_ref() == Some(path), name(path)).clicked() {
                    chosen = Some(path.clone());
                }
            }
        });
        ui.end_row();
        if let Some(path) = chosen {
            self.choose(path, queue);
        }
        ui.label("Column");
        ComboBox::from_id_salt("column").selected_text(&self.column).width(200.0).show_ui(ui, |ui| {
            for column in &self.columns {
                ui.selectable_value(&mut self.column, column.clone(), column);
            }
        });
        ui.end_row();
        self.period_field(ui, "A line every");
        ui.label("Between lines");
        ui.checkbox(&mut self.linear, "interpolate");
        ui.end_row();
        ui.label("At the end");
        ui.checkbox(&mut self.repeat, "start again");
        ui.end_row();
    }

    fn choose(&mut self, path: PathBuf, queue: &mut Queue) {
        queue.push(Action::ReadColumns(path.clone()));
        self.file = Some(path);
        self.columns.clear();
    }

    /// The choice, if it is complete.
    fn drive(&self) -> Option<Drive> {
        let period = self.period.trim().to_owned();
        Some(match self.kind {
            Kind::Constant => Drive::Constant(self.value),
            Kind::Slider if self.min < self.max => {
                Drive::Slider { value: self.value.clamp(self.min, self.max), min: self.min, max: self.max }
            }
            Kind::Generator if self.min < self.max && is_period(&period) => {
                Drive::Generator { shape: self.shape.to_owned(), min: self.min, max: self.max, period }
            }
            Kind::Csv if !self.column.is_empty() && is_period(&period) => {
                let file = self.file.as_ref()?.to_string_lossy().replace('\\', "/");
                Drive::Csv {
                    file,
                    column: self.column.clone(),
                    period,
                    repeat: self.repeat,
                    linear: self.linear,
                }
            }
            _ => return None,
        })
    }
}

fn is_period(text: &str) -> bool {
    emulator::bench::parse_duration(text).is_some_and(|period| period.0 > 0)
}
