"""A model folder that costs nothing, for tests of what trains one or acts with it."""

from pathlib import Path

from tests.tiny_tokenizers import CHATML, tiny_tokenizer


def ascii_tokenizer():
    """A token for each character: whatever a random model writes is encoded as it was sampled."""
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(["\n", *map(chr, range(32, 127))])}, merges=[]))
    backend.decoder = decoders.Fuse()
    special = ["<|im_start|>", "<|im_end|>"]
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=special[0], eos_token=special[1])
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.chat_template = CHATML
    return tokenizer


def tiny_model_folder(path: Path, tokenizer=None) -> Path:
    """A random Llama of two layers with a tied embedding, and a tokenizer with a chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tokenizer or tiny_tokenizer("chatml")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        initializer_range=0.3,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path
