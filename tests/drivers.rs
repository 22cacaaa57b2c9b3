//! Drivers that come with the firmware, against the parts they are for, and the chip's own PIO and DMA.

use serde_json::Value;

use crate::cli::{output, script, stderr, stdout};

/// Runs a script beside these parts (TOML); gives what it printed and every edge of a pin (ns, level).
fn run(source: &str, parts: &str, pin: &str) -> (String, Vec<(u64, bool)>) {
    let (place, path) = script(source);
    let (bench, vcd) = (place.path().join("bench.toml"), place.path().join("out.vcd"));
    std::fs::write(&bench, format!("[board]\ntype = \"pico\"\n{parts}")).unwrap();
    let (bench, vcd) = (bench.to_str().unwrap(), vcd.to_str().unwrap());
    let out = output(&["run", &path, "--bench", bench, "--vcd", vcd, "--for", "20s"]);
    assert_eq!(out.status.code(), Some(0), "{}{}", stdout(&out), stderr(&out));
    (stdout(&out), edges(&std::fs::read_to_string(vcd).unwrap(), pin))
}

/// The edges of a pin in a value change dump.
fn edges(vcd: &str, pin: &str) -> Vec<(u64, bool)> {
    let name = format!(" {pin} $end");
    let Some(declared) = vcd.lines().find(|l| l.starts_with("$var wire 1 ") && l.ends_with(&name)) else {
        return Vec::new();
    };
    let symbol = declared.split(' ').nth(3).unwrap();
    let (mut now, mut found) = (0, Vec::new());
    for line in vcd.lines() {
        if let Some(time) = line.strip_prefix('#') {
            now = time.parse().unwrap();
        } else if let Some(level) = line.strip_suffix(symbol)
            && matches!(level, "0" | "1")
        {
            found.push((now, level == "1"));
        }
    }
    found
}

/// The bytes of a LED strip's signal: a high level longer than 600 ns is a 1.
fn strip_bytes(edges: &[(u64, bool)]) -> Vec<u8> {
    let highs = edges.windows(2).filter(|pair| pair[0].1 && !pair[1].1).map(|pair| pair[1].0 - pair[0].0);
    let bits: Vec<u8> = highs.map(|ns| u8::from(ns > 600)).collect();
    bits.chunks(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit)).collect()
}

