//! How the panels are arranged. The user moves them as he likes; the arrangement is remembered.

use super::theme::{GRID, ROW, Tokens};
use egui::{Color32, Id, Stroke, Visuals};
use egui_tiles::{Container, Linear, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoEnumIterator};

/// A panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
pub enum Pane {
    /// The project's files.
    Files,
    /// The text.
    Editor,
    /// The board's prompt.
    Console,
    /// The board and its parts.
    Bench,
    /// Signals over time.
    Waves,
}

impl Pane {
    /// What its tab says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Files => "Files",
            Self::Editor => "Editor",
            Self::Console => "Console",
            Self::Bench => "Bench",
            Self::Waves => "Waveforms",
        }
    }
}

/// Files, text and bench above; console and waveforms below.
pub fn default_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut tab = |pane| {
        let id = tiles.insert_pane(pane);
        tiles.insert_tab_tile(vec![id])
    };
    let (files, editor, bench) = (tab(Pane::Files), tab(Pane::Editor), tab(Pane::Bench));
    let (console, waves) = (tab(Pane::Console), tab(Pane::Waves));
    let mut row = |parts: &[(TileId, f32)]| {
        let mut linear = Linear::new(LinearDir::Horizontal, parts.iter().map(|(id, _)| *id).collect());
        for (id, share) in parts {
            linear.shares.set_share(*id, *share);
        }
        tiles.insert_new(Tile::Container(Container::Linear(linear)))
    };
    let top = row(&[(files, 0.12), (editor, 0.43), (bench, 0.45)]);
    let bottom = row(&[(console, 0.38), (waves, 0.62)]);
    let mut column = Linear::new(LinearDir::Vertical, vec![top, bottom]);
    column.shares.set_share(top, 0.58);
    column.shares.set_share(bottom, 0.42);
    let root = tiles.insert_new(Tile::Container(Container::Linear(column)));
    Tree::new(tree_id(), root, tiles)
}

/// The arrangement from the last time, if it can be read and shows every panel once.
pub fn restore(saved: Option<&str>) -> Tree<Pane> {
    let read = saved.and_then(|json| serde_json::from_str::<Tree<Pane>>(json).ok());
    match read {
        Some(tree) if Pane::iter().all(|pane| count(&tree, pane) == 1) => tree,
        _ => default_tree(),
    }
}

/// The arrangement as text.
pub fn save(tree: &Tree<Pane>) -> Option<String> {
    serde_json::to_string(tree).ok()
}

fn count(tree: &Tree<Pane>, pane: Pane) -> usize {
    tree.tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(other) if *other == pane)).count()
}

/// Brings a panel's tab to the front.
pub fn reveal(tree: &mut Tree<Pane>, pane: Pane) {
    if let Some(id) = tree.tiles.find_pane(&pane) {
        tree.set_visible(id, true);
        tree.make_active(|other, _| other == id);
    }
}

/// How panels look and what is drawn in them.
pub struct Panels<'a> {
    /// Draws a panel's contents.
    pub contents: &'a mut dyn FnMut(&mut egui::Ui, Pane),
    /// Draws the buttons at the right end of a panel's tab bar.
    pub buttons: &'a mut dyn FnMut(&mut egui::Ui, Pane),
}

impl egui_tiles::Behavior<Pane> for Panels<'_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _: TileId, pane: &mut Pane) -> egui_tiles::UiResponse {
        let tokens = Tokens::of(ui.visuals());
        ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.panel);
        ui.push_id(pane.title(), |ui| (self.contents)(ui, *pane));
        egui_tiles::UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut egui::Ui,
        _: TileId,
        tabs: &egui_tiles::Tabs,
        _: &mut f32,
    ) {
        if let Some(Tile::Pane(pane)) = tabs.active.and_then(|id| tiles.get(id)) {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(GRID);
            ui.push_id(("buttons", pane.title()), |ui| (self.buttons)(ui, *pane));
        }
    }

    fn tab_bar_height(&self, _: &egui::Style) -> f32 {
        ROW + GRID
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        2.0
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn tab_title_spacing(&self, _: &Visuals) -> f32 {
        3.0 * GRID
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        Tokens::of(visuals).chrome
    }

    fn tab_bg_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { Tokens::of(visuals).panel } else { Color32::TRANSPARENT }
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<Pane>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _: &Visuals) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        let tokens = Tokens::of(visuals);
        if state.active { tokens.text } else { tokens.weak }
    }

    fn resize_stroke(&self, style: &egui::Style, state: egui_tiles::ResizeState) -> Stroke {
        let tokens = Tokens::of(&style.visuals);
        match state {
            egui_tiles::ResizeState::Idle => Stroke::new(2.0, tokens.chrome),
            _ => Stroke::new(2.0, tokens.accent),
        }
    }
}

/// The id egui keeps panel state under.
pub fn tree_id() -> Id {
    Id::unique("panels")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tiles are kept in a hash map: their order in the text means nothing.
    fn value(json: &str) -> serde_json::Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_arrangement_survives_being_saved() {
        let saved = save(&default_tree()).unwrap();
        let tree = restore(Some(&saved));
        assert_eq!(value(&save(&tree).unwrap()), value(&saved));
    }

    #[test]
    fn damaged_or_incomplete_arrangements_give_way_to_the_default() {
        let default = save(&default_tree()).unwrap();
        for bad in ["", "{", &default.replace("\"Waves\"", "\"Bench\"")] {
            assert_eq!(value(&save(&restore(Some(bad))).unwrap()), value(&default));
        }
    }
}
