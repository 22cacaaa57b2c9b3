//! The computer at the other end of the USB cable: it enumerates the device, opens its first serial port (CDC) as
//! a terminal program would, polls keyboards, mice and the like, and asks a drive for its size.
//!
//! A device that is not ready answers NAK and is asked again, so no byte of a large paste is ever
//! lost: what it has not taken stays in the queue.

mod disk;
mod hid;
mod interfaces;

use std::collections::VecDeque;

use super::shared::{Event, Shared};
use super::usb::{Answer, Usb};
use crate::chip::{DiskError, DiskInfo, DiskRequest};
use crate::clock::Time;
use crate::console::Said;
use crate::trace::Channel;
use disk::{Disk, Next};
use hid::Reports;
use interfaces::{CLASS_CDC, CLASS_CDC_DATA, CLASS_HID, CLASS_MSC, Interface, interfaces};

/// From attachment to bus reset; hosts wait for the contacts to settle.
const SETTLE: Time = Time::from_millis(10);
/// How long the bus is held in reset.
const RESET: Time = Time::from_millis(10);
/// From the end of reset to the first transfer, and after SET_ADDRESS.
const RECOVERY: Time = Time::from_millis(2);
const FRAME: Time = Time::from_millis(1);
/// What a transaction of 64 bytes takes on the wire, with its token and handshake.
const TRANSACTION: Time = Time::from_micros(50);
/// From a buffer's becoming available to the host's next token for it.
const TURNAROUND: Time = Time::from_micros(10);
/// How often a transfer may be refused or go unanswered (a frame each) before it is given up.
const PATIENCE: u32 = 2_000;

const PACKET: usize = 64;
/// Bytes the host keeps for the device before it refuses more from the user.
const QUEUE: usize = 4096;
/// Bytes the host keeps for the user before it stops asking the device.
const RECEIVED: usize = 1 << 20;

const DESCRIPTOR_DEVICE: u8 = 1;
const DESCRIPTOR_CONFIGURATION: u8 = 2;
const DESCRIPTOR_REPORT: u8 = 0x22;
/// MSC: SCSI commands over bulk endpoints alone.
const SUBCLASS_SCSI: u8 = 6;
const PROTOCOL_BULK_ONLY: u8 = 0x50;
const ADDRESS: u8 = 1;

/// A control transfer under way.
#[derive(Clone, Debug)]
struct Control {
    packet: [u8; 8],
    data: Vec<u8>,
    stage: Stage,
    refused: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Setup,
    DataIn,
    /// Bytes sent so far.
    DataOut(usize),
    StatusIn,
    StatusOut,
}

impl Control {
    fn new(request_type: u8, request: u8, value: u16, index: u16, data: Vec<u8>, len: u16) -> Control {
        let [v, i, l] = [value, index, len].map(u16::to_le_bytes);
        Control {
            packet: [request_type, request, v[0], v[1], i[0], i[1], l[0], l[1]],
            data,
            stage: Stage::Setup,
            refused: 0,
        }
    }

    fn get_descriptor(kind: u8, len: u16) -> Control {
        Control::new(0x80, 6, u16::from(kind) << 8, 0, Vec::new(), len)
    }

    fn set_address() -> Control {
        Control::new(0x00, 5, u16::from(ADDRESS), 0, Vec::new(), 0)
    }

    fn set_configuration(number: u8) -> Control {
        Control::new(0x00, 9, u16::from(number), 0, Vec::new(), 0)
    }

    /// 115200 baud, eight data bits, no parity, one stop bit.
    fn set_line_coding(interface: u8) -> Control {
        Control::new(0x21, 0x20, 0, u16::from(interface), vec![0, 0xC2, 1, 0, 0, 0, 8], 7)
    }

    /// DTR and RTS: the port is open.
    fn set_control_line_state(interface: u8) -> Control {
        Control::new(0x21, 0x22, 3, u16::from(interface), Vec::new(), 0)
    }

    /// HID: a report only when something changed.
    fn set_idle(interface: u8) -> Control {
        Control::new(0x21, 0x0A, 0, u16::from(interface), Vec::new(), 0)
    }

    fn get_report_descriptor(interface: u8, len: u16) -> Control {
        Control::new(0x81, 6, u16::from(DESCRIPTOR_REPORT) << 8, u16::from(interface), Vec::new(), len)
    }

    fn get_max_lun(interface: u8) -> Control {
        Control::new(0xA1, 0xFE, 0, u16::from(interface), Vec::new(), 1)
    }

    fn clear_halt(endpoint: u8) -> Control {
        Control::new(0x02, 1, 0, u16::from(endpoint), Vec::new(), 0)
    }

    fn length(&self) -> usize {
        usize::from(u16::from_le_bytes([self.packet[6], self.packet[7]]))
    }

