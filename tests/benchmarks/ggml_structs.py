"""ggml's structures of a backend in ctypes, as llama-cpp-python 0.3.36 declares them (ggml.h, ggml-backend-impl.h)."""

import ctypes as c
from ctypes import c_bool, c_int, c_int32, c_int64, c_size_t, c_void_p
from typing import ClassVar

fn = c.CFUNCTYPE


class Tensor(c.Structure):
    """ggml_tensor."""


TensorP = c.POINTER(Tensor)
Tensor._fields_ = [
    ("type", c_int),
    ("buffer", c_void_p),
    ("ne", c_int64 * 4),
    ("nb", c_size_t * 4),
    ("op", c_int),
    ("op_params", c_int32 * 16),
    ("flags", c_int32),
    ("src", TensorP * 10),
    ("view_src", TensorP),
    ("view_offs", c_size_t),
    ("data", c_void_p),
    ("name", c.c_char * 64),
    ("extra", c_void_p),
    ("padding", c.c_char * 8),
]

TEXT = fn(c_void_p, c_void_p)
VOID = fn(None, c_void_p)
SIZE = fn(c_size_t, c_void_p)
YES_TENSOR = fn(c_bool, c_void_p, TensorP)


class BufferTypeI(c.Structure):
    """ggml_backend_buffer_type_i."""

    _fields_: ClassVar = [
        ("get_name", TEXT),
        ("alloc_buffer", fn(c_void_p, c_void_p, c_size_t)),
        ("get_alignment", SIZE),
        ("get_max_size", SIZE),
        ("get_alloc_size", fn(c_size_t, c_void_p, TensorP)),
        ("is_host", fn(c_bool, c_void_p)),
    ]


class BufferType(c.Structure):
    """ggml_backend_buffer_type."""

    _fields_: ClassVar = [("iface", BufferTypeI), ("device", c_void_p), ("context", c_void_p)]


class BufferI(c.Structure):
    """ggml_backend_buffer_i."""

    _fields_: ClassVar = [
        ("free_buffer", VOID),
        ("get_base", TEXT),
        ("init_tensor", c_void_p),
        ("memset_tensor", fn(None, c_void_p, c_void_p, c.c_uint8, c_size_t, c_size_t)),
        ("set_tensor", fn(None, c_void_p, c_void_p, c_void_p, c_size_t, c_size_t)),
        ("get_tensor", fn(None, c_void_p, c_void_p, c_void_p, c_size_t, c_size_t)),
        ("set_tensor_2d", c_void_p),
        ("get_tensor_2d", c_void_p),
        ("cpy_tensor", c_void_p),
        ("clear", fn(None, c_void_p, c.c_uint8)),
        ("reset", c_void_p),
    ]


class BackendI(c.Structure):
    """ggml_backend_i."""

    _fields_: ClassVar = [
        ("get_name", TEXT),
        ("free", VOID),
        *((f"unused_{i}", c_void_p) for i in range(12)),
        ("event_wait", c_void_p),
        ("graph_optimize", fn(None, c_void_p, c_void_p, c_void_p)),
    ]


class Backend(c.Structure):
    """ggml_backend."""

    _fields_: ClassVar = [("guid", c_void_p), ("iface", BackendI), ("device", c_void_p), ("context", c_void_p)]


class Capabilities(c.Structure):
    """ggml_backend_dev_caps."""

    _fields_: ClassVar = [(name, c_bool) for name in ("async_", "host_buffer", "from_host_ptr", "events", "mmap")]


class Properties(c.Structure):
    """ggml_backend_dev_props."""

    _fields_: ClassVar = [
        ("name", c_void_p),
        ("description", c_void_p),
        ("free", c_size_t),
        ("total", c_size_t),
        ("type", c_int),
        ("id", c_void_p),
        ("caps", Capabilities),
    ]


class DeviceI(c.Structure):
    """ggml_backend_device_i."""

    _fields_: ClassVar = [
        ("get_name", TEXT),
        ("get_description", TEXT),
        ("get_memory", fn(None, c_void_p, c.POINTER(c_size_t), c.POINTER(c_size_t))),
        ("get_type", fn(c_int, c_void_p)),
        ("get_props", fn(None, c_void_p, c.POINTER(Properties))),
        ("init_backend", fn(c_void_p, c_void_p, c_void_p)),
        ("get_buffer_type", TEXT),
        ("get_host_buffer_type", TEXT),
        ("buffer_from_host_ptr", c_void_p),
        ("supports_op", YES_TENSOR),
        ("supports_buft", fn(c_bool, c_void_p, c_void_p)),
        ("offload_op", YES_TENSOR),
        ("event_new", TEXT),
        ("event_free", fn(None, c_void_p, c_void_p)),
        ("event_synchronize", fn(None, c_void_p, c_void_p)),
    ]


class Device(c.Structure):
    """ggml_backend_device."""

    _fields_: ClassVar = [("iface", DeviceI), ("reg", c_void_p), ("context", c_void_p)]


class RegistryI(c.Structure):
    """ggml_backend_reg_i."""

    _fields_: ClassVar = [
        ("get_name", TEXT),
        ("get_device_count", SIZE),
        ("get_device", fn(c_void_p, c_void_p, c_size_t)),
        ("get_proc_address", fn(c_void_p, c_void_p, c.c_char_p)),
    ]


class Registry(c.Structure):
    """ggml_backend_reg."""

    _fields_: ClassVar = [("api_version", c_int), ("iface", RegistryI), ("context", c_void_p)]


class OptimizeParams(c.Structure):
    """What graph_optimize is given: a function that makes a tensor live until another one is computed."""

    _fields_: ClassVar = [("add", fn(None, c_void_p, c_void_p, c_void_p)), ("user", c_void_p)]


class Event(c.Structure):
    """ggml_backend_event."""

    _fields_: ClassVar = [("device", c_void_p), ("context", c_void_p)]


class Override(c.Structure):
    """llama_model_tensor_buft_override."""

    _fields_: ClassVar = [("pattern", c.c_char_p), ("buft", c_void_p)]
