//! The project's files: what is open in the editor, what is on disk, and the panel that lists them.

use super::action::{Action, Queue};
use super::code_view::CodeView;
use super::io::Entry;
use super::kit;
use super::theme::{GRID, ROW, Tokens};
use crate::command::Command;
use crate::editor::{Analysis, Document};
use egui::{Align2, Button, Key, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, pos2, vec2};
use egui_material_icons::icons as icon;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file that is open in the editor.
pub struct OpenFile {
    /// Stays the same while the file is open, even if it is renamed.
    pub id: u64,
    /// Where it is saved.
    pub path: PathBuf,
    /// Its text.
    pub document: Document,
    /// Its view: scroll place and cached lines.
    pub view: CodeView,
    /// What the parser last said.
    pub analysis: Option<Analysis>,
    /// The revision that was last sent to the parser.
    pub analysed: Option<u64>,
    /// The revision that was last kept in the recovery file.
    pub kept: Option<u64>,
}

impl OpenFile {
    /// The name on the tab.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether this is Python.
    pub fn is_python(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "py")
    }
}

/// A name that is being typed into the tree.
struct Naming {
    /// What is renamed; for something new, where it goes.
    path: PathBuf,
    text: String,
    what: What,
    fresh: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    File,
    Folder,
    Rename,
}

/// The project as the window knows it.
#[derive(Default)]
pub struct Files {
    /// The project folder.
    pub folder: Option<PathBuf>,
    /// Its files as last listed.
    pub tree: Vec<Entry>,
    /// Open files, in the order of their tabs.
    pub open: Vec<OpenFile>,
    /// The one being edited.
    pub active: Option<u64>,
    next_id: u64,
    collapsed: BTreeSet<PathBuf>,
    naming: Option<Naming>,
    deleting: Option<PathBuf>,
}

impl Files {
    /// The file being edited.
    pub fn active(&self) -> Option<&OpenFile> {
        self.open.iter().find(|file| Some(file.id) == self.active)
    }

    /// The file being edited.
    pub fn active_mut(&mut self) -> Option<&mut OpenFile> {
        let active = self.active;
        self.open.iter_mut().find(|file| Some(file.id) == active)
    }

    /// An open file by its path.
    pub fn by_path(&mut self, path: &Path) -> Option<&mut OpenFile> {
        self.open.iter_mut().find(|file| file.path == path)
    }

    /// Adds an open file and makes it the active one.
    pub fn add(&mut self, path: PathBuf, text: &str) -> &mut OpenFile {
        self.next_id += 1;
        self.active = Some(self.next_id);
        self.open.push(OpenFile {
            id: self.next_id,
            path,
            document: Document::new(text),
            view: CodeView::default(),
            analysis: None,
            analysed: None,
            kept: None,
        });
        self.open.last_mut().expect("just pushed")
    }

    /// Removes an open file; its neighbour becomes active.
    pub fn remove(&mut self, id: u64) {
        let Some(at) = self.open.iter().position(|file| file.id == id) else { return };
        self.open.remove(at);
        if self.active == Some(id) {
            let neighbour = at.min(self.open.len().saturating_sub(1));
            self.active = self.open.get(neighbour).map(|file| file.id);
        }
    }

    /// Makes the neighbour of the active file the active one.
    pub fn cycle(&mut self, forward: bool) {
        let count = self.open.len();
        let Some(at) = self.open.iter().position(|file| Some(file.id) == self.active) else { return };
        let step = if forward { 1 } else { count - 1 };
        self.active = Some(self.open[(at + step) % count].id);
    }

