#!/usr/bin/env python3
"""Measures our runtime beside ONNX Runtime and OpenVINO on the same model files; run by Scripts/bench-peers.sh.

Each runtime is a process that loads the model and then waits until it is told to compute, so that one computes at a time:
ours, a peer, ours, the next peer, and so on, round after round. A slow spell of the machine slows both of a pair.

Before anything is timed the outputs are compared with ONNX Runtime's in float32 (int8: on the same int8 file):
max|difference| / max|value|. bf16 and int8 have looser bounds, for two correct programs round at different places and deep
networks with random weights magnify that.

Columns: median of a run (a batch); GFLOP/s and its share of what the processor can multiply and add in that precision,
measured just before with a loop in C; peer's time / ours of the medians, with the quartiles over pairs of turns beside each
other: above 1 ours is faster; difference as above; load (until the model is read and compiled; ours plans in its first
run); first (from the start of the process to the first result); peak memory (VmHWM); other (what the rest of the machine
computed meanwhile, in % of a core).

exit code: 0, or 1 when outputs disagree or ours cannot run a model.
"""

import argparse
import json
import os
import pathlib
import select
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
MODELS = ["resnet50", "vit_s", "vit_l", "effnet_b3", "convnext_l", "segformer_b0", "sam_b"]
QUANTIZED = ["resnet50", "vit_l"]
ALWAYS_ONE = ["convnext_l", "sam_b"]
PEERS = ["onnxruntime", "openvino"]
# Ours as one stream per thread: pictures at once instead of threads per picture.
STREAMS = "streams"
PRECISIONS = ["f32", "bf16", "int8"]
BOUNDS = {"f32": 1e-4, "bf16": 0.15, "int8": 0.1}
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A runtime that ended, said nothing for too long, or cannot do what was asked."""


class Contestant:
    """A process with one runtime and one model loaded."""

    def __init__(self, kind, precision, options, job, folder):
        self.kind, self.precision, self.limit = kind, precision, options.limit
        self.folder = folder
        self.log = folder / f"{kind}.{precision}.log"
        is_ours = kind in ("dr", STREAMS)
        program = [str(options.runner)] if is_ours else [sys.executable, str(HERE / "peer_runner.py"), kind]
        threads = f"{job.threads}x1" if kind == STREAMS else job.threads
        arguments = [job.path, folder / "input", ",".join(map(str, job.shape)), threads, precision]
        self.buffer = b""
        self.turns = []
        self.others = []
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [*program, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log.open("wb"))
        try:
            self.ready = self.answer()
        except Failed:
            self.close()
            raise
        self.start_to_first = time.perf_counter() - started

    def ask(self, command):
        try:
            self.process.stdin.write(f"{command}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self.reason("ended")) from None
        return self.answer()

    def answer(self):
        deadline = time.monotonic() + self.limit
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            if not select.select([pipe], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise Failed(f"no answer within {self.limit} s")
            part = os.read(pipe, 1 << 16)
            if not part:
                raise Failed(self.reason(f"ended with status {self.process.wait()}"))
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def reason(self, otherwise):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else otherwise

    def output(self):
        path = self.folder / f"{self.kind}.{self.precision}.output"
        shape = self.ask(f"output {path}")["shape"]
        return numpy.fromfile(path, numpy.float32).reshape(shape)

    def turn(self, runs):
        """The times of some runs one after the other."""
        own, all_ = self.ticks(), busy_ticks()
        start = time.perf_counter()
        times = self.ask(f"run {runs}")["times_ms"]
        elapsed = time.perf_counter() - start
        other = (busy_ticks() - all_) - (self.ticks() - own)
        self.others.append(max(other, 0) / TICKS / elapsed)
        self.turns.append(statistics.median(times))

    def ticks(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def memory(self):
        """(peak resident, anonymous now) in MiB."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in lines)
        return tuple(int(values[key].split()[0]) // 1024 for key in ("VmHWM", "RssAnon"))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def busy_ticks():
    """What all cores have computed so far."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, pathlib.Path("/proc/stat").read_text().split()[1:11])
    return user + nice + system + irq + softirq


class Job:
    """A model file with the size of its batch and the number of threads."""

    def __init__(self, name, precision, batch, threads, options):
        self.name, self.precision, self.batch, self.threads = name, precision, batch, threads
        self.gflop = None
        if name in MODELS:
            export = f"{name}.int8" if precision == "int8" else name
            self.path = options.cache / f"{export}.onnx"
            if not self.path.exists():
                subprocess.run([sys.executable, str(HERE / "export_models.py"), str(options.cache), export], check=True)
            facts = json.loads(self.path.with_suffix(".json").read_text())
            self.gflop = facts["gflop"] * batch
            self.shape = [batch, 3, facts["size"], facts["size"]]
        else:
            import onnx

            self.path = pathlib.Path(name)
            sizes = onnx.load(name, load_external_data=False).graph.input[0].type.tensor_type.shape.dim
            self.shape = [batch if axis == 0 else size.dim_value for axis, size in enumerate(sizes)]
            if 0 in self.shape:
                sys.exit(f"bench-peers: {name} leaves another size than the batch open: {self.shape}")


def difference(actual, expected):
    if actual.shape != expected.shape or not (numpy.isfinite(actual).all() and numpy.isfinite(expected).all()):
        return float("inf")
    actual, expected = actual.astype(numpy.float64), expected.astype(numpy.float64)
    largest = numpy.abs(expected).max(initial=0)
    return float(numpy.abs(actual - expected).max(initial=0) / largest) if largest > 0 else float("inf")


def measure(job, options, folder):
    """A row for each runtime: ours first."""
    numpy.random.default_rng(1).standard_normal(job.shape, numpy.float32).tofile(folder / "input")
    rows, present = {}, {}

    def start(kind, precision=job.precision):
        try:
            return Contestant(kind, precision, options, job, folder)
        except Failed as failure:
            rows[kind] = {"runtime": kind, "failure": str(failure)}

    try:
        # The measure of agreement runs first; ONNX Runtime has no bf16 and stays with float32.
        reference = start("onnxruntime", "int8" if job.precision == "int8" else "f32")
        expected = None
        if reference:
            expected = reference.output()
            if "onnxruntime" in options.peers:
                present["onnxruntime"] = reference
            else:
                reference.close()
        for kind in ["dr", *options.peers]:
            if kind in present or kind == "onnxruntime":
                continue
            contestant = start(kind)
            if contestant:
                present[kind] = contestant
        for kind, contestant in list(present.items()):
            try:
                rows[kind] = {
                    "runtime": contestant.ready["runtime"], "load_s": contestant.ready["load_ms"] / 1e3,
                    "first_s": contestant.start_to_first,
                }
                if expected is not None:
                    rows[kind]["difference"] = difference(contestant.output(), expected)
            except Failed as failure:
                rows[kind]["failure"] = str(failure)
                present.pop(kind).close()
        ours = present.get("dr")
        peak = json.loads(subprocess.run([str(options.peak), str(job.threads)], capture_output=True, check=True).stdout)
        if options.rounds:
            take_turns(ours, [present[kind] for kind in options.peers if kind in present], rows, options)
        for kind, contestant in present.items():
            row = rows[kind]
            row["peak_mib"], row["anonymous_mib"] = contestant.memory()
            if contestant.turns:
                row["median_ms"] = statistics.median(contestant.turns)
                row["other_load"] = statistics.median(contestant.others)
                if job.gflop:
                    row["gflops"] = job.gflop / row["median_ms"] * 1e3
                    if peak[job.precision]:
                        row["share_of_peak"] = row["gflops"] / peak[job.precision]
        if ours and options.profile:
            rows["dr"]["profile"] = profile(ours, job, options)
    finally:
        for contestant in present.values():
            contestant.close()
    for row in rows.values():
        row.update(
            model=job.name, precision=job.precision, batch=job.batch, threads=job.threads,
            peak_gflops=peak[job.precision], bound=BOUNDS[job.precision])
    return [rows[kind] for kind in ["dr", *options.peers] if kind in rows]


def take_turns(ours, peers, rows, options):
    for contestant in [*([ours] if ours else []), *peers]:
        times = contestant.ask("run 2")["times_ms"]
        contestant.runs = options.runs or max(1, min(50, round(500 / times[-1])))
    pairs = {peer.kind: [] for peer in peers}
    for _ in range(options.rounds):
        for peer in peers or [None]:
            for contestant in (ours, peer):
                if contestant:
                    # What a finished run left spinning comes to rest.
                    time.sleep(0.02)
                    contestant.turn(contestant.runs)
            if ours and peer:
                pairs[peer.kind].append((ours.turns[-1], peer.turns[-1]))
    for kind, turns in pairs.items():
        if turns:
            mine, theirs = zip(*turns)
            ratios = [b / a for a, b in turns]
            rows[kind]["ratio"] = statistics.median(theirs) / statistics.median(mine)
            rows[kind]["ratio_quartiles"] = [float(value) for value in numpy.quantile(ratios, [0.25, 0.75])]


def profile(ours, job, options):
    options.profile.mkdir(parents=True, exist_ok=True)
    trace = options.profile / f"{job.path.stem}.b{job.batch}.t{job.threads}.trace.json"
    before = ours.log.stat().st_size
    ours.ask(f"profile {trace}")
    return f"by operator; node by node in {trace}:\n" + ours.log.read_bytes()[before:].decode()


COLUMNS = [
    ("batch", 5, lambda row: row["batch"]),
    ("thr", 3, lambda row: row["threads"]),
    ("type", 4, lambda row: row["precision"]),
    ("runtime", -18, lambda row: row["runtime"]),
    ("ms", 9, lambda row: f"{row['median_ms']:.2f}"),
    ("GFLOP/s", 7, lambda row: f"{row['gflops']:.0f}"),
    ("of peak", 7, lambda row: f"{row['share_of_peak']:.0%}"),
    ("peer/ours", 9, lambda row: f"{row['ratio']:.3f}"),
    ("(quartiles)", 13, lambda row: "({:.2f} to {:.2f})".format(*row["ratio_quartiles"])),
    ("difference", 10, lambda row: f"{row['difference']:.1e}" + ("!" if row["difference"] > row["bound"] else "")),
    ("load s", 6, lambda row: f"{row['load_s']:.2f}"),
    ("first s", 7, lambda row: f"{row['first_s']:.2f}"),
    ("peak MiB", 8, lambda row: row["peak_mib"]),
    ("other", 5, lambda row: f"{row['other_load']:.0%}"),
]


def show(values):
    pairs = zip(values, (width for _, width, _ in COLUMNS))
    cells = (str(value).ljust(-width) if width < 0 else str(value).rjust(width) for value, width in pairs)
    print(" ".join(cells).rstrip(), flush=True)


def show_row(row):
    def cell(read):
        try:
            return read(row)
        except (KeyError, TypeError):
            return "-"

    show(cell(read) for _, _, read in COLUMNS)
    if "failure" in row:
        print(f"      {row['runtime']}: {row['failure']}", flush=True)
    if "profile" in row:
        print(row["profile"], flush=True)


def parse():
    parser = argparse.ArgumentParser(
        prog="bench-peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)

    def words(known=None):
        def parse(text):
            values = text.split(",")
            unknown = [value for value in values if known and value not in known]
            if unknown:
                raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
            return values
        return parse

    def numbers(text):
        return [int(value) for value in text.split(",")]

    parser.add_argument("--models", type=words(), default=MODELS, help=f"of {','.join(MODELS)}, or paths of ONNX files")
    parser.add_argument("--batch", type=numbers, default=[1, 8], help=f"1,8 by default; {' and '.join(ALWAYS_ONE)} take 1 only")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="1,2 by default")
    parser.add_argument("--precision", type=words(PRECISIONS), default=["f32"], help="of f32,bf16,int8; f32 by default")
    parser.add_argument("--peers", type=words([*PEERS, STREAMS]), default=PEERS, help=f"of {','.join(PEERS)}, and {STREAMS}: ours with one stream per thread")
    parser.add_argument("--rounds", type=int, default=10, help="turns of each pair; 0 compares outputs only")
    parser.add_argument("--runs", type=int, help="runs in a turn; by default what takes half a second")
    parser.add_argument("--limit", type=float, default=600, help="seconds that a runtime may take to answer")
    parser.add_argument("--profile", type=pathlib.Path, help="a folder for traces of our nodes; their sums are printed")
    parser.add_argument("--json", type=pathlib.Path, help="where the results go, one object for each runtime")
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="the folder of the models")
    parser.add_argument("--runner", type=pathlib.Path, required=True, help="the built model-runner")
    parser.add_argument("--peak", type=pathlib.Path, required=True, help="the built peak.c")
    options = parser.parse_args()
    for name in options.models:
        if name not in MODELS and not pathlib.Path(name).is_file():
            parser.error(f"there is no model {name}; there are {', '.join(MODELS)}, or give the path of a file")
    return options


def main():
    options = parse()
    results = []
    failed = False
    for name in options.models:
        print(f"\n{name}", flush=True)
        show(title for title, _, _ in COLUMNS)
        for precision in options.precision:
            if precision == "int8" and name in MODELS and name not in QUANTIZED:
                continue
            for batch in options.batch:
                if batch != 1 and name in ALWAYS_ONE:
                    continue
                for threads in options.threads:
                    job = Job(name, precision, batch, threads, options)
                    with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
                        rows = measure(job, options, pathlib.Path(folder))
                    for row in rows:
                        show_row(row)
                        is_wrong = row.get("difference", 0) > row["bound"]
                        failed = failed or is_wrong or (row["runtime"] == "dr" and "failure" in row)
                    results += rows
                    if options.json:
                        options.json.parent.mkdir(parents=True, exist_ok=True)
                        options.json.write_text(json.dumps(results, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
