//! The window.
//!
//! `ui()` draws and collects [`Action`]s; `logic()` carries them out and takes what the worker threads have to
//! say. Nothing here waits: the session, the disk, dialogs and the parser each have a thread.

pub mod action;
mod apply;
mod bars;
mod bench;
pub mod code_view;
pub mod console;
mod editor_pane;
mod examples;
mod files;
mod help;
pub mod io;
pub mod kit;
mod layout;
mod palette;
mod runner;
mod screenshot;
pub mod state;
#[cfg(test)]
mod tests;
pub mod theme;
mod timebar;
pub mod waves;

use crate::command::{Command, Scope};
use crate::editor::{Analyst, Job as AnalystJob};
use crate::session::{Emulated, Target};
use action::{Action, Notice, Queue};
use anyhow::{Context as _, Result};
use bars::Bars;
use console::ConsoleView;
use editor_pane::EditorPane;
use eframe::{NativeOptions, Renderer};
use egui::{Context, Ui, ViewportCommand};
use files::Files;
use io::{Dialogs, Io, Job, NativeDialogs, Unsaved};
use layout::Pane;
use palette::Palette;
use runner::Runner;
use state::UserState;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How the window is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The project folder, or a script in it; the last one, or an example, when absent.
    pub project: Option<PathBuf>,
    /// `glow` or `wgpu`; tried in the platform's best order when absent.
    pub renderer: Option<String>,
    /// Write a picture of the window to this file, then quit.
    pub screenshot: Option<PathBuf>,
    /// When to take the picture.
    pub after: Duration,
    /// Commands to carry out at the start, by name.
    pub commands: Vec<Command>,
    /// Where settings and recovered texts are kept; the platform's place when absent.
    pub data: Option<PathBuf>,
    /// What to run on at first; an emulated board when absent.
    pub target: Option<Target>,
    /// The size of the window in points.
    pub size: Option<(f32, f32)>,
    /// Where the emulated board's first session is recorded.
    pub record: Option<PathBuf>,
    /// A recording that the emulated board replays at first.
    pub replay: Option<PathBuf>,
}

/// Opens the window and returns when it is closed. If one way of drawing fails, the other is tried.
pub fn run(options: Options) -> Result<()> {
    let order = match options.renderer.as_deref() {
        Some("glow") => vec![Renderer::Glow],
        Some("wgpu") => vec![Renderer::Wgpu],
        // Remote desktops on Windows offer only OpenGL 1.1; elsewhere OpenGL is the faster one.
        _ if cfg!(windows) => vec![Renderer::Wgpu, Renderer::Glow],
        _ => vec![Renderer::Glow, Renderer::Wgpu],
    };
    let mut failure = None;
    for renderer in order {
        match open_window(&options, renderer) {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::warn!("cannot draw with {renderer}: {error}");
                failure = Some(error);
            }
        }
    }
    match failure {
        Some(error) => Err(anyhow::anyhow!("{error}")).context("cannot open a window"),
        None => Ok(()),
    }
}

fn open_window(options: &Options, renderer: Renderer) -> Result<(), eframe::Error> {
    let size = options.size.unwrap_or((1400.0, 880.0));
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("solderless")
        .with_title("Solderless")
        .with_inner_size([size.0, size.1])
        .with_min_inner_size([800.0, 500.0]);
    let native = NativeOptions {
        viewport,
        renderer,
        persist_window: options.screenshot.is_none() && options.size.is_none(),
        persistence_path: options.data.as_ref().map(|folder| folder.join("window.ron")),
        centered: true,
        ..Default::default()
    };
    let options = options.clone();
    let make = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let saved = cc.storage.and_then(|storage| eframe::get_value::<UserState>(storage, STATE_KEY));
        let user = saved.unwrap_or_default().sane();
        Ok(Box::new(App::new(&cc.egui_ctx, user, options, Arc::new(NativeDialogs))))
    };
    eframe::run_native("solderless", native, Box::new(make))
}