    /// The path of a file that the board names: `main.py`, `/lib/x.py`.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let name = name.trim_start_matches('/');
        let ends = |path: &Path| path.ends_with(name);
        let by_path = self.tree.iter().map(|entry| entry.path.as_path());
        let open = self.open.iter().map(|file| file.path.as_path());
        open.chain(by_path).find(|path| ends(path)).map(Path::to_path_buf)
    }

    /// The project's CSV files, relative to it.
    pub fn data_sets(&self) -> Vec<PathBuf> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let csv = self.tree.iter().filter(|entry| entry.path.extension().is_some_and(|e| e == "csv"));
        csv.filter_map(|entry| entry.path.strip_prefix(folder).ok()).map(Path::to_path_buf).collect()
    }

    /// A path as the user thinks of it: relative to the project.
    pub fn short(&self, path: &Path) -> String {
        let relative = self.folder.as_ref().and_then(|folder| path.strip_prefix(folder).ok());
        relative.unwrap_or(path).display().to_string()
    }

    /// Starts asking for the name of a new file or folder.
    pub fn ask_for_new(&mut self, folder: bool) {
        if let Some(project) = &self.folder {
            let what = if folder { What::Folder } else { What::File };
            self.naming = Some(Naming { path: project.clone(), text: String::new(), what, fresh: true });
        }
    }

    // ---- the panel ----

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, queue: &mut Queue) {
        let Some(folder) = self.folder.clone() else {
            let commands = [Command::OpenFolder, Command::OpenExample];
            kit::empty_state(ui, "No project", "A project is a folder with your scripts.", &commands, queue);
            return;
        };
        self.header(ui, &folder, queue);
        if self.tree.is_empty() && self.naming.is_none() {
            kit::empty_state(ui, "An empty folder", "Begin with main.py.", &[Command::NewFile], queue);
            return;
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            if self.naming.as_ref().is_some_and(|naming| naming.path == folder) {
                self.name_field(ui, 0, queue);
            }
            let mut hidden_below: Option<usize> = None;
            for entry in self.tree.clone() {
                if hidden_below.is_some_and(|depth| entry.depth > depth) {
                    continue;
                }
                hidden_below = (entry.folder && self.collapsed.contains(&entry.path)).then_some(entry.depth);
                self.entry(ui, &entry, queue);
            }
        });
        self.confirm_delete(ui, queue);
    }

    fn header(&mut self, ui: &mut Ui, folder: &Path, queue: &mut Queue) {
        ui.horizontal(|ui| {
            ui.set_height(ROW);
            ui.add_space(GRID);
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                kit::icon_button(ui, Command::NewFolder, true, queue);
                kit::icon_button(ui, Command::NewFile, true, queue);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(name).strong()).truncate())
                        .on_hover_text(folder.display().to_string());
                });
            });
        });
    }

    fn entry(&mut self, ui: &mut Ui, entry: &Entry, queue: &mut Queue) {
        if self.naming.as_ref().is_some_and(|n| n.path == entry.path && n.what == What::Rename) {
            self.name_field(ui, entry.depth, queue);
            return;
        }
        let tokens = Tokens::of(ui.visuals());
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        let open = self.open.iter().find(|file| file.path == entry.path);
        let active = open.is_some_and(|file| Some(file.id) == self.active);
        if active || response.hovered() {
            let color = if active { tokens.selection.gamma_multiply(0.7) } else { tokens.hover };
            ui.painter().rect_filled(rect.shrink2(vec2(GRID, 0.0)), 4.0, color);
        }
        let x = rect.left() + 3.0 * GRID + entry.depth as f32 * 4.0 * GRID;
        let glyph = glyph(entry, self.collapsed.contains(&entry.path));
        let center = rect.center().y;
        ui.painter().text(
            pos2(x, center),
            Align2::LEFT_CENTER,
            glyph,
            egui::FontId::proportional(15.0),
            tokens.weak,
        );
        let text_rect =
            Rect::from_min_max(pos2(x + 5.0 * GRID, rect.top()), rect.max - vec2(4.0 * GRID, 0.0));
        let font = egui::TextStyle::Body.resolve(ui.style());
        ui.painter().with_clip_rect(text_rect.intersect(ui.clip_rect())).text(
            pos2(text_rect.left(), center),
            Align2::LEFT_CENTER,
            &name,
            font,
            tokens.text,
        );
        if open.is_some_and(|file| file.document.is_changed()) {
            ui.painter().circle_filled(pos2(rect.right() - 3.0 * GRID, center), 3.0, tokens.accent);
        }
        if response.clicked() {
            if !entry.folder {
                queue.push(Action::OpenFile(entry.path.clone()));
            } else if !self.collapsed.remove(&entry.path) {
                self.collapsed.insert(entry.path.clone());
            }
        }
        response.context_menu(|ui| self.menu(ui, entry));
    }

    fn menu(&mut self, ui: &mut Ui, entry: &Entry) {
        let mut start = |ui: &Ui, what, path: PathBuf, text: String| {
            self.naming = Some(Naming { path, text, what, fresh: true });
            ui.close();
        };
        let parent =
            if entry.folder { Some(entry.path.clone()) } else { entry.path.parent().map(Path::to_path_buf) };
        let parent = parent.unwrap_or_default();
        if ui.button("New file").clicked() {
            start(ui, What::File, parent.clone(), String::new());
        }
        if ui.button("New folder").clicked() {
            start(ui, What::Folder, parent, String::new());
        }
        if ui.button("Rename").clicked() {
            let name = entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            start(ui, What::Rename, entry.path.clone(), name);
        }
        if ui.button("Delete").clicked() {
            self.deleting = Some(entry.path.clone());
            ui.close();
        }
    }

    fn name_field(&mut self, ui: &mut Ui, depth: usize, queue: &mut Queue) {
        let Some(naming) = &mut self.naming else { return };
        let hint = if naming.what == What::Folder { "folder name" } else { "name.py" };
        let response = ui
            .horizontal(|ui| {
                ui.add_space(3.0 * GRID + depth as f32 * 4.0 * GRID);
                ui.add(TextEdit::singleline(&mut naming.text).hint_text(hint).desired_width(f32::INFINITY))
            })
            .inner;
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name"));
        if std::mem::take(&mut naming.fresh) {
            response.request_focus();
            return;
        }
        if !response.lost_focus() {
            return;
        }
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let name = naming.text.trim().to_owned();
        if entered && is_file_name(&name) {
            queue.push(match naming.what {
                What::Rename => {
                    Action::Rename { to: naming.path.with_file_name(&name), from: naming.path.clone() }
                }
                what => Action::Create { path: naming.path.join(&name), folder: what == What::Folder },
            });
        }
        self.naming = None;
    }

    fn confirm_delete(&mut self, ui: &Ui, queue: &mut Queue) {
        let Some(path) = self.deleting.clone() else { return };
        let response = kit::page(ui.ctx(), "delete").show(ui.ctx(), |ui| {
            ui.set_width(340.0);
            ui.heading("Delete?");
            ui.label(format!("{} is deleted from this computer. There is no way back.", self.short(&path)));
            ui.add_space(2.0 * GRID);
            ui.horizontal(|ui| {
                let tokens = Tokens::of(ui.visuals());
                if ui.add(Button::new(RichText::new("Delete").color(tokens.error))).clicked() {
                    queue.push(Action::Delete(path.clone()));
                    ui.close();
                }
                if ui.button("Keep").clicked() {
                    ui.close();
                }
            });
        });
        if response.should_close() {
            self.deleting = None;
        }
    }
}

