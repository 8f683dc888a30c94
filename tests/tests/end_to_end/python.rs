//! Python functions in a real machine of the flavour `python`: values, the library, isolation, limits, failures.

use serde_json::{Value, json};
use skerry_tests::faas::{SYNC, c, decode, encode, failure, input, result};
use skerry_tests::http::Answer;
use skerry_tests::image;
use skerry_tests::runtime::{Runtime, Setup};
use std::process::Command;

/// A request for a function whose parameters are JSON texts.
fn python(source: &str, params: &[&str]) -> String {
    let params: Vec<String> = params.iter().map(encode).collect();
    json!({"lang": "PY", "fc": encode(source), "params": params}).to_string()
}

fn boot(options: &[&str]) -> Runtime {
    Runtime::boot(&Setup::python(options))
}

fn run(runtime: &Runtime, source: &str, params: &[&str]) -> Answer {
    runtime.post(SYNC, &python(source, params))
}

#[test]
fn the_image_with_python_is_within_its_budget() {
    let image = image::python();
    let gzip_bytes: usize = [&image.loader, &image.unikernel]
        .map(|file| {
            let output = Command::new("gzip").args(["-9", "-c"]).arg(file).output().expect("gzip");
            output.stdout.len()
        })
        .iter()
        .sum();
    assert!(gzip_bytes <= 5_500_000, "{gzip_bytes} bytes under gzip -9");
}

#[test]
fn functions_of_every_shape_give_what_python_says() {
    let runtime = boot(&[]);
    assert_eq!(runtime.ready().langs, "C,WASM,PY");
    let cases: &[(&str, &[&str], &str)] = &[
        ("def f(a, b):\n    return a + b\n", &["3", "4.5"], "7.5"),
        ("def f(a, b=10, *args, **kwargs):\n    return [a, b, args, kwargs]\n", &["1"], "[1, 10, [], {}]"),
        ("def f(*args):\n    return sum(args)\n", &["1", "2", "3"], "6"),
        (
            "def helper(x):\n    return x * 2\n\nclass Box:\n    def __init__(self, v):\n        self.v = v\n\ndef f(x):\n    return Box(helper(x)).v\n",
            &["21"],
            "42",
        ),
        (
            "def twice(g):\n    def inner(*a):\n        return g(g(*a))\n    return inner\n\n@twice\ndef f(x):\n    return x + 1\n",
            &["5"],
            "7",
        ),
        ("    def f(x):\n        return x\n", &["\"indented\""], "\"indented\""),
        (
            "def f(x):\n    import math\n    def area(r):\n        return math.pi * r ** 2\n    return round(area(x), 3)\n",
            &["2"],
            "12.566",
        ),
        ("def f():\n    return None\n", &[], "null"),
        ("def f(n):\n    return 2 ** n\n", &["100"], "1267650600228229401496703205376"),
        (
            "def f(x):\n    match x:\n        case {'k': v}:\n            return v\n        case _:\n            return -1\n",
            &["{\"k\": [1, 2]}"],
            "[1, 2]",
        ),
        (
            "def f(x):\n    return {k: [v, (v, v)] for k, v in x.items()}\n",
            &["{\"a\": true}"],
            "{\"a\": [true, [true, true]]}",
        ),
        (
            "def f(t):\n    return f'{t!r:>8}|{3.14159:.2f}|{255:#x}|' + t.upper()\n",
            &["\"\u{e9}\""],
            "\"     '\u{e9}'|3.14|0xff|\u{c9}\"",
        ),
        (
            "from dataclasses import dataclass\n\n@dataclass(order=True)\nclass P:\n    x: int\n    y: int = 2\n\ndef f():\n    return repr(max(P(1), P(3, 4)))\n",
            &[],
            "\"P(x=3, y=4)\"",
        ),
        (
            "def f():\n    def g():\n        x = yield 1\n        yield x\n    it = g()\n    return [next(it), it.send(5)]\n",
            &[],
            "[1, 5]",
        ),
    ];
    for (source, params, expected) in cases {
        let answer = result(&run(&runtime, source, params));
        let (found, wanted): (Value, Value) =
            (serde_json::from_str(&answer).unwrap(), serde_json::from_str(expected).unwrap());
        assert_eq!(found, wanted, "{source}: {answer}");
    }
    // The others go on beside it.
    assert_eq!(result(&runtime.post(SYNC, &c("int twice(int x) { return 2 * x; }", &[input("int", "21")]))), "42");
}

