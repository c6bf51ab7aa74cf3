"""Write the trained network as a GGUF (llama architecture, byte-level BPE) and quantise it by llama.cpp."""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelFileError
from assistant.reader.labels import EMITTED, PLACEHOLDERS, PREVIOUS
from assistant.reader.net import Shape

CONTROLS = ("<pad>", "<s>", "</s>", "<sep>")  # ids 0 to 3
SPECIALS = (*CONTROLS, *PLACEHOLDERS, *PREVIOUS, *EMITTED)


def write_gguf(
    path: Path, shape: Shape, weights: Mapping[str, Any], tokens: Sequence[str], merges: Sequence[str]
) -> None:
    """Write an F32 GGUF. `weights` are the network's named tensors, `tokens` all token texts by id.

    Placeholders are USER_DEFINED, so that they are recognised inside a question; everything the model emits is CONTROL,
    so that no text can contain it. The output layer is tied and left out.
    """
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("mekiki-reader")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.hidden // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocab)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(list(tokens))
    user = set(PLACEHOLDERS)
    control = set(SPECIALS) - user
    kinds = [
        gguf.TokenType.CONTROL
        if token in control
        else gguf.TokenType.USER_DEFINED
        if token in user
        else gguf.TokenType.NORMAL
        for token in tokens
    ]
    writer.add_token_types(kinds)
    writer.add_token_merges(list(merges))
    for add, name in (
        (writer.add_pad_token_id, "<pad>"),
        (writer.add_bos_token_id, "<s>"),
        (writer.add_eos_token_id, "</s>"),
        (writer.add_sep_token_id, "<sep>"),
    ):
        add(CONTROLS.index(name))
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    for name, tensor in weights.items():
        writer.add_tensor(name, np.ascontiguousarray(tensor.detach().float().numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantise(source: Path, target: Path) -> None:
    """Quantise a GGUF to Q8_0 (34 bytes per 32 weights). Raises ModelFileError when llama.cpp refuses."""
    import llama_cpp

    from assistant.reader.model import silent_logs

    silent_logs()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.nthread = 2
    failed = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters))
    if failed:
        raise ModelFileError(
            path=source, reason="llama.cpp could not quantise it", reason_ja="llama.cpp で量子化できませんでした"
        )