/// While something moves, the window is drawn this often.
const FRAME: Duration = Duration::from_millis(33);

const STATE_KEY: &str = "user";

/// A page over the window.
enum Overlay {
    None,
    Palette(Palette),
    Examples,
    Settings,
    Help,
    About,
    /// A file with changes is about to be closed.
    Unsaved(u64),
}

/// What to do as soon as everything it needs is on disk and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Run,
    Upload,
}

/// The window's state.
pub struct App {
    options: Options,
    user: UserState,
    io: Io,
    analyst: Analyst,
    queue: Queue,
    files: Files,
    editor: EditorPane,
    runner: Runner,
    console_view: ConsoleView,
    waves: waves::Waves,
    bench: bench::BenchPane,
    time: timebar::TimeBar,
    /// How much had been recorded when the window was last drawn.
    recorded: usize,
    /// Up to where the console text of the trace has been searched for numbers.
    plotted: emulator::clock::Time,
    tree: egui_tiles::Tree<Pane>,
    overlay: Overlay,
    toasts: egui_notify::Toasts,
    /// Where recovered texts and copies of examples are.
    data: PathBuf,
    /// The text of the project's bench.toml, if it has one.
    bench_text: Option<String>,
    /// Files that are being read to be shown.
    opening: BTreeSet<PathBuf>,
    /// A line to go to once its file is read.
    goto: Option<(PathBuf, usize)>,
    /// Files on their way to the disk.
    writing: usize,
    /// What to do once the disk is done.
    next: Option<Next>,
    /// What watch mode repeats.
    last: Next,
    /// Texts read back after a crash, until their files are opened.
    recovered: Vec<Unsaved>,
    /// Whether the recovery file holds something.
    recovery_kept: bool,
    /// When to keep unsaved texts.
    keep_at: Option<f64>,
    /// A project was opened and its board has not been booted yet.
    booting: bool,
    /// Whether bench.toml has been read, or found missing.
    bench_read: bool,
    /// Boot the emulated board again as soon as possible.
    reboot: bool,
    /// Run main.py after booting.
    autorun: bool,
    /// Where the board's next session is recorded.
    record: Option<PathBuf>,
    /// What the board replays when it is switched on next.
    replay: Option<PathBuf>,
    /// Run as soon as the board has started.
    run_when_ready: bool,
    /// An upload that only serves a run says nothing when it is done.
    quiet_upload: bool,
    shown: bool,
}

impl App {
    /// Makes the window's state and starts its threads.
    pub fn new(ctx: &Context, user: UserState, options: Options, dialogs: Arc<dyn Dialogs>) -> Self {
        theme::install(ctx);
        let wake = {
            let ctx = ctx.clone();
            move || ctx.request_repaint()
        };
        let data = options.data.clone().unwrap_or_else(data_folder);
        let recovered = std::fs::read(data.join(RECOVERY)).ok();
        let recovered: Vec<Unsaved> =
            recovered.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        let mut app = Self {
            io: Io::start(dialogs, wake.clone()),
            analyst: Analyst::start(check, wake),
            queue: Queue::new(),
            files: Files::default(),
            editor: EditorPane::default(),
            runner: Runner::new(options.target.clone().unwrap_or(Target::Emulated(Emulated::default()))),
            console_view: ConsoleView::default(),
            waves: waves::Waves::default(),
            bench: bench::BenchPane::default(),
            time: timebar::TimeBar::default(),
            record: options.record.clone(),
            replay: options.replay.clone(),
            recorded: 0,
            plotted: emulator::clock::Time::ZERO,
            tree: layout::restore(user.layout.as_deref()),
            overlay: Overlay::None,
            toasts: egui_notify::Toasts::default()
                .with_anchor(egui_notify::Anchor::BottomRight)
                .with_margin(egui::vec2(8.0, theme::STATUS_BAR + timebar::HEIGHT + 8.0)),
            data,
            bench_text: None,
            opening: BTreeSet::new(),
            goto: None,
            writing: 0,
            next: None,
            last: Next::Run,
            recovery_kept: !recovered.is_empty(),
            recovered,
            keep_at: None,
            booting: false,
            bench_read: false,
            reboot: false,
            autorun: false,
            run_when_ready: false,
            quiet_upload: false,
            shown: false,
            options,
            user,
        };
        app.start();
        app
    }

