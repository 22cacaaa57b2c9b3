//! Where a new part is wired: free pins that suit its own.

use emulator::bench::Bench;
use emulator::board::{Board, Node, PinKind};
use emulator::chip::ChipKind;
use emulator::part::{PartType, PinInfo, Role};
use emulator::world::Gpio;
use std::collections::BTreeSet;

/// A name that no part on the bench has: `led2`.
pub fn free_name(bench: &Bench, kind: &PartType) -> String {
    let taken = |name: &String| bench.parts.iter().any(|part| part.name == *name);
    (1..).map(|n| format!("{}{n}", kind.name)).find(|name| !taken(name)).unwrap_or_default()
}

/// A board pin for each pin of a new part that has to be wired.
pub fn suggest(bench: &Bench, kind: &PartType) -> Vec<(String, String)> {
    let mut used: BTreeSet<Gpio> = BTreeSet::new();
    for part in &bench.parts {
        for (info, node) in part.kind.pins.iter().zip(&part.pins) {
            if let (Some(Node::Gpio(gpio)), false) = (node, info.role.is_shared()) {
                used.insert(*gpio);
            }
        }
    }
    let buses = shared(bench);
    let mut wires = Vec::new();
    for pin in kind.pins.iter().filter(|pin| wants_wire(kind, pin)) {
        // Lines of a bus that is there already are joined; others get a pin of their own.
        let joined = buses.iter().find(|(role, _)| *role == pin.role).map(|(_, gpio)| *gpio);
        let free = |gpio: &Gpio| !used.contains(gpio) && !buses.iter().any(|(_, g)| g == gpio);
        let gpio = joined
            .or_else(|| preferred(bench.board, pin.role).into_iter().find(free))
            .or_else(|| gpios(bench.board).into_iter().find(free));
        if let Some(gpio) = gpio {
            used.insert(gpio);
            wires.push((pin.name.to_owned(), bench.board.label(gpio)));
        }
    }
    wires
}

/// Whether a pin of a new part is wired at once: those that must be, or else the first one.
fn wants_wire(kind: &PartType, pin: &PinInfo) -> bool {
    let any_required = kind.pins.iter().any(|pin| pin.required);
    pin.required || (!any_required && kind.pins.first().is_some_and(|first| first.name == pin.name))
}

fn shared(bench: &Bench) -> Vec<(Role, Gpio)> {
    let mut found = Vec::new();
    for part in &bench.parts {
        for (info, node) in part.kind.pins.iter().zip(&part.pins) {
            if let (Some(Node::Gpio(gpio)), true) = (node, info.role.is_shared()) {
                found.push((info.role, *gpio));
            }
        }
    }
    found
}

/// The pins that suit a role best: on an RP2040 those that MicroPython's defaults use.
fn preferred(board: &Board, role: Role) -> Vec<Gpio> {
    let led_out = gpios(board);
    let rp2040 = board.chip == ChipKind::Rp2040;
    let choice = match role {
        Role::Analog => board.analog,
        _ if rp2040 => usual(role),
        _ => &[],
    };
    choice.iter().copied().filter(|gpio| led_out.contains(gpio)).collect()
}

fn usual(role: Role) -> &'static [Gpio] {
    match role {
        Role::Sda => &[4, 2, 6, 8],
        Role::Scl => &[5, 3, 7, 9],
        Role::Sck => &[18, 10],
        Role::Mosi => &[19, 11],
        Role::Miso => &[16, 12],
        Role::Cs => &[17, 13, 20, 21],
        // What the part sends, the board receives.
        Role::Tx => &[1, 5, 9, 13],
        Role::Rx => &[0, 4, 8, 12],
        Role::Analog => &[],
        Role::OneWire => &[22, 21, 20],
        Role::Input => &[15, 14, 13, 12, 11, 10],
        Role::Output => &[14, 15, 13, 12, 11, 10],
        Role::Wire => &[],
    }
}

fn gpios(board: &Board) -> Vec<Gpio> {
    board
        .pins
        .iter()
        .filter_map(|pin| if let PinKind::Gpio(gpio) = pin.kind { Some(gpio) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::edit;
    use super::*;
    use emulator::part;
    use std::path::Path;

    #[test]
    fn every_kind_of_part_can_be_added_beside_another_without_a_clash() {
        let path = Path::new("bench.toml");
        for first in part::REGISTRY {
            for second in part::REGISTRY {
                // Two on one bus need two addresses: that is for the user to choose.
                if first == second && first.pins.iter().any(|pin| pin.role == Role::Sda) {
                    continue;
                }
                let mut text = "[board]\ntype = \"pico\"\n".to_owned();
                for kind in [first, second] {
                    let bench = Bench::parse(&text, path).unwrap_or_else(|e| panic!("{e}\n{text}"));
                    let wires = suggest(&bench, kind);
                    text = edit::add_part(&text, kind.name, &free_name(&bench, kind), &wires).unwrap();
                }
                let bench = Bench::parse(&text, path).unwrap_or_else(|e| panic!("{e}\n{text}"));
                assert_eq!(bench.parts.len(), 2);
            }
        }
    }
}
