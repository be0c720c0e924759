"""Unpacks a GGUF file into the folder that vLLM reads: vLLM on CPU has no kernels for GGUF's own blocks."""
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

source, target = Path(sys.argv[1]), Path(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
model = AutoModelForCausalLM.from_pretrained(
    source.parent,
    gguf_file=source.name,
    quantization_config=GgufConfig(dequantize=True),
    dtype=torch.bfloat16,
)
# They are plain tensors now; transformers saves none that still say how they were packed.
model.hf_quantizer = None
if hasattr(model.config, "quantization_config"):
    del model.config.quantization_config
model.save_pretrained(target)
tokenizer.save_pretrained(target)
