//! Every action of the window, once.
//!
//! Menus, shortcuts, the command palette, tests and scripts all speak of the same [`Command`]:
//! whatever one of them can do, the others can too, under the same name.

use egui::{Key, KeyboardShortcut, Modifiers};
use egui_material_icons::icons as icon;
use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

/// Where a command's shortcut applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere in the window.
    Global,
    /// While the code editor has the keyboard.
    Editor,
    /// While the waveforms have the keyboard.
    Waves,
}

/// The menu that lists a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, IntoStaticStr)]
pub enum Menu {
    /// Files and projects.
    File,
    /// Text.
    Edit,
    /// The board.
    Run,
    /// The past, and recordings of it.
    Time,
    /// Parts and wiring.
    Bench,
    /// Waveforms and exports.
    Waves,
    /// Panels and looks.
    View,
    /// Help.
    Help,
}

/// One action of the window. The variant's name is its name in scripts (`kebab-case`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[allow(missing_docs, reason = "text() and tooltip() say what each one does")]
pub enum Command {
    NewFile,
    NewFolder,
    OpenFolder,
    OpenExample,
    Save,
    SaveAll,
    CloseTab,
    Settings,
    Quit,

    Undo,
    Redo,
    SelectAll,
    Find,
    Replace,
    FindNext,
    FindPrevious,
    GotoLine,
    ToggleComment,
    Indent,
    Dedent,
    NextProblem,

    Run,
    Stop,
    Reset,
    PowerCycle,
    Upload,
    ToggleWatch,
    TogglePause,
    Slower,
    Faster,
    RealTime,
    MaxSpeed,
    ClearConsole,

    TimeBack,
    TimeOn,
    RunFromHere,
    GoLive,
    SaveRecording,
    ReplayRecording,

    AddPart,
    EditBench,

    WaveZoomIn,
    WaveZoomOut,
    WaveFit,
    WaveFollow,
    WaveLeft,
    WaveRight,
    WavePreviousEdge,
    WaveNextEdge,
    WaveClearCursors,
    ExportVcd,
    ExportCsv,
    ExportPng,

    Palette,
    ToggleTheme,
    ShowFiles,
    ShowEditor,
    ShowConsole,
    ShowBench,
    ShowWaves,
    NextTab,
    PreviousTab,
    ResetLayout,
    ZoomIn,
    ZoomOut,
    ZoomReset,

    Help,
    About,
}

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL_SHIFT: Modifiers =
    Modifiers { alt: false, ctrl: false, shift: true, mac_cmd: false, command: true };

const fn key(modifiers: Modifiers, logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, logical_key)
}

