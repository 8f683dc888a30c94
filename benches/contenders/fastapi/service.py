"""The FaaS API as one would write it with FastAPI: the contender `runc-fastapi` of the benchmarks.

It has what the benchmarks ask of it: execute-sync for Python and C, and healthz. Python functions are run in a fresh namespace
of this process; C is compiled by tcc to a shared library and called in this process. Nothing stands between a function and the
process, no limit of time or memory is kept: the container is the only boundary.
"""

import ast
import base64
import binascii
import ctypes
import hashlib
import json
import math
import re
import subprocess
import tempfile
import textwrap
import threading
import traceback

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class Call(BaseModel):
    """A request, as docs/faas-api.md has it."""

    lang: str
    fc: str
    params: list[str]
    fc_hash: str | None = None


class Refused(Exception):
    """The request is well formed and cannot run."""


class BadRequest(Exception):
    """The request is not well formed."""


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.post("/v1/faas/execute-sync")
def execute_sync(call: Call):
    try:
        code = text_of(call.fc, "fc")
        params = [decoded(param, f"params[{index}]") for index, param in enumerate(call.params)]
        if call.lang == "PY":
            return run_python(code, params)
        if call.lang == "C":
            return run_c(code, params)
        raise Refused(f"there is no language {call.lang} here")
    except BadRequest as error:
        return failure(400, "bad request", str(error))
    except Refused as error:
        return failure(405, "cannot run", str(error))


def failure(status, error, message):
    return JSONResponse({"error": error, "message": message, "detail": message}, status_code=status)


def answer(result=None, error=None, outs=None):
    encoded = None if result is None else base64.b64encode(result.encode()).decode()
    body = {"result": encoded, "ret_code": 0 if error is None else -1, "res": encoded, "err": error}
    if outs:
        body["outs"] = [{"var_name": name, "value": base64.b64encode(value.encode()).decode()} for name, value in outs]
    return body


def decoded(text, field):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{field}: {error}") from None


def text_of(text, field):
    try:
        return decoded(text, field).decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"{field}: {error}") from None


# What was compiled, by the hash of its source.
compiled = {}
compiling = threading.Lock()


def cached(language, code, make):
    key = (language, hashlib.sha256(code.encode()).digest())
    found = compiled.get(key)
    if found is None:
        with compiling:
            found = compiled.get(key) or make(code)
            compiled[key] = found
    return found


# Python.


def compile_python(code):
    try:
        tree = ast.parse(textwrap.dedent(code), "<function>")
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        if not names:
            raise Refused("there is no function at the top level")
        return compile(tree, "<function>", "exec"), names[-1]
    except SyntaxError as error:
        raise Refused("".join(traceback.format_exception_only(error))) from None


def run_python(code, params):
    program, name = cached("PY", code, compile_python)
    try:
        arguments = [json.loads(param) for param in params]
    except ValueError as error:
        raise BadRequest(f"params: {error}") from None
    try:
        namespace = {"__name__": "function"}
        exec(program, namespace)
        return answer(json.dumps(namespace[name](*arguments), separators=(",", ":"), ensure_ascii=False))
    except Exception:
        return answer(error=traceback.format_exc())


# C.

INTEGERS = {
    "bool": ctypes.c_bool, "_Bool": ctypes.c_bool, "char": ctypes.c_byte, "signed char": ctypes.c_byte,
    "unsigned char": ctypes.c_ubyte, "short": ctypes.c_short, "unsigned short": ctypes.c_ushort, "int": ctypes.c_int,
    "unsigned": ctypes.c_uint, "unsigned int": ctypes.c_uint, "long": ctypes.c_long, "unsigned long": ctypes.c_ulong,
    "long long": ctypes.c_longlong, "unsigned long long": ctypes.c_ulonglong, "size_t": ctypes.c_size_t,
    "int8_t": ctypes.c_int8, "uint8_t": ctypes.c_uint8, "int16_t": ctypes.c_int16, "uint16_t": ctypes.c_uint16,
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
}
SCALARS = INTEGERS | {"float": ctypes.c_float, "double": ctypes.c_double}

# Comments, texts, lines of the preprocessor: what may hold brackets that mean nothing.
MEANINGLESS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
# A definition's head: its type, its name, its parameters.
HEAD = re.compile(r"([\w\s*]+?)\b(\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$")


