//! What the window remembers from one start to the next, apart from everything that only lives while it runs.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Persisted settings and places. Every field has a default, so that an older or newer file still reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserState {
    /// Dark or light.
    pub dark: bool,
    /// The size of code, in points.
    pub code_size: f32,
    /// Whole-window zoom.
    pub zoom: f32,
    /// Save changed files before running or uploading.
    pub save_before_run: bool,
    /// Run or upload again when a file is saved.
    pub watch: bool,
    /// Run the script when a project is opened on an emulated board.
    pub run_on_open: bool,
    /// The project folder.
    pub folder: Option<PathBuf>,
    /// Folders opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// Files open in the editor, by project folder.
    pub open_files: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// How the panels are arranged; the default arrangement when absent or unreadable.
    pub layout: Option<String>,
    /// Waveform rows hidden by the user, by name.
    pub hidden_rows: Vec<String>,
    /// Height of a waveform row, in points.
    pub wave_row_height: f32,
}

impl Default for UserState {
    fn default() -> Self {
        Self {
            dark: true,
            code_size: super::theme::MONO,
            zoom: 1.0,
            save_before_run: true,
            watch: false,
            run_on_open: true,
            folder: None,
            recent: Vec::new(),
            open_files: BTreeMap::new(),
            layout: None,
            hidden_rows: Vec::new(),
            wave_row_height: 36.0,
        }
    }
}

impl UserState {
    /// How many folders the File menu offers.
    const RECENT: usize = 8;

    /// Makes `folder` the project and the newest of the recent ones.
    pub fn opened(&mut self, folder: PathBuf) {
        self.recent.retain(|other| *other != folder);
        self.recent.insert(0, folder.clone());
        self.recent.truncate(Self::RECENT);
        self.folder = Some(folder);
    }

    /// Puts values that a damaged file may hold back into their ranges.
    pub fn sane(mut self) -> Self {
        let default = Self::default();
        let within = |value: f32, low: f32, high: f32, otherwise: f32| {
            if value.is_finite() { value.clamp(low, high) } else { otherwise }
        };
        self.code_size = within(self.code_size, 8.0, 32.0, default.code_size);
        self.zoom = within(self.zoom, 0.5, 3.0, default.zoom);
        self.wave_row_height = within(self.wave_row_height, 20.0, 160.0, default.wave_row_height);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_folders_are_unique_newest_first_and_few() {
        let mut state = UserState::default();
        for i in 0..20 {
            state.opened(PathBuf::from(format!("/p/{i}")));
        }
        state.opened(PathBuf::from("/p/15"));
        assert_eq!(state.recent.len(), UserState::RECENT);
        assert_eq!(state.recent[0], PathBuf::from("/p/15"));
        assert_eq!(state.recent.iter().filter(|p| p.ends_with("15")).count(), 1);
    }

    #[test]
    fn unknown_and_missing_fields_do_not_lose_the_rest() {
        let state: UserState = serde_json::from_str(r#"{"dark":false,"from_the_future":1}"#).unwrap();
        assert!(!state.dark);
        assert_eq!(state.code_size, UserState::default().code_size);
    }

    #[test]
    fn nonsense_is_put_back_into_range() {
        let state = UserState { zoom: f32::NAN, code_size: 9000.0, ..Default::default() }.sane();
        assert_eq!(state.zoom, 1.0);
        assert_eq!(state.code_size, 32.0);
    }
}
