"""Unit tests in the interface of CPython's module: TestCase, skips, subTest, main.

main() runs the cases of a module (or of __main__) and prints one line a test, then a summary whose
last lines test runners read.
"""

import sys

__all__ = [
    "TestCase", "FunctionTestCase", "TestResult", "TestSuite", "TestLoader", "TextTestRunner", "TestRunner",
    "SkipTest", "skip", "skipIf", "skipUnless", "expectedFailure", "main",
]


class SkipTest(Exception):
    """Raised to leave a test without an outcome."""


class _ExpectedFailure(Exception):
    pass


class _UnexpectedSuccess(AssertionError):
    pass


class _AssertRaises:
    """What assertRaises returns when it is used in a with statement."""

    def __init__(self, expected, pattern=None):
        self.expected = expected
        self.pattern = pattern
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            raise AssertionError("%s not raised" % _names(self.expected))
        if not issubclass(kind, self.expected):
            return False
        self.exception = value
        if self.pattern is not None:
            import re

            if not re.search(self.pattern, str(value)):
                raise AssertionError('"%s" does not match "%s"' % (self.pattern, value))
        return True


class _SubTest:
    """One round of a loop in a test: its failure is noted, and the loop goes on."""

    def __init__(self, case, message, params):
        self.case = case
        self.label = ", ".join(
            ([str(message)] if message is not None else []) + ["%s=%r" % item for item in params.items()]
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        result = self.case._result
        if kind is None or result is None or not issubclass(kind, Exception):
            return False
        name = "%s [%s]" % (self.case, self.label)
        if issubclass(kind, SkipTest):
            result.add_skip(name, str(value))
        elif issubclass(kind, AssertionError):
            self.case._failed = True
            result.add_failure(name, value)
        else:
            self.case._failed = True
            result.add_error(name, value)
        return True


class TestCase:
    """A group of tests: the methods whose names start with test."""

    failureException = AssertionError
    longMessage = True

    def __init__(self, methodName="runTest"):
        self._testMethodName = methodName
        self._cleanups = []
        self._result = None
        self._failed = False

    def __str__(self):
        return "%s (%s)" % (self._testMethodName, type(self).__name__)

    def id(self):
        return "%s.%s" % (type(self).__name__, self._testMethodName)

    def setUp(self):
        pass

    def tearDown(self):
        pass

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def addCleanup(self, function, *args, **kwargs):
        self._cleanups.append((function, args, kwargs))

    def doCleanups(self):
        while self._cleanups:
            function, args, kwargs = self._cleanups.pop()
            function(*args, **kwargs)

    def subTest(self, msg=None, **params):
        return _SubTest(self, msg, params)

    def skipTest(self, reason):
        raise SkipTest(reason)

    def fail(self, msg=None):
        raise self.failureException(msg if msg is not None else "failed")

    def _check(self, holds, standard, msg):
        if not holds:
            raise self.failureException(standard if msg is None else "%s : %s" % (standard, msg))

    def assertEqual(self, first, second, msg=None):
        self._check(first == second, "%r != %r" % (first, second), msg)

    def assertNotEqual(self, first, second, msg=None):
        self._check(first != second, "%r == %r" % (first, second), msg)

    def assertTrue(self, expr, msg=None):
        self._check(expr, "%r is not true" % (expr,), msg)

    def assertFalse(self, expr, msg=None):
        self._check(not expr, "%r is not false" % (expr,), msg)

    def assertIs(self, first, second, msg=None):
        self._check(first is second, "%r is not %r" % (first, second), msg)

    def assertIsNot(self, first, second, msg=None):
        self._check(first is not second, "unexpectedly identical: %r" % (first,), msg)

    def assertIsNone(self, obj, msg=None):
        self._check(obj is None, "%r is not None" % (obj,), msg)

    def assertIsNotNone(self, obj, msg=None):
        self._check(obj is not None, "unexpectedly None", msg)

    def assertIn(self, member, container, msg=None):
        self._check(member in container, "%r not found in %r" % (member, container), msg)

    def assertNotIn(self, member, container, msg=None):
        self._check(member not in container, "%r unexpectedly found in %r" % (member, container), msg)

    def assertIsInstance(self, obj, cls, msg=None):
        self._check(isinstance(obj, cls), "%r is not an instance of %r" % (obj, cls), msg)

    def assertNotIsInstance(self, obj, cls, msg=None):
        self._check(not isinstance(obj, cls), "%r is an instance of %r" % (obj, cls), msg)

    def assertLess(self, first, second, msg=None):
        self._check(first < second, "%r not less than %r" % (first, second), msg)

    def assertLessEqual(self, first, second, msg=None):
        self._check(first <= second, "%r not less than or equal to %r" % (first, second), msg)

    def assertGreater(self, first, second, msg=None):
        self._check(first > second, "%r not greater than %r" % (first, second), msg)

    def assertGreaterEqual(self, first, second, msg=None):
        self._check(first >= second, "%r not greater than or equal to %r" % (first, second), msg)

    def assertAlmostEqual(self, first, second, places=None, msg=None, delta=None):
        if places is not None and delta is not None:
            raise TypeError("specify delta or places not both")
        if first == second:
            return
        difference = abs(first - second)
        if delta is not None:
            self._check(difference <= delta, "%r != %r within %r delta" % (first, second, delta), msg)
        else:
            places = 7 if places is None else places
            self._check(round(difference, places) == 0, "%r != %r within %r places" % (first, second, places), msg)

    def assertNotAlmostEqual(self, first, second, places=None, msg=None, delta=None):
        if places is not None and delta is not None:
            raise TypeError("specify delta or places not both")
        difference = abs(first - second)
        if delta is not None:
            close = difference <= delta
        else:
            close = round(difference, 7 if places is None else places) == 0
        self._check(first != second and not close, "%r == %r" % (first, second), msg)

    def assertSequenceEqual(self, first, second, msg=None):
        self.assertEqual(list(first), list(second), msg)

    def assertListEqual(self, first, second, msg=None):
        self.assertEqual(first, second, msg)

    assertTupleEqual = assertListEqual
    assertSetEqual = assertListEqual
    assertDictEqual = assertListEqual
    assertMultiLineEqual = assertListEqual

    def assertCountEqual(self, first, second, msg=None):
        rest = list(second)
        for item in first:
            self._check(item in rest, "%r is missing from the second" % (item,), msg)
            rest.remove(item)
        self._check(not rest, "missing from the first: %r" % (rest,), msg)

    def assertRegex(self, text, pattern, msg=None):
        import re

        self._check(re.search(pattern, text), "Regex didn't match: %r not found in %r" % (pattern, text), msg)

    def assertNotRegex(self, text, pattern, msg=None):
        import re

        self._check(not re.search(pattern, text), "Regex matched: %r matches %r" % (pattern, text), msg)

    def assertRaises(self, expected, function=None, *args, **kwargs):
        context = _AssertRaises(expected)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)

    def assertRaisesRegex(self, expected, pattern, function=None, *args, **kwargs):
        context = _AssertRaises(expected, pattern)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)

    def run(self, result):
        """Runs this one test and notes the outcome."""
        self._result = result
        method = getattr(self, self._testMethodName)
        result.testsRun += 1
        name = str(self)
        reason = getattr(method, "__unittest_skip__", None)
        if reason is None:
            reason = getattr(type(self), "__unittest_skip__", None)
        if reason is not None:
            result.add_skip(name, reason)
            return
        self._failed = False
        try:
            self.setUp()
            try:
                method()
            finally:
                try:
                    self.tearDown()
                finally:
                    self.doCleanups()
        except SkipTest as skipped:
            result.add_skip(name, str(skipped))
        except _ExpectedFailure:
            result.add_success(name, "expected failure")
        except AssertionError as failure:
            result.add_failure(name, failure)
        except Exception as error:
            result.add_error(name, error)
        else:
            if not self._failed:
                result.add_success(name, "ok")

    def debug(self):
        """Runs this one test and lets its exception out."""
        self.setUp()
        getattr(self, self._testMethodName)()
        self.tearDown()


