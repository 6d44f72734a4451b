#!/usr/bin/env python3
"""One peer of `make bench-peers`: loads a model, then computes only when standard input tells it to.

usage: peer_runner.py onnxruntime|openvino MODEL.onnx INPUT SHAPE THREADS PRECISION

INPUT holds the model's input as raw float32 of SHAPE (such as 1,3,224,224); PRECISION is f32, bf16 or int8 (which the file
decides). The commands and answers are those of Benchmarks/model-runner. Between commands nothing spins: ONNX Runtime's
threads spin while a run lasts and stop when it returns; OpenVINO's sleep.
"""

import json
import sys
import time

import numpy


class OnnxRuntime:
    def __init__(self, path, shape, threads, precision):
        import onnxruntime

        if precision == "bf16":
            raise ValueError("ONNX Runtime computes float32 models in float32")
        self.name = f"onnxruntime {onnxruntime.__version__}"
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        settings.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def run(self, array):
        return self.session.run(None, {self.input: array})[0]


class OpenVino:
    def __init__(self, path, shape, threads, precision):
        import openvino

        self.name = f"openvino {openvino.__version__.split('-')[0]}"
        core = openvino.Core()
        model = core.read_model(path)
        model.reshape({model.input(0): shape})
        settings = {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        }
        self.request = core.compile_model(model, "CPU", settings).create_infer_request()

    def run(self, array):
        self.request.infer({0: array}, share_inputs=True)
        return self.request.get_output_tensor(0).data


def answer(**values):
    print(json.dumps(values), flush=True)


def main():
    kind, path, file, shape, threads, precision = sys.argv[1:]
    shape = [int(size) for size in shape.split(",")]
    array = numpy.fromfile(file, numpy.float32).reshape(shape)
    clock = time.perf_counter
    start = clock()
    runtime = {"onnxruntime": OnnxRuntime, "openvino": OpenVino}[kind](path, shape, int(threads), precision)
    loaded = clock()
    runtime.run(array)
    answer(runtime=runtime.name, load_ms=(loaded - start) * 1e3, first_ms=(clock() - loaded) * 1e3)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "run":
            times = []
            for _ in range(int(argument)):
                start = clock()
                runtime.run(array)
                times.append((clock() - start) * 1e3)
            answer(times_ms=times)
        elif command == "output":
            output = numpy.ascontiguousarray(runtime.run(array), numpy.float32)
            output.tofile(argument)
            answer(shape=list(output.shape))
        elif command == "quit":
            return
        else:
            sys.exit(f"peer_runner: there is no command {command}")


if __name__ == "__main__":
    main()
