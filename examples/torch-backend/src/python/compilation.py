"""torch.compile within a limit of time: what cannot be compiled stays as it is."""

import signal
import time
from contextlib import contextmanager

import torch


class OutOfTime(BaseException):
    """No `Exception`, so that no handler inside of the compiler takes it for a fault of the graph."""


@contextmanager
def deadline(seconds):
    def stop(*_):
        raise OutOfTime()

    before = signal.signal(signal.SIGALRM, stop)
    # Again every second, should the first one be lost in a callback from C++.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def compile_segments(segments, leaves, seconds, progress):
    """Replaces each segment's function by a compiled one, for as long as there is time; runs each once."""
    if not hasattr(torch, "compile"):
        progress(f"PyTorch {torch.__version__} has no torch.compile; running eagerly")
        return
    end = time.monotonic() + seconds
    values = dict(leaves)
    for place, segment in enumerate(segments):
        name = f"function {place + 1} of {len(segments)} ({segment.nodes} nodes)"
        args = [values[at] for at in segment.needs]
        results = compiled_once(segment, args, end, name, progress)
        for at in segment.spent:
            values.pop(at, None)
        values.update(zip(segment.gives, results))


def compiled_once(segment, args, end, name, progress):
    start = time.monotonic()
    if start < end:
        try:
            with deadline(end - start):
                function = torch.compile(segment.function, dynamic=False, fullgraph=True)
                results = function(*args)
            segment.function = function
            progress(f"{name} compiled in {time.monotonic() - start:.1f} s")
            return results
        except OutOfTime:
            progress(f"{name} not compiled within the limit; it and what follows run eagerly")
        except Exception as error:
            words = str(error).strip().split("\n")
            progress(f"{name} not compiled, runs eagerly: {type(error).__name__}: {' | '.join(words[:3])}")
    return segment.function(*args)
