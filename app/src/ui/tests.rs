//! The window without a screen: driven by keys and accessible names, as a person with a screen reader would.

use super::io::Dialogs;
use super::state::UserState;
use super::{App, Options};
use crate::command::Command;
use crate::session::Target;
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Dialogs that answer by themselves.
struct Answers(PathBuf);

impl Dialogs for Answers {
    fn pick_folder(&self, _: &Path) -> Option<PathBuf> {
        Some(self.0.join("picked"))
    }

    fn pick_open(&self, _: &Path) -> Option<PathBuf> {
        Some(self.0.join("session.txt"))
    }

    fn pick_save(&self, name: &str) -> Option<PathBuf> {
        Some(self.0.join(name))
    }
}

/// A window on a project with these files. Its board is a port that does not exist: nothing is emulated here.
fn window(files: &[(&str, &str)]) -> (Harness<'static, Option<App>>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    for (name, text) in files {
        std::fs::write(project.join(name), text).unwrap();
    }
    let mut harness = open(folder.path(), (1280.0, 800.0));
    wait(&mut harness, |app| app.files.tree.len() == files.len() && app.opening.is_empty() && !app.booting);
    (harness, folder)
}

fn open(data: &Path, size: (f32, f32)) -> Harness<'static, Option<App>> {
    let options = Options {
        project: Some(data.join("project")),
        data: Some(data.to_path_buf()),
        target: Some(Target::Serial { port: "/dev/no-such-port".into() }),
        ..Default::default()
    };
    let dialogs = Arc::new(Answers(data.to_path_buf()));
    let user = UserState { run_on_open: false, ..Default::default() };
    let mut parts = Some((user, options, dialogs));
    let frame = move |ui: &mut egui::Ui, slot: &mut Option<App>| {
        if let Some((user, options, dialogs)) = parts.take() {
            *slot = Some(App::new(ui.ctx(), user, options, dialogs));
            return;
        }
        let app = slot.as_mut().unwrap();
        app.update(&ui.ctx().clone());
        app.draw(ui);
    };
    let builder = Harness::builder().with_size(egui::vec2(size.0, size.1)).allow_missing_glyphs();
    builder.build_ui_state(frame, None)
}

fn app<'a>(harness: &'a mut Harness<'static, Option<App>>) -> &'a mut App {
    harness.state_mut().as_mut().unwrap()
}

/// Draws frames until something is so; the threads behind the window need a moment.
fn wait(harness: &mut Harness<'static, Option<App>>, done: impl Fn(&mut App) -> bool) {
    let started = Instant::now();
    while !done(app(harness)) {
        assert!(started.elapsed() < Duration::from_secs(30), "the window does not get there");
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.step();
    harness.step();
}

fn command(harness: &mut Harness<'static, Option<App>>, command: Command) {
    let shortcut = command.shortcuts()[0];
    harness.key_press_modifiers(shortcut.modifiers, shortcut.logical_key);
    for _ in 0..4 {
        harness.step();
    }
}

fn text(harness: &mut Harness<'static, Option<App>>) -> String {
    app(harness).files.active().unwrap().document.text()
}

fn type_into_editor(harness: &mut Harness<'static, Option<App>>, text: &str) {
    harness.get_by_label("Source text").focus();
    harness.step();
    for c in text.chars() {
        match c {
            '\n' => harness.key_press(Key::Enter),
            c => harness.event(egui::Event::Text(c.to_string())),
        }
        harness.step();
    }
}

#[test]
fn a_project_opens_with_its_main_script_and_every_panel_lies_inside_the_window() {
    for size in [(1280.0, 800.0), (1400.0, 900.0), (900.0, 600.0)] {
        let (_, folder) = window(&[("main.py", "x = 1\n"), ("bench.toml", "[board]\ntype = \"pico\"\n")]);
        let mut harness = open(folder.path(), size);
        wait(&mut harness, |app| app.files.active().is_some());
        let bounds = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into()).expand(0.5);
        for name in ["Run", "Stop", "Reset", "Source text", "Board console", "main.py"] {
            for node in harness.query_all_by_label(name) {
                let rect = node.rect();
                assert!(bounds.contains_rect(rect), "{name} at {rect:?} is outside of {bounds:?}");
                assert!(rect.width() > 5.0 && rect.height() > 5.0, "{name} is too small: {rect:?}");
            }
        }
        if size.0 >= 1280.0 {
            for name in ["Upload", "Watch mode", "Settings", "Help", "Speed: Real time"] {
                let rects: Vec<_> = harness.query_all_by_label(name).map(|node| node.rect()).collect();
                assert!(!rects.is_empty(), "{name} is missing");
                assert!(rects.iter().all(|r| bounds.contains_rect(*r)), "{name} at {rects:?}");
            }
        }
    }
}