/// A name that is no path and that every system can store.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}

fn glyph(entry: &Entry, collapsed: bool) -> &'static str {
    if entry.folder {
        return if collapsed { icon::ICON_CHEVRON_RIGHT } else { icon::ICON_EXPAND_MORE }.codepoint;
    }
    let extension = entry.path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension {
        "py" => icon::ICON_CODE,
        "toml" => icon::ICON_DEVELOPER_BOARD,
        "csv" => icon::ICON_TABLE_CHART,
        _ => icon::ICON_DESCRIPTION,
    }
    .codepoint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_a_file_activates_its_neighbour() {
        let mut files = Files::default();
        let ids: Vec<u64> = ["a.py", "b.py", "c.py"].map(|name| files.add(name.into(), "").id).into();
        files.remove(ids[2]);
        assert_eq!(files.active, Some(ids[1]));
        files.cycle(true);
        assert_eq!(files.active, Some(ids[0]));
        files.cycle(false);
        assert_eq!(files.active, Some(ids[1]));
        files.remove(ids[0]);
        files.remove(ids[1]);
        assert_eq!(files.active, None);
        files.cycle(true);
    }

    #[test]
    fn files_named_by_the_board_are_found() {
        let mut files = Files { folder: Some("/p".into()), ..Default::default() };
        files.tree.push(Entry { path: "/p/lib/bme280.py".into(), depth: 1, folder: false });
        files.add("/p/main.py".into(), "");
        assert_eq!(files.find("main.py"), Some("/p/main.py".into()));
        assert_eq!(files.find("/lib/bme280.py"), Some("/p/lib/bme280.py".into()));
        assert_eq!(files.find("e280.py"), None);
    }

    #[test]
    fn names_are_no_paths() {
        assert!(is_file_name("main.py"));
        for name in ["", "..", "a/b", "C:x"] {
            assert!(!is_file_name(name), "{name}");
        }
    }
}
