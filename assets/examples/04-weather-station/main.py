# Weather station: collect, filter, detect, log.
#
# The BME280 on I2C0 is fed from weather.csv, one record every half second. The script keeps a
# moving average, flags readings that are far from it, and logs everything as JSON lines on the
# board's flash: see it with `import os; os.listdir()` at the prompt once the script is stopped.
import json
import time
from machine import I2C, Pin

from bme280 import BME280

WINDOW = 12  # readings in the moving average
LIMIT = 3.0  # °C away from the average: an anomaly
LOG = "weather.jsonl"
LOG_LINES = 200  # then start over, so that the flash never fills up

sensor = BME280(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000))
alarm = Pin("LED", Pin.OUT, value=0)

recent = []
lines = 0
log = open(LOG, "w")

while True:
    temperature, humidity, pressure = sensor.read()

    # Compare with the average so far, then let the reading join it (unless it is an outlier).
    average = sum(recent) / len(recent) if recent else temperature
    anomaly = len(recent) == WINDOW and abs(temperature - average) > LIMIT
    alarm.value(anomaly)
    if not anomaly:
        recent.append(temperature)
        if len(recent) > WINDOW:
            recent.pop(0)

    print("temp:%.2f avg:%.2f humidity:%.1f pressure:%.1f%s" % (
        temperature, average, humidity, pressure, "  <- anomaly" if anomaly else ""))

    record = {"ms": time.ticks_ms(), "t": round(temperature, 2), "h": round(humidity, 1),
              "p": round(pressure, 1), "anomaly": anomaly}
    log.write(json.dumps(record) + "\n")
    lines += 1
    if lines % 10 == 0:
        log.flush()
    if lines == LOG_LINES:
        log.close()
        log = open(LOG, "w")
        lines = 0

    time.sleep_ms(500)
