//! The bar at the top (menus, run, speed, target) and the line at the bottom (what is going on).

use super::action::{Action, Queue};
use super::files::Files;
use super::kit;
use super::runner::Runner;
use super::state::UserState;
use super::theme::{GRID, ROW, SMALL, STATUS_BAR, TOP_BAR, Tokens, mono};
use crate::command::{Command, Menu};
use crate::session::{Emulated, Speed, State, Target};
use egui::{Align, Button, Color32, ComboBox, Frame, Layout, Margin, Panel, RichText, Ui, vec2};
use egui_material_icons::icons as icon;
use emulator::board::{BOARDS, Board};
use emulator::clock::Time;
use strum::IntoEnumIterator;

/// What the bars show.
pub struct Bars<'a> {
    /// Settings.
    pub user: &'a UserState,
    /// The target.
    pub runner: &'a Runner,
    /// The project.
    pub files: &'a Files,
    /// Whether there is a script to run.
    pub can_run: bool,
    /// The bench's board.
    pub board: &'static Board,
    /// The instant of the past that the window shows.
    pub past: Option<Time>,
}

impl Bars<'_> {
    /// Whether a command makes sense now.
    pub fn enabled(&self, command: Command) -> bool {
        let text = self.files.active().is_some();
        match command {
            Command::Run => self.can_run,
            Command::Stop => self.runner.is_live(),
            Command::Reset => self.runner.is_live(),
            Command::Upload => self.runner.is_live() && self.files.folder.is_some(),
            Command::TogglePause
            | Command::Slower
            | Command::Faster
            | Command::RealTime
            | Command::MaxSpeed => self.runner.is_emulated(),
            Command::TimeBack | Command::TimeOn | Command::SaveRecording => self.runner.trace().is_some(),
            Command::RunFromHere | Command::GoLive => self.past.is_some(),
            Command::ReplayRecording => self.runner.is_emulated(),
            Command::AddPart | Command::EditBench | Command::NewFile | Command::NewFolder => {
                self.files.folder.is_some()
            }
            Command::SaveAll => self.files.open.iter().any(|file| file.document.is_changed()),
            _ if command.menu() == Menu::Edit => text,
            Command::Save | Command::CloseTab | Command::NextTab | Command::PreviousTab => text,
            _ => true,
        }
    }

    /// Draws the bar at the top.
    pub fn top(&self, ui: &mut Ui, queue: &mut Queue) {
        let tokens = Tokens::of(ui.visuals());
        let frame = Frame::new().fill(tokens.chrome).inner_margin(Margin::symmetric(8, 0));
        Panel::top("top").exact_size(TOP_BAR).show_separator_line(false).frame(frame).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = GRID;
                self.menus(ui, queue);
                ui.add_space(2.0 * GRID);
                self.run_button(ui, queue);
                kit::icon_button(ui, Command::Stop, self.enabled(Command::Stop), queue);
                kit::icon_button(ui, Command::Reset, self.enabled(Command::Reset), queue);
                ui.add_space(2.0 * GRID);
                kit::icon_button(ui, Command::TogglePause, self.enabled(Command::TogglePause), queue);
                self.speed(ui, queue);
                ui.add_space(2.0 * GRID);
                self.target(ui, queue);
                kit::command_button(ui, Command::Upload, self.enabled(Command::Upload), queue);
                self.watch(ui, queue);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    kit::icon_button(ui, Command::Help, true, queue);
                    kit::icon_button(ui, Command::Settings, true, queue);
                    self.theme(ui, queue);
                });
            });
        });
    }

    fn menus(&self, ui: &mut Ui, queue: &mut Queue) {
        ui.scope(|ui| {
            // Menu titles look like text until the pointer comes.
            let visuals = &mut ui.visuals_mut().widgets;
            visuals.inactive.weak_bg_fill = Color32::TRANSPARENT;
            for widget in
                [&mut visuals.inactive, &mut visuals.hovered, &mut visuals.active, &mut visuals.open]
            {
                widget.bg_stroke = egui::Stroke::NONE;
            }
            ui.spacing_mut().button_padding.x = 6.0;
            ui.spacing_mut().item_spacing.x = 0.0;
            for menu in Menu::iter() {
                let title: &'static str = menu.into();
                ui.menu_button(title, |ui| {
                    for command in Command::all().filter(|command| command.menu() == menu) {
                        kit::menu_item(ui, command, self.enabled(command), queue);
                        if starts_a_group_after(command) {
                            ui.separator();
                        }
                    }
                    if menu == Menu::File {
                        self.recent(ui, queue);
                    }
                });
            }
        });
    }

    fn recent(&self, ui: &mut Ui, queue: &mut Queue) {
        let others = self.user.recent.iter().filter(|folder| Some(*folder) != self.files.folder.as_ref());
        let mut first = true;
        for folder in others.take(6) {
            if std::mem::take(&mut first) {
                ui.separator();
                kit::caption(ui, "Recent projects");
            }
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
            if ui.button(name).on_hover_text(folder.display().to_string()).clicked() {
                queue.push(Action::OpenFolder(folder.clone()));
                ui.close();
            }
        }
    }

    fn run_button(&self, ui: &mut Ui, queue: &mut Queue) {
        let tokens = Tokens::of(ui.visuals());
        let enabled = self.enabled(Command::Run);
        let (fill, color) =
            if enabled { (tokens.accent, tokens.on_accent) } else { (tokens.raised, tokens.weak) };
        let text = RichText::new(format!("{} Run", Command::Run.icon())).color(color);
        let response =
            ui.add_enabled(enabled, Button::new(text).fill(fill).min_size(vec2(18.0 * GRID, ROW + GRID)));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, "Run"));
        if kit::command_tooltip(ui, response, Command::Run).clicked() {
            queue.push(Action::Command(Command::Run));
        }
    }

    fn speed(&self, ui: &mut Ui, queue: &mut Queue) {
        let enabled = self.runner.is_emulated();
        let name = speed_name(self.runner.speed);
        ui.add_enabled_ui(enabled, |ui| {
            let combo = ComboBox::from_id_salt("speed").width(104.0).selected_text(name.clone());
            let response = combo.show_ui(ui, |ui| {
                for factor in [0.01, 0.1, 0.5, 1.0, 2.0, 10.0] {
                    let speed = Speed::Times(factor);
                    if ui.selectable_label(self.runner.speed == speed, speed_name(speed)).clicked() {
                        queue.push(Action::Speed(speed));
                    }
                }
                if ui.selectable_label(self.runner.speed == Speed::Max, speed_name(Speed::Max)).clicked() {
                    queue.push(Action::Speed(Speed::Max));
                }
            });
            let response = response.response;
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::ComboBox, enabled, format!("Speed: {name}"))
            });
            response
                .on_hover_text("How fast virtual time passes")
                .on_disabled_hover_text("A real board has its own pace");
        });
    }

    fn target(&self, ui: &mut Ui, queue: &mut Queue) {
        let name = self.target_name();
        let glyph = if self.runner.is_emulated() { icon::ICON_MEMORY } else { icon::ICON_USB }.codepoint;
        let combo = ComboBox::from_id_salt("target")
            .height(420.0)
            .width(196.0)
            .truncate()
            .selected_text(format!("{glyph} {name}"));
        let response = combo.show_ui(ui, |ui| {
            ui.set_min_width(300.0);
            kit::caption(ui, "Emulated boards");
            for board in BOARDS {
                let text = format!("{} {}", icon::ICON_MEMORY.codepoint, board.title);
                let chosen = board == self.board;
                if ui.selectable_label(chosen && self.runner.is_emulated(), text).clicked() {
                    if !chosen {
                        queue.push(Action::SetBoard(board));
                    }
                    queue.push(Action::Target(Target::Emulated(Emulated::default())));
                }
            }
            ui.separator();
            ui.horizontal(|ui| {
                kit::caption(ui, "Boards on a cable");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let again =
                        kit::glyph_button(ui, icon::ICON_REFRESH.codepoint, "Look for boards again", true);
                    if again.on_hover_text("Look for boards again").clicked() {
                        queue.push(Action::RefreshPorts);
                    }
                });
            });
            if self.runner.ports.is_empty() {
                ui.weak("None found. Plug a board in, then look again.");
            }
            for port in &self.runner.ports {
                let target = Target::Serial { port: port.name.clone() };
                let title = if port.title.is_empty() { String::new() } else { format!("{} · ", port.title) };
                let text = format!("{} {title}{}", icon::ICON_USB.codepoint, port.name);
                if ui.selectable_label(self.runner.target == target, text).clicked() {
                    queue.push(Action::Target(target));
                }
            }
        });
        let opened = response.inner.is_some();
        let was_open_id = ui.scope_id().with("target open");
        let was_open = ui.data(|data| data.get_temp::<bool>(was_open_id)).unwrap_or(false);
        if opened && !was_open {
            queue.push(Action::RefreshPorts);
        }
        ui.data_mut(|data| data.insert_temp(was_open_id, opened));
        let label = format!("Target: {name}");
        response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &label));
        response.response.on_hover_text("What the script runs on");
    }

    /// The target as the user knows it.
    pub fn target_name(&self) -> String {
        match &self.runner.target {
            Target::Emulated(_) => format!("{} (emulated)", self.board.title),
            Target::Serial { port } => {
                let known = self.runner.ports.iter().find(|other| other.name == *port);
                match known.map(|known| known.title.as_str()) {
                    Some(title) if !title.is_empty() => format!("{title} · {port}"),
                    _ => port.clone(),
                }
            }
        }
    }

    fn watch(&self, ui: &mut Ui, queue: &mut Queue) {
        let command = Command::ToggleWatch;
        let text = format!("{} Watch", command.icon());
        let response = ui.add(Button::new(text).selected(self.user.watch).min_size(vec2(0.0, ROW)));
        let on = self.user.watch;
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, command.text()));
        if kit::command_tooltip(ui, response, command).clicked() {
            queue.push(Action::Command(command));
        }
    }

    fn theme(&self, ui: &mut Ui, queue: &mut Queue) {
        let glyph = if self.user.dark { icon::ICON_LIGHT_MODE } else { icon::ICON_DARK_MODE }.codepoint;
        let command = Command::ToggleTheme;
        let response = kit::glyph_button(ui, glyph, command.text(), true);
        if kit::command_tooltip(ui, response, command).clicked() {
            queue.push(Action::Command(command));
        }
    }

    // ---- the line at the bottom ----

    /// Draws the line at the bottom.
    pub fn status(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui.visuals());
        let frame = Frame::new().fill(tokens.chrome).inner_margin(Margin::symmetric(12, 0));
        Panel::bottom("status").exact_size(STATUS_BAR).show_separator_line(false).frame(frame).show(
            ui,
            |ui| {
                ui.horizontal_centered(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0 * GRID;
                    let (color, text) = self.state(tokens);
                    ui.horizontal_centered(|ui| {
                        ui.spacing_mut().item_spacing.x = 1.5 * GRID;
                        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
                        ui.painter().circle_filled(rect.center(), 4.0, color);
                        ui.add(egui::Label::new(RichText::new(&text).size(SMALL + 0.5)).truncate());
                    });
                    if let Some(upload) = &self.runner.upload {
                        upload_progress(ui, upload.done, upload.total, &upload.file);
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| self.figures(ui));
                });
            },
        );
    }

    fn figures(&self, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.x = 4.0 * GRID;
        let figure = |ui: &mut Ui, text: String, hint: &str| {
            let tokens = Tokens::of(ui.visuals());
            ui.label(RichText::new(text).font(mono(SMALL)).color(tokens.weak)).on_hover_text(hint);
        };
        if let Some(file) = self.files.active() {
            let (line, column) = file.document.line_column(file.document.selection().head);
            figure(ui, format!("Ln {}, Col {}", line + 1, column + 1), "Where the caret is");
        }
        if self.runner.is_emulated() && self.runner.is_live() {
            let stats = &self.runner.stats;
            figure(ui, format!("{:.1} MIPS", stats.mips), "Guest instructions a second, in millions");
            figure(ui, format!("{:.2}× real time", stats.ratio), "Virtual seconds a second");
            figure(ui, clock(stats.virtual_time.as_secs_f64()), "Virtual time since power-on");
        }
        figure(ui, self.target_name(), "What the script runs on");
    }

    fn state(&self, tokens: &Tokens) -> (Color32, String) {
        if !self.runner.is_live() && !matches!(self.runner.state, State::Lost { .. }) {
            return (tokens.weak, "No board".to_owned());
        }
        if let (Some(past), false) = (self.past, matches!(self.runner.state, State::Lost { .. })) {
            return (tokens.warning, format!("Looking at {}", super::timebar::label(past)));
        }
        match &self.runner.state {
            State::Connecting => (tokens.warning, "Starting…".to_owned()),
            State::Idle => (tokens.accent, "Ready".to_owned()),
            State::Running => (tokens.good, "Running".to_owned()),
            State::Transferring => (tokens.accent, "Copying files…".to_owned()),
            State::Paused => (tokens.warning, "Paused".to_owned()),
            State::Lost { why } => (tokens.error, why.lines().next().unwrap_or("Lost").to_owned()),
        }
    }
}

