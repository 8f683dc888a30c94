# What calendar, _strptime and decimal ask the locale for. There is one: "C".

LC_CTYPE, LC_NUMERIC, LC_TIME, LC_COLLATE, LC_MONETARY, LC_MESSAGES, LC_ALL = range(7)
CHAR_MAX = 127


class Error(Exception):
    pass


def setlocale(category, locale=None):
    if locale in (None, "", "C", "POSIX", ("C", None), (None, None)):
        return "C"
    raise Error("unsupported locale setting: a Skerry function has the locale C only")


def getlocale(category=LC_CTYPE):
    return (None, None)


def localeconv():
    return {"decimal_point": ".", "thousands_sep": "", "grouping": []}
