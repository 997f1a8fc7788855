import { BRAIN_NAMES } from './brain.js';
import { CONTEXT_ERRORS, DEFAULT_OPTIONS as defaults } from './options.js';

export const USAGE = `Usage: node dist-tools/tools/stand-in/main.js [options]

A server that behaves like Ollama (/api/…) and like an OpenAI-compatible server (/v1/…). Once it
listens, it prints one line of JSON: { url, controlUrl, pid }. SIGTERM or Ctrl-C ends it.
Add faults while it runs. This one answers half of the requests, chosen at random, with 503:

  curl -d '{"preset":"busy","probability":0.5}' CONTROL_URL/stand-in/faults

The times per request and text can be changed, too:

  curl -X PATCH -d '{"textMs":5}' CONTROL_URL/stand-in/costs

  --host HOST               address to listen on (${defaults.host})
  --port N                  port; 0 for a free one (${defaults.port})
  --control-port N          port of the control endpoints; 0 for a free one (0)

Model:
  --brain NAME              ${BRAIN_NAMES.join(' or ')} (deterministic); sentence is a small real model
  --native-dimensions N     dimensions of the deterministic brain (2560)
  --model NAME              name of the embedding model (${defaults.model})
  --chat-model NAME         name of a model that cannot embed (${defaults.chatModel})
  --architecture NAME       architecture in /api/show (${defaults.architecture})
  --version VERSION         version of Ollama (${defaults.version})

Time and capacity:
  --request-ms MS           time per request (${defaults.requestMs})
  --text-ms MS              time per text (${defaults.textMs})
  --text-squared-ms MS      time by the square of the number of texts in a request (${defaults.textSquaredMs})
  --character-ms MS         time per character of the texts (${defaults.characterMs})
  --load-ms MS              time to load the model (${defaults.loadMs})
  --parallel N              requests embedded at once, or Infinity (${defaults.parallel})
  --max-queue N             requests that may wait; further ones are answered with 503 (${defaults.maxQueue})
  --context-tokens N        context of the model, at 4 bytes per token (${defaults.contextTokens})
  --context-error NAME      error for longer texts: ${Object.keys(CONTEXT_ERRORS).join(', ')} (${defaults.contextError})
  --ignore-dimensions       ignore \`dimensions\`, like Ollama before 0.11.11

Only /v1/:
  --refuse-dimensions       reject \`dimensions\`, like vLLM for most models
  --ignore-base64           answer with floats even if base64 is requested
  --max-batch N             maximum number of texts per request (${defaults.maxBatch})
  --reverse                 send the vectors in reverse order, with matching indexes
  --api-key KEY             require this key as a bearer token

Log and faults:
  --log-size N              how many requests the log keeps (${defaults.logSize})
  --record-texts            keep their texts, too
  --seed N                  seed of the faults' random choices (${defaults.seed})

  --help                    print this`;