impl Command {
    /// Every command, in menu order.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The name used in scripts and logs, such as `toggle-watch`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What buttons and menus show.
    pub fn text(self) -> &'static str {
        match self {
            Self::NewFile => "New file",
            Self::NewFolder => "New folder",
            Self::OpenFolder => "Open folder…",
            Self::OpenExample => "Examples…",
            Self::Save => "Save",
            Self::SaveAll => "Save all",
            Self::CloseTab => "Close tab",
            Self::Settings => "Settings",
            Self::Quit => "Quit",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::SelectAll => "Select all",
            Self::Find => "Find",
            Self::Replace => "Replace",
            Self::FindNext => "Find next",
            Self::FindPrevious => "Find previous",
            Self::GotoLine => "Go to line",
            Self::ToggleComment => "Toggle comment",
            Self::Indent => "Indent",
            Self::Dedent => "Dedent",
            Self::NextProblem => "Next problem",
            Self::Run => "Run",
            Self::Stop => "Stop",
            Self::Reset => "Reset",
            Self::PowerCycle => "Power cycle",
            Self::Upload => "Upload",
            Self::ToggleWatch => "Watch mode",
            Self::TogglePause => "Pause",
            Self::Slower => "Slower",
            Self::Faster => "Faster",
            Self::RealTime => "Real time",
            Self::MaxSpeed => "As fast as possible",
            Self::ClearConsole => "Clear console",
            Self::TimeBack => "Step back",
            Self::TimeOn => "Step on",
            Self::RunFromHere => "Run from here",
            Self::GoLive => "Back to the present",
            Self::SaveRecording => "Save recording…",
            Self::ReplayRecording => "Replay recording…",
            Self::AddPart => "Add part…",
            Self::EditBench => "Edit bench.toml",
            Self::WaveZoomIn => "Zoom in",
            Self::WaveZoomOut => "Zoom out",
            Self::WaveFit => "Show everything",
            Self::WaveFollow => "Follow",
            Self::WaveLeft => "Pan left",
            Self::WaveRight => "Pan right",
            Self::WavePreviousEdge => "Previous edge",
            Self::WaveNextEdge => "Next edge",
            Self::WaveClearCursors => "Remove cursors",
            Self::ExportVcd => "Export VCD…",
            Self::ExportCsv => "Export CSV…",
            Self::ExportPng => "Export PNG…",
            Self::Palette => "Command palette",
            Self::ToggleTheme => "Dark or light theme",
            Self::ShowFiles => "Files",
            Self::ShowEditor => "Editor",
            Self::ShowConsole => "Console",
            Self::ShowBench => "Bench",
            Self::ShowWaves => "Waveforms",
            Self::NextTab => "Next tab",
            Self::PreviousTab => "Previous tab",
            Self::ResetLayout => "Reset layout",
            Self::ZoomIn => "Larger text",
            Self::ZoomOut => "Smaller text",
            Self::ZoomReset => "Normal text size",
            Self::Help => "Help",
            Self::About => "About Solderless",
        }
    }

    /// One sentence that says what happens.
    pub fn tooltip(self) -> &'static str {
        match self {
            Self::NewFile => "Create a file in the project folder",
            Self::NewFolder => "Create a folder in the project folder",
            Self::OpenFolder => "Open another folder as the project",
            Self::OpenExample => "Choose one of the examples that come with the program",
            Self::Save => "Write the file to disk",
            Self::SaveAll => "Write every changed file to disk",
            Self::CloseTab => "Close the file that is being edited",
            Self::Settings => "Font size, theme, and what happens on save",
            Self::Quit => "Close the window",
            Self::Undo => "Take back the last change of the text",
            Self::Redo => "Make the change again that was taken back",
            Self::SelectAll => "Select the whole text",
            Self::Find => "Find text in the file",
            Self::Replace => "Find text in the file and replace it",
            Self::FindNext => "Go to the next match",
            Self::FindPrevious => "Go to the previous match",
            Self::GotoLine => "Go to a line by its number",
            Self::ToggleComment => "Make the selected lines comments, or code again",
            Self::Indent => "Indent the selected lines by four spaces",
            Self::Dedent => "Take four spaces off the selected lines",
            Self::NextProblem => "Go to the next error in the file",
            Self::Run => "Run the script on the board that is chosen at the top",
            Self::Stop => "Interrupt the running script (Ctrl-C on the board)",
            Self::Reset => "Restart MicroPython on the board; files stay (soft reset)",
            Self::PowerCycle => "Switch the board off and on again",
            Self::Upload => "Copy the project's files to the board, skipping what it has",
            Self::ToggleWatch => "Run or upload again whenever a file is saved",
            Self::TogglePause => "Stop virtual time, or let it go on",
            Self::Slower => "Halve the speed of virtual time",
            Self::Faster => "Double the speed of virtual time",
            Self::RealTime => "One virtual second in one second",
            Self::MaxSpeed => "Run virtual time as fast as this computer can",
            Self::ClearConsole => "Empty the console; the board does not notice",
            Self::TimeBack => "Look at the instant before: an edge, a millisecond or an instruction back",
            Self::TimeOn => "Look at the instant after: an edge, a millisecond or an instruction on",
            Self::RunFromHere => {
                "Send the board back to the instant shown; what was done then is done again, until you act"
            }
            Self::GoLive => "Look at the present again and let the board go on",
            Self::SaveRecording => "Save all that entered the board since it was switched on, to be replayed",
            Self::ReplayRecording => "Switch the board on and let what was recorded enter again",
            Self::AddPart => "Put a sensor, an LED or another part on the bench and wire it",
            Self::EditBench => "Open the file that describes board, parts and wiring",
            Self::WaveZoomIn => "Show less time, more detail",
            Self::WaveZoomOut => "Show more time",
            Self::WaveFit => "Show the whole recording",
            Self::WaveFollow => "Keep the newest samples in view",
            Self::WaveLeft => "Move towards the start of the recording",
            Self::WaveRight => "Move towards the end of the recording",
            Self::WavePreviousEdge => "Put the cursor on the previous edge of the selected row",
            Self::WaveNextEdge => "Put the cursor on the next edge of the selected row",
            Self::WaveClearCursors => "Take both cursors away",
            Self::ExportVcd => "Save the recording for other waveform viewers",
            Self::ExportCsv => "Save the recording as a table",
            Self::ExportPng => "Save the waveforms as they are shown as a picture",
            Self::Palette => "Find a command by typing a part of its name",
            Self::ToggleTheme => "Switch between the dark and the light theme",
            Self::ShowFiles => "Show the project's files",
            Self::ShowEditor => "Go to the text",
            Self::ShowConsole => "Go to the board's console",
            Self::ShowBench => "Show the board and its parts",
            Self::ShowWaves => "Show pins, buses and values over time",
            Self::NextTab => "Edit the next open file",
            Self::PreviousTab => "Edit the previous open file",
            Self::ResetLayout => "Put all panels back to where they were at first",
            Self::ZoomIn => "Make everything in the window larger",
            Self::ZoomOut => "Make everything in the window smaller",
            Self::ZoomReset => "Show everything at its normal size",
            Self::Help => "How to use Solderless, and all shortcuts",
            Self::About => "Version and licences",
        }
    }

    /// The shortcuts; the first is the one that menus show.
    pub fn shortcuts(self) -> &'static [KeyboardShortcut] {
        macro_rules! keys {
            ($($modifiers:ident + $key:ident),*) => {
                &[$(const { key($modifiers, Key::$key) }),*]
            };
        }
        match self {
            Self::NewFile => keys![CTRL + N],
            Self::OpenFolder => keys![CTRL + O],
            Self::OpenExample => keys![CTRL_SHIFT + E],
            Self::Save => keys![CTRL + S],
            Self::SaveAll => keys![CTRL_SHIFT + S],
            Self::CloseTab => keys![CTRL + W],
            Self::Settings => keys![CTRL + Comma],
            Self::Quit => keys![CTRL + Q],
            Self::Undo => keys![CTRL + Z],
            Self::Redo => keys![CTRL_SHIFT + Z, CTRL + Y],
            Self::SelectAll => keys![CTRL + A],
            Self::Find => keys![CTRL + F],
            Self::Replace => keys![CTRL + H],
            Self::FindNext => keys![NONE + F3],
            Self::FindPrevious => keys![SHIFT + F3],
            Self::GotoLine => keys![CTRL + G],
            Self::ToggleComment => keys![CTRL + Slash],
            Self::Indent => keys![CTRL + CloseBracket],
            Self::Dedent => keys![CTRL + OpenBracket],
            Self::NextProblem => keys![NONE + F8],
            Self::Run => keys![NONE + F5, CTRL + R],
            Self::Stop => keys![SHIFT + F5],
            Self::Reset => keys![CTRL_SHIFT + R],
            Self::Upload => keys![CTRL_SHIFT + U],
            Self::TogglePause => keys![NONE + F6],
            Self::ClearConsole => keys![CTRL_SHIFT + K],
            Self::TimeBack => keys![NONE + F9],
            Self::TimeOn => keys![NONE + F10],
            Self::RunFromHere => keys![NONE + F11],
            Self::GoLive => keys![NONE + F12],
            Self::WaveZoomIn => keys![NONE + Plus, NONE + Equals, SHIFT + Plus],
            Self::WaveZoomOut => keys![NONE + Minus],
            Self::WaveFit => keys![NONE + Home],
            Self::WaveFollow => keys![NONE + End],
            Self::WaveLeft => keys![NONE + ArrowLeft],
            Self::WaveRight => keys![NONE + ArrowRight],
            Self::WavePreviousEdge => keys![SHIFT + ArrowLeft],
            Self::WaveNextEdge => keys![SHIFT + ArrowRight],
            Self::WaveClearCursors => keys![NONE + Delete],
            Self::Palette => keys![CTRL_SHIFT + P],
            Self::ToggleTheme => keys![CTRL_SHIFT + T],
            Self::ShowFiles => keys![CTRL + Num0],
            Self::ShowEditor => keys![CTRL + Num1],
            Self::ShowConsole => keys![CTRL + Num2],
            Self::ShowBench => keys![CTRL + Num3],
            Self::ShowWaves => keys![CTRL + Num4],
            Self::NextTab => keys![CTRL + PageDown],
            Self::PreviousTab => keys![CTRL + PageUp],
            Self::ZoomIn => keys![CTRL + Plus, CTRL + Equals],
            Self::ZoomOut => keys![CTRL + Minus],
            Self::Help => keys![NONE + F1],
            Self::NewFolder
            | Self::PowerCycle
            | Self::ToggleWatch
            | Self::Slower
            | Self::Faster
            | Self::RealTime
            | Self::MaxSpeed
            | Self::SaveRecording
            | Self::ReplayRecording
            | Self::AddPart
            | Self::EditBench
            | Self::ExportVcd
            | Self::ExportCsv
            | Self::ExportPng
            | Self::ResetLayout
            | Self::ZoomReset
            | Self::About => &[],
        }
    }

    /// Where the shortcuts apply.
    pub fn scope(self) -> Scope {
        match self {
            Self::Undo | Self::Redo | Self::SelectAll | Self::ToggleComment | Self::Indent | Self::Dedent => {
                Scope::Editor
            }
            Self::WaveZoomIn
            | Self::WaveZoomOut
            | Self::WaveFit
            | Self::WaveFollow
            | Self::WaveLeft
            | Self::WaveRight
            | Self::WavePreviousEdge
            | Self::WaveNextEdge
            | Self::WaveClearCursors => Scope::Waves,
            _ => Scope::Global,
        }
    }

    /// The menu that lists it.
    pub fn menu(self) -> Menu {
        match self {
            Self::NewFile
            | Self::NewFolder
            | Self::OpenFolder
            | Self::OpenExample
            | Self::Save
            | Self::SaveAll
            | Self::CloseTab
            | Self::Settings
            | Self::Quit => Menu::File,
            Self::Undo
            | Self::Redo
            | Self::SelectAll
            | Self::Find
            | Self::Replace
            | Self::FindNext
            | Self::FindPrevious
            | Self::GotoLine
            | Self::ToggleComment
            | Self::Indent
            | Self::Dedent
            | Self::NextProblem => Menu::Edit,
            Self::Run
            | Self::Stop
            | Self::Reset
            | Self::PowerCycle
            | Self::Upload
            | Self::ToggleWatch
            | Self::TogglePause
            | Self::Slower
            | Self::Faster
            | Self::RealTime
            | Self::MaxSpeed
            | Self::ClearConsole => Menu::Run,
            Self::TimeBack
            | Self::TimeOn
            | Self::RunFromHere
            | Self::GoLive
            | Self::SaveRecording
            | Self::ReplayRecording => Menu::Time,
            Self::AddPart | Self::EditBench => Menu::Bench,
            Self::WaveZoomIn
            | Self::WaveZoomOut
            | Self::WaveFit
            | Self::WaveFollow
            | Self::WaveLeft
            | Self::WaveRight
            | Self::WavePreviousEdge
            | Self::WaveNextEdge
            | Self::WaveClearCursors
            | Self::ExportVcd
            | Self::ExportCsv
            | Self::ExportPng => Menu::Waves,
            Self::Palette
            | Self::ToggleTheme
            | Self::ShowFiles
            | Self::ShowEditor
            | Self::ShowConsole
            | Self::ShowBench
            | Self::ShowWaves
            | Self::NextTab
            | Self::PreviousTab
            | Self::ResetLayout
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomReset => Menu::View,
            Self::Help | Self::About => Menu::Help,
        }
    }

    /// A glyph of the icon font; empty where a picture would not help.
    pub fn icon(self) -> &'static str {
        match self {
            Self::NewFile => icon::ICON_NOTE_ADD.codepoint,
            Self::NewFolder => icon::ICON_CREATE_NEW_FOLDER.codepoint,
            Self::OpenFolder => icon::ICON_FOLDER_OPEN.codepoint,
            Self::OpenExample => icon::ICON_SCHOOL.codepoint,
            Self::Save | Self::SaveAll => icon::ICON_SAVE.codepoint,
            Self::CloseTab => icon::ICON_CLOSE.codepoint,
            Self::Settings => icon::ICON_SETTINGS.codepoint,
            Self::Quit => icon::ICON_LOGOUT.codepoint,
            Self::Undo => icon::ICON_UNDO.codepoint,
            Self::Redo => icon::ICON_REDO.codepoint,
            Self::SelectAll => icon::ICON_SELECT_ALL.codepoint,
            Self::Find | Self::FindNext | Self::FindPrevious => icon::ICON_SEARCH.codepoint,
            Self::Replace => icon::ICON_FIND_REPLACE.codepoint,
            Self::GotoLine => icon::ICON_FORMAT_LIST_NUMBERED.codepoint,
            Self::ToggleComment => icon::ICON_COMMENT.codepoint,
            Self::Indent => icon::ICON_FORMAT_INDENT_INCREASE.codepoint,
            Self::Dedent => icon::ICON_FORMAT_INDENT_DECREASE.codepoint,
            Self::NextProblem => icon::ICON_ERROR.codepoint,
            Self::Run => icon::ICON_PLAY_ARROW.codepoint,
            Self::Stop => icon::ICON_STOP.codepoint,
            Self::Reset => icon::ICON_RESTART_ALT.codepoint,
            Self::PowerCycle => icon::ICON_POWER_SETTINGS_NEW.codepoint,
            Self::Upload => icon::ICON_UPLOAD.codepoint,
            Self::ToggleWatch => icon::ICON_AUTORENEW.codepoint,
            Self::TogglePause => icon::ICON_PAUSE.codepoint,
            Self::Slower => icon::ICON_FAST_REWIND.codepoint,
            Self::Faster => icon::ICON_FAST_FORWARD.codepoint,
            Self::RealTime | Self::MaxSpeed => icon::ICON_SPEED.codepoint,
            Self::ClearConsole => icon::ICON_CLEAR_ALL.codepoint,
            Self::TimeBack => icon::ICON_KEYBOARD_ARROW_LEFT.codepoint,
            Self::TimeOn => icon::ICON_KEYBOARD_ARROW_RIGHT.codepoint,
            Self::RunFromHere => icon::ICON_PLAY_CIRCLE.codepoint,
            Self::GoLive => icon::ICON_LAST_PAGE.codepoint,
            Self::SaveRecording => icon::ICON_FIBER_MANUAL_RECORD.codepoint,
            Self::ReplayRecording => icon::ICON_REPLAY.codepoint,
            Self::AddPart => icon::ICON_ADD.codepoint,
            Self::EditBench => icon::ICON_EDIT.codepoint,
            Self::WaveZoomIn | Self::ZoomIn => icon::ICON_ZOOM_IN.codepoint,
            Self::WaveZoomOut | Self::ZoomOut => icon::ICON_ZOOM_OUT.codepoint,
            Self::WaveFit => icon::ICON_FIT_SCREEN.codepoint,
            Self::WaveFollow => icon::ICON_SKIP_NEXT.codepoint,
            Self::WavePreviousEdge => icon::ICON_CHEVRON_LEFT.codepoint,
            Self::WaveNextEdge => icon::ICON_CHEVRON_RIGHT.codepoint,
            Self::WaveClearCursors => icon::ICON_DELETE.codepoint,
            Self::ExportVcd => icon::ICON_FILE_DOWNLOAD.codepoint,
            Self::ExportCsv => icon::ICON_TABLE_CHART.codepoint,
            Self::ExportPng => icon::ICON_IMAGE.codepoint,
            Self::Palette => icon::ICON_KEYBOARD_COMMAND_KEY.codepoint,
            Self::ToggleTheme => icon::ICON_CONTRAST.codepoint,
            Self::ShowFiles => icon::ICON_FOLDER.codepoint,
            Self::ShowEditor => icon::ICON_CODE.codepoint,
            Self::ShowConsole => icon::ICON_TERMINAL.codepoint,
            Self::ShowBench => icon::ICON_DEVELOPER_BOARD.codepoint,
            Self::ShowWaves => icon::ICON_MONITORING.codepoint,
            Self::ResetLayout => icon::ICON_DASHBOARD.codepoint,
            Self::Help => icon::ICON_HELP.codepoint,
            Self::About => icon::ICON_INFO.codepoint,
            Self::WaveLeft | Self::WaveRight | Self::NextTab | Self::PreviousTab | Self::ZoomReset => "",
        }
    }

    /// Whether the board's console, while it has the keyboard, leaves this shortcut to the window.
    ///
    /// The REPL's own line editing uses the plain Ctrl keys; F-keys, Ctrl+Shift and digits are free.
    pub fn works_in_console(self, shortcut: &KeyboardShortcut) -> bool {
        let plain_ctrl = shortcut.modifiers.command && !shortcut.modifiers.shift;
        let letter = shortcut.logical_key.name().len() == 1
            && shortcut.logical_key.name().as_bytes()[0].is_ascii_alphabetic();
        !(plain_ctrl && letter) || matches!(self, Self::Run | Self::Save)
    }

    /// The commands whose shortcuts were pressed, out of those that apply; the key presses are used up.
    ///
    /// A shortcut without Shift also matches with Shift held: so those with more modifiers come first, or
    /// Shift+F5 would run instead of stop.
    pub fn pressed(
        input: &mut egui::InputState,
        applies: impl Fn(Self, &KeyboardShortcut) -> bool,
    ) -> Vec<Self> {
        let each = |command: Self| command.shortcuts().iter().map(move |shortcut| (command, shortcut));
        let mut pairs: Vec<_> = Self::all().flat_map(each).collect();
        let more = |modifiers: Modifiers| u8::from(modifiers.shift) + u8::from(modifiers.alt);
        pairs.sort_by_key(|(_, shortcut)| std::cmp::Reverse(more(shortcut.modifiers)));
        pairs.retain(|(command, shortcut)| applies(*command, shortcut) && input.consume_shortcut(shortcut));
        pairs.into_iter().map(|(command, _)| command).collect()
    }

    /// The shortcut as menus show it, empty if there is none.
    pub fn shortcut_text(self, ctx: &egui::Context) -> String {
        self.shortcuts().first().map(|shortcut| ctx.format_shortcut(shortcut)).unwrap_or_default()
    }

    /// Whether the words of `query` occur, in any order, in the command's text or menu.
    pub fn matches(self, query: &str) -> bool {
        let menu: &str = self.menu().into();
        let haystack = format!("{menu} {} {}", self.text(), self.tooltip()).to_lowercase();
        query.to_lowercase().split_whitespace().all(|word| haystack.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::str::FromStr;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut seen: HashMap<(Modifiers, Key), Vec<Command>> = HashMap::new();
        for command in Command::all() {
            for shortcut in command.shortcuts() {
                seen.entry((shortcut.modifiers, shortcut.logical_key)).or_default().push(command);
            }
        }
        for (shortcut, commands) in seen {
            for (i, a) in commands.iter().enumerate() {
                for b in &commands[i + 1..] {
                    let apart =
                        a.scope() != b.scope() && a.scope() != Scope::Global && b.scope() != Scope::Global;
                    assert!(apart, "{a:?} and {b:?} both use {shortcut:?}");
                }
            }
        }
    }

    #[test]
    fn each_shortcut_gives_its_own_command_and_no_other() {
        for scope in [Scope::Global, Scope::Editor, Scope::Waves] {
            for command in Command::all().filter(|command| command.scope() == scope) {
                for shortcut in command.shortcuts() {
                    let mut input = egui::InputState::default();
                    input.events.push(egui::Event::Key {
                        key: shortcut.logical_key,
                        physical_key: None,
                        pressed: true,
                        repeat: false,
                        modifiers: Modifiers { ctrl: shortcut.modifiers.command, ..shortcut.modifiers },
                    });
                    let applies = |other: Command, _: &KeyboardShortcut| {
                        other.scope() == scope || other.scope() == Scope::Global
                    };
                    assert_eq!(Command::pressed(&mut input, applies), [command], "{shortcut:?}");
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_parse_back() {
        for command in Command::all() {
            assert_eq!(Command::from_str(command.name()), Ok(command));
        }
    }

    #[test]
    fn every_command_explains_itself() {
        for command in Command::all() {
            assert!(!command.text().is_empty());
            assert!(
                command.tooltip().len() > command.text().len(),
                "{command:?}: the tooltip must say more than the button"
            );
        }
    }

    #[test]
    fn the_palette_finds_by_any_words() {
        assert!(Command::ExportVcd.matches("vcd exp"));
        assert!(Command::Reset.matches("soft"));
        assert!(!Command::Reset.matches("vcd"));
    }

    #[test]
    fn the_console_keeps_the_keys_of_the_repl() {
        for (command, index) in [(Command::Find, 0), (Command::SelectAll, 0)] {
            assert!(!command.works_in_console(&command.shortcuts()[index]));
        }
        assert!(Command::Run.works_in_console(&Command::Run.shortcuts()[0]));
        assert!(Command::Palette.works_in_console(&Command::Palette.shortcuts()[0]));
    }
}
