//! A mass storage device, through SCSI commands over bulk endpoints (USB Mass Storage Bulk-Only Transport 1.0).

use std::collections::VecDeque;

use super::super::shared::Shared;
use super::super::usb::{Answer, Usb};
use super::PACKET;
use super::interfaces::Interface;
use crate::chip::{DiskError, DiskInfo, DiskRequest};

const COMMAND_SIGNATURE: u32 = 0x4342_5355;
const STATUS_SIGNATURE: u32 = 0x5342_5355;

const TEST_UNIT_READY: u8 = 0x00;
const REQUEST_SENSE: u8 = 0x03;
const INQUIRY: u8 = 0x12;
const READ_CAPACITY: u8 = 0x25;
const READ: u8 = 0x28;
const WRITE: u8 = 0x2A;

/// How often a drive that says it is not ready is asked again, and after how many milliseconds.
const PATIENCE: u32 = 50;
const PAUSE: u32 = 100;

/// What comes after a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another may follow at once.
    Again,
    /// The device has nothing, or there is nothing to do.
    Wait,
    /// The endpoint (with its direction bit) refused and is to be freed first.
    ClearHalt(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Command,
    In,
    /// Bytes sent so far.
    Out(usize),
    Status,
}

/// A drive.
#[derive(Clone, Debug)]
pub struct Disk {
    interface: Interface,
    stage: Stage,
    tag: u32,
    command: Vec<u8>,
    /// Bytes that the device is to send.
    expected: usize,
    data: Vec<u8>,
    /// What it says of itself, once it has.
    name: String,
    info: Option<DiskInfo>,
    tries: u32,
    /// Milliseconds until it is asked again.
    pause: u32,
    requests: VecDeque<DiskRequest>,
    answers: VecDeque<Result<Vec<u8>, DiskError>>,
    given_up: bool,
}

impl Disk {
    /// The drive behind an interface.
    pub fn new(interface: Interface) -> Disk {
        let mut disk = Disk {
            interface,
            stage: Stage::Idle,
            tag: 0,
            command: Vec::new(),
            expected: 0,
            data: Vec::new(),
            name: String::new(),
            info: None,
            tries: 0,
            pause: 0,
            requests: VecDeque::new(),
            answers: VecDeque::new(),
            given_up: false,
        };
        disk.ask(&[INQUIRY, 0, 0, 0, 36, 0], 36);
        disk
    }

    /// Where it is.
    pub fn interface(&self) -> Interface {
        self.interface
    }

    /// What it is, once it is ready.
    pub fn info(&self) -> Option<&DiskInfo> {
        self.info.as_ref()
    }

    /// Queues a request.
    pub fn request(&mut self, request: DiskRequest) {
        self.requests.push_back(request);
        if self.stage == Stage::Idle {
            self.next_request();
        }
    }

    /// The answer to the oldest request that has one.
    pub fn answer(&mut self) -> Option<Result<Vec<u8>, DiskError>> {
        self.answers.pop_front()
    }

    /// A millisecond has passed.
    pub fn frame(&mut self) {
        self.pause = self.pause.saturating_sub(1);
    }

    fn ask(&mut self, command: &[u8], expected: usize) {
        self.send(command, expected, Vec::new());
    }

    fn send(&mut self, command: &[u8], expected: usize, data: Vec<u8>) {
        self.tag += 1;
        self.command = command.to_vec();
        (self.expected, self.data) = (expected, data);
        self.stage = Stage::Command;
    }

    fn next_request(&mut self) {
        let Some(info) = &self.info else { return };
        let block = info.block_size as usize;
        let command = |code: u8, lba: u32, count: u16| {
            let [a, b, c, d] = lba.to_be_bytes();
            let [e, f] = count.to_be_bytes();
            [code, 0, a, b, c, d, 0, e, f, 0]
        };
        match self.requests.pop_front() {
            Some(DiskRequest::Read { lba, count }) => {
                self.ask(&command(READ, lba, count), usize::from(count) * block);
            }
            Some(DiskRequest::Write { lba, data }) => {
                let count = u16::try_from(data.len() / block).unwrap_or(u16::MAX);
                let len = usize::from(count) * block;
                self.send(&command(WRITE, lba, count), 0, data[..len].to_vec());
            }
            None => {}
        }
    }

