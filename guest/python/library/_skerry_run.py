# What every call begins with: where output goes, what is refused with its reason, and fresh random numbers.

import builtins
import sys

from _skerry import write as _write

_NO_FILES = "there is no file system"
_NO_NETWORK = "there is no network"
_NO_PROCESSES = "there are no processes"
_NO_THREADS = "a function has one thread"
_NO_SYSTEM = "there is no operating system beneath it"
_NO_CODE = "code is never taken from data"

_REFUSED = {
    name: reason
    for reason, names in (
        (_NO_SYSTEM, "os posix nt posixpath ntpath genericpath pwd grp resource platform sysconfig ctypes _ctypes signal "
                     "_signal faulthandler syslog termios tty pty curses readline fcntl mmap errno locale _locale"),
        (_NO_FILES, "pathlib glob shutil tempfile fileinput filecmp stat zipfile tarfile gzip bz2 lzma sqlite3 _sqlite3 "
                    "dbm shelve mailbox configparser netrc zipimport"),
        (_NO_NETWORK, "socket _socket ssl _ssl select selectors http urllib.request urllib.error urllib.response ftplib "
                      "smtplib imaplib poplib xmlrpc socketserver webbrowser requests"),
        (_NO_PROCESSES, "subprocess _posixsubprocess multiprocessing _multiprocessing pdb"),
        (_NO_THREADS, "threading concurrent asyncio _asyncio queue _queue sched _interpreters _interpchannels "
                      "_interpqueues"),
        (_NO_CODE, "pickle _pickle marshal shelve dill cloudpickle"),
    )
    for name in names.split()
}


class _Refusal:
    @staticmethod
    def find_spec(name, path=None, target=None):
        reason = _REFUSED.get(name) or _REFUSED.get(name.partition(".")[0])
        if reason is not None:
            raise ImportError(f"{name} is not available in a Skerry function: {reason}", name=name)
        return None


class _Unknown:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if "." in name or name.startswith("_"):
            return None
        raise ModuleNotFoundError(
            f"No module named {name!r}: a Skerry function has a part of the standard library and no other packages",
            name=name,
        )


class _Log:
    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    closed = False

    def __init__(self, name):
        self.name = name

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        _write(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def seekable(self):
        return False


def _open(file, *arguments, **options):
    raise PermissionError(f"open({file!r}) is not available in a Skerry function: {_NO_FILES}")


def _input(prompt=""):
    raise PermissionError("input() is not available in a Skerry function: nobody is there to answer")


def folded(value):
    return value.replace(fold=1)


def begin_call():
    # The module may have been imported for a call before: without this, all calls would draw the same numbers.
    random = sys.modules.get("random")
    if random is not None:
        random.seed()


def begin():
    sys.meta_path.insert(0, _Refusal)
    sys.meta_path.append(_Unknown)
    sys.stdout = sys.__stdout__ = _Log("<stdout>")
    sys.stderr = sys.__stderr__ = _Log("<stderr>")
    _open.__name__ = _open.__qualname__ = "open"
    builtins.open = _open
    _input.__name__ = _input.__qualname__ = "input"
    builtins.input = _input
    import io
    import time

    # The interpreter has these only where there is an operating system; `datetime.strptime` wants them.
    time.timezone = time.altzone = time.daylight = 0
    time.tzname = ("UTC", "UTC")
    io.open = _open
    io.open_code = _open
    io.FileIO = _open
    for name in ("marshal", "_signal", "_interpreters"):
        sys.modules.pop(name, None)


begin()