/// A module of the library each, and an expression that uses it.
const LIBRARY: &[(&str, &str)] = &[
    ("math", "[math.sqrt(2), math.gcd(12, 18), math.comb(5, 2), math.isqrt(10**20)]"),
    ("cmath", "str(cmath.sqrt(-4))"),
    ("json", "json.loads(json.dumps({'a': [1, 2.5, None, True, 'x']}))"),
    ("re", "re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', 'me@home') + str(re.findall(r'\\d+', 'a1b22'))"),
    ("random", "(lambda r: [r.random(), r.randint(1, 6), r.sample(range(10), 3)])(random.Random(42))"),
    (
        "statistics",
        "[statistics.mean([1, 2, 4]), statistics.median([3, 1, 2]), round(statistics.stdev([1, 2, 4]), 12)]",
    ),
    ("itertools", "list(itertools.islice(itertools.permutations('abc', 2), 3))"),
    ("functools", "functools.reduce(lambda a, b: a * b, range(1, 6))"),
    ("collections", "sorted(collections.Counter('hello').items())"),
    ("datetime", "str(datetime.datetime(2024, 2, 29, 12, 30) + datetime.timedelta(days=366))"),
    ("datetime", "datetime.datetime.strptime('29 Feb 2024 12:30', '%d %b %Y %H:%M').isoformat()"),
    ("time", "time.strftime('%Y-%m-%d', time.gmtime(0))"),
    ("string", "string.Template('$a-$b').substitute(a=1, b=2) + string.ascii_lowercase[:3]"),
    ("struct", "struct.unpack('<IhB', struct.pack('<IhB', 7, -2, 255))"),
    ("base64", "base64.b64encode(b'hello').decode() + base64.b32encode(b'hi').decode()"),
    (
        "hashlib",
        "[getattr(hashlib, n)(b'x').hexdigest() for n in ('md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b', 'blake2s')]",
    ),
    ("hmac", "hmac.new(b'key', b'text', 'sha256').hexdigest()"),
    ("binascii", "[binascii.hexlify(b'ab').decode(), binascii.crc32(b'abc')]"),
    ("zlib", "[zlib.decompress(zlib.compress(b'a' * 100)).decode(), zlib.adler32(b'abc')]"),
    ("textwrap", "textwrap.fill('one two three four', 9)"),
    ("decimal", "str(decimal.Decimal('1.10') + decimal.Decimal('2.2')) + str(decimal.Decimal(2).sqrt())"),
    ("fractions", "str(fractions.Fraction(1, 3) + fractions.Fraction(1, 6))"),
    ("heapq", "heapq.nsmallest(2, [5, 1, 4])"),
    ("bisect", "bisect.bisect([1, 2, 2, 3], 2)"),
    ("operator", "operator.itemgetter(1)([4, 5])"),
    ("dataclasses", "repr(dataclasses.make_dataclass('P', ['x', 'y'])(1, 2))"),
    ("typing", "str(typing.Optional[int]) != ''"),
    ("enum", "[e.name for e in enum.Enum('Color', 'RED GREEN')]"),
    ("copy", "copy.deepcopy({'a': [1, [2]]})"),
    ("uuid", "str(uuid.uuid5(uuid.NAMESPACE_DNS, 'example.org'))"),
    ("io", "io.StringIO('a\\nb').readlines() + [len(io.BytesIO(b'abc').read())]"),
    ("contextlib", "contextlib.nullcontext(5).__enter__()"),
    ("abc", "abc.ABC.__name__"),
    ("array", "array.array('i', [1, 2, 3]).tolist()"),
    ("unicodedata", "[unicodedata.name('\u{e9}'), unicodedata.normalize('NFD', '\u{e9}') == 'e\\u0301']"),
    ("csv", "list(csv.reader(['a,\"b,c\"']))"),
    ("html", "html.escape('<a>') + html.unescape('&eacute;')"),
    ("urllib.parse", "urllib.parse.urlencode({'a': 'b c'}) + urllib.parse.urlparse('http://x/y?z').path"),
    ("difflib", "list(difflib.ndiff(['a'], ['b']))"),
    ("colorsys", "colorsys.rgb_to_hsv(1, 0, 0)"),
    ("calendar", "[int(calendar.monthrange(2024, 2)[0]), calendar.monthrange(2024, 2)[1], calendar.month_name[3]]"),
    ("pprint", "pprint.pformat({'b': 1, 'a': 2})"),
    ("traceback", "traceback.format_exception_only(ValueError('x'))"),
    ("secrets", "len(secrets.token_hex(4))"),
    ("contextvars", "contextvars.ContextVar('x', default=1).get()"),
    ("types", "types.SimpleNamespace(a=1).a"),
    ("warnings", "warnings.warn('w') is None"),
    ("weakref", "weakref.ref(set).__call__() is set"),
    ("numbers", "isinstance(1, numbers.Integral)"),
    ("inspect", "str(inspect.signature(lambda a, b=1, *c: 0))"),
    ("ast", "ast.dump(ast.parse('a + 1', mode='eval').body.op) + str(ast.literal_eval('[1, {2: (3,)}]'))"),
    ("graphlib", "list(graphlib.TopologicalSorter({'b': {'a'}}).static_order())"),
    ("ipaddress", "ipaddress.ip_address('10.0.0.1').is_private"),
    ("shlex", "shlex.split('a \"b c\"')"),
    ("codecs", "codecs.lookup('utf-8').name"),
    ("gc", "gc.isenabled()"),
];