    fn is_input(&self) -> bool {
        self.packet[0] & 0x80 != 0
    }
}

/// Where enumeration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Detached,
    Settling,
    Resetting,
    Recovering,
    DeviceDescriptor,
    Address,
    AddressRecovery,
    ConfigurationHead,
    Configuration,
    Configure,
    /// Requests to the interfaces' classes.
    Classes,
    Running,
    /// Configured without anything to talk to, or given up.
    Idle,
}

/// A request to an interface's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    LineCoding,
    ControlLine,
    SetIdle(usize),
    Report(usize),
    MaxLun,
}

/// A human interface device.
#[derive(Clone, Debug)]
struct Hid {
    interface: Interface,
    reports: Reports,
    /// The frame in which it is asked next.
    due: u32,
}

/// The serial port's endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Port {
    interface: u8,
    input: u8,
    output: u8,
}

/// The host.
#[derive(Clone, Debug)]
pub struct UsbHost {
    state: State,
    control: Option<Control>,
    configuration: u8,
    port: Option<Port>,
    port_open: bool,
    hids: Vec<Hid>,
    disk: Option<Disk>,
    tasks: VecDeque<Task>,
    frame: u32,
    next_frame: Time,
    received: Said,
    opened: Time,
    queue: VecDeque<u8>,
    /// The endpoint was asked in this frame and had nothing; ask again when the device stirs.
    quiet_in: bool,
    quiet_out: bool,
    quiet_disk: bool,
}

impl Default for UsbHost {
    fn default() -> UsbHost {
        UsbHost {
            state: State::Detached,
            control: None,
            configuration: 1,
            port: None,
            port_open: false,
            hids: Vec::new(),
            disk: None,
            tasks: VecDeque::new(),
            frame: 0,
            next_frame: Time::NEVER,
            received: Said::default(),
            opened: Time::ZERO,
            queue: VecDeque::new(),
            quiet_in: false,
            quiet_out: false,
            quiet_disk: false,
        }
    }
}

impl UsbHost {
    /// The serial port is open.
    pub fn open(&self) -> bool {
        self.state == State::Running && self.port_open
    }

    /// The drive, once it is ready.
    pub fn disk(&self) -> Option<&DiskInfo> {
        self.disk.as_ref().and_then(Disk::info)
    }

    /// Asks something of the drive.
    pub fn disk_request(&mut self, s: &mut Shared, request: DiskRequest) {
        if let Some(disk) = &mut self.disk {
            disk.request(request);
            self.quiet_disk = false;
            self.soon(s, TURNAROUND);
        }
    }

    /// The drive's next answer.
    pub fn disk_answer(&mut self) -> Option<Result<Vec<u8>, DiskError>> {
        self.disk.as_mut().and_then(Disk::answer)
    }

    /// When the serial port was opened, if it is.
    pub fn opened(&self) -> Option<Time> {
        self.open().then_some(self.opened)
    }

    /// Queues bytes for the device; gives how many were taken.
    pub fn write(&mut self, s: &mut Shared, bytes: &[u8]) -> usize {
        if !self.open() {
            return 0;
        }
        let n = bytes.len().min(QUEUE.saturating_sub(self.queue.len()));
        self.queue.extend(&bytes[..n]);
        if n > 0 && !self.quiet_out {
            self.soon(s, TURNAROUND);
        }
        n
    }

    /// Takes what the device has sent.
    pub fn read(&mut self) -> Said {
        std::mem::take(&mut self.received)
    }

    fn soon(&self, s: &mut Shared, span: Time) {
        let at = (s.now + span).min(self.next_frame);
        if at < s.scheduled(Event::Usb) {
            s.schedule(Event::Usb, at);
        }
    }

    /// The device changed something: a buffer is available, or its pull-up switched.
    pub fn kick(&mut self, s: &mut Shared, usb: &mut Usb) {
        usb.kicked = false;
        match (usb.attached(), &self.state) {
            (true, State::Detached) => {
                self.state = State::Settling;
                s.schedule_in(Event::Usb, SETTLE);
            }
            (false, State::Detached) => {}
            (false, _) => {
                let received = std::mem::take(&mut self.received);
                *self = UsbHost { received, ..UsbHost::default() };
                s.cancel(Event::Usb);
            }
            (true, _) => {
                self.quiet_in = false;
                self.quiet_out = false;
                self.quiet_disk = false;
                if self.control.is_some() || self.state == State::Running {
                    self.soon(s, TURNAROUND);
                }
            }
        }
    }