fn starts_a_group_after(command: Command) -> bool {
    matches!(
        command,
        Command::OpenExample
            | Command::SaveAll
            | Command::CloseTab
            | Command::Redo
            | Command::SelectAll
            | Command::GotoLine
            | Command::Dedent
            | Command::PowerCycle
            | Command::ToggleWatch
            | Command::MaxSpeed
            | Command::TimeOn
            | Command::GoLive
            | Command::WaveFollow
            | Command::WaveClearCursors
            | Command::ToggleTheme
            | Command::ShowWaves
            | Command::PreviousTab
            | Command::ResetLayout
    )
}

fn speed_name(speed: Speed) -> String {
    match speed {
        Speed::Paused => "Paused".to_owned(),
        Speed::Times(1.0) => "Real time".to_owned(),
        Speed::Times(factor) => format!("{}× speed", kit::short_number(f64::from(factor))),
        Speed::Max => "Max speed".to_owned(),
    }
}

fn upload_progress(ui: &mut Ui, done: u64, total: u64, file: &str) {
    let share = if total == 0 { 0.0 } else { done as f32 / total as f32 };
    ui.add(egui::ProgressBar::new(share).desired_width(140.0).desired_height(8.0));
    ui.label(RichText::new(format!("{file} {:.0} %", share * 100.0)).size(SMALL));
}

/// Seconds as people read long times: `12.345 s`, `3:07.5`.
fn clock(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    let minutes = (seconds / 60.0).floor();
    format!("{minutes:.0}:{:04.1} min", seconds - minutes * 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_minutes() {
        assert_eq!(clock(1.5), "1.50 s");
        assert_eq!(clock(187.5), "3:07.5 min");
    }

    #[test]
    fn speeds_have_names() {
        assert_eq!(speed_name(Speed::REAL), "Real time");
        assert_eq!(speed_name(Speed::Times(0.1)), "0.1× speed");
    }
}