    /// One transaction.
    pub fn transact(&mut self, s: &mut Shared, usb: &mut Usb) -> Next {
        if self.pause > 0 || self.given_up {
            return Next::Wait;
        }
        let (input, output) = (self.interface.bulk_in, self.interface.bulk_out);
        let writes = self.command.first() == Some(&WRITE);
        match self.stage {
            Stage::Idle => Next::Wait,
            Stage::Command => match usb.output(s, output, &self.wrapper()) {
                Answer::Ack(_) => {
                    self.stage = match (writes, self.expected) {
                        (true, _) => Stage::Out(0),
                        (false, 0) => Stage::Status,
                        _ => Stage::In,
                    };
                    Next::Again
                }
                Answer::Nak => Next::Wait,
                Answer::Stall => Next::ClearHalt(output),
            },
            Stage::In => match usb.input(s, input) {
                Answer::Ack(bytes) => {
                    let short = bytes.len() < PACKET;
                    self.data.extend(bytes);
                    if short || self.data.len() >= self.expected {
                        self.stage = Stage::Status;
                    }
                    Next::Again
                }
                Answer::Nak => Next::Wait,
                Answer::Stall => {
                    self.stage = Stage::Status;
                    Next::ClearHalt(input | 0x80)
                }
            },
            Stage::Out(sent) => {
                let end = self.data.len().min(sent + PACKET);
                match usb.output(s, output, &self.data[sent..end]) {
                    Answer::Ack(_) => {
                        self.stage = if end == self.data.len() { Stage::Status } else { Stage::Out(end) };
                        Next::Again
                    }
                    Answer::Nak => Next::Wait,
                    Answer::Stall => {
                        self.stage = Stage::Status;
                        Next::ClearHalt(output)
                    }
                }
            }
            Stage::Status => match usb.input(s, input) {
                // A data stage that ended exactly with a full packet may be closed by an empty one.
                Answer::Ack(bytes) if bytes.is_empty() => Next::Again,
                Answer::Ack(bytes) => {
                    self.completed(&bytes);
                    Next::Again
                }
                Answer::Nak => Next::Wait,
                Answer::Stall => Next::ClearHalt(input | 0x80),
            },
        }
    }

    /// The command block wrapper.
    fn wrapper(&self) -> Vec<u8> {
        let writes = self.command.first() == Some(&WRITE);
        let length = if writes { self.data.len() } else { self.expected };
        let mut wrapper = Vec::with_capacity(31);
        wrapper.extend(COMMAND_SIGNATURE.to_le_bytes());
        wrapper.extend(self.tag.to_le_bytes());
        wrapper.extend((length as u32).to_le_bytes());
        wrapper.extend([if writes { 0 } else { 0x80 }, 0, self.command.len() as u8]);
        wrapper.extend(&self.command);
        wrapper.resize(31, 0);
        wrapper
    }

    /// A command is over, with this status wrapper.
    fn completed(&mut self, status: &[u8]) {
        let word = |at: usize| {
            status
                .get(at..at + 4)
                .map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        let fine = word(0) == STATUS_SIGNATURE && word(4) == self.tag && status.get(12) == Some(&0);
        self.stage = Stage::Idle;
        let data = std::mem::take(&mut self.data);
        match (self.command[0], fine) {
            (INQUIRY, _) => {
                let text = |range: std::ops::Range<usize>| {
                    let bytes = data.get(range).unwrap_or_default();
                    String::from_utf8_lossy(bytes).trim().to_owned()
                };
                self.name = format!("{} {}", text(8..16), text(16..32)).trim().to_owned();
                self.ask(&[TEST_UNIT_READY, 0, 0, 0, 0, 0], 0);
            }
            (TEST_UNIT_READY, true) => self.ask(&[READ_CAPACITY, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8),
            (READ_CAPACITY, true) if data.len() >= 8 => {
                let word =
                    |at: usize| u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
                let name = self.name.clone();
                let info = DiskInfo { name, blocks: word(0).saturating_add(1), block_size: word(4) };
                // Requests are counted in blocks.
                self.given_up = info.block_size == 0;
                self.info = Some(info);
                self.next_request();
            }
            (TEST_UNIT_READY | READ_CAPACITY, _) => self.ask(&[REQUEST_SENSE, 0, 0, 0, 18, 0], 18),
            (REQUEST_SENSE, _) => {
                self.tries += 1;
                self.pause = PAUSE;
                self.given_up = self.tries > PATIENCE;
                self.ask(&[TEST_UNIT_READY, 0, 0, 0, 0, 0], 0);
            }
            (READ, true) => {
                self.answers.push_back(Ok(data));
                self.next_request();
            }
            (WRITE, true) => {
                self.answers.push_back(Ok(Vec::new()));
                self.next_request();
            }
            (_, _) => {
                self.answers.push_back(Err(DiskError::Refused));
                self.next_request();
            }
        }
    }
}
