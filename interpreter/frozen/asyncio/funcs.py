from asyncio import CancelledError, Task, TimeoutError, _wait, _wake, create_task, current_task, sleep, sleep_ms


def _task(aw):
    return aw if isinstance(aw, Task) else create_task(aw)


async def gather(*aws, return_exceptions=False):
    me = current_task()
    left = 0
    failure = None
    waiting = False

    # A task has ended, by `exc` if that is not None.
    def ended(task, exc):
        nonlocal left, failure, waiting
        left -= 1
        if exc is not None and not return_exceptions and failure is None:
            failure = exc
        if waiting and (left == 0 or failure is not None):
            waiting = False
            _wake(me)

    tasks = [_task(aw) for aw in aws]
    for task in tasks:
        if task.state is True:
            task.state = ended
            left += 1
        elif not task.done():
            raise RuntimeError("can't gather")
        else:
            task.state = False
            if task._failed and not return_exceptions and failure is None:
                failure = task.data
    cancelled = False
    if left and failure is None:
        waiting = True
        try:
            await _wait()
        except CancelledError as exc:
            cancelled = True
            failure = exc
        waiting = False
    # Those that still run are on their own.
    for task in tasks:
        if task.state is ended:
            task.state = True
            if cancelled:
                task.cancel()
    if failure is not None:
        raise failure
    return [task.data for task in tasks]


async def wait_for(aw, timeout, sleep=sleep):
    aw = _task(aw)
    if timeout is None:
        return await aw
    me = current_task()
    waiting = True
    result = failure = None

    # Awaits in a task of its own, so that it can be given up.
    async def watch():
        nonlocal waiting, result, failure
        try:
            result = await aw
        except BaseException as exc:
            failure = exc
        if waiting:
            waiting = False
            _wake(me)

    runner = create_task(watch())
    try:
        await sleep(timeout)
    except CancelledError:
        if waiting:
            waiting = False
            runner.cancel()
        raise
    if waiting:
        waiting = False
        runner.cancel()
        await runner
        raise TimeoutError
    if failure is not None:
        raise failure
    return result


def wait_for_ms(aw, timeout):
    return wait_for(aw, timeout, sleep_ms)