class FunctionTestCase(TestCase):
    """A function as a test."""

    def __init__(self, function, name):
        TestCase.__init__(self, "runTest")
        self._function = function
        self._name = name

    def __str__(self):
        return self._name

    def runTest(self):
        self._function()


class TestResult:
    """What came of the tests that were run."""

    def __init__(self):
        self.testsRun = 0
        self.failures = []
        self.errors = []
        self.skipped = []

    def wasSuccessful(self):
        return not self.failures and not self.errors

    def add_success(self, name, word):
        print("%s ... %s" % (name, word))

    def add_skip(self, name, reason):
        self.skipped.append((name, reason))
        print("%s ... skipped: %s" % (name, reason))

    def add_failure(self, name, exception):
        self.failures.append((name, exception))
        print("%s ... FAIL" % name)

    def add_error(self, name, exception):
        self.errors.append((name, exception))
        print("%s ... ERROR" % name)

    def printErrors(self):
        for word, outcomes in (("ERROR", self.errors), ("FAIL", self.failures)):
            for name, exception in outcomes:
                print("=" * 70)
                print("%s: %s" % (word, name))
                print("-" * 70)
                sys.print_exception(exception)


class TestSuite:
    """Tests to be run together: cases, suites and classes of tests."""

    def __init__(self, tests=()):
        self._tests = list(tests)

    def addTest(self, test):
        self._tests.append(test)

    def addTests(self, tests):
        for test in tests:
            self.addTest(test)

    def countTestCases(self):
        return len(self._tests)

    def run(self, result):
        for test in self._tests:
            if isinstance(test, type):
                _run_class(test, result)
            else:
                test.run(result)
        return result


