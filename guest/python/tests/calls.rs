//! Calls of real interpreters on Linux: what one leaves to the next, and what ends it.

mod support;

use skerry_python::{FailureKind, Finished};
use std::time::{Duration, Instant};
use support::{MIB, call, finish, interpreters, run};

fn fails(source: &str) -> (FailureKind, String) {
    let failure = finish(source, &[]).result.unwrap_err();
    (failure.kind, failure.reason)
}

/// Runs a call that is ended from outside after a while.
fn run_for(duration: Duration, source: &str) -> Result<Finished, &'static str> {
    let end = Instant::now() + duration;
    interpreters().run(call(source, &[]), || if Instant::now() < end { Ok(()) } else { Err("ended") })
}

#[test]
fn a_call_finds_nothing_of_the_one_before() {
    let leave = "\
import json, math, sys, builtins, decimal, re, gc, abc, csv
class Base(abc.ABC):
    pass
def f():
    json.x = 1
    json.JSONEncoder.default = None
    json.dumps.__defaults__ = (1,)
    math.pi = 3
    sys.modules['fake'] = json
    decimal.getcontext().prec = 3
    re.compile('only here')
    gc.disable()
    Base.register(int)
    csv.register_dialect('mine', delimiter='|')
    csv.field_size_limit(1)
    eval(\"f'{1}' + 'x'\")
    builtins.len = lambda x: -1
";
    let look = "\
import json, math, sys, builtins, decimal, gc, csv
def f():
    return [hasattr(json, 'x'), json.JSONEncoder.default is None, json.dumps({}), math.pi == 3, 'fake' in sys.modules,
            len([1]), decimal.getcontext().prec, gc.isenabled(), sorted(csv.list_dialects()), csv.field_size_limit(), sorted(k for k in globals() if not k.startswith('__'))]
";
    let clean = run(look, &[]);
    for _ in 0..3 {
        assert_eq!(run(leave, &[]), "null");
        assert_eq!(run(look, &[]), clean);
    }
    let clean = clean.replace(' ', "");
    assert!(clean.starts_with("[false,false,\"{}\",false,false,1,28,true,"), "{clean}");
}

#[test]
fn no_two_calls_draw_the_same_random_numbers() {
    let mut drawn: Vec<String> = (0..6)
        .map(|round| match round % 3 {
            0 => run("def f():\n    import random\n    return random.random()\n", &[]),
            1 => run("def f():\n    import random\n    return random.Random().random()\n", &[]),
            _ => run("def f():\n    import uuid\n    return str(uuid.uuid4())\n", &[]),
        })
        .collect();
    drawn.sort();
    drawn.dedup();
    assert_eq!(drawn.len(), 6, "{drawn:?}");
}

#[test]
fn memory_bombs_end_their_call_and_the_next_one_has_all_the_memory_again() {
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
        let (_, reason) = fails(&format!("def f():\n    {body}\n"));
        assert!(reason.contains("MemoryError") || reason.contains("OverflowError"), "{body}: {reason}");
        assert_eq!(run("def f():\n    return len(bytes(20 * 1024 * 1024))\n", &[]), (20 * MIB).to_string(), "{body}");
    }
}

#[test]
fn too_deep_recursion_is_a_recursion_error() {
    for body in [
        "return f()",
        "return [f()]",
        "x = []\n    for _ in range(100000):\n        x = [x]\n    return repr(x)",
        "class C:\n        def __getattr__(self, name):\n            return getattr(self, name + 'x')\n    return C().a",
    ] {
        let (kind, reason) = fails(&format!("def f():\n    {body}\n"));
        assert_eq!(kind, FailureKind::Recursion, "{body}: {reason}");
        assert!(reason.contains("RecursionError"), "{body}: {reason}");
    }
}

#[test]
fn an_endless_loop_ends_when_it_is_told_to_whatever_it_catches() {
    for body in [
        "while True:\n        pass",
        "while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass",
        "import itertools\n    return sum(itertools.count())",
        "import re\n    return re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import time\n    time.sleep(1000)",
    ] {
        assert_eq!(
            run_for(Duration::from_millis(100), &format!("def f():\n    {body}\n")).unwrap_err(),
            "ended",
            "{body}"
        );
        assert_eq!(run("def f():\n    return 1\n", &[]), "1", "{body}");
    }
}

#[test]
fn ending_one_call_leaves_another_alone_that_runs_beside_it() {
    let long = "def f():\n    n = 0\n    for i in range(3000000):\n        n += i & 1\n    return n\n";
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| run(long, &[]));
        for _ in 0..10 {
            assert!(run_for(Duration::from_millis(20), "def f():\n    while True:\n        pass\n").is_err());
        }
        assert_eq!(beside.join().unwrap(), "1500000");
    });
}

#[test]
fn the_log_is_the_calls_own() {
    for word in ["one", "two"] {
        let source = format!("print('{word} at import')\ndef f():\n    print('{word}')\n");
        assert_eq!(finish(&source, &[]).log, format!("{word} at import\n{word}\n"));
    }
}

#[test]
fn finalizers_and_exit_handlers_do_not_outlive_their_call() {
    let source = "\
import atexit
class Last:
    def __del__(self):
        print('too late')
kept = Last()
kept.me = kept
atexit.register(print, 'much too late')
def f():
    return 1
";
    for _ in 0..3 {
        let finished = finish(source, &[]);
        assert_eq!(finished.log, "");
    }
    assert_eq!(finish("def f():\n    import gc\n    gc.collect()\n", &[]).log, "");
}

/// How long a small call takes, the rollback after it included: no test, but what to look at when it is changed.
#[test]
#[ignore = "prints times; run it with --ignored --nocapture"]
fn times() {
    let begin = Instant::now();
    run("def f():\n    return 1\n", &[]);
    println!("first result after {:?}", begin.elapsed());
    for source in ["def f():\n    return 1\n", "import json, re\ndef f():\n    return json.dumps([1])\n"] {
        run(source, &[]);
        run(source, &[]);
        let begin = Instant::now();
        for _ in 0..200 {
            run(source, &[]);
        }
        println!("{:?} a call, one after the other: {source:?}", begin.elapsed() / 200);
    }
}