#[test]
fn typing_changes_the_text_and_saving_writes_it() {
    let (mut harness, folder) = window(&[("main.py", "")]);
    type_into_editor(&mut harness, "if x:\ny = 1\n");
    assert_eq!(text(&mut harness), "if x:\n    y = 1\n    ");
    let editor = harness.get_by_label("Source text").rect();
    assert!(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0)).contains_rect(editor));
    command(&mut harness, Command::Save);
    wait(&mut harness, |app| !app.files.active().unwrap().document.is_changed());
    let saved = std::fs::read_to_string(folder.path().join("project/main.py")).unwrap();
    assert_eq!(saved, "if x:\n    y = 1\n    ");
}

#[test]
fn undo_find_and_comment_work_by_keys() {
    let (mut harness, _folder) = window(&[("main.py", "led = 1\nled = 2\n")]);
    type_into_editor(&mut harness, "xy");
    assert_eq!(text(&mut harness), "xyled = 1\nled = 2\n");
    command(&mut harness, Command::Undo);
    assert_eq!(text(&mut harness), "led = 1\nled = 2\n");
    command(&mut harness, Command::ToggleComment);
    assert_eq!(text(&mut harness), "# led = 1\nled = 2\n");
    command(&mut harness, Command::Find);
    harness.step();
    harness.event(egui::Event::Text("led = 2".into()));
    harness.step();
    harness.step();
    assert_eq!(app(&mut harness).files.active().unwrap().document.selected_text(), "led = 2");
}

#[test]
fn a_syntax_error_is_marked_and_told() {
    let (mut harness, _folder) = window(&[("main.py", "while True\n    pass\n")]);
    wait(&mut harness, |app| app.files.active().is_some_and(|file| !file.document.problems.is_empty()));
    let line = harness.query_all_by_label_contains("Line 1, column").count();
    assert!(line > 0);
    type_into_editor(&mut harness, "");
    harness.key_press(Key::End);
    harness.step();
    harness.event(egui::Event::Text(":".into()));
    wait(&mut harness, |app| app.files.active().is_some_and(|file| file.document.problems.is_empty()));
    assert_eq!(text(&mut harness), "while True:\n    pass\n");
}

#[test]
fn the_palette_runs_a_command() {
    let (mut harness, _folder) = window(&[("main.py", "")]);
    let dark = app(&mut harness).user.dark;
    command(&mut harness, Command::Palette);
    harness.event(egui::Event::Text("theme".into()));
    harness.step();
    harness.step();
    harness.key_press(Key::Enter);
    for _ in 0..4 {
        harness.step();
    }
    assert_eq!(app(&mut harness).user.dark, !dark);
    assert!(matches!(app(&mut harness).overlay, super::Overlay::None));
}

#[test]
fn every_command_can_be_carried_out_without_a_board() {
    let (mut harness, _folder) =
        window(&[("main.py", "x = 1\n"), ("bench.toml", "[board]\ntype = \"pico\"\n")]);
    for command in Command::all().filter(|command| *command != Command::Quit) {
        app(&mut harness).queue.push(super::Action::Command(command));
        harness.step();
        harness.step();
        harness.key_press(Key::Escape);
        harness.step();
    }
}

