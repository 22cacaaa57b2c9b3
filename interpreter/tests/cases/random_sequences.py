# The same numbers as a board with MicroPython draws after the same seed: the output is what a Pico prints.
import random
random.seed(5); print([random.randint(1,6) for _ in range(5)], random.random(), random.uniform(1,2), random.choice([1,2,3]), random.getrandbits(8), random.randrange(0,100,5), random.getrandbits(32), random.randrange(-5,5), random.randrange(10,0,-3), random.randint(0,2**29))
random.seed(-1); print("%.7f" % random.random(), random.getrandbits(1))
random.seed(2**40+3); print("%.7f" % random.random(), random.randint(0, 15), random.randint(0, 16))
