# What the standard library itself takes from os. There is no operating system beneath a function.

from _skerry import urandom

name = "skerry"
environ = {}
devnull = "/dev/null"


class PathLike:
    pass


def fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    raise TypeError(f"expected str or bytes, not {type(path).__name__}")


def getpid():
    return 1


def getenv(key, default=None):
    return default
