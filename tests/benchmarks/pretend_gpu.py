"""GPUs that are not there: devices that ggml can plan for, so that llama.cpp says what it would reserve on them.

llama.cpp plans a context on devices that only answer questions (which operations they run, how large a tensor gets) and
allocates nothing, so the installed processor build of llama-cpp-python tells the buffers of a CUDA build: any number of
GPUs, partial and expert offload, quantised caches. The answers are those of ggml-cuda in llama-cpp-python 0.3.36
(supports_op, offload_op, get_alloc_size, graph_optimize), as far as they bear on the buffers of language models.

Devices cannot be taken out of ggml again and llama.cpp keeps what it leaks: ask through `reserved`, which answers in
a process of its own.
"""

import ctypes as c
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import ggml_structs as g

# Head sizes that CUDA's flash attention has kernels for with as wide values (ggml_cuda_get_best_fattn_kernel), and
# (keys, values) -> the multiple of query heads per KV head that they need.
_HEADS = frozenset({40, 64, 72, 80, 96, 112, 128, 256})
_GROUPED_HEADS = {(192, 128): 8, (320, 256): 32, (512, 512): 1, (576, 512): 1}
_F16 = 1
_OFFLOAD_FROM = 32  # tokens: smaller batches are computed where the weights lie (offload_op)
_ROW = 512  # values that rows of quantised matrices are padded to
_MEMORY = 1 << 40  # of each device, all free
_SIZE = re.compile(r"(\S+) compute buffer size = +([\d.]+) MiB")


@dataclass(frozen=True, slots=True)
class Setting:
    """llama.cpp's options. `kv_type` is ggml's id; `gpu_layers` counts the output layer; `outputs` 0 keeps all logits.

    `in_ram` are patterns of tensors that stay in RAM (--override-tensor PATTERN=CPU).
    """

    context: int
    ubatch: int = 512
    batch: int = 2048
    users: int = 1
    outputs: int = 0
    flash_attention: bool = True
    kv_type: int = _F16
    gpu_layers: int = 999
    in_ram: tuple[str, ...] = ()