    /// The host's next action is due.
    pub fn act(&mut self, s: &mut Shared, usb: &mut Usb) {
        if self.next_frame <= s.now {
            self.frame = self.frame.wrapping_add(1);
            self.next_frame += FRAME;
            usb.start_of_frame(s, self.frame);
            self.quiet_in = false;
            self.quiet_out = false;
            self.quiet_disk = false;
            if let Some(disk) = &mut self.disk {
                disk.frame();
            }
        }
        match self.state {
            State::Detached => return,
            State::Settling => {
                usb.bus_reset(s);
                self.state = State::Resetting;
                s.schedule_in(Event::Usb, RESET);
                return;
            }
            State::Resetting => {
                self.next_frame = s.now + FRAME;
                self.state = State::Recovering;
                s.schedule_in(Event::Usb, RECOVERY);
                return;
            }
            State::Recovering => {
                self.state = State::DeviceDescriptor;
                self.control = Some(Control::get_descriptor(DESCRIPTOR_DEVICE, 18));
            }
            State::AddressRecovery => {
                self.state = State::ConfigurationHead;
                self.control = Some(Control::get_descriptor(DESCRIPTOR_CONFIGURATION, 9));
            }
            _ => {}
        }
        let busy = self.transact(s, usb);
        let next = if busy { s.now + TRANSACTION } else { self.next_frame };
        s.schedule(Event::Usb, next.min(self.next_frame));
    }

    /// One transaction; true when another may follow at once.
    fn transact(&mut self, s: &mut Shared, usb: &mut Usb) -> bool {
        if let Some(mut control) = self.control.take() {
            return match advance(&mut control, s, usb) {
                Progress::Going => {
                    self.control = Some(control);
                    true
                }
                Progress::Refused => {
                    control.refused += 1;
                    if control.refused > PATIENCE {
                        self.state = State::Idle;
                    } else {
                        self.control = Some(control);
                    }
                    false
                }
                Progress::Done => {
                    self.completed(s, &control);
                    true
                }
                Progress::Stalled => {
                    // Class requests are optional; the standard ones are not.
                    if matches!(self.state, State::Classes | State::Running) {
                        self.completed(s, &control);
                        true
                    } else {
                        self.state = State::Idle;
                        false
                    }
                }
            };
        }
        if self.state != State::Running {
            return false;
        }
        self.poll_hids(s, usb);
        let drive = self.serve_disk(s, usb);
        let Some(port) = self.port else { return drive };
        let mut busy = drive;
        if !self.queue.is_empty() && !self.quiet_out {
            let n = self.queue.len().min(PACKET);
            let data: Vec<u8> = self.queue.iter().take(n).copied().collect();
            match usb.output(s, port.output, &data) {
                Answer::Ack(_) => {
                    self.queue.drain(..n);
                    busy = true;
                }
                _ => self.quiet_out = true,
            }
        }
        if !self.quiet_in && self.received.len() < RECEIVED {
            match usb.input(s, port.input) {
                Answer::Ack(data) => {
                    self.received.push(s.now, &data);
                    busy = true;
                }
                _ => self.quiet_in = true,
            }
        }
        busy || !self.queue.is_empty() && !self.quiet_out
    }

    fn completed(&mut self, s: &mut Shared, control: &Control) {
        let (state, next) = match self.state {
            State::DeviceDescriptor => (State::Address, Some(Control::set_address())),
            State::Address => {
                self.state = State::AddressRecovery;
                s.schedule_in(Event::Usb, RECOVERY);
                return;
            }
            State::ConfigurationHead => {
                let total = match control.data[..] {
                    [_, _, low, high, ..] => u16::from_le_bytes([low, high]),
                    _ => 9,
                };
                let next = Control::get_descriptor(DESCRIPTOR_CONFIGURATION, total);
                (State::Configuration, Some(next))
            }
            State::Configuration => {
                self.configuration = control.data.get(5).copied().unwrap_or(1);
                let interfaces = interfaces(&control.data);
                self.port = find_port(&interfaces);
                let hids = interfaces.iter().filter(|i| i.class == CLASS_HID && i.interrupt_in != 0);
                self.hids =
                    hids.map(|&interface| Hid { interface, reports: Reports::default(), due: 0 }).collect();
                let kind = (CLASS_MSC, SUBCLASS_SCSI, PROTOCOL_BULK_ONLY);
                let disk = interfaces.iter().find(|i| (i.class, i.subclass, i.protocol) == kind);
                self.disk = disk.map(|&interface| Disk::new(interface));
                (State::Configure, Some(Control::set_configuration(self.configuration)))
            }
            State::Configure => {
                if self.port.is_some() {
                    self.tasks.extend([Task::LineCoding, Task::ControlLine]);
                }
                self.tasks.extend((0..self.hids.len()).flat_map(|n| [Task::SetIdle(n), Task::Report(n)]));
                self.tasks.extend(self.disk.is_some().then_some(Task::MaxLun));
                self.next_task()
            }
            State::Classes => {
                match self.tasks.pop_front() {
                    Some(Task::ControlLine) => {
                        self.port_open = true;
                        self.opened = s.now;
                    }
                    Some(Task::Report(n)) => self.hids[n].reports = Reports::new(&control.data),
                    _ => {}
                }
                self.next_task()
            }
            // An endpoint was freed.
            State::Running => (State::Running, None),
            _ => (State::Idle, None),
        };
        self.state = state;
        self.control = next;
    }