#[test]
fn the_library_gives_what_cpython_gives() {
    let runtime = boot(&[]);
    let has_python = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_python {
        eprintln!("skipped: the comparison with CPython, for there is no python3; that modules work is tested");
    }
    let mut wrong = Vec::new();
    for (module, expression) in LIBRARY {
        let source = format!("def f():\n    import {module}\n    return repr({expression})\n");
        let answer = run(&runtime, &source, &[]);
        let body = answer.json();
        if body["ret_code"] != 0 {
            wrong.push(format!("{module}: {body}"));
            continue;
        }
        let found: String = serde_json::from_str(&decode(body["result"].as_str().unwrap())).unwrap();
        if has_python {
            let output =
                Command::new("python3").args(["-c", &format!("{source}\nprint(f(), end='')")]).output().unwrap();
            let expected = String::from_utf8(output.stdout).unwrap();
            if output.status.success() && found != expected {
                wrong.push(format!("{module}: {found} here, {expected} in CPython"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_call_sees_nothing_of_the_one_before() {
    let runtime = boot(&[]);
    let changes = "\
import json, random, math, sys, builtins, decimal, collections, functools, string
counter = 0
def f():
    global counter
    counter += 1
    json.x = 1
    json.JSONEncoder.default = None
    math.pi = 3
    random.seed(1)
    sys.modules['fake'] = json
    sys.path.append('x')
    builtins.len = lambda x: -1
    builtins.secret = 'mine'
    decimal.getcontext().prec = 3
    string.digits = ''
    sys.setrecursionlimit(100)
    for kind in (int, list, collections.deque, functools.partial, random.Random.__bases__[0], dict, str, type):
        try:
            kind.secret = 1
        except TypeError:
            pass
    return [counter, secret]
";
    let look = "\
import json, random, math, sys, builtins, decimal, collections, functools, string
def f():
    found = [n for n, bad in (
        ('json.x', hasattr(json, 'x')),
        ('json.JSONEncoder', json.JSONEncoder.default is None),
        ('math.pi', math.pi == 3),
        ('modules', 'fake' in sys.modules),
        ('path', 'x' in sys.path),
        ('len', len([1]) != 1),
        ('secret', hasattr(builtins, 'secret')),
        ('decimal', decimal.getcontext().prec == 3),
        ('string', string.digits == ''),
        ('recursion', sys.getrecursionlimit() == 100),
        ('globals', 'counter' in globals()),
    ) if bad]
    for kind in (int, list, collections.deque, functools.partial, random.Random.__bases__[0], dict, str, type):
        if hasattr(kind, 'secret'):
            found.append(repr(kind))
    return [found, random.random()]
";
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let counted: Value = serde_json::from_str(&result(&run(&runtime, changes, &[]))).unwrap();
        assert_eq!(counted, json!([1, "mine"]));
        let seen: Value = serde_json::from_str(&result(&run(&runtime, look, &[]))).unwrap();
        assert_eq!(seen[0], json!([]));
        numbers.push(seen[1].to_string());
    }
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "random numbers that repeat: {numbers:?}");
}

#[test]
fn exceptions_come_back_as_tracebacks_with_the_users_lines() {
    let runtime = boot(&[]);
    let source = "def helper(x):\n    return 1 / x\n\ndef f(x):\n    # a comment\n    return helper(x)\n";
    assert_eq!(
        failure(&run(&runtime, source, &["0"])),
        "Traceback (most recent call last):\n  File \"<function>\", line 6, in f\n    return helper(x)\n  \
         File \"<function>\", line 2, in helper\n    return 1 / x\nZeroDivisionError: division by zero"
    );
    let source = "class Broken(Exception):\n    pass\n\ndef f():\n    try:\n        {}['k']\n    except KeyError as e:\n        raise Broken('no k') from e\n";
    let reason = failure(&run(&runtime, source, &[]));
    assert!(reason.contains("KeyError: 'k'") && reason.ends_with("Broken: no k"), "{reason}");
    assert!(reason.contains("direct cause"), "{reason}");
    for (source, expected) in [
        ("def f():\n    import sys\n    sys.exit(3)\n", "SystemExit"),
        ("def f():\n    assert 1 == 2, 'not so'\n", "AssertionError: not so"),
        ("def f(a):\n    pass\n", "TypeError"),
        ("def f():\n    return undefined\n", "NameError"),
        ("def f():\n    return object()\n", "'object'"),
        ("def f():\n    return {1, 2}\n", "set"),
        ("def f():\n    return b'x'\n", "bytes"),
        ("def f():\n    return (x for x in [])\n", "generator"),
        ("def f():\n    return '\\ud800'\n", "surrogate"),
    ] {
        let reason = failure(&run(&runtime, source, &[]));
        assert!(reason.contains(expected), "{source}: {reason}");
    }
    for (source, expected) in
        [("def f(:\n    pass\n", "SyntaxError"), ("x = 1\n", "last `def`"), ("async def f():\n    pass\n", "async")]
    {
        let answer = run(&runtime, source, &[]);
        assert_eq!(answer.status, 405, "{source}");
        assert!(answer.json()["message"].as_str().unwrap().contains(expected), "{}", answer.json());
    }
}

#[test]
fn what_needs_a_system_is_refused_with_the_reason() {
    let runtime = boot(&[]);
    for (statement, kind, reason) in [
        ("import os", "ImportError", "no operating system"),
        ("import os.path", "ImportError", "no operating system"),
        ("from os import path", "ImportError", "no operating system"),
        ("import socket", "ImportError", "no network"),
        ("import subprocess", "ImportError", "no processes"),
        ("import threading", "ImportError", "one thread"),
        ("import pathlib", "ImportError", "no file system"),
        ("import pickle", "ImportError", "code is never taken"),
        ("import numpy", "ModuleNotFoundError", "no other packages"),
        ("open('/etc/passwd')", "PermissionError", "no file system"),
        ("import io; io.open('x', 'w')", "PermissionError", "no file system"),
        ("input()", "PermissionError", "nobody is there"),
        ("(lambda: 0).__code__.replace(co_stacksize=0)", "NotImplementedError", "code objects"),
    ] {
        let found = failure(&run(&runtime, &format!("def f():\n    {statement}\n"), &[]));
        assert!(found.contains(kind) && found.contains(reason), "{statement}: {found}");
    }
}

#[test]
fn endless_loops_end_at_their_limit_whatever_they_catch() {
    let runtime = boot(&["call-time-limit-ms=500"]);
    for body in [
        "while True:\n        pass",
        "while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass\n        finally:\n            continue",
        "import itertools\n    return sum(itertools.count())",
        "import itertools\n    return 5.5 in itertools.cycle([1])",
        "import re\n    return re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import time\n    time.sleep(1000)",
        "import itertools, collections\n    collections.deque(itertools.repeat(0), maxlen=0)",
    ] {
        let reason = failure(&run(&runtime, &format!("def f():\n    {body}\n"), &[]));
        assert_eq!(reason, "the call ran longer than 500 ms", "{body}");
    }
    // Its numbers need memory, too: whichever limit it meets first ends it.
    let reason = failure(&run(&runtime, "def f():\n    return max(range(10 ** 18))\n", &[]));
    assert!(reason.contains("longer than 500 ms") || reason.contains("MemoryError"), "{reason}");
    assert_eq!(result(&run(&runtime, "def f():\n    return 1\n", &[])), "1");
}

#[test]
fn memory_bombs_and_deep_recursion_end_their_call_and_nothing_else() {
    let runtime = boot(&[]);
    for body in [
        "x = []\n    while True:\n        x.append(0)",
        "x = []\n    while True:\n        x.append('a' * 100000 + str(len(x)))",
        "return len('a' * 10 ** 10)",
        "return len([0] * 10 ** 9)",
        "return len(bytes(10 ** 10))",
        "import itertools\n    return list(itertools.repeat(1))",
        "return 10 ** 10 ** 9",
        "return 1 << 10 ** 11",
        "return f'{1:1000000000}'",
        "x = {}\n    while True:\n        x[len(x)] = len(x)",
    ] {
        let reason = failure(&run(&runtime, &format!("def f():\n    {body}\n"), &[]));
        assert!(reason.contains("MemoryError") || reason.contains("OverflowError"), "{body}: {reason}");
    }
    for body in
        ["return f()", "return [f()]", "x = []\n    for _ in range(100000):\n        x = [x]\n    return repr(x)"]
    {
        let reason = failure(&run(&runtime, &format!("def f():\n    {body}\n"), &[]));
        assert!(reason.contains("RecursionError"), "{body}: {reason}");
    }
    assert_eq!(result(&run(&runtime, "def f():\n    return 1\n", &[])), "1");
}

#[test]
fn a_machine_lasts_however_many_calls_leave_whatever_behind() {
    let runtime = boot(&[]);
    // 20 MB a call that only a collector could free, and some modules: the machine has 160 MB.
    let source = "\
import collections, json
kept = []
class Node:
    def __init__(self, other):
        self.other = other
def f(n):
    a = Node(None)
    a.other = Node([a, 'x' * 20_000_000])
    kept.append(a)
    json.loads('[1]')
    return len(kept) + n
";
    for n in 0..200 {
        assert_eq!(result(&run(&runtime, source, &[&n.to_string()])), (n + 1).to_string());
    }
}

#[test]
fn calls_that_come_at_once_all_get_their_result_on_two_processors() {
    let runtime = Runtime::boot(&Setup { cpu_count: 2, ..Setup::python(&[]) });
    let source = "\
import time
def f(seconds):
    end = time.monotonic() + seconds
    beats = 0
    while time.monotonic() < end:
        beats += 1
    return beats > 0
";
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| result(&run(&runtime, source, &["0.3"])))).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), "true");
        }
    });
}

