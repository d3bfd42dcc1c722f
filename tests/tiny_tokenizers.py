"""Small tokenizers with the chat templates of the families in use, built in the process, for tests."""

import json
from functools import cache

CHATML = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}"
    "<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}"
    "{% else %}{% set rest = messages %}{% set system = none %}{% endif %}{% for m in rest %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% set text = m['content'] %}{% if loop.first and system is not none %}"
    "{% set text = '<<SYS>>\n' + system + '\n<</SYS>>\n\n' + m['content'] %}{% endif %}"
    "{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + text.strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + text.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' }}"
    "{{ m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
LLAMA3_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else 'user') + '\n' + m['content'] | trim }}"
    "{{ '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
THINKING = (
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m['role'] == 'user' %}{% set ns.last = loop.index0 %}"
    "{% endif %}{% endfor %}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' and loop.index0 < ns.last %}{{ m['content'].split('</think>')[-1].lstrip('\n') }}"
    "{% elif m['role'] == 'assistant' and '<think>' not in m['content'] %}"
    "{{ '<think>\n\n</think>\n\n' + m['content'] }}"
    "{% else %}{{ m['content'] }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GLM = (
    "[gMASK]<sop>{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)

FAMILIES: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "chatml": (CHATML, ["<|im_start|>", "<|im_end|>"], {"bos": "<|im_start|>", "eos": "<|im_end|>"}),
    "llama2": (LLAMA2, ["<unk>", "<s>", "</s>"], {"bos": "<s>", "eos": "</s>", "unk": "<unk>"}),
    "llama3": (
        LLAMA3,
        ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"],
        {"bos": "<|begin_of_text|>", "eos": "<|eot_id|>"},
    ),
    "gemma": (GEMMA, ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"], {"bos": "<bos>", "eos": "<eos>"}),
    "thinking": (THINKING, ["<|im_start|>", "<|im_end|>"], {"eos": "<|im_end|>"}),
    "glm": (GLM, ["[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<eop>"], {"eos": "<eop>"}),
}
"""Family -> (chat template, special tokens, the roles of some of them)."""

CORPUS = [
    "Thought: I look at the table.\nAction: sql\nSELECT name FROM people WHERE age > 30;\nObservation: 17 rows\n\n"
]


@cache
def tiny_tokenizer(family: str):
    """A tokenizer of about 500 pieces: of the SentencePiece kind for llama2 and gemma, byte-level for the others."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    template, special, named = FAMILIES[family]
    if family in ("llama2", "gemma"):
        state = json.loads(Tokenizer(models.BPE(byte_fallback=True)).to_str())
        state["model"]["vocab"] = {}
        pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *map(chr, range(33, 127))]
        pieces += ["▁T", "he", "▁The", "Th", "ou", "Thou", "[/", "▁[", "▁<", "▁▁"]
        merges = ["▁ T", "h e", "▁T he", "T h", "o u", "Th ou", "[ /", "▁ [", "▁ <", "▁ ▁"]
        state["model"] |= {"vocab": {piece: n for n, piece in enumerate(pieces)}, "unk_token": named.get("unk")}
        state["model"]["merges"] = [merge.split(" ") for merge in merges]
        backend = Tokenizer.from_str(json.dumps(state))
        prefix = [normalizers.Prepend("▁")] if family == "llama2" else []
        strip = [decoders.Strip(" ", 1, 0)] if family == "llama2" else []
        backend.normalizer = normalizers.Sequence([*prefix, normalizers.Replace(" ", "▁")])
        parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
        backend.decoder = decoders.Sequence(parts)
    else:
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        if family == "llama3":
            split = pre_tokenizers.Split(Regex(LLAMA3_WORDS), "isolated")
            bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
            backend.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_only])
        backend.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=500, initial_alphabet=alphabet, special_tokens=special, show_progress=False
        )
        backend.train_from_iterator(CORPUS * 9, trainer)
        backend.add_tokens(["<think>", "</think>"])
    names = {f"{name}_token": token for name, token in named.items()}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **names)
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.chat_template = template
    return tokenizer
