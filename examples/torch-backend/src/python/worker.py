"""Runs graphs for the TypeScript side. A message is a line of JSON and the bytes that it announces, both ways."""

import json
import os
import signal
import sys
import traceback

# Standard output carries messages alone: what libraries print goes where errors go.
OUT = os.fdopen(os.dup(1), "wb", buffering=0)
os.dup2(2, 1)
IN = sys.stdin.buffer
# The file through which large messages come.
INBOX = 3


def read_into(memory):
    filled = 0
    while filled < len(memory):
        count = IN.readinto(memory[filled:])
        if not count:
            sys.exit(0)
        filled += count


def write_all(data):
    view, written = memoryview(data).cast("B"), 0
    while written < len(view):
        written += OUT.write(view[written:])


def progress(line):
    print(line, file=sys.stderr, flush=True)


def answer(header, parts=()):
    header["bytes"] = sum(len(part) for part in parts)
    write_all(json.dumps(header).encode() + b"\n")
    for part in parts:
        if len(part):
            write_all(part)


class Payload:
    """The bytes behind a message; what a failed task left unread is skipped, so that the next message is found."""

    def __init__(self, size, inbox):
        self.size = self.left = size
        self.inbox = inbox

    def read(self, memory):
        if len(memory) > self.left:
            raise ValueError(f"the message announced {len(memory) - self.left} bytes too few")
        if self.inbox:
            read_file_into(memory, self.size - self.left)
        else:
            read_into(memory)
        self.left -= len(memory)

    def skip(self):
        while self.left and not self.inbox:
            self.read(memoryview(bytearray(min(self.left, 1 << 20))))


def read_file_into(memory, at):
    filled = 0
    while filled < len(memory):
        count = os.preadv(INBOX, [memory[filled:]], at + filled)
        if not count:
            raise ValueError(f"the inbox ends {len(memory) - filled} bytes too early")
        filled += count


class Worker:
    def __init__(self):
        self.executables = {}

    def open(self, message, _payload):
        try:
            import torch
        except ImportError as error:
            return {"missing": "torch", "problem": f"{sys.executable} has no PyTorch ({error})"}, ()
        device = message["device"]
        if device.startswith("cuda") and not torch.cuda.is_available():
            return {"missing": "cuda", "problem": f"PyTorch {torch.__version__} sees no CUDA device"}, ()
        self.device = torch.device(device)
        torch.set_grad_enabled(False)
        fast = message["precision"] != "float32"
        if hasattr(torch, "set_float32_matmul_precision"):
            torch.set_float32_matmul_precision("high" if fast else "highest")
        torch.backends.cudnn.allow_tf32 = fast
        torch.backends.cudnn.benchmark = True
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"
        progress(f"PyTorch {torch.__version__} on {name}, Python {sys.version.split()[0]}, process {os.getpid()}")
        return {"torch": torch.__version__, "name": name}, ()

    def compile(self, message, payload):
        from executable import Executable

        made = Executable(message["graph"], payload.read, self.device, message["options"], progress)
        self.executables[message["executable"]] = made
        return {}, ()

    def run(self, message, payload):
        return {}, self.executables[message["executable"]].run(payload.read)

    def params(self, message, _payload):
        return {}, self.executables[message["executable"]].read_params(message["params"])

    def dispose(self, message, _payload):
        self.executables.pop(message["executable"], None)
        if self.device.type == "cuda":
            import torch

            torch.cuda.empty_cache()
        return {}, ()


def main():
    # Ctrl-C goes to both processes: the other one may still want to read the parameters. This one ends with its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker()
    tasks = {name: getattr(worker, name) for name in ("open", "compile", "run", "params", "dispose")}
    while True:
        line = IN.readline()
        if not line:
            return
        message = json.loads(line)
        payload = Payload(message["bytes"], message["inbox"])
        try:
            header, parts = tasks[message["task"]](message, payload)
        except Exception as error:
            header, parts = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}, ()
        payload.skip()
        answer({"id": message["id"], **header}, parts)


if __name__ == "__main__":
    main()