#[test]
fn pickles_of_every_protocol_come_back_in_the_same_one() {
    let has_python = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_python {
        eprintln!("skipped: there is no python3 to make pickles with");
        return;
    }
    let values = "import datetime, decimal\nv = [None, True, 2**70, -1, 1.5, 2j, 'é', b'x', bytearray(b'y'), (1, 2), {3}, frozenset([4]), \
        {'k': [1], 2: 'b'}, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5, 6, datetime.timezone.utc), \
        datetime.timedelta(1, 2, 3), datetime.time(1, 2, 3, fold=1), datetime.timezone(datetime.timedelta(hours=2), 'X'), decimal.Decimal('1.50')]\n";
    let runtime = boot(&[]);
    for protocol in 2..=5 {
        let make = format!(
            "import pickle, base64\n{values}print(base64.b64encode(pickle.dumps(v, {protocol})).decode(), end='')"
        );
        let made = Command::new("python3").args(["-c", &make]).output().unwrap();
        let pickle = String::from_utf8(made.stdout).unwrap();
        let body = json!({"lang": "PY", "fc": encode("def f(v):\n    return v\n"), "params": [pickle]}).to_string();
        let answer = runtime.post(SYNC, &body).json();
        assert_eq!(answer["ret_code"], 0, "{answer}");
        let back = answer["result"].as_str().unwrap();
        let check = format!(
            "import pickle, base64\n{values}b = base64.b64decode('{back}')\nw = pickle.loads(b)\nassert b[1] == {protocol}, b[1]\n\
             assert w == v and [type(x) for x in w] == [type(x) for x in v], w"
        );
        let checked = Command::new("python3").args(["-c", &check]).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}