    /// Opens the project the window starts with.
    fn start(&mut self) {
        let given = self.options.project.clone().map(|path| path.canonicalize().unwrap_or(path));
        match given.or_else(|| self.user.folder.clone().filter(|folder| folder.is_dir())) {
            Some(path) if path.is_file() => {
                let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
                self.queue.push(Action::OpenFolder(folder));
                self.queue.push(Action::OpenFile(path));
            }
            Some(folder) => self.queue.push(Action::OpenFolder(folder)),
            None => self.queue.push(Action::OpenExample(examples::FIRST.to_owned())),
        }
        let commands = std::mem::take(&mut self.options.commands);
        self.queue.extend(commands.into_iter().map(Action::Command));
    }

    /// Takes what the threads said and carries out what was asked for. Never waits.
    pub fn update(&mut self, ctx: &Context) {
        self.take_answers(ctx);
        self.take_analyses();
        self.take_events();
        self.plot_printed();
        self.keep_moving(ctx);
        for action in std::mem::take(&mut self.queue) {
            self.apply(ctx, action);
        }
        self.go_on();
        self.send_texts();
        self.keep_unsaved(ctx);
        let theme = if self.user.dark { egui::ThemePreference::Dark } else { egui::ThemePreference::Light };
        if ctx.options(|options| options.theme_preference) != theme {
            ctx.set_theme(theme);
        }
        if !self.shown || (ctx.zoom_factor() - self.user.zoom).abs() > 0.001 {
            ctx.set_zoom_factor(self.user.zoom);
        }
        self.shown = true;
        if !self.queue.is_empty() {
            ctx.request_repaint();
        }
    }

    /// Draws the window.
    pub fn draw(&mut self, ui: &mut Ui) {
        let mut queue = std::mem::take(&mut self.queue);
        self.shortcuts(ui.ctx(), &mut queue);
        let bars = Bars {
            user: &self.user,
            runner: &self.runner,
            files: &self.files,
            can_run: self.can_run(),
            board: self.bench.board(),
            past: self.time.at,
        };
        bars.top(ui, &mut queue);
        bars.status(ui);
        if let Some(trace) = self.runner.trace().filter(|_| self.runner.is_live()) {
            self.time.show(ui, trace, &mut queue);
        }
        self.panels(ui, &mut queue);
        self.overlays(ui.ctx(), &mut queue);
        self.toasts.show(ui.ctx());
        if !queue.is_empty() {
            ui.ctx().request_repaint();
        }
        self.queue = queue;
    }

    fn panels(&mut self, ui: &mut Ui, queue: &mut Queue) {
        let mut tree = std::mem::replace(&mut self.tree, egui_tiles::Tree::empty(layout::tree_id()));
        let mut buttons_queue = Queue::new();
        {
            let mut contents = |ui: &mut Ui, pane: Pane| self.panel(ui, pane, queue);
            let mut buttons = |ui: &mut Ui, pane: Pane| panel_buttons(ui, pane, &mut buttons_queue);
            let mut panels = layout::Panels { contents: &mut contents, buttons: &mut buttons };
            tree.ui(&mut panels, ui);
        }
        queue.append(&mut buttons_queue);
        self.tree = tree;
    }