    /// The first request that is still to be made to a class, with the state that makes it.
    fn next_task(&self) -> (State, Option<Control>) {
        let port = self.port.unwrap_or_default().interface;
        let hid = |n: usize| self.hids[n].interface;
        let control = match self.tasks.front() {
            Some(Task::LineCoding) => Control::set_line_coding(port),
            Some(Task::ControlLine) => Control::set_control_line_state(port),
            Some(&Task::SetIdle(n)) => Control::set_idle(hid(n).number),
            Some(&Task::Report(n)) => Control::get_report_descriptor(hid(n).number, hid(n).report_length),
            Some(Task::MaxLun) => {
                Control::get_max_lun(self.disk.as_ref().map_or(0, |disk| disk.interface().number))
            }
            None if self.port.is_none() && self.hids.is_empty() && self.disk.is_none() => {
                return (State::Idle, None);
            }
            None => return (State::Running, None),
        };
        (State::Classes, Some(control))
    }

    /// Asks each human interface device whose time has come for a report, and writes down what it says.
    fn poll_hids(&mut self, s: &mut Shared, usb: &mut Usb) {
        for hid in &mut self.hids {
            if self.frame < hid.due {
                continue;
            }
            hid.due = self.frame + u32::from(hid.interface.interval);
            if let Answer::Ack(report) = usb.input(s, hid.interface.interrupt_in)
                && let Some(text) = hid.reports.describe(&report)
            {
                let mut trace = s.world.trace().write();
                let id = trace.find("USB HID").unwrap_or_else(|| trace.define(Channel::text("USB HID")));
                trace.text(id, s.now, format!("{text}\n").as_bytes());
            }
        }
    }

    /// A transaction with the drive; true when another may follow at once.
    fn serve_disk(&mut self, s: &mut Shared, usb: &mut Usb) -> bool {
        let Some(disk) = self.disk.as_mut().filter(|_| !self.quiet_disk) else { return false };
        match disk.transact(s, usb) {
            Next::Again => true,
            Next::Wait => {
                self.quiet_disk = true;
                false
            }
            Next::ClearHalt(endpoint) => {
                self.control = Some(Control::clear_halt(endpoint));
                true
            }
        }
    }
}

enum Progress {
    Going,
    Refused,
    Stalled,
    Done,
}

/// The next transaction of a control transfer.
fn advance(control: &mut Control, s: &mut Shared, usb: &mut Usb) -> Progress {
    let answer = match control.stage {
        Stage::Setup => {
            usb.setup(s, &control.packet);
            control.stage = match (control.length(), control.is_input()) {
                (0, _) => Stage::StatusIn,
                (_, true) => Stage::DataIn,
                (_, false) => Stage::DataOut(0),
            };
            return Progress::Going;
        }
        Stage::DataIn | Stage::StatusIn => usb.input(s, 0),
        Stage::DataOut(sent) => {
            let end = control.data.len().min(sent + PACKET);
            usb.output(s, 0, &control.data[sent..end])
        }
        Stage::StatusOut => usb.output(s, 0, &[]),
    };
    let data = match answer {
        Answer::Ack(data) => data,
        Answer::Nak => return Progress::Refused,
        Answer::Stall => return Progress::Stalled,
    };
    control.refused = 0;
    match control.stage {
        Stage::DataIn => {
            let short = data.len() < PACKET;
            control.data.extend(data);
            if short || control.data.len() >= control.length() {
                control.stage = Stage::StatusOut;
            }
            Progress::Going
        }
        Stage::DataOut(sent) => {
            let sent = (sent + PACKET).min(control.data.len());
            control.stage = if sent == control.data.len() { Stage::StatusIn } else { Stage::DataOut(sent) };
            Progress::Going
        }
        _ => Progress::Done,
    }
}

/// The first serial port: its control interface and the bulk endpoints of the data interface that follows.
fn find_port(interfaces: &[Interface]) -> Option<Port> {
    let control = interfaces.iter().find(|interface| interface.class == CLASS_CDC)?;
    let after = interfaces.iter().skip_while(|interface| interface.class != CLASS_CDC);
    let mut data = after.filter(|interface| interface.class == CLASS_CDC_DATA);
    let data = data.find(|data| data.bulk_in != 0 && data.bulk_out != 0)?;
    Some(Port { interface: control.number, input: data.bulk_in, output: data.bulk_out })
}

#[cfg(test)]
mod tests;
