"""The judge: checks over a trace, and what the traffic has established so far.

Importing the package registers every check: a module of checks needs no other mention.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