#[test]
fn thermometers_on_one_wire_are_found_and_read() {
    let parts = "
[[part]]
type = \"ds18b20\"
name = \"inside\"
pins = { data = \"GP2\" }
serial = 17
inputs.temperature = 21.5

[[part]]
type = \"ds18b20\"
name = \"outside\"
pins = { data = \"GP2\" }
serial = 4242
inputs.temperature = -7.25
";
    let source = "import time, onewire, ds18x20
from machine import Pin
bus = ds18x20.DS18X20(onewire.OneWire(Pin(2)))
roms = bus.scan()
bus.convert_temp()
time.sleep_ms(750)
print(sorted((bytes(rom[:3]).hex(), bus.read_temp(rom)) for rom in roms))
";
    let (printed, _) = run(source, parts, "GP2");
    assert_eq!(printed, "[('281100', 21.5), ('289210', -7.25)]\n");
}

#[test]
fn a_dht22_is_read() {
    let parts = "
[[part]]
type = \"dht22\"
name = \"air\"
pins = { data = \"GP3\" }
inputs.temperature = -3.5
inputs.humidity = 45.6
";
    let source = "import dht
from machine import Pin
sensor = dht.DHT22(Pin(3))
sensor.measure()
print(round(sensor.temperature(), 1), round(sensor.humidity(), 1))
try:
    dht.DHT22(Pin(5)).measure()
except OSError as e:
    print(e.errno)
";
    let (printed, _) = run(source, parts, "GP3");
    assert_eq!(printed, "-3.5 45.6\n110\n");
}

#[test]
fn a_led_strip_gets_the_bits_that_were_meant() {
    let source = "from machine import Pin
from neopixel import NeoPixel
strip = NeoPixel(Pin(4), 3)
strip[0] = (255, 0, 1)
strip[1] = (0x12, 0x34, 0x56)
strip[-1] = (0, 0, 0xAA)
print(strip[1], len(strip))
strip.write()
";
    let (printed, edges) = run(source, "", "GP4");
    assert_eq!(printed, "(18, 52, 86) 3\n");
    // Green comes first.
    assert_eq!(strip_bytes(&edges), [0, 255, 1, 0x34, 0x12, 0x56, 0, 0, 0xAA]);
}

#[test]
fn a_state_machine_drives_a_led_strip() {
    let source = "import rp2, time
from machine import Pin

@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_LEFT, autopull=True, pull_thresh=24)
def strip():
    wrap_target()
    label('bitloop')
    out(x, 1)               .side(0)    [2]
    jmp(not_x, 'do_zero')   .side(1)    [1]
    jmp('bitloop')          .side(1)    [4]
    label('do_zero')
    nop()                   .side(0)    [4]
    wrap()

sm = rp2.StateMachine(0, strip, freq=8_000_000, sideset_base=Pin(4))
sm.active(1)
sm.put([0x00FF01, 0x341256], 8)
time.sleep_ms(1)
";
    let (_, edges) = run(source, "", "GP4");
    assert_eq!(strip_bytes(&edges), [0, 255, 1, 0x34, 0x12, 0x56]);
    // Two and seven cycles of 125 ns.
    assert!(edges.windows(2).filter(|p| p[0].1).all(|p| matches!(p[1].0 - p[0].0, 245..=255 | 870..=880)));
}

#[test]
fn state_machines_answer_and_interrupt_and_dma_copies() {
    let source = "import rp2, time

@rp2.asm_pio()
def inverts():
    pull()
    mov(isr, invert(osr))
    push()
    irq(rel(0))

sm = rp2.StateMachine(5, inverts)
hits = []
sm.irq(lambda s: hits.append((s is sm, s.irq().flags())))
sm.active(1)
for n in (5, 6):
    sm.put(n)
    print(hex(sm.get()))
    time.sleep_ms(1)
print(hits, sm.rx_fifo(), sm.tx_fifo())

dma = rp2.DMA()
done = []
dma.irq(lambda d: done.append(d is dma))
source, target = bytes(range(256)), bytearray(256)
dma.config(read=source, write=target, count=64, ctrl=dma.pack_ctrl(irq_quiet=0), trigger=True)
while dma.active():
    pass
time.sleep_ms(1)
print(target == source, done, rp2.DMA.unpack_ctrl(dma.ctrl)['size'])
dma.close()
";
    let (printed, _) = run(source, "", "GP4");
    assert_eq!(printed, "0xfffffffa\n0xfffffff9\n[(True, 1), (True, 1)] 0 0\nTrue [True] 2\n");
}

#[test]
fn a_waiting_event_loop_lets_the_chip_sleep() {
    let (_place, path) = script(
        "import asyncio
async def tick(n):
    for i in range(n):
        await asyncio.sleep(1)
async def main():
    await asyncio.gather(tick(10), tick(5))
asyncio.run(main())
",
    );
    let out = output(&["run", &path, "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", stdout(&out));
    let end: Value = serde_json::from_str(stdout(&out).lines().last().unwrap()).unwrap();
    // Ten seconds of spinning would be more than a thousand million.
    assert!(end["virtual_seconds"].as_f64().unwrap() >= 10.0, "{end}");
    assert!(end["instructions"].as_u64().unwrap() < 60_000_000, "{end}");
}

#[test]
fn a_busy_thread_does_not_keep_others_from_their_times() {
    let source = "import _thread, time
from machine import Pin
led, stop = Pin(4, Pin.OUT), False
def busy():
    while not stop:
        pass
_thread.start_new_thread(busy, ())
for i in range(6):
    led.toggle()
    time.sleep_ms(20)
stop = True
";
    let (_, edges) = run(source, "", "GP4");
    let gaps: Vec<u64> = edges.windows(2).map(|p| (p[1].0 - p[0].0) / 1_000_000).collect();
    assert!(gaps.len() >= 5 && gaps[gaps.len() - 5..].iter().all(|ms| (20..=26).contains(ms)), "{gaps:?}");
}