def last_function(code):
    """The name and the result's type of the function that is defined last."""
    found, depth, begin = None, 0, 0
    code = MEANINGLESS.sub(" ", code)
    for place, letter in enumerate(code):
        if letter == "{":
            head = HEAD.search(code[begin:place]) if depth == 0 else None
            found = head or found
            depth += 1
        elif letter == "}":
            depth -= 1
        if depth == 0 and letter in ";}":
            begin = place + 1
    if found is None:
        raise Refused("there is no function")
    words = re.sub(r"\b(?:static|inline|extern|const)\b", " ", found[1])
    return found[2], " ".join(words.replace("*", " * ").split())


def compile_c(code):
    name, result = last_function(code)
    with tempfile.TemporaryDirectory() as folder:
        library = f"{folder}/function.so"
        command = ["tcc", "-shared", "-o", library, "-", "-lm"]
        told = subprocess.run(command, input=code, capture_output=True, text=True)
        if told.returncode != 0:
            raise Refused(told.stderr)
        # Once it is loaded, the file may go.
        function = getattr(ctypes.CDLL(library), name)
    if result == "char *":
        function.restype = ctypes.c_char_p
    elif result == "void":
        function.restype = None
    elif result in SCALARS:
        function.restype = SCALARS[result]
    else:
        raise Refused(f"the result's type {result} is not known here")
    return function


class Parameter:
    """A parameter of a C function: what it is called with, and what becomes of it."""

    def __init__(self, param, field):
        try:
            param = json.loads(param)
            kind, self.name, mode = param["type"].strip(), param["var_name"], param["mode"]
            value = base64.b64decode(param.get("value") or "").decode()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRequest(f"{field}: {error!r}") from None
        if mode not in ("IN", "OUT", "INOUT"):
            raise BadRequest(f"{field}.mode: {mode}")
        self.is_out = mode != "IN"
        base, array = re.fullmatch(r"([^\[*]*?)\s*((?:\[\d*\])?|\*)", kind, re.S).groups() if "]" not in kind[:-1] else ("", "")
        self.base = " ".join(base.split())
        if self.base not in SCALARS:
            raise Refused(f"{field}.type: {kind} is not known here")
        try:
            self.make(value, array)
        except (ValueError, TypeError, OverflowError) as error:
            raise BadRequest(f"{field}.value: {error}") from None

    def make(self, value, array):
        self.is_text = self.base == "char" and array != "" and not value.startswith("[")
        self.is_array = array != ""
        size = int(array[1:-1]) if array[1:-1] else None
        if self.is_text:
            content = value.encode()
            self.place = ctypes.create_string_buffer(content, max(len(content) + 1, size or 0))
            self.argument = self.place
        elif self.is_array:
            values = [self.scalar(one) for one in json.loads(value or "[]")]
            self.place = (SCALARS[self.base] * max(len(values), size or 0))(*values)
            self.argument = self.place
        else:
            self.place = SCALARS[self.base](self.scalar(value or "0"))
            self.argument = ctypes.byref(self.place) if self.is_out else self.place

    def scalar(self, value):
        if self.base not in INTEGERS:
            return float(value)
        number = {"true": 1, "false": 0}.get(value) if isinstance(value, str) else None
        number = int(value) if number is None else number
        if SCALARS[self.base](number).value != number:
            raise ValueError(f"{number} is out of range for {self.base}")
        return number

    def text(self):
        if self.is_text:
            return self.place.value.decode()
        if self.is_array:
            return "[" + ",".join(shown(one, self.base) for one in self.place) + "]"
        return shown(self.place.value, self.base)


def shown(number, kind):
    """The shortest text that is the same number."""
    if kind in INTEGERS:
        return str(int(number))
    if not math.isfinite(number):
        return repr(number)
    if kind == "float":
        texts = (f"{number:.{digits}g}" for digits in range(1, 10))
        text = next((text for text in texts if ctypes.c_float(float(text)).value == number), repr(number))
    else:
        text = repr(number)
    return text.removesuffix(".0")


def run_c(code, params):
    function = cached("C", code, compile_c)
    parameters = [Parameter(param, f"params[{index}]") for index, param in enumerate(params)]
    result = function(*[parameter.argument for parameter in parameters])
    outs = [(parameter.name, parameter.text()) for parameter in parameters if parameter.is_out]
    if outs:
        return answer(outs[-1][1], outs=outs)
    if result is None:
        return answer()
    if isinstance(result, bytes):
        return answer(result.decode())
    kind = next(name for name, of in SCALARS.items() if of is function.restype)
    return answer(shown(result, kind))