    fn panel(&mut self, ui: &mut Ui, pane: Pane, queue: &mut Queue) {
        match pane {
            Pane::Files => self.files.show(ui, queue),
            Pane::Editor => self.editor.show(ui, &mut self.files, self.user.code_size, queue),
            Pane::Console => self.console(ui, queue),
            Pane::Bench => {
                self.bench.show(ui, self.runner.trace(), self.time.at, &self.files.data_sets(), queue);
            }
            Pane::Waves => {
                self.waves.show(ui, self.runner.trace(), self.time.at, &mut self.user, queue);
            }
        }
    }

    fn console(&mut self, ui: &mut Ui, queue: &mut Queue) {
        let live = self.runner.is_live();
        let requests = self.console_view.show(ui, self.runner.shown(), self.user.code_size, live);
        for request in requests {
            queue.push(match request {
                console::Request::Send(bytes) => Action::Console(bytes),
                console::Request::Follow(link) => Action::GoTo { file: link.file, line: link.line },
            });
        }
    }

    fn overlays(&mut self, ctx: &Context, queue: &mut Queue) {
        let id = egui::Id::unique("overlay");
        let mut close = false;
        let modal = match &self.overlay {
            Overlay::None => return,
            Overlay::Palette(_) => {
                let area = egui::Modal::default_area(id).anchor(egui::Align2::CENTER_TOP, [0.0, 72.0]);
                egui::Modal::new(id).area(area)
            }
            _ => kit::page(ctx, "overlay"),
        };
        let user = &mut self.user;
        let files = &self.files;
        let response = modal.show(ctx, |ui| match &mut self.overlay {
            Overlay::None => {}
            Overlay::Palette(palette) => close = palette.show(ui, queue),
            Overlay::Examples => examples::gallery(ui, queue),
            Overlay::Settings => help::settings(ui, user),
            Overlay::Help => help::help(ui),
            Overlay::About => help::about(ui),
            Overlay::Unsaved(file) => {
                let name =
                    files.open.iter().find(|f| f.id == *file).map(files::OpenFile::name).unwrap_or_default();
                close = ask_to_save(ui, *file, &name, queue);
            }
        });
        if close || response.should_close() {
            self.overlay = Overlay::None;
        }
    }

    /// Turns key presses into commands. What has the keyboard decides which shortcuts apply.
    fn shortcuts(&self, ctx: &Context, queue: &mut Queue) {
        let focus = ctx.memory(|memory| memory.focused());
        let in_console = focus == Some(console::focus_id());
        let in_editor = focus == Some(code_view::focus_id());
        let in_waves = focus == Some(waves::focus_id());
        let overlay = !matches!(self.overlay, Overlay::None);
        let bars = Bars {
            user: &self.user,
            runner: &self.runner,
            files: &self.files,
            can_run: self.can_run(),
            board: self.bench.board(),
            past: self.time.at,
        };
        let applies = |command: Command, shortcut: &egui::KeyboardShortcut| {
            let in_scope = match command.scope() {
                Scope::Global => true,
                Scope::Editor => in_editor,
                Scope::Waves => in_waves,
            };
            // A page over the window keeps the keyboard to itself.
            let reachable = !overlay || command == Command::Palette;
            in_scope && reachable && (!in_console || command.works_in_console(shortcut))
        };
        let pressed = ctx.input_mut(|input| Command::pressed(input, applies));
        queue.extend(pressed.into_iter().filter(|command| bars.enabled(*command)).map(Action::Command));
    }

    /// Whether there is a script to run.
    fn can_run(&self) -> bool {
        self.files.active().is_some_and(files::OpenFile::is_python) || self.main_script().is_some()
    }

    fn main_script(&self) -> Option<PathBuf> {
        let main = self.files.folder.as_ref()?.join(crate::project::MAIN);
        self.files.tree.iter().any(|entry| entry.path == main).then_some(main)
    }

