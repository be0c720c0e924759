"""The official Python SDK against the local endpoint: one JSON object on stdout of what came."""
import json
import sys
from io import BytesIO

from openai import APIStatusError, OpenAI

base_url, model, real = sys.argv[1], sys.argv[2], sys.argv[3] == "real"
client = OpenAI(base_url=base_url, api_key="unused", max_retries=0, timeout=60)
messages = [{"role": "user", "content": "Which animal spins silk?"}]
result = {"models": [entry.id for entry in client.models.list()]}

answer = client.chat.completions.with_raw_response.create(model=model, messages=messages, max_tokens=8)
result["verdict"] = answer.headers["x-bombyx-verdict"]
result["chat"] = answer.parse().usage.completion_tokens

stream = client.chat.completions.create(
    model=model, messages=messages, max_tokens=8, stream=True, stream_options={"include_usage": True}
)
chunks = list(stream)
result["stream"] = {"usage": chunks[-1].usage.completion_tokens, "usages": sum(c.usage is not None for c in chunks)}

result["completion"] = client.completions.create(model=model, prompt="Silk", max_tokens=3).usage.completion_tokens

result["response"] = client.responses.create(model=model, input="Silk?", max_output_tokens=5).usage.output_tokens
events = list(client.responses.create(model=model, input="Silk?", max_output_tokens=5, stream=True))
result["events"] = [events[0].type, events[-1].type]

try:
    client.chat.completions.create(model=model, messages=messages, temperature=-1)
except APIStatusError as error:
    result["refusal"] = error.status_code

if not real:
    result["embeddings"] = len(client.embeddings.create(model=model, input=["a", "b"]).data)
    recording = ("moth.wav", BytesIO(bytes(100_000)))
    result["audio"] = client.audio.transcriptions.create(model=model, file=recording).text
    pieces = client.audio.transcriptions.create(model=model, file=recording, stream=True)
    result["audio_pieces"] = sum(1 for _ in pieces)

print(json.dumps(result))
