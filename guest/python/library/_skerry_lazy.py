# A module that is imported when something of it is first used.


class Module:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(__import__(self._name), attribute)
