//! Colours, sizes and fonts: every look in the window comes from here.
//!
//! Calm and dense: surfaces differ by a shade, one accent marks what acts or is chosen, colour otherwise
//! carries meaning (a signal, a problem). All distances are multiples of [`GRID`].

use crate::editor::Kind;
use egui::style::{HandleShape, ScrollStyle, WidgetVisuals};
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Visuals, vec2,
};

/// The grid all distances sit on, in points.
pub const GRID: f32 = 4.0;

/// Height of rows in lists, of buttons and of fields.
pub const ROW: f32 = 6.0 * GRID;

/// Height of the bar at the top.
pub const TOP_BAR: f32 = 10.0 * GRID;

/// Height of the line at the bottom.
pub const STATUS_BAR: f32 = 6.0 * GRID;

/// Size of running text, in points.
pub const TEXT: f32 = 13.5;

/// Size of values and code, in points, before the user's own choice.
pub const MONO: f32 = 13.0;

/// Size of captions.
pub const SMALL: f32 = 11.5;

/// The colours of one theme.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Behind text that is edited, behind waveforms: the deepest surface.
    pub well: Color32,
    /// Panels.
    pub panel: Color32,
    /// Bars and tab strips around the panels.
    pub chrome: Color32,
    /// Cards and buttons on a panel.
    pub raised: Color32,
    /// What the pointer is over.
    pub hover: Color32,
    /// Lines between surfaces.
    pub border: Color32,
    /// Text.
    pub text: Color32,
    /// Text that can wait: captions, units, line numbers.
    pub weak: Color32,
    /// What acts or is chosen.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Behind selected text.
    pub selection: Color32,
    /// Behind the line with the caret.
    pub current_line: Color32,
    /// All is well; a pin is high.
    pub good: Color32,
    /// Worth a look.
    pub warning: Color32,
    /// Wrong.
    pub error: Color32,
    /// Rows of waveforms, in turn.
    pub signals: [Color32; 8],
    /// The board's solder mask.
    pub board: Color32,
    /// Gold-plated pads.
    pub pad: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: Tokens = Tokens {
    well: rgb(0x11_1418),
    panel: rgb(0x17_1b20),
    chrome: rgb(0x0d_0f12),
    raised: rgb(0x20_252c),
    hover: rgb(0x2b_323b),
    border: rgb(0x2a_3038),
    text: rgb(0xda_dfe6),
    weak: rgb(0x8d_97a5),
    accent: rgb(0x4d_a3ff),
    on_accent: rgb(0x06_1425),
    selection: rgb(0x26_4466),
    current_line: rgb(0x19_1e24),
    good: rgb(0x4f_c47f),
    warning: rgb(0xe6_b450),
    error: rgb(0xf2_6d6d),
    signals: [
        rgb(0x5f_c9a8),
        rgb(0x6c_b2f5),
        rgb(0xe3_b25b),
        rgb(0xc8_93e8),
        rgb(0xef_8a7a),
        rgb(0x9f_cf5f),
        rgb(0x6f_d3e0),
        rgb(0xe8_8fc0),
    ],
    board: rgb(0x1d_5b3f),
    pad: rgb(0xd8_b25c),
};

static LIGHT: Tokens = Tokens {
    well: rgb(0xff_ffff),
    panel: rgb(0xf7_f8fa),
    chrome: rgb(0xe8_ebef),
    raised: rgb(0xff_ffff),
    hover: rgb(0xe3_e9f1),
    border: rgb(0xd3_d9e0),
    text: rgb(0x1c_2129),
    weak: rgb(0x5f_6a78),
    accent: rgb(0x13_68ce),
    on_accent: rgb(0xff_ffff),
    selection: rgb(0xbf_dbfc),
    current_line: rgb(0xf3_f6fa),
    good: rgb(0x17_8a4c),
    warning: rgb(0x9a_6700),
    error: rgb(0xc9_2a2a),
    signals: [
        rgb(0x0f_8a68),
        rgb(0x18_6fc4),
        rgb(0xa8_6a00),
        rgb(0x86_42b5),
        rgb(0xc0_4433),
        rgb(0x51_8010),
        rgb(0x0d_7f90),
        rgb(0xb3_3a80),
    ],
    board: rgb(0x2b_7d58),
    pad: rgb(0xc9_9a34),
};