class TestLoader:
    """Finds the tests of a class or module."""

    def getTestCaseNames(self, cls):
        return sorted(name for name in dir(cls) if name.startswith("test") and callable(getattr(cls, name)))

    def loadTestsFromTestCase(self, cls):
        return TestSuite([cls])

    def loadTestsFromModule(self, module):
        suite = TestSuite()
        for name in sorted(dir(module)):
            item = getattr(module, name)
            if isinstance(item, type):
                if issubclass(item, TestCase) and item not in (TestCase, FunctionTestCase):
                    suite.addTest(item)
            elif name.startswith("test") and callable(item):
                suite.addTest(FunctionTestCase(item, name))
        return suite


defaultTestLoader = TestLoader()


def _run_class(cls, result):
    # As in micropython-lib: runTest is the only test of its class.
    names = ["runTest"] if hasattr(cls, "runTest") else defaultTestLoader.getTestCaseNames(cls)
    # A test may have a variable of this name.
    run = cls.run if callable(cls.run) else TestCase.run
    reason = getattr(cls, "__unittest_skip__", None)
    if reason is None:
        try:
            cls.setUpClass()
        except SkipTest as skipped:
            reason = str(skipped)
        except Exception as error:
            result.add_error("setUpClass (%s)" % cls.__name__, error)
            return
    for name in names:
        if reason is not None:
            result.testsRun += 1
            result.add_skip("%s (%s)" % (name, cls.__name__), reason)
        else:
            run(cls(name), result)
    if reason is None:
        try:
            cls.tearDownClass()
        except Exception as error:
            result.add_error("tearDownClass (%s)" % cls.__name__, error)


class TextTestRunner:
    """Runs a suite and prints the summary."""

    def __init__(self, verbosity=1):
        self.verbosity = verbosity

    def run(self, suite):
        result = TestResult()
        suite.run(result)
        result.printErrors()
        print("-" * 70)
        print("Ran %d tests\n" % result.testsRun)
        if not result.wasSuccessful():
            print("FAILED (failures=%d, errors=%d)" % (len(result.failures), len(result.errors)))
        elif result.skipped:
            print("OK (skipped=%d)" % len(result.skipped))
        else:
            print("OK")
        return result


TestRunner = TextTestRunner


def skip(reason):
    """Decorator: never run this test or class."""

    def mark(test):
        if isinstance(test, type):
            test.__unittest_skip__ = reason
            return test

        def skipped(self):
            raise SkipTest(reason)

        return skipped

    return mark


def skipIf(condition, reason):
    """Decorator: skip where the condition is true."""
    return skip(reason) if condition else lambda test: test


def skipUnless(condition, reason):
    """Decorator: skip where the condition is false."""
    return lambda test: test if condition else skip(reason)(test)


def expectedFailure(test):
    """Decorator: passing is a failure."""

    def inverted(*args, **kwargs):
        try:
            test(*args, **kwargs)
        except SkipTest:
            raise
        except Exception as error:
            raise _ExpectedFailure from error
        raise _UnexpectedSuccess("unexpected success")

    return inverted


def _names(classes):
    if isinstance(classes, tuple):
        return ", ".join(cls.__name__ for cls in classes)
    return classes.__name__


def main(module="__main__", testRunner=None, exit=True):
    """Runs the tests of a module, given by name or itself, and prints the summary."""
    if isinstance(module, str):
        module = __import__(module)
    if testRunner is None:
        testRunner = TextTestRunner()
    elif isinstance(testRunner, type):
        testRunner = testRunner()
    return testRunner.run(defaultTestLoader.loadTestsFromModule(module))