    fn tell(&mut self, notice: Notice) {
        use egui_material_icons::icons as icon;
        let tokens = theme::Tokens::named(self.user.dark);
        let (text, glyph, color, seconds) = match notice {
            Notice::Done(text) => (text, icon::ICON_CHECK_CIRCLE, tokens.good, 3),
            Notice::Info(text) => (text, icon::ICON_INFO, tokens.accent, 5),
            Notice::Failed(text) => (text, icon::ICON_ERROR, tokens.error, 8),
        };
        let level = egui_notify::ToastLevel::Custom(glyph.codepoint.to_owned(), color);
        let toast = self.toasts.add(egui_notify::Toast::custom(text, level));
        toast.duration(Some(Duration::from_secs(seconds))).show_progress_bar(false).closable(false);
    }

    /// More was recorded than a moment ago: more is likely to come before the session next speaks up.
    fn keep_moving(&mut self, ctx: &Context) {
        let count = |trace: &emulator::trace::Trace| trace.channels().map(|(id, _)| trace.len(id)).sum();
        let recorded: usize = self.runner.trace().map_or(0, |trace| trace.read(count));
        if recorded != self.recorded {
            ctx.request_repaint_after(FRAME);
        }
        self.recorded = recorded;
    }

    /// Looks through what was printed since the last time for numbers to plot.
    fn plot_printed(&mut self) {
        let Some(trace) = self.runner.trace() else { return };
        let (from, printed) = (self.plotted, &mut self.waves.printed);
        self.plotted = trace.read(|trace| {
            let now = trace.now();
            let Some(console) = trace.find("console") else { return from };
            for (time, text) in trace.texts(console, from, now) {
                printed.feed(time, text);
            }
            now
        });
    }

    /// Sends changed texts to the parser.
    fn send_texts(&mut self) {
        for file in &mut self.files.open {
            let revision = file.document.revision();
            if file.analysed != Some(revision) {
                file.analysed = Some(revision);
                self.analyst.send(AnalystJob::Text {
                    document: file.id,
                    path: file.path.clone(),
                    rope: file.document.rope().clone(),
                    revision,
                });
            }
        }
    }

    fn take_analyses(&mut self) {
        let analyses: Vec<_> = self.analyst.results().collect();
        for analysis in analyses {
            let Some(file) = self.files.open.iter_mut().find(|file| file.id == analysis.document) else {
                continue;
            };
            if analysis.revision == file.document.revision() {
                file.document.problems.set(analysis.problems.clone());
            }
            file.analysis = Some(analysis);
        }
    }