def reserved(header: Path, settings: Sequence[Setting], gpus: int = 1) -> list[dict[str, float]]:
    """Return the compute buffers in MiB by device ("CUDA0", ..., "CUDA_Host") for each setting.

    Empty dicts from the setting on at which llama.cpp gave up.
    """
    asked = json.dumps([str(header), gpus, [asdict(one) for one in settings]])
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.pretend_gpu", asked],
        capture_output=True, text=True, encoding="utf-8", timeout=120 * len(settings), check=False,
        env={**os.environ, "GGML_NO_BACKTRACE": "1"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found: list[dict[str, float]] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return found + [{}] * (len(settings) - len(found))


class PretendedGpus:
    """Devices registered with ggml as CUDA0, CUDA1, ... All that ggml points to is kept here."""

    def __init__(self, count: int) -> None:
        import llama_cpp

        folder = Path(llama_cpp.__file__).parent / "lib"
        self.base, ggml = (c.CDLL(str(_library(folder, name))) for name in ("ggml-base", "ggml"))
        self._declare()
        self.ops = self._operations()
        self.kept: list[Any] = []
        self.devices = [g.Device() for _ in range(count)]
        cpu = c.cast(self.cpu_buffers(), c.POINTER(g.BufferType)).contents
        self.host = g.BufferType(cpu.iface)
        self.host.device = c.addressof(self.devices[0])
        self.host.iface.get_name = self._named(g.TEXT, "CUDA_Host")
        registry = self._keep(g.Registry(2))
        registry.iface.get_name = self._named(g.TEXT, "CUDA")
        registry.iface.get_device_count = self._keep(g.SIZE(lambda _: count))
        find = g.RegistryI._fields_[2][1]
        registry.iface.get_device = self._keep(find(lambda _, i: c.addressof(self.devices[i])))
        registry.iface.get_proc_address = self._keep(g.RegistryI._fields_[3][1](lambda _, name: None))
        for i, device in enumerate(self.devices):
            device.reg = c.addressof(registry)
            self._describe(device, i)
        ggml.ggml_backend_register.argtypes = [c.c_void_p]
        ggml.ggml_backend_register(c.addressof(registry))

    def cpu_buffers(self) -> int:
        """Return the address of ggml's buffer type for RAM."""
        found: int = self.base.ggml_backend_cpu_buffer_type()
        return found

    def _declare(self) -> None:
        signatures: dict[str, tuple[Any, list[Any]]] = {
            "ggml_nbytes": (c.c_size_t, [g.TensorP]),
            "ggml_row_size": (c.c_size_t, [c.c_int, c.c_int64]),
            "ggml_is_quantized": (c.c_bool, [c.c_int]),
            "ggml_graph_n_nodes": (c.c_int, [c.c_void_p]),
            "ggml_graph_node": (g.TensorP, [c.c_void_p, c.c_int]),
            "ggml_op_name": (c.c_char_p, [c.c_int]),
            "ggml_backend_cpu_buffer_type": (c.c_void_p, []),
            "ggml_backend_buffer_init": (c.c_void_p, [c.c_void_p, g.BufferI, c.c_void_p, c.c_size_t]),
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(self.base, name)
            function.restype, function.argtypes = result, arguments

    def _operations(self) -> dict[str, int]:
        """Return ggml's numbers of the operations, which change between versions, up to the last one needed."""
        numbers: dict[str, int] = {}
        while "FLASH_ATTN_EXT" not in numbers or "SSM_SCAN" not in numbers:
            numbers[self.base.ggml_op_name(len(numbers)).decode()] = len(numbers)
        return numbers

    def _keep(self, thing: Any) -> Any:
        self.kept.append(thing)
        return thing

    def _text(self, text: str) -> int:
        return c.addressof(self._keep(c.create_string_buffer(text.encode())))

    def _named(self, kind: Any, text: str) -> Any:
        address = self._text(text)
        return self._keep(kind(lambda _: address))

    def _fill(self, iface: Any, **functions: Any) -> None:
        """Set functions of an interface, each made of its field's type."""
        kinds = dict(iface._fields_)
        for name, function in functions.items():
            setattr(iface, name, self._keep(kinds[name](function)))

    def _describe(self, device: g.Device, number: int) -> None:
        name = self._text(f"CUDA{number}")
        buffers, backend = self._keep(g.BufferType()), self._keep(g.Backend())
        event = self._keep(g.Event(c.addressof(device), None))
        own = c.addressof(buffers)
        buffers.device = backend.device = c.addressof(device)
        backend.guid = self._text(f"pretended GPU {number:03d}"[-16:])
        self._fill(
            buffers.iface,
            get_name=lambda _: name,
            alloc_buffer=self._allocate,
            get_alignment=lambda _: 128,
            get_alloc_size=lambda _, tensor: self._allocated(tensor),
        )
        self._fill(
            backend.iface,
            get_name=lambda _: name,
            free=lambda _: None,
            graph_optimize=lambda _, graph, params: self._join(graph, params),
        )

        def memory(_: Any, free: Any, total: Any) -> None:
            free[0] = total[0] = _MEMORY

        def properties(_: Any, found: Any) -> None:
            caps = g.Capabilities(async_=True, host_buffer=True, from_host_ptr=False, events=True, mmap=True)
            found[0] = g.Properties(name, name, _MEMORY, _MEMORY, 1, None, caps)

        self._fill(
            device.iface,
            get_name=lambda _: name,
            get_description=lambda _: name,
            get_memory=memory,
            get_type=lambda _: 1,  # GGML_BACKEND_DEVICE_TYPE_GPU
            get_props=properties,
            init_backend=lambda *_: c.addressof(backend),
            get_buffer_type=lambda _: own,
            get_host_buffer_type=lambda _: c.addressof(self.host),
            supports_op=lambda _, tensor: self._runs(tensor.contents),
            supports_buft=lambda _, buffer_type: buffer_type == own,
            offload_op=lambda _, tensor: self._worth_copying(tensor.contents),
            event_new=lambda _: c.addressof(event),
            event_free=lambda *_: None,
            event_synchronize=lambda *_: None,
        )

    def _allocate(self, buffer_type: int, size: int) -> Any:
        iface = g.BufferI()
        nothing = lambda *_: None
        self._fill(
            iface, free_buffer=nothing, get_base=lambda _: 4096, memset_tensor=nothing,
            set_tensor=nothing, get_tensor=nothing, clear=nothing,
        )  # fmt: skip
        return self.base.ggml_backend_buffer_init(buffer_type, iface, None, size)

    def _allocated(self, tensor: Any) -> int:
        """Return what a tensor takes: flash attention keeps f16 copies of other caches behind its result."""
        own, size = tensor.contents, int(self.base.ggml_nbytes(tensor))
        if own.op == self.ops["FLASH_ATTN_EXT"]:
            queries, keys, values = (own.src[i].contents for i in range(3))
            for source in (keys, values):
                if source.type != _F16 and queries.ne[1] > 2 and not (source is values and _same(keys, values)):
                    size = -(-size // 128) * 128 + 2 * source.ne[0] * source.ne[1] * source.ne[2] * source.ne[3]
        if self.base.ggml_is_quantized(own.type) and own.ne[0] % _ROW:
            size += self.base.ggml_row_size(own.type, _ROW - own.ne[0] % _ROW)
        return size

    def _runs(self, tensor: Any) -> bool:
        """Return whether CUDA has a kernel for the operation; other ones run on the processor."""
        op, ops = tensor.op, self.ops
        if op in (ops["MUL_MAT"], ops["MUL_MAT_ID"]):
            return not (tensor.src[1].contents.type == _F16 != tensor.src[0].contents.type)
        if op == ops["FLASH_ATTN_EXT"]:
            return _attends(tensor)
        if op == ops["SSM_CONV"]:
            return bool(tensor.src[0].contents.ne[1] % 128 == 0)
        if op == ops["SSM_SCAN"]:
            state, decay = tensor.src[0].contents, tensor.src[3].contents
            if decay.ne[0] == 1:  # Mamba 2
                return state.ne[0] in (96, 128, 256) and state.ne[1] % 16 == 0
            groups = tensor.src[4].contents.ne[1]
            return bool(state.ne[0] == 16 and state.ne[1] == 1 and state.ne[2] % 128 == 0 and groups == 1)
        return True

    def _worth_copying(self, tensor: Any) -> bool:
        ops, ne = self.ops, tensor.ne
        if tensor.op == ops["GET_ROWS"]:
            return False
        if tensor.op == ops["MUL_MAT"]:
            return bool(ne[1] >= _OFFLOAD_FROM)
        if tensor.op in (ops["MUL_MAT_ID"], ops["ROPE"], ops["ROPE_BACK"]):
            return bool(ne[2] >= _OFFLOAD_FROM)
        return bool(ne[1] * ne[2] * ne[3] >= _OFFLOAD_FROM)

    def _join(self, graph: int, params: int) -> None:
        """Keep an expert sum's inputs to its end, as CUDA does where it computes weighing and adding in one kernel."""
        told = c.cast(params, c.POINTER(g.OptimizeParams)).contents
        nodes = [self.base.ggml_graph_node(graph, i) for i in range(self.base.ggml_graph_n_nodes(graph))]
        ops = [node.contents.op for node in nodes]
        at = 0
        while at < len(nodes):
            inputs, steps = self._expert_sum(nodes, ops, at)
            for one in inputs:
                told.add(told.user, _address(one), _address(nodes[at + steps - 1]))
            at += steps

    def _expert_sum(self, nodes: list[Any], ops: list[int], at: int) -> tuple[list[Any], int]:
        """Return the inputs and the number of nodes of the expert sum that starts at a node; ([], 1) without."""
        mul, view, add = self.ops["MUL"], self.ops["VIEW"], self.ops["ADD"]
        none: tuple[list[Any], int] = [], 1
        if ops[at] != mul or at + 2 >= len(nodes) or ops[at + 1] not in (view, mul):
            return none
        first = _weighed(nodes[at].contents)
        if first is None:
            return none
        inputs, products = [*first], 1
        if ops[at + 1] == mul:
            second = _weighed(nodes[at + 1].contents)
            if second and _address(second[0]) == _address(nodes[at]):
                inputs, products = [first[0], second[1], first[1]], 2
        used = nodes[at + products - 1].contents.ne[1]
        steps = 2 * used + products - 1
        rest = ops[at + products : at + steps]
        whole = at + steps <= len(nodes) and set(rest) <= {view, add} and rest.count(view) == used
        return (inputs, steps) if whole and 2 <= used <= 64 else none


def _library(folder: Path, name: str) -> Path:
    """Return the file that llama.cpp itself loads: another copy of it would know nothing of llama.cpp's devices."""
    names = (f"lib{name}.so.0", f"lib{name}.dylib", f"{name}.dll")
    return next(folder / one for one in names if (folder / one).exists())


def _address(tensor: Any) -> int:
    return c.addressof(tensor.contents)


def _same(keys: Any, values: Any) -> bool:
    """Return whether the values are a view of the keys, as with MLA."""
    if not values.view_src:
        return False
    source = _address(values.view_src)
    if source == c.addressof(keys):
        return True
    return bool(keys.view_src) and source == _address(keys.view_src) and values.view_offs == keys.view_offs


def _attends(tensor: Any) -> bool:
    queries, keys, values = (tensor.src[i].contents for i in range(3))
    wide, out = keys.ne[0], values.ne[0]
    if wide in _HEADS:
        return bool(wide == out)
    ratio = queries.ne[2] // keys.ne[2]
    unbiased = tensor.op_params[1] == 0
    grouped = ratio >= 2 and bool(tensor.src[3]) and unbiased and keys.ne[1] % 256 == 0
    multiple = _GROUPED_HEADS.get((wide, out))
    return bool(grouped and multiple and ratio % multiple == 0)


def _weighed(product: Any) -> tuple[Any, Any] | None:
    """Return (what is weighed, one weight per row) of a product; None of another one."""
    shape = tuple(product.ne)
    for wide, thin in ((product.src[0], product.src[1]), (product.src[1], product.src[0])):
        if tuple(wide.contents.ne) == shape and tuple(thin.contents.ne) == (1, *shape[1:]):
            return wide, thin
    return None


def _ask(gpus: PretendedGpus, header: str, setting: Setting) -> dict[str, float]:
    import llama_cpp as api

    lines: list[str] = []
    log = api.llama_log_callback(lambda level, text, data: lines.append(text.decode("utf-8", "replace")))
    api.llama_log_set(log, c.c_void_p(0))
    options = api.llama_model_default_params()
    options.no_alloc, options.load_mode, options.use_extra_bufts = True, 0, False
    options.n_gpu_layers = setting.gpu_layers
    rows = [g.Override(pattern.encode(), gpus.cpu_buffers()) for pattern in setting.in_ram]
    overrides = (g.Override * (len(rows) + 1))(*rows, g.Override(None, None))
    if rows:
        options.tensor_buft_overrides = c.addressof(overrides)
    model = api.llama_load_model_from_file(header.encode(), options)
    if not model:
        return {}
    wanted = api.llama_context_default_params()
    wanted.n_ctx, wanted.n_batch, wanted.n_ubatch = setting.context, setting.batch, setting.ubatch
    wanted.n_seq_max, wanted.n_outputs_max = setting.users, setting.outputs
    wanted.flash_attn_type = int(setting.flash_attention)
    wanted.type_k = wanted.type_v = setting.kv_type
    wanted.swa_full, wanted.kv_unified, wanted.no_perf = False, False, True
    context = api.llama_init_from_model(model, wanted)
    if context:
        api.llama_free(context)
    api.llama_model_free(model)
    return {name: float(size) for name, size in _SIZE.findall("".join(lines))}


def main() -> None:
    """Answer `reserved`'s question, given as JSON: a line per setting."""
    header, count, settings = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    gpus = PretendedGpus(count)
    for one in settings:
        answers.write(json.dumps(_ask(gpus, header, Setting(**{**one, "in_ram": tuple(one["in_ram"])}))) + "\n")
        answers.flush()
    os._exit(0)  # ggml would call into devices that are gone


if __name__ == "__main__":
    main()
