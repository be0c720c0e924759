import { badRequest } from './errors.ts'
import { isObject, type JsonObject, readObjects } from './fields.ts'

/**
 * Bodies of the newer APIs as the chat body that vLLM makes of them too, so that one engine answers all three. Members
 * that mean the same keep their names.
 */

const RESPONSE_PARTS: Readonly<Record<string, string>> = { input_text: 'text', output_text: 'text' }

/** Of `/v1/responses`. */
export function chatOfResponses(body: JsonObject): JsonObject {
  const { input, instructions, max_output_tokens, text, tools, tool_choice, ...rest } = body
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : readObjects(body, 'input')
  if (items === undefined) throw badRequest('input: Field required', 'body.input')
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  const format = isObject(text) && isObject(text['format']) ? text['format'] : undefined
  return {
    ...rest,
    messages: [...system, ...items.map(messageOfItem)],
    max_completion_tokens: max_output_tokens,
    response_format: format?.['type'] === 'json_schema' ? { type: 'json_schema', json_schema: format } : format,
    ...(Array.isArray(tools) && tools.length > 0 ? { tools: tools.map(wrapFunction) } : {}),
    ...(tool_choice === undefined
      ? {}
      : { tool_choice: isObject(tool_choice) ? wrapFunction(tool_choice) : tool_choice })
  }
}

function messageOfItem(item: JsonObject): JsonObject {
  if (item['type'] === 'function_call') {
    const { call_id: id, name, arguments: given } = item
    return { role: 'assistant', tool_calls: [{ id, type: 'function', function: { name, arguments: given } }] }
  }
  if (item['type'] === 'function_call_output') return { role: 'tool', content: String(item['output'] ?? '') }
  if (item['type'] === 'reasoning') return { role: 'assistant', content: '' }
  const { role, content } = item
  return { role, content: Array.isArray(content) ? content.map(partOfItem) : content }
}

function partOfItem(part: unknown): unknown {
  if (!isObject(part)) return part
  if (part['type'] === 'input_image') return { type: 'image_url', image_url: { url: part['image_url'] } }
  return { ...part, type: RESPONSE_PARTS[String(part['type'])] ?? part['type'] }
}

function wrapFunction(tool: unknown): unknown {
  if (!isObject(tool)) return tool
  const { type, ...described } = tool
  return { type, function: described }
}

const ANTHROPIC_CHOICES: Readonly<Record<string, string>> = { any: 'required', auto: 'auto', none: 'none' }

/** Of `/v1/messages`. */
export function chatOfMessages(body: JsonObject): JsonObject {
  const { system, messages: _, stop_sequences: stop, tools, tool_choice, ...rest } = body
  const asked = readObjects(body, 'messages') ?? []
  const opening = system === undefined ? [] : [{ role: 'system', content: textOf(system) }]
  return {
    ...rest,
    stop,
    messages: [...opening, ...asked.flatMap(messagesOfTurn)],
    ...(Array.isArray(tools) && tools.length > 0 ? { tools: tools.map(toolOfAnthropic) } : {}),
    ...(isObject(tool_choice) ? { tool_choice: choiceOfAnthropic(tool_choice) } : {})
  }
}

/** One turn may hold words, calls and results of tools: in chat these are messages of their own. */
function messagesOfTurn({ role, content }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(content)) return [{ role, content }]
  const blocks = content.filter(isObject)
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const calls = blocks.filter(({ type }) => type === 'tool_use')
  const words = blocks.filter(({ type }) => type === 'text' || type === 'image').map(partOfBlock)
  const toolCalls = calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input ?? {}) }
  }))
  const said = words.length === 0 && calls.length === 0 ? [] : [{ role, content: words }]
  const called = toolCalls.length === 0 ? said : [{ role, content: words, tool_calls: toolCalls }]
  return [...results.map((result) => ({ role: 'tool', content: textOf(result['content']) })), ...called]
}

function partOfBlock(block: JsonObject): JsonObject {
  if (block['type'] === 'text') return { type: 'text', text: block['text'] }
  const source = isObject(block['source']) ? block['source'] : {}
  const url = source['url'] ?? `data:${source['media_type']};base64,${source['data']}`
  return { type: 'image_url', image_url: { url } }
}

function toolOfAnthropic(tool: unknown): unknown {
  if (!isObject(tool)) return tool
  const { name, description, input_schema: parameters } = tool
  return { type: 'function', function: { name, description, parameters } }
}

function choiceOfAnthropic(choice: JsonObject): unknown {
  if (choice['type'] === 'tool') return { type: 'function', function: { name: choice['name'] } }
  return ANTHROPIC_CHOICES[String(choice['type'])]
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((block) => (isObject(block) && typeof block['text'] === 'string' ? block['text'] : '')).join('\n')
}
