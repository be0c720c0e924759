import { type Call, chooseModel } from './engine.ts'
import { readBoolean, readList, readString } from './fields.ts'
import { readJson, sendJson } from './http.ts'
import { renderChat } from './prompt.ts'
import { detokenize, tokenId, tokenize } from './tokens.ts'

/** POST /tokenize: of `prompt`, or of `messages` as the chat template joins them. */
export async function tokenizeText(call: Call): Promise<void> {
  const body = await readJson(call.request)
  chooseModel(call.engine, body)
  const text = readString(body, 'prompt') ?? renderChat(body).text
  const tokens = tokenize(text)
  sendJson(call.response, {
    count: tokens.length,
    max_model_len: call.engine.config.maxModelLength,
    tokens: tokens.map(tokenId),
    token_strs: readBoolean(body, 'return_token_strs') ? tokens : null
  })
}

/** POST /detokenize */
export async function detokenizeIds(call: Call): Promise<void> {
  const body = await readJson(call.request)
  chooseModel(call.engine, body)
  sendJson(call.response, { prompt: detokenize(readList(body, 'tokens') ?? []) })
}
