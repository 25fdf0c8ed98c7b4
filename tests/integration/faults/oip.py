"""Requests and replies of the tiny model over both protocols, as plain values."""

import dataclasses
import json

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

INFER_PATH = "/v2/models/tiny/infer"


@dataclasses.dataclass
class Answer:
    """An answer, or (`error` is set) the reason why there is none."""
    id: str = ""
    exit_stages: tuple = ()
    logits: object = None
    confidence: object = None
    path: tuple = ()
    error: str = ""
    overload: bool = False  # refused at the door, with the time to come back


def random_rows(random, rows):
    """`random` is numpy's Generator."""
    return random.uniform(-2, 2, (rows, 8)).astype(np.float32)


def json_body(x, timeout_us=None, early_exit=True, request_id=""):
    parameters = {} if early_exit else {"early_exit": False}
    if timeout_us is not None:
        parameters["timeout"] = timeout_us
    return json.dumps({
        "id": request_id, "parameters": parameters,
        "inputs": [{"name": "x", "shape": list(x.shape), "datatype": "FP32",
                    "data": [float(v) for v in x.ravel()]}]})


def from_json(status, headers, text):
    if status != 200:
        retry = status == 503 and headers.get("Retry-After") is not None
        return Answer(error=f"{status}: {text[:300]!r}",
                      overload=retry and b"overload" in text)
    reply = json.loads(text)
    outputs = {o["name"]: np.reshape(o["data"], o["shape"]) for o in reply["outputs"]}
    return Answer(reply.get("id", ""), tuple(int(s) for s in outputs["exit_stage"]),
                  outputs["logits"], outputs["confidence"],
                  tuple(reply["parameters"]["path"].split(",")))


def grpc_request(x, timeout_us=None, early_exit=True, request_id=""):
    request = service_pb2.ModelInferRequest(model_name="tiny", id=request_id)
    request.inputs.add(name="x", datatype="FP32", shape=x.shape)
    request.raw_input_contents.append(x.tobytes())
    if not early_exit:
        request.parameters["early_exit"].bool_param = False
    if timeout_us is not None:
        request.parameters["timeout"].int64_param = timeout_us
    return request


def from_grpc(response):
    outputs = {}
    for spec, raw in zip(response.outputs, response.raw_output_contents):
        kind = {"FP32": np.float32, "INT32": np.int32}[spec.datatype]
        outputs[spec.name] = np.frombuffer(raw, kind).reshape(spec.shape)
    return Answer(response.id, tuple(int(s) for s in outputs["exit_stage"]), outputs["logits"],
                  outputs["confidence"],
                  tuple(response.parameters["path"].string_param.split(",")))


def from_rpc_error(error):
    return Answer(error=f"{error.code().name}: {error.details()}",
                  overload=error.code() == grpc.StatusCode.UNAVAILABLE and
                  "overload" in (error.details() or ""))


def from_stream(response):
    if not response.error_message:
        return from_grpc(response.infer_response)
    return Answer(response.infer_response.id, error=response.error_message,
                  overload="overload" in response.error_message)


def stub(address):
    """The gateway's service, over a connection of its own, and that connection."""
    channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
    return service_pb2_grpc.GRPCInferenceServiceStub(channel), channel