#[test]
fn unsaved_text_survives_a_crash() {
    let (mut harness, folder) = window(&[("main.py", "on disk\n")]);
    type_into_editor(&mut harness, "lost? ");
    // Time passes by a fixed step a frame: more than the second after which texts are kept.
    wait(&mut harness, |app| {
        let file = app.files.active().unwrap();
        file.kept == Some(file.document.revision())
    });
    let kept = folder.path().join(super::RECOVERY);
    let started = Instant::now();
    while !std::fs::read_to_string(&kept).is_ok_and(|json| json.contains("lost? on")) {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(harness);
    let mut again = open(folder.path(), (1280.0, 800.0));
    wait(&mut again, |app| app.files.active().is_some());
    assert_eq!(text(&mut again), "lost? on disk\n");
    assert!(app(&mut again).files.active().unwrap().document.is_changed());
}

#[test]
fn changes_by_other_programs_are_read_unless_there_are_own_ones() {
    let (mut harness, folder) = window(&[("main.py", "one\n")]);
    let path = folder.path().join("project/main.py");
    std::thread::sleep(Duration::from_millis(300));
    std::fs::write(&path, "two\n").unwrap();
    wait(&mut harness, |app| app.files.active().unwrap().document.text() == "two\n");
    assert!(!app(&mut harness).files.active().unwrap().document.is_changed());
    type_into_editor(&mut harness, "mine ");
    std::fs::write(&path, "three\n").unwrap();
    wait(&mut harness, |app| !app.toasts.is_empty());
    assert_eq!(text(&mut harness), "mine two\n");
}

#[test]
fn a_part_is_added_by_the_menu_and_bench_toml_keeps_its_comments() {
    let bench = "# mine\n[board]\ntype = \"pico\" # small\n";
    let (mut harness, folder) = window(&[("main.py", ""), ("bench.toml", bench)]);
    app(&mut harness).queue.push(super::Action::Command(Command::AddPart));
    harness.step();
    harness.step();
    harness.step();
    harness.get_by_label("Add LED").click();
    harness.step();
    let path = folder.path().join("project/bench.toml");
    wait(&mut harness, |app| {
        app.writing == 0 && app.bench_text.as_deref().is_some_and(|t| t.contains("led1"))
    });
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with(bench), "{text}");
    assert!(text.contains("type = \"led\""), "{text}");
    wait(&mut harness, |app| app.bench_text.is_some());
    assert_eq!(harness.query_all_by_label("Options of led1").count(), 1);
}

#[test]
fn a_new_file_is_created_and_opened() {
    let (mut harness, folder) = window(&[("main.py", "")]);
    command(&mut harness, Command::NewFile);
    harness.event(egui::Event::Text("helper.py".into()));
    harness.step();
    harness.key_press(Key::Enter);
    wait(&mut harness, |app| app.files.open.len() == 2);
    assert!(folder.path().join("project/helper.py").is_file());
    assert_eq!(app(&mut harness).files.active().unwrap().name(), "helper.py");
}

#[test]
fn the_console_shows_what_the_board_writes_and_follows_tracebacks() {
    let (mut harness, _folder) = window(&[("main.py", "a\nb\nc\n")]);
    let output = b"Traceback (most recent call last):\r\n  File \"main.py\", line 3, in <module>\r\n";
    app(&mut harness).runner.terminal.write(output);
    harness.step();
    let console = harness.get_by_label("Board console");
    assert!(console.value().unwrap().contains("line 3"));
    app(&mut harness).queue.push(super::Action::GoTo { file: "main.py".into(), line: 3 });
    harness.step();
    harness.step();
    let file = app(&mut harness).files.active().unwrap();
    assert_eq!(file.document.line_column(file.document.selection().head).0, 2);
}

#[test]
fn a_window_in_which_nothing_happens_does_not_draw() {
    let (mut harness, _folder) = window(&[("main.py", "x = 1\n")]);
    harness.get_by_label("Source text").focus();
    app(&mut harness).toasts.dismiss_all_toasts();
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..120 {
        harness.step();
    }
    // No repaint is asked for within the next ten seconds.
    let delay = harness.output().viewport_output.values().map(|v| v.repaint_delay).min().unwrap();
    assert!(delay > Duration::from_secs(10), "{delay:?}");
}
