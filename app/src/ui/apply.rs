//! Carries actions out and takes what the worker threads have to say.

use super::action::{Action, Notice};
use super::examples::Example;
use super::io::{Done, Job};
use super::layout::{self, Pane};
use super::runner::Happened;
use super::timebar::{self, Stepped, TimeBar};
use super::{App, Next, Overlay};
use crate::command::Command;
use crate::project::{BENCH, MAIN};
use crate::session::{self, BenchSource, Emulated, Script, Speed, Target, Travel, Upload};
use egui::Context;
use emulator::clock::Time;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much zooming changes the size of everything.
const ZOOM_STEP: f32 = 1.1;

impl App {
    // ---- actions ----

    pub(super) fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Command(command) => self.command(ctx, command),
            Action::OpenFile(path) => self.open_file(path),
            Action::GoTo { file, line } => self.go_to(&file, line),
            Action::Caret(at) => {
                if let Some(file) = self.files.active_mut() {
                    file.document.select(at, at);
                    file.view.reveal();
                    self.editor.focus = true;
                }
            }
            Action::Activate(id) => {
                self.files.active = Some(id);
                self.editor.focus = true;
            }
            Action::Close(id) => {
                let changed = self.files.open.iter().any(|f| f.id == id && f.document.is_changed());
                if changed {
                    self.overlay = Overlay::Unsaved(id);
                } else {
                    self.close_file(id);
                }
            }
            Action::CloseWithoutSaving(id) => self.close_file(id),
            Action::OpenFolder(folder) => self.open_folder(folder),
            Action::OpenExample(name) => self.open_example(&name),
            Action::Target(target) => self.choose_target(ctx, target),
            Action::RefreshPorts => self.io.send(Job::Ports),
            Action::Speed(speed) => self.runner.set_speed(speed),
            Action::Look(at) => self.look(Some(at)),
            Action::Console(bytes) => {
                self.run_from_here();
                self.runner.send(session::Command::Input(bytes));
            }
            Action::SetInput { part, input, value } => {
                self.run_from_here();
                self.runner.send(session::Command::SetInput { part, input, value });
            }
            Action::ReleaseInput { part, input } => {
                self.run_from_here();
                self.runner.send(session::Command::ReleaseInput { part, input });
            }
            Action::Create { path, folder } => self.io.send(Job::Create { path, folder }),
            Action::Rename { from, to } => self.io.send(Job::Rename(from, to)),
            Action::Delete(path) => self.io.send(Job::Delete(path)),
            Action::ReadColumns(path) => {
                if let Some(folder) = &self.files.folder {
                    self.io.send(Job::Columns(folder.join(path)));
                }
            }
            Action::SetBench(text) => self.set_bench(text),
            Action::SetBoard(board) => match self.bench.with_board(board) {
                Ok(text) => self.set_bench(text),
                Err(error) => self.tell(Notice::Failed(error.to_string())),
            },
            Action::Toast(notice) => self.tell(notice),
        }
    }

    fn command(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::NewFile | Command::NewFolder => {
                layout::reveal(&mut self.tree, Pane::Files);
                self.files.ask_for_new(command == Command::NewFolder);
            }
            Command::OpenFolder => {
                let start = self.files.folder.clone().unwrap_or_default();
                self.io.send(Job::PickFolder(start));
            }
            Command::OpenExample => self.overlay = Overlay::Examples,
            Command::Save => {
                if let Some(id) = self.files.active {
                    self.save_file(id, true);
                }
            }
            Command::SaveAll => self.save_all(),
            Command::CloseTab => {
                if let Some(id) = self.files.active {
                    self.apply(ctx, Action::Close(id));
                }
            }
            Command::Settings => self.overlay = Overlay::Settings,
            Command::Quit => super::close(ctx),
            // What a script is run on is the present.
            Command::Run => {
                self.look(None);
                self.start_next(Next::Run);
            }
            Command::Upload => {
                self.look(None);
                self.start_next(Next::Upload);
            }
            Command::Stop => {
                self.look(None);
                self.runner.send(session::Command::Stop);
            }
            Command::Reset => {
                self.look(None);
                self.runner.send(session::Command::SoftReset);
            }
            Command::TimeBack => self.step_time(true),
            Command::TimeOn => self.step_time(false),
            Command::RunFromHere => self.run_from_here(),
            Command::GoLive => self.look(None),
            Command::SaveRecording => self.runner.send(session::Command::TellRecording),
            Command::ReplayRecording => {
                self.io.send(Job::PickRecording(self.files.folder.clone().unwrap_or_default()));
            }
            Command::PowerCycle if self.runner.is_live() => self.runner.send(session::Command::HardReset),
            Command::PowerCycle => self.reboot = true,
            Command::ToggleWatch => {
                self.user.watch = !self.user.watch;
                let text = if self.user.watch {
                    "Watch mode: saving a file runs it again."
                } else {
                    "Watch mode is off."
                };
                self.tell(Notice::Info(text.to_owned()));
            }
            Command::TogglePause => {
                self.time.resumes = false;
                self.runner.toggle_pause();
            }
            Command::Slower => self.runner.step_speed(false),
            Command::Faster => self.runner.step_speed(true),
            Command::RealTime => self.runner.set_speed(Speed::REAL),
            Command::MaxSpeed => self.runner.set_speed(Speed::Max),
            Command::ClearConsole => self.runner.clear_console(),
            Command::EditBench => self.edit_bench(),
            Command::Palette => {
                self.overlay = match self.overlay {
                    Overlay::Palette(_) => Overlay::None,
                    _ => Overlay::Palette(super::Palette::default()),
                };
            }
            Command::ToggleTheme => self.user.dark = !self.user.dark,
            Command::ShowFiles => layout::reveal(&mut self.tree, Pane::Files),
            Command::ShowEditor => {
                layout::reveal(&mut self.tree, Pane::Editor);
                self.editor.focus = true;
            }
            Command::ShowConsole => {
                layout::reveal(&mut self.tree, Pane::Console);
                ctx.memory_mut(|memory| memory.request_focus(super::console::focus_id()));
            }
            Command::ShowBench => layout::reveal(&mut self.tree, Pane::Bench),
            Command::ShowWaves => layout::reveal(&mut self.tree, Pane::Waves),
            Command::NextTab => self.files.cycle(true),
            Command::PreviousTab => self.files.cycle(false),
            Command::ResetLayout => self.tree = layout::default_tree(),
            Command::ZoomIn => self.user.zoom = (self.user.zoom * ZOOM_STEP).min(3.0),
            Command::ZoomOut => self.user.zoom = (self.user.zoom / ZOOM_STEP).max(0.5),
            Command::ZoomReset => self.user.zoom = 1.0,
            Command::Help => self.overlay = Overlay::Help,
            Command::About => self.overlay = Overlay::About,
            Command::AddPart => {
                layout::reveal(&mut self.tree, Pane::Bench);
                self.bench.add_part();
            }
            Command::WaveZoomIn
            | Command::WaveZoomOut
            | Command::WaveFit
            | Command::WaveFollow
            | Command::WaveLeft
            | Command::WaveRight
            | Command::WavePreviousEdge
            | Command::WaveNextEdge
            | Command::WaveClearCursors => self.waves.command(command, self.runner.trace()),
            Command::ExportVcd | Command::ExportCsv => self.export_trace(command == Command::ExportVcd),
            Command::ExportPng => self.export_picture(ctx),
            Command::Undo
            | Command::Redo
            | Command::SelectAll
            | Command::Find
            | Command::Replace
            | Command::FindNext
            | Command::FindPrevious
            | Command::GotoLine
            | Command::ToggleComment
            | Command::Indent
            | Command::Dedent
            | Command::NextProblem => self.edit(command),
        }
    }

    /// Commands on the text being edited.
    fn edit(&mut self, command: Command) {
        let Some(file) = self.files.active_mut() else { return };
        let document = &mut file.document;
        match command {
            Command::Undo => drop(document.undo()),
            Command::Redo => drop(document.redo()),
            Command::SelectAll => document.select_all(),
            Command::Find => self.editor.open_find(document, false),
            Command::Replace => self.editor.open_find(document, true),
            Command::FindNext => self.editor.find_next(document, true),
            Command::FindPrevious => self.editor.find_next(document, false),
            Command::GotoLine => self.editor.open_goto(),
            Command::ToggleComment => document.toggle_comment(),
            Command::Indent => document.indent(),
            Command::Dedent => document.dedent(),
            Command::NextProblem => {
                let head = document.selection().head;
                let starts: Vec<usize> = document.problems.iter().map(|(range, _)| range.start).collect();
                let next = starts.iter().copied().find(|start| *start > head).or(starts.first().copied());
                if let Some(at) = next {
                    document.select(at, at);
                    self.editor.focus = true;
                }
            }
            _ => {}
        }
        file.view.reveal();
    }

    // ---- files ----

    fn open_file(&mut self, path: PathBuf) {
        if let Some(file) = self.files.by_path(&path) {
            let id = file.id;
            self.files.active = Some(id);
            self.editor.focus = true;
        } else {
            self.opening.insert(path.clone());
            self.io.send(Job::Read(path));
        }
    }

    fn close_file(&mut self, id: u64) {
        self.files.remove(id);
        self.analyst.send(super::AnalystJob::Close { document: id });
    }

    fn go_to(&mut self, name: &str, line: usize) {
        let Some(path) = self.files.find(name) else {
            self.tell(Notice::Info(format!("{name} is not in this project.")));
            return;
        };
        if self.files.by_path(&path).is_some() {
            self.open_file(path.clone());
            self.jump(&path, line);
        } else {
            self.goto = Some((path.clone(), line));
            self.open_file(path);
        }
    }

    fn save_file(&mut self, id: u64, even_unchanged: bool) {
        let Some(file) = self.files.open.iter_mut().find(|file| file.id == id) else { return };
        if !even_unchanged && !file.document.is_changed() {
            return;
        }
        self.writing += 1;
        self.io.send(Job::Write {
            path: file.path.clone(),
            text: file.document.text(),
            revision: file.document.revision(),
        });
    }

    pub(super) fn save_all(&mut self) {
        let ids: Vec<u64> = self.files.open.iter().map(|file| file.id).collect();
        for id in ids {
            self.save_file(id, false);
        }
    }

    fn open_folder(&mut self, folder: PathBuf) {
        if self.files.folder.as_ref() == Some(&folder) {
            return;
        }
        self.save_all();
        self.remember_open_files();
        for file in std::mem::take(&mut self.files.open) {
            self.analyst.send(super::AnalystJob::Close { document: file.id });
        }
        self.files.active = None;
        self.files.tree.clear();
        self.files.folder = Some(folder.clone());
        self.user.opened(folder.clone());
        self.bench_text = None;
        self.bench_read = false;
        self.io.send(Job::Tree(folder.clone()));
        self.io.send(Job::Watch(folder.clone()));
        self.io.send(Job::Read(folder.join(BENCH)));
        let remembered = self.user.open_files.get(&folder).cloned().unwrap_or_default();
        let main = folder.join(MAIN);
        let files = if remembered.is_empty() { vec![main] } else { remembered };
        let recovered = self.recovered.iter().map(|unsaved| unsaved.path.clone());
        let recovered: Vec<PathBuf> = recovered.filter(|path| path.starts_with(&folder)).collect();
        for path in files.into_iter().chain(recovered) {
            self.open_file(path);
        }
        self.booting = true;
    }

    fn remember_open_files(&mut self) {
        let Some(folder) = self.files.folder.clone() else { return };
        let paths = self.files.open.iter().map(|file| file.path.clone()).collect();
        self.user.open_files.insert(folder, paths);
    }

    fn open_example(&mut self, name: &str) {
        self.overlay = Overlay::None;
        let Some(example) = Example::find(name).or_else(|| super::examples::EXAMPLES.first()) else {
            return;
        };
        let folder = self.data.join("examples").join(example.name);
        self.io.send(Job::Install { folder, files: example.files() });
    }

    // ---- the bench ----

    fn bench_path(&self) -> Option<PathBuf> {
        self.files.folder.as_ref().map(|folder| folder.join(BENCH))
    }

    fn edit_bench(&mut self) {
        let Some(path) = self.bench_path() else { return };
        if self.bench_text.is_some() {
            self.open_file(path);
        } else {
            self.io.send(Job::Create { path, folder: false });
        }
        layout::reveal(&mut self.tree, Pane::Editor);
    }

    /// Writes another bench and boots the board with it. An editor that shows bench.toml follows.
    fn set_bench(&mut self, text: String) {
        let Some(path) = self.bench_path() else { return };
        let mut revision = 0;
        if let Some(file) = self.files.by_path(&path) {
            file.document.reload(&text);
            revision = file.document.revision();
        }
        self.writing += 1;
        self.io.send(Job::Write { path, text: text.clone(), revision });
        self.bench_changed(Some(text));
    }

    fn bench_changed(&mut self, text: Option<String>) {
        if self.bench_text == text && self.runner.is_live() {
            return;
        }
        match (&text, self.bench_path()) {
            (Some(text), Some(path)) => self.io.send(Job::Bench { text: text.clone(), path }),
            _ => self.bench.set(String::new(), Ok(emulator::bench::Bench::pico())),
        }
        self.bench_text = text;
        self.reboot |= self.runner.is_emulated();
    }

    /// Opens the emulated board with the bench as it is.
    fn boot(&mut self, ctx: &Context) {
        self.reboot = false;
        let run_again = self.runner.is_busy() || std::mem::take(&mut self.autorun);
        let (record, replay) = (self.record.take(), self.replay.take());
        // A recording holds what is to be run.
        let run_again = run_again && replay.is_none();
        let mut emulated = Emulated { record, ..self.emulated() };
        if replay.is_some() {
            // It brings the flash contents too: those of the project stay as they are.
            emulated = Emulated { replay, flash: None, ..emulated };
        }
        let target = Target::Emulated(emulated);
        let wake = waker(ctx);
        self.waves.reset();
        self.plotted = Time::ZERO;
        self.time = TimeBar { step: self.time.step, ..TimeBar::default() };
        self.runner.open(target, wake);
        self.run_when_ready = run_again;
    }

    fn emulated(&self) -> Emulated {
        let speed =
            if self.runner.is_emulated() && self.runner.is_live() { self.runner.speed } else { Speed::REAL };
        let bench = self.bench_text.clone().zip(self.bench_path());
        Emulated {
            bench: bench.map(|(text, path)| BenchSource::Text { text, path }),
            firmware: None,
            flash: self.files.folder.as_ref().map(|folder| folder.join(".solderless").join("flash.bin")),
            speed: if speed == Speed::Paused { Speed::REAL } else { speed },
            ..Emulated::default()
        }
    }

    fn choose_target(&mut self, ctx: &Context, target: Target) {
        match target {
            Target::Emulated(_) => self.boot(ctx),
            target => {
                self.waves.reset();
                self.time = TimeBar::default();
                self.runner.open(target, waker(ctx));
            }
        }
    }

    // ---- time ----

    /// Shows an instant of the past while the board waits, or the present again.
    fn look(&mut self, at: Option<Time>) {
        match at {
            Some(at) => {
                if self.time.at.is_none() {
                    self.wait_for_looking();
                    self.waves.set_follow(false);
                }
                self.waves.reveal(at);
            }
            None if self.time.at.is_some() => {
                self.waves.set_follow(true);
                self.stop_waiting();
            }
            None => return,
        }
        self.time.at = at;
        self.runner.look_at(at.map(timebar::duration));
    }

    fn wait_for_looking(&mut self) {
        if self.runner.speed != Speed::Paused {
            self.time.resumes = true;
            self.runner.set_speed(Speed::Paused);
        }
    }

    fn stop_waiting(&mut self) {
        if std::mem::take(&mut self.time.resumes) && self.runner.speed == Speed::Paused {
            self.runner.toggle_pause();
        }
    }

    fn step_time(&mut self, back: bool) {
        let Some(trace) = self.runner.trace() else { return };
        match self.time.step(back, trace, &self.waves) {
            Stepped::Look(at) => self.look(Some(at)),
            Stepped::Board(travel) => {
                self.wait_for_looking();
                self.runner.send(session::Command::Travel(travel));
                self.time.at = None;
                self.runner.look_at(None);
            }
            Stepped::Nothing => {}
        }
    }

    /// Sends the board back to the instant shown, and lets it go on if it was running before.
    fn run_from_here(&mut self) {
        let Some(at) = self.time.at.take() else { return };
        self.runner.send(session::Command::Travel(Travel::To(timebar::duration(at))));
        self.runner.look_at(None);
        self.waves.set_follow(true);
        self.stop_waiting();
    }

    /// What the board's going back changes in the window.
    fn went_back(&mut self, at: Duration, until: Duration) {
        self.time.until = Some(timebar::time(until));
        // Numbers that were printed later were not printed.
        self.waves.printed = Default::default();
        self.plotted = Time::ZERO;
        self.time.place = None;
        self.waves.reveal(timebar::time(at));
    }

    // ---- exports ----

    fn export_trace(&mut self, vcd: bool) {
        let Some(trace) = self.runner.trace().cloned() else {
            self.tell(Notice::Info("Only an emulated board makes a recording.".to_owned()));
            return;
        };
        let name = if vcd { "recording.vcd" } else { "recording.csv" };
        let write = move || {
            let mut bytes = Vec::new();
            let all = emulator::trace::export::Selection::default();
            trace.read(|trace| match vcd {
                true => emulator::trace::export::vcd(trace, &all, &mut bytes),
                false => emulator::trace::export::csv(trace, &all, &mut bytes),
            })?;
            Ok(bytes)
        };
        self.io.send(Job::PickSave(name.to_owned(), Box::new(write)));
    }

    fn export_picture(&mut self, ctx: &Context) {
        let rect = self.waves.rect * ctx.pixels_per_point();
        let saver = self.io.saver();
        ctx.request_screenshot(move |image| {
            let write = move || super::screenshot::png(&image, Some(rect)).map_err(std::io::Error::other);
            saver("waveforms.png".to_owned(), Box::new(write));
        });
    }

    // ---- running ----

    /// Saves what has to be saved, then runs or uploads.
    fn start_next(&mut self, next: Next) {
        self.next = Some(next);
        self.last = next;
        if self.user.save_before_run {
            self.save_all();
        }
        if next == Next::Run {
            // Without a script in the editor it is main.py, which has to be read first.
            let is_python = self.files.active().is_some_and(super::files::OpenFile::is_python);
            if !is_python
                && let Some(main) = self.main_script()
                && self.files.by_path(&main).is_none()
            {
                self.open_file(main);
            }
        }
    }

    /// Goes on with what waited for the disk.
    pub(super) fn go_on(&mut self) {
        if self.writing > 0 || !self.opening.is_empty() {
            return;
        }
        match self.next.take() {
            Some(Next::Run) => self.run_now(),
            Some(Next::Upload) => self.upload_now(),
            None => {}
        }
    }

    fn run_now(&mut self) {
        if !self.runner.is_live() {
            // A board that could not start, or was unplugged, may be there again.
            self.autorun = true;
            self.reboot = true;
            return;
        }
        let main = self.main_script();
        let script = self.files.active().filter(|file| file.is_python()).or_else(|| {
            let main = main?;
            self.files.open.iter().find(|file| file.path == main)
        });
        let Some(file) = script else { return };
        let folder = file.path.parent().map(Path::to_path_buf);
        let script = Script { name: file.name(), source: file.document.rope().to_string(), folder };
        let uploads = self.bench_uploads();
        if !uploads.is_empty() {
            self.runner.send(session::Command::Upload(uploads));
        }
        self.console_view.scroll_to_end();
        self.quiet_upload = true;
        self.runner.send(session::Command::Run(script));
    }

    fn upload_now(&mut self) {
        let mut uploads = self.bench_uploads();
        if uploads.is_empty() {
            uploads = self.all_uploads();
        }
        if uploads.is_empty() {
            self.tell(Notice::Info("There is nothing to upload in this project.".to_owned()));
            return;
        }
        self.quiet_upload = false;
        self.runner.send(session::Command::Upload(uploads));
    }

    /// The files that bench.toml lists under `[upload]`.
    fn bench_uploads(&self) -> Vec<Upload> {
        let Some(folder) = &self.files.folder else { return Vec::new() };
        let text = self.bench_text.as_deref().unwrap_or_default();
        let Ok(bench) = text.parse::<toml_edit::DocumentMut>() else { return Vec::new() };
        let files =
            bench.get("upload").and_then(|upload| upload.get("files")).and_then(|files| files.as_array());
        let names = files.into_iter().flatten().filter_map(|name| name.as_str());
        names.map(|name| Upload { from: folder.join(name), to: format!("/{name}") }).collect()
    }

    /// Everything at the top of the project, except what only this program reads.
    fn all_uploads(&self) -> Vec<Upload> {
        let top = self.files.tree.iter().filter(|entry| entry.depth == 0);
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        top.filter(|entry| entry.folder || entry.path.extension().is_some_and(|e| e == "py" || e == "mpy"))
            .map(|entry| Upload { from: entry.path.clone(), to: format!("/{}", name(&entry.path)) })
            .collect()
    }

    // ---- what the threads say ----

    pub(super) fn take_events(&mut self) {
        if self.run_when_ready && self.runner.state != session::State::Connecting {
            self.run_when_ready = false;
            if self.runner.is_live() {
                self.next = Some(Next::Run);
            }
        }
        for happened in self.runner.drain() {
            match happened {
                Happened::Ended(_) => {}
                Happened::Uploaded(summary) => {
                    if !self.quiet_upload {
                        self.tell(Notice::Done(describe_upload(
                            summary.written.len(),
                            summary.skipped.len(),
                        )));
                    }
                    self.quiet_upload = false;
                }
                Happened::WentBack { at, until } => self.went_back(at, until),
                Happened::NewCourse { at, until } => {
                    self.time.until = None;
                    let [at, until] = [at, until].map(|t| timebar::label(timebar::time(t)));
                    self.tell(Notice::Info(format!(
                        "From {at} on things take another course. What was recorded up to {until} is dropped."
                    )));
                }
                Happened::Stepped { at, place } => self.time.place = Some((timebar::time(at), place)),
                Happened::Recording(text) => {
                    let contents = Box::new(move || Ok(text.into_bytes()));
                    self.io.send(Job::PickSave("session.txt".to_owned(), contents));
                }
                Happened::Failed(text) | Happened::Lost(text) => self.tell(Notice::Failed(text)),
            }
        }
    }

    pub(super) fn take_answers(&mut self, ctx: &Context) {
        let answers: Vec<Done> = self.io.done().collect();
        for done in answers {
            self.answer(ctx, done);
        }
        let waiting = self.opening.is_empty() && self.bench_read;
        if self.booting && waiting {
            self.booting = false;
            self.autorun = self.user.run_on_open && self.main_is_open();
            self.reboot = true;
        }
        if self.reboot && !self.booting {
            self.reboot = false;
            match self.runner.target.clone() {
                Target::Emulated(_) => self.boot(ctx),
                // A real board does not care what the bench looks like.
                port if !self.runner.is_live() => {
                    self.run_when_ready = std::mem::take(&mut self.autorun);
                    self.choose_target(ctx, port);
                }
                Target::Serial { .. } => {}
            }
        }
    }

    fn main_is_open(&self) -> bool {
        let main = self.files.folder.as_ref().map(|folder| folder.join(MAIN));
        self.files.open.iter().any(|file| Some(&file.path) == main.as_ref())
    }

    fn answer(&mut self, ctx: &Context, done: Done) {
        match done {
            Done::Tree(folder, entries) => {
                if self.files.folder.as_ref() == Some(&folder) {
                    self.files.tree = entries;
                }
            }
            Done::Read(path, text) => self.read(path, &text),
            Done::Unreadable(path, why) => self.unreadable(&path, &why),
            Done::Written { path, revision } => {
                self.writing = self.writing.saturating_sub(1);
                if let Some(file) = self.files.by_path(&path) {
                    file.document.mark_saved(revision);
                }
                self.saved(&path);
            }
            Done::Changed => self.list_again(),
            Done::Created(path) => {
                self.list_again();
                self.open_file(path);
            }
            Done::Touched(paths) => self.touched(&paths),
            Done::Renamed(from, to) => {
                for file in &mut self.files.open {
                    if let Ok(rest) = file.path.strip_prefix(&from) {
                        file.path = if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                        file.analysed = None;
                    }
                }
                self.list_again();
            }
            Done::Deleted(path) => {
                let gone: Vec<u64> =
                    self.files.open.iter().filter(|f| f.path.starts_with(&path)).map(|f| f.id).collect();
                gone.into_iter().for_each(|id| self.close_file(id));
                self.list_again();
            }
            Done::Installed(folder) | Done::Folder(folder) => self.open_folder(folder),
            Done::Recording(path) => {
                self.replay = Some(path);
                self.reboot = true;
            }
            Done::Bench(text, read) => self.bench.set(text, read),
            Done::Columns(path, columns) => {
                let folder = self.files.folder.clone().unwrap_or_default();
                self.bench.set_columns(path.strip_prefix(&folder).unwrap_or(&path), columns);
            }
            Done::Ports(ports) => self.runner.ports = ports,
            Done::Exported(path) => self.tell(Notice::Done(format!("Saved {}", path.display()))),
            Done::Failed(why) => {
                // A text that could not be written must not hold up what comes after it for ever.
                self.writing = self.writing.saturating_sub(1);
                self.tell(Notice::Failed(why));
            }
        }
        ctx.request_repaint();
    }

    fn list_again(&mut self) {
        if let Some(folder) = self.files.folder.clone() {
            self.io.send(Job::Tree(folder));
        }
    }

    fn read(&mut self, path: PathBuf, text: &str) {
        if Some(&path) == self.bench_path().as_ref() {
            self.bench_read = true;
            if self.bench_text.as_deref() != Some(text) {
                self.bench_changed(Some(text.to_owned()));
            }
        }
        if let Some(file) = self.files.by_path(&path) {
            if file.document.text() == text {
                file.document.mark_saved(file.document.revision());
            } else if file.document.is_changed() {
                let name = file.name();
                self.tell(Notice::Info(format!(
                    "{name} was changed by another program. Your text stays; saving it replaces the other."
                )));
            } else {
                file.document.reload(text);
                file.document.mark_saved(file.document.revision());
                if self.user.watch && file.is_python() {
                    self.next = Some(self.last);
                }
            }
        } else if self.opening.contains(&path) {
            self.show_new(&path, text);
        }
        self.opening.remove(&path);
        if let Some((goto, line)) = self.goto.clone()
            && goto == path
        {
            self.jump(&path, line);
        }
    }

    fn show_new(&mut self, path: &Path, text: &str) {
        let recovered = self.recovered.iter().position(|unsaved| unsaved.path == path);
        let recovered = recovered.map(|at| self.recovered.remove(at));
        let active = self.files.active;
        let file = self.files.add(path.to_path_buf(), text);
        if let Some(unsaved) = recovered.filter(|unsaved| unsaved.text != text) {
            file.document.reload(&unsaved.text);
            let name = file.name();
            self.tell(Notice::Info(format!("{name}: changes that were not saved are back.")));
        }
        // While a project opens, its first file stays in front.
        if self.booting && active.is_some() {
            self.files.active = active;
        } else {
            self.editor.focus = true;
        }
    }

    fn jump(&mut self, path: &Path, line: usize) {
        self.goto = None;
        let Some(file) = self.files.by_path(path) else { return };
        let range = file.document.line_range(line.saturating_sub(1));
        file.document.select(range.start, range.start);
        file.view.reveal();
        self.editor.focus = true;
        layout::reveal(&mut self.tree, Pane::Editor);
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        if Some(path) == self.bench_path().as_deref() {
            self.bench_read = true;
            self.bench_changed(None);
        }
        let asked = self.opening.remove(path);
        let exists = self.files.tree.iter().any(|entry| entry.path == path);
        if let Some(at) = self.recovered.iter().position(|unsaved| unsaved.path == path) {
            let unsaved = self.recovered.remove(at);
            let file = self.files.add(path.to_path_buf(), "");
            file.document.reload(&unsaved.text);
        } else if asked && exists {
            let name = self.files.short(path);
            self.tell(Notice::Failed(format!("Cannot show {name}: {why}.")));
        }
    }

    /// Other programs, or this one, changed files.
    fn touched(&mut self, paths: &[PathBuf]) {
        self.list_again();
        let bench = self.bench_path();
        for path in paths {
            let open = self.files.by_path(path).is_some();
            if open || Some(path) == bench.as_ref() {
                self.io.send(Job::Read(path.clone()));
            }
        }
        let ours = |path: &PathBuf| {
            // An open file is dealt with when it has been read, or was when it was saved.
            self.files.open.iter().any(|file| file.path == *path)
        };
        if self.user.watch
            && paths.iter().any(|path| path.extension().is_some_and(|e| e == "py") && !ours(path))
        {
            self.next = Some(self.last);
        }
    }

    /// A file of ours reached the disk.
    fn saved(&mut self, path: &Path) {
        if Some(path) == self.bench_path().as_deref() {
            self.io.send(Job::Read(path.to_path_buf()));
        }
        if self.user.watch && self.next.is_none() && path.extension().is_some_and(|e| e == "py") {
            self.next = Some(self.last);
        }
    }
}

fn waker(ctx: &Context) -> impl Fn() + Send + 'static {
    let ctx = ctx.clone();
    // A short delay takes what comes in quick succession together.
    move || ctx.request_repaint_after(std::time::Duration::from_millis(8))
}

fn describe_upload(written: usize, skipped: usize) -> String {
    let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    match (written, skipped) {
        (0, 0) => "Nothing to upload.".to_owned(),
        (0, n) => format!("The board already had all of it ({}).", files(n)),
        (n, 0) => format!("Uploaded {}.", files(n)),
        (n, m) => format!("Uploaded {}; the board already had {m}.", files(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_told_in_words() {
        assert_eq!(describe_upload(1, 0), "Uploaded 1 file.");
        assert_eq!(describe_upload(0, 3), "The board already had all of it (3 files).");
        assert_eq!(describe_upload(2, 3), "Uploaded 2 files; the board already had 3.");
    }
}
