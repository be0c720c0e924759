import { badRequest } from './errors.ts'
import { isObject, type JsonObject, readBoolean, readObject, readObjects } from './fields.ts'
import type { ToolUse } from './generation.ts'
import type { Prompt } from './prompt.ts'
import { sampleJson } from './sample-json.ts'

export const STAND_IN = "I am Bombyx's demonstration engine, a stand-in for vLLM: no model has read this."

const LONGEST_ECHO = 2000

/** The same words for the same question: what it is, and what was asked. */
export function answerChat(prompt: Prompt, choice: number): string {
  const pictures = prompt.images === 0 ? '' : ` With it came ${prompt.images} image${prompt.images === 1 ? '' : 's'}.`
  const variant = choice === 0 ? '' : ` (Choice ${choice + 1}.)`
  const heard = prompt.afterTool ? ' The tool has answered.' : ''
  return `${STAND_IN}${heard} You asked: "${echo(prompt.question)}"${pictures}${variant}`
}

export function answerCompletion(prompt: string, choice: number): string {
  const variant = choice === 0 ? '' : ` (Choice ${choice + 1}.)`
  return ` ${STAND_IN} You wrote: "${echo(prompt)}"${variant}`
}

/** JSON for `response_format` or vLLM's `structured_outputs`, or undefined where plain words are wanted. */
export function answerStructured(body: JsonObject, prompt: Prompt): string | undefined {
  const format = readObject(body, 'response_format')
  const structured = readObject(body, 'structured_outputs')
  const schema = format?.['type'] === 'json_schema' ? schemaOf(format) : (structured?.['json'] ?? body['guided_json'])
  if (schema !== undefined) return JSON.stringify(sampleJson(schema, echo(prompt.question)))
  if (format?.['type'] !== 'json_object') return undefined
  return JSON.stringify({ stand_in: STAND_IN, question: echo(prompt.question) })
}

function schemaOf(format: JsonObject): unknown {
  const named = format['json_schema']
  if (!isObject(named) || !isObject(named['schema'])) {
    throw badRequest("When response_format type is 'json_schema', the 'json_schema' field must be provided.")
  }
  return named['schema']
}

/** The calls the stand-in makes, and whether the request named the tool; undefined where it answers in words. */
export function chooseTools(body: JsonObject, prompt: Prompt): { calls: ToolUse[]; named: boolean } | undefined {
  const tools = (readObjects(body, 'tools') ?? []).map(functionOf)
  const choice = body['tool_choice'] ?? (tools.length > 0 ? 'auto' : 'none')
  if (choice === 'none') return undefined
  if (tools.length === 0) throw badRequest('When using `tool_choice`, `tools` must be set.', 'tool_choice')
  if (isObject(choice)) return { calls: [callOf(namedTool(tools, choice), prompt)], named: true }
  if (choice !== 'auto' && choice !== 'required') {
    throw badRequest('tool_choice must be one of "none", "auto", "required", or a named tool.', 'tool_choice')
  }
  const wanted = tools.filter((tool) => choice === 'required' || mentions(prompt, String(tool['name'])))
  const most = 'parallel_tool_calls' in body && !readBoolean(body, 'parallel_tool_calls') ? 1 : wanted.length
  if (choice === 'required') return { calls: wanted.slice(0, 1).map((tool) => callOf(tool, prompt)), named: false }
  if (prompt.afterTool || wanted.length === 0) return undefined
  return { calls: wanted.slice(0, most).map((tool) => callOf(tool, prompt)), named: false }
}

function functionOf(tool: JsonObject): JsonObject {
  const described = tool['function']
  if (!isObject(described) || typeof described['name'] !== 'string')
    throw badRequest('a tool needs a function', 'tools')
  return described
}

function namedTool(tools: readonly JsonObject[], choice: JsonObject): JsonObject {
  const name = isObject(choice['function']) ? choice['function']['name'] : undefined
  const tool = tools.find((candidate) => candidate['name'] === name)
  if (tool === undefined) {
    throw badRequest('The tool specified in `tool_choice` does not match any of the specified `tools`', 'tool_choice')
  }
  return tool
}

/** `get_weather` is wanted when the question holds its name, or every word of it. */
function mentions(prompt: Prompt, name: string): boolean {
  const question = prompt.question.toLowerCase()
  const words = name
    .toLowerCase()
    .split(/[_\-.]+/)
    .filter((word) => word !== 'get')
  return question.includes(name.toLowerCase()) || words.every((word) => question.includes(word))
}

function callOf(tool: JsonObject, prompt: Prompt): ToolUse {
  const schema = tool['parameters'] ?? { type: 'object' }
  return { name: String(tool['name']), arguments: JSON.stringify(sampleJson(schema, echo(prompt.question))) }
}

function echo(text: string): string {
  return text.length <= LONGEST_ECHO ? text : `${text.slice(0, LONGEST_ECHO)}…`
}