impl Tokens {
    /// The colours of the theme that is showing.
    pub fn of(visuals: &Visuals) -> &'static Self {
        Self::named(visuals.dark_mode)
    }

    /// The colours of the dark or the light theme.
    pub fn named(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// The colour of a row of waveforms.
    pub fn signal(&self, index: usize) -> Color32 {
        self.signals[index % self.signals.len()]
    }

    /// The colour of code.
    pub fn code(&self, kind: Kind) -> Color32 {
        let dark = std::ptr::eq(self, &DARK);
        match kind {
            Kind::Keyword => rgb(if dark { 0xc7_92ea } else { 0x7c_3aad }),
            Kind::Function => rgb(if dark { 0x82_b8ff } else { 0x1a_5fb4 }),
            Kind::Builtin => rgb(if dark { 0x6f_d3e0 } else { 0x0b_7285 }),
            Kind::Type => rgb(if dark { 0xff_cb6b } else { 0x8f_5902 }),
            Kind::Constant | Kind::Number => rgb(if dark { 0xf7_9a6c } else { 0xb0_4a12 }),
            Kind::String => rgb(if dark { 0xa5_d27a } else { 0x3f_7d20 }),
            Kind::Escape => rgb(if dark { 0x6f_d3e0 } else { 0x0b_7285 }),
            Kind::Comment => rgb(if dark { 0x72_7d8c } else { 0x76_8190 }),
            Kind::Decorator => rgb(if dark { 0xe6_b450 } else { 0x9a_6700 }),
            Kind::Parameter => rgb(if dark { 0xe0_a8b0 } else { 0x9c_3848 }),
            Kind::Operator => rgb(if dark { 0xa9_b4c2 } else { 0x4a_5563 }),
        }
    }
}

/// The monospaced face at a size.
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Sets up fonts and both themes. Call once, before the first frame.
pub fn install(ctx: &egui::Context) {
    egui_material_icons::initialize(ctx);
    ctx.set_style_of(Theme::Dark, style(&DARK, true));
    ctx.set_style_of(Theme::Light, style(&LIGHT, false));
}

fn style(tokens: &Tokens, dark: bool) -> egui::Style {
    let mut style = egui::Style { visuals: visuals(tokens, dark), ..Default::default() };
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Heading, proportional(18.0)),
        (TextStyle::Body, proportional(TEXT)),
        (TextStyle::Button, proportional(TEXT)),
        (TextStyle::Small, proportional(SMALL)),
        (TextStyle::Monospace, mono(MONO)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(2.0 * GRID, GRID);
    spacing.button_padding = vec2(2.0 * GRID, 0.5 * GRID);
    spacing.menu_margin = Margin::same(4);
    spacing.window_margin = Margin::same(12);
    spacing.interact_size = vec2(7.0 * GRID, ROW);
    spacing.icon_width = 4.0 * GRID;
    spacing.icon_spacing = GRID;
    spacing.menu_spacing = 1.0;
    spacing.tooltip_width = 360.0;
    spacing.slider_width = 120.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, ..ScrollStyle::thin() };
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.08;
    style
}

fn visuals(tokens: &Tokens, dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(4);
    let widget = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.panel, tokens.border, tokens.text);
    visuals.widgets.inactive = widget(tokens.raised, tokens.border, tokens.text);
    visuals.widgets.hovered = widget(tokens.hover, tokens.weak.gamma_multiply(0.6), tokens.text);
    visuals.widgets.active = widget(tokens.hover, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.hover, tokens.border, tokens.text);
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.hyperlink_color = tokens.accent;
    visuals.weak_text_color = Some(tokens.weak);
    visuals.faint_bg_color = tokens.current_line;
    visuals.extreme_bg_color = tokens.well;
    visuals.text_edit_bg_color = Some(tokens.well);
    visuals.code_bg_color = tokens.raised;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = Stroke::new(1.0, tokens.border);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.window_shadow = Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: Color32::from_black_alpha(if dark { 140 } else { 50 }),
    };
    visuals.popup_shadow = visuals.window_shadow;
    visuals.handle_shape = HandleShape::Rect { aspect_ratio: 0.6 };
    visuals.slider_trailing_fill = true;
    visuals.indent_has_left_vline = false;
    visuals.text_cursor.stroke = Stroke::new(2.0, tokens.accent);
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG relative luminance.
    fn luminance(color: Color32) -> f32 {
        let linear = |byte: u8| {
            let c = f32::from(byte) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_can_be_read() {
        use strum::IntoEnumIterator;
        for tokens in [&DARK, &LIGHT] {
            for surface in [tokens.well, tokens.panel, tokens.chrome] {
                assert!(contrast(tokens.text, surface) > 9.0);
                assert!(contrast(tokens.weak, surface) > 4.5, "{:?} on {surface:?}", tokens.weak);
                for color in [tokens.accent, tokens.good, tokens.warning, tokens.error] {
                    assert!(contrast(color, surface) > 3.0, "{color:?} on {surface:?}");
                }
            }
            for color in tokens.signals {
                assert!(contrast(color, tokens.well) > 3.0, "{color:?}");
            }
            for kind in Kind::iter() {
                assert!(contrast(tokens.code(kind), tokens.well) > 3.8, "{kind:?}");
            }
            assert!(contrast(tokens.on_accent, tokens.accent) > 4.5);
        }
    }
}
