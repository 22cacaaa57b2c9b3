# Step counter: count, classify and log on a micro:bit.
#
# The length of the acceleration vector is smoothed; each time it rises through a threshold that follows the mean,
# a step is counted. Once a second the cadence and the spread tell standing, walking and running apart. Button A
# sets the count back.
from microbit import *
import math

ALPHA = 0.4  # smoothing of a sample
MEMORY = 0.02  # how quickly the mean follows
RISE = 60  # milli-g above the mean that make a step
PERIOD = 20  # ms between samples

steps = 0
value = mean = 1024.0
above = False
recent = []  # times of the last steps
spread = 0.0


def length():
    x, y, z = accelerometer.get_values()
    return math.sqrt(x * x + y * y + z * z)


def kind(cadence):
    if cadence < 0.5:
        return "standing"
    return "running" if spread > 450 else "walking"


PICTURES = {
    "standing": Image("00900:00900:00900:00900:00900"),
    "walking": Image("00900:09990:00900:09090:90090"),
    "running": Image("00099:09990:90900:09099:90000"),
}

report = running_time() + 1000
due = running_time()
while True:
    value += ALPHA * (length() - value)
    mean += MEMORY * (value - mean)
    spread += MEMORY * (abs(value - mean) * 2 - spread)
    if above:
        above = value > mean
    elif value > mean + RISE:
        above = True
        steps += 1
        recent.append(running_time())
    if button_a.was_pressed():
        steps = 0
    now = running_time()
    if now >= report:
        report += 1000
        while recent and now - recent[0] > 3000:
            recent.pop(0)
        cadence = len(recent) / 3
        doing = kind(cadence)
        display.show(PICTURES[doing], wait=False)
        print("steps:%d cadence:%.2f spread:%d temp:%d  <- %s" % (steps, cadence, spread, temperature(), doing))
    due += PERIOD
    if due > running_time():
        sleep(due - running_time())