    /// Keeps unsaved texts in a file, a second after the last change.
    fn keep_unsaved(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        let stale = self.files.open.iter().any(|file| {
            let revision = file.document.revision();
            file.document.is_changed() && file.kept != Some(revision)
        });
        let none = !self.files.open.iter().any(|file| file.document.is_changed());
        if none && self.recovery_kept && self.recovered.is_empty() {
            self.recovery_kept = false;
            self.io.send(Job::Recover(self.data.join(RECOVERY), Vec::new()));
        }
        if !stale {
            self.keep_at = None;
            return;
        }
        let due = *self.keep_at.get_or_insert(now + 1.0);
        if now < due {
            ctx.request_repaint_after(Duration::from_secs_f64(due - now + 0.01));
            return;
        }
        self.keep_at = None;
        let mut unsaved = self.recovered.clone();
        for file in self.files.open.iter_mut().filter(|file| file.document.is_changed()) {
            file.kept = Some(file.document.revision());
            unsaved.push(Unsaved { path: file.path.clone(), text: file.document.text() });
        }
        self.recovery_kept = true;
        self.io.send(Job::Recover(self.data.join(RECOVERY), unsaved));
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        self.update(ctx);
        if let Some(path) = self.options.screenshot.clone() {
            screenshot::when_due(ctx, path, self.options.after);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if self.options.screenshot.is_some() {
            return;
        }
        self.user.layout = layout::save(&self.tree);
        eframe::set_value(storage, STATE_KEY, &self.user);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// Where unsaved texts are kept.
const RECOVERY: &str = "unsaved.json";

fn data_folder() -> PathBuf {
    directories::ProjectDirs::from("", "", "solderless")
        .map_or_else(|| std::env::temp_dir().join("solderless"), |dirs| dirs.data_dir().to_path_buf())
}

/// The errors of a text, for the parser thread.
fn check(path: &Path, text: &str) -> Vec<(Range<usize>, String)> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("py") => python_errors(text),
        Some("toml") if path.ends_with(crate::project::BENCH) => bench_errors(path, text),
        Some("toml") => text
            .parse::<toml_edit::DocumentMut>()
            .err()
            .map(|error| (error.span().unwrap_or(0..0), error.message().to_owned()))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

fn bench_errors(path: &Path, text: &str) -> Vec<(Range<usize>, String)> {
    let Err(errors) = emulator::bench::Bench::parse(text, path) else { return Vec::new() };
    let place = |line: usize, column: usize| {
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let line = text[start..].lines().next().unwrap_or_default();
        let from = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
        // The error begins there; where it ends is not known: up to a comment or the end of the line.
        let end = line[from..].find(['#', ',', '}']).map_or(line.trim_end().len(), |at| from + at);
        start + from..start + end.max(from)
    };
    let describe =
        |message: String, help: String| if help.is_empty() { message } else { format!("{message}; {help}") };
    errors.0.into_iter().map(|e| (place(e.line, e.column), describe(e.message, e.help))).collect()
}

fn python_errors(text: &str) -> Vec<(Range<usize>, String)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut starts = vec![0];
    for line in &lines {
        starts.push(starts.last().copied().unwrap_or(0) + line.len());
    }
    let byte = |line: u32, column: u32| {
        let index = (line as usize).saturating_sub(1);
        let Some(text) = lines.get(index) else { return starts[starts.len() - 1] };
        let column = (column as usize).saturating_sub(1);
        let within = text.char_indices().nth(column).map_or(text.trim_end_matches('\n').len(), |(at, _)| at);
        starts[index] + within
    };
    interpreter::syntax::check(text)
        .into_iter()
        .map(|error| {
            let range = byte(error.line, error.column)..byte(error.line, error.end_column);
            (range, format!("{}: {}", error.kind.name(), error.message))
        })
        .collect()
}

fn panel_buttons(ui: &mut Ui, pane: Pane, queue: &mut Queue) {
    match pane {
        Pane::Console => {
            kit::icon_button(ui, Command::ClearConsole, true, queue);
        }
        Pane::Bench => {
            kit::icon_button(ui, Command::AddPart, true, queue);
            kit::icon_button(ui, Command::EditBench, true, queue);
        }
        Pane::Waves => {
            for command in [
                Command::ExportVcd,
                Command::WaveFollow,
                Command::WaveFit,
                Command::WaveZoomIn,
                Command::WaveZoomOut,
            ] {
                kit::icon_button(ui, command, true, queue);
            }
        }
        Pane::Files | Pane::Editor => {}
    }
}

/// Asks before changes are dropped; true when answered.
fn ask_to_save(ui: &mut Ui, file: u64, name: &str, queue: &mut Queue) -> bool {
    ui.set_width(340.0);
    ui.heading("Save first?");
    ui.label(format!("{name} has changes that are not saved."));
    ui.add_space(theme::GRID);
    let mut answered = false;
    ui.horizontal(|ui| {
        if ui.button("Save and close").clicked() {
            queue.push(Action::Activate(file));
            queue.push(Action::Command(Command::Save));
            queue.push(Action::CloseWithoutSaving(file));
            answered = true;
        }
        if ui.button("Close without saving").clicked() {
            queue.push(Action::CloseWithoutSaving(file));
            answered = true;
        }
        if ui.button("Keep open").clicked() {
            answered = true;
        }
    });
    answered
}

/// The picture of the window is as large as this allows; a request to close follows it.
pub(crate) fn close(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Close);
}
