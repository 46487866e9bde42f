"""A snapshot: moto's backends, whatever service they are of, as one pickle, since they refer to each other."""

from __future__ import annotations

import importlib
import io
import marshal
import pickle
import sys
import threading
import types
import weakref
from collections import defaultdict
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.moto_api import state_manager

#: Depth to which models may refer to each other.
_DEPTH = 20_000

#: Where classes of moto note their instances when they are made.
_REGISTRIES = ("vpc_refs", "vpc_pcx_refs", "backend_refs")

#: What classes of moto count or hold, by module and class.
_OF_CLASSES = (
    ("moto.logs.models", "LogEvent", "_event_id"),
    ("moto.logs.models", "LogStream", "_log_ids"),
    ("moto.securityhub.models", "SecurityHubBackend", "_org_configs"),
)

_transitions: dict[str, Any] = getattr(state_manager, "_transitions")  # noqa: B009
_Defaults: Any = defaultdict
_Weak: Any = weakref.WeakValueDictionary
_Backends: Any = BackendDict
_Regions: Any = AccountSpecificBackend
_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())
_PEM = serialization.Encoding.PEM


def dump(extra: Any) -> bytes:
    """Everything moto holds, and something else.

    Raises:
        Exception: of any kind, by a model that can't be written or can't be read again.
    """
    instances: list[Any] = _Backends._instances
    made = [
        (backends, account, region, backend)
        for backends in instances
        for account, region, backend in backends.iter_backends()
    ]
    depth = sys.getrecursionlimit()
    sys.setrecursionlimit(_DEPTH)
    try:
        stream = io.BytesIO()
        _Pickler(stream, pickle.HIGHEST_PROTOCOL).dump((made, _transitions, _counters(), extra))
        content = stream.getvalue()
        pickle.loads(content)  # noqa: S301  # Our own.
        return content
    finally:
        sys.setrecursionlimit(depth)


def load(content: bytes) -> Any:
    """Make moto, which holds nothing yet, hold what a snapshot says; returns the other thing in it."""
    made, transitions, counters, extra = pickle.loads(content)  # noqa: S301  # Our own.
    for backends, account, region, backend in made:
        backends[account][region] = backend
        for registry in _REGISTRIES:
            if hasattr(backend, registry):
                getattr(backend, registry)[type(backend)].add(weakref.ref(backend))
    for (module, owner, name), value in counters.items():
        setattr(_global(module, owner), name, value)
    _transitions.update(transitions)
    return extra


class _Pickler(pickle.Pickler):
    """Takes in what pickle alone refuses and moto's models hold."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _Backends):
            return _global, _where(obj)
        if isinstance(obj, _Regions):
            return _account, (*_where(obj), obj.account_id)
        if isinstance(obj, (_LOCK, _RLOCK)):
            return _lock, (isinstance(obj, _RLOCK),)
        if isinstance(obj, _Defaults) and type(obj) is not _Defaults:
            return _dictionary, (type(obj), obj.default_factory), vars(obj), None, iter(obj.items())
        if isinstance(obj, _Weak):
            return _Weak, (), None, None, iter(obj.items())
        if isinstance(obj, weakref.ref):
            return _reference, (obj(),)
        if isinstance(obj, types.FunctionType) and "<" in obj.__qualname__:
            cells = tuple(cell.cell_contents for cell in obj.__closure__ or ())
            return _function, (obj.__module__, marshal.dumps(obj.__code__), obj.__defaults__, cells)
        if isinstance(obj, x509.Certificate):
            return _certificate, (obj.public_bytes(_PEM),)
        if obj.__class__.__module__.startswith("cryptography.") and hasattr(obj, "private_bytes"):
            key: Any = obj
            return _key, (key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),)
        return NotImplemented


def _counters() -> dict[tuple[str, str, str], Any]:
    loaded = [each for each in _OF_CLASSES if each[0] in sys.modules]
    return {each: getattr(_global(*each[:2]), each[2]) for each in loaded}


def _where(backends: Any) -> tuple[str, str]:
    """Module and name of a service's backends."""
    module = backends.backend.__module__
    for name, found in vars(sys.modules[module]).items():
        if isinstance(found, _Backends) and found.backend is backends.backend:
            return module, name
    raise pickle.PicklingError(f"{module} doesn't hold the backends of {backends.service_name}")


def _global(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _account(module: str, name: str, account: str) -> Any:
    return _global(module, name)[account]


def _lock(reentrant: bool) -> Any:
    return threading.RLock() if reentrant else threading.Lock()


def _function(module: str, code: bytes, defaults: Any, cells: tuple[Any, ...]) -> Any:
    closure = tuple(map(types.CellType, cells))
    return types.FunctionType(marshal.loads(code), vars(sys.modules[module]), None, defaults, closure)  # noqa: S302


def _dictionary(kind: Any, factory: Any) -> Any:
    made = kind.__new__(kind)
    defaultdict[Any, Any].__init__(made, factory)
    return made


def _reference(target: Any) -> Any:
    return weakref.ref(_Gone() if target is None else target)


class _Gone:
    """What nothing but a dead reference refers to."""


def _certificate(pem: bytes) -> Any:
    return x509.load_pem_x509_certificate(pem)


def _key(pem: bytes) -> Any:
    # A snapshot's checksum was right, and to check a key takes longer than to read all else.
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
