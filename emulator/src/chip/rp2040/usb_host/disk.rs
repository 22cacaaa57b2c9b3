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

#[cfg(test)]
mod tests {
    use super::super::super::testing::shared;
    use super::*;

    const EP1_IN: u32 = 0x88;
    const EP1_OUT: u32 = 0x8C;
    const AVAILABLE: u32 = 1 << 10;
    const FULL: u32 = 1 << 15;

    /// A drive of 8 blocks that is ready when it has been asked twice, behind endpoint 1.
    #[derive(Default)]
    struct Drive {
        blocks: Vec<u8>,
        refusals: u32,
        /// What it is still to send, with the status at the end.
        sending: VecDeque<Vec<u8>>,
        writing: Option<(usize, usize)>,
        tag: Vec<u8>,
    }

    impl Drive {
        fn status(&mut self, code: u8) {
            let status = [b"USBS".to_vec(), self.tag.clone(), vec![0, 0, 0, 0, code]].concat();
            self.sending.push_back(status);
        }

        fn receive(&mut self, packet: &[u8]) {
            if let Some((at, left)) = self.writing {
                self.blocks[at..at + packet.len()].copy_from_slice(packet);
                self.writing = Some((at + packet.len(), left - packet.len())).filter(|rest| rest.1 > 0);
                if self.writing.is_none() {
                    self.status(0);
                }
                return;
            }
            assert_eq!((&packet[..4], packet.len()), (&b"USBC"[..], 31));
            self.tag = packet[4..8].to_vec();
            let command = &packet[15..];
            let at = usize::from(command[5]) * 512;
            let len = usize::from(command[8]) * 512;
            let data = match command[0] {
                INQUIRY => [vec![0; 8], b"Maker   ".to_vec(), b"Model           1.0 ".to_vec()].concat(),
                TEST_UNIT_READY if self.refusals < 2 => {
                    self.refusals += 1;
                    return self.status(1);
                }
                REQUEST_SENSE => vec![0; 18],
                READ_CAPACITY => vec![0, 0, 0, 7, 0, 0, 2, 0],
                READ if at + len > self.blocks.len() => {
                    self.sending.push_back(Vec::new());
                    return self.status(1);
                }
                READ => self.blocks[at..at + len].to_vec(),
                WRITE => {
                    self.writing = Some((at, len));
                    return;
                }
                _ => Vec::new(),
            };
            self.sending.extend(data.chunks(PACKET).map(<[u8]>::to_vec));
            self.status(0);
        }

        /// Looks after the endpoint's buffers, as firmware does.
        fn serve(&mut self, usb: &mut Usb) {
            let out = usb.dpram_read(EP1_OUT);
            if out & AVAILABLE == 0 {
                if out & FULL != 0 {
                    let len = (out & 0x3FF) as usize;
                    let words = (0..16).flat_map(|n| usb.dpram_read(0x180 + 4 * n).to_le_bytes());
                    let packet: Vec<u8> = words.take(len).collect();
                    self.receive(&packet);
                }
                usb.dpram_write(EP1_OUT, 4, AVAILABLE | 64);
            }
            if usb.dpram_read(EP1_IN) & AVAILABLE == 0
                && let Some(packet) = self.sending.pop_front()
            {
                for (n, &byte) in packet.iter().enumerate() {
                    usb.dpram_write(0x1C0 + n as u32, 1, byte.into());
                }
                usb.dpram_write(EP1_IN, 4, AVAILABLE | FULL | packet.len() as u32);
            }
        }
    }

    #[test]
    fn a_drive_tells_its_size_and_its_blocks_are_read_and_written() {
        let (mut s, _) = shared("", 5, &[]);
        let mut usb = Usb::default();
        usb.dpram_write(0x08, 4, 1 << 31 | 0x1C0);
        usb.dpram_write(0x0C, 4, 1 << 31 | 0x180);
        let mut drive = Drive { blocks: (0..8 * 512).map(|n| (n / 512) as u8).collect(), ..Drive::default() };
        let mut disk = Disk::new(Interface { bulk_in: 1, bulk_out: 1, ..Interface::default() });
        let mut run = |disk: &mut Disk, drive: &mut Drive| {
            for _ in 0..1000 {
                drive.serve(&mut usb);
                disk.transact(&mut s, &mut usb);
                disk.frame();
            }
        };
        run(&mut disk, &mut drive);
        let info = DiskInfo { name: "Maker Model".into(), blocks: 8, block_size: 512 };
        assert_eq!(disk.info(), Some(&info));
        disk.request(DiskRequest::Write { lba: 3, data: vec![0xA5; 1024] });
        disk.request(DiskRequest::Read { lba: 2, count: 3 });
        disk.request(DiskRequest::Read { lba: 7, count: 2 });
        run(&mut disk, &mut drive);
        assert_eq!(disk.answer(), Some(Ok(Vec::new())));
        assert_eq!(disk.answer(), Some(Ok([[2; 512], [0xA5; 512], [0xA5; 512]].concat())));
        assert_eq!(disk.answer(), Some(Err(DiskError::Refused)));
        assert_eq!(disk.answer(), None);
    }
}
