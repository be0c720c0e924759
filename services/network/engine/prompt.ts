import { badRequest, invalidBody } from './errors.ts'
import { isObject, type JsonObject, readObjects } from './fields.ts'

/** A chat as one text, as a chat template makes it, and what of it the stand-in talks about. */
export interface Prompt {
  readonly text: string
  readonly images: number
  /** The last thing the user said. */
  readonly question: string
  /** The last message is a tool's answer. */
  readonly afterTool: boolean
}

/** Tokens of one picture, whatever its size. */
export const IMAGE_TOKENS = 256

const ROLES: readonly unknown[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

/** Refuses absent messages, unknown roles and parts. Pictures are counted, never fetched or read. */
export function renderChat(body: JsonObject): Prompt {
  const messages = readObjects(body, 'messages')
  if (messages === undefined) throw invalidBody('messages', 'Field required')
  if (messages.length === 0) throw badRequest('messages must not be empty', 'messages')
  const rendered = messages.map(renderMessage)
  const asked = rendered.filter(({ role }) => role === 'user').at(-1)
  return {
    text: rendered.map(({ role, text }) => `<|${role}|>\n${text}\n`).join(''),
    images: rendered.reduce((total, { images }) => total + images, 0),
    question: asked?.text ?? '',
    afterTool: rendered.at(-1)?.role === 'tool'
  }
}

interface Rendered {
  readonly role: string
  readonly text: string
  readonly images: number
}

function renderMessage(message: JsonObject): Rendered {
  const role = message['role']
  if (typeof role !== 'string' || !ROLES.includes(role)) throw badRequest(`Unknown role: ${String(role)}`, 'messages')
  const calls = message['tool_calls'] === undefined ? '' : JSON.stringify(message['tool_calls'])
  const content = message['content'] ?? ''
  if (typeof content === 'string') return { role, text: content + calls, images: 0 }
  if (!Array.isArray(content)) throw invalidBody('messages', 'content should be a string or a list of parts')
  const parts = content.map(renderPart)
  const images = parts.filter((part) => part === undefined).length
  return { role, text: parts.filter((part) => part !== undefined).join('\n') + calls, images }
}

/** The part's text, or undefined for a picture. */
function renderPart(part: unknown): string | undefined {
  if (!isObject(part)) throw invalidBody('messages', 'a part should be a valid dictionary')
  const type = part['type']
  if ((type === 'text' || type === 'refusal') && typeof part[type] === 'string') return part[type]
  if (type === 'image_url' && isObject(part['image_url']) && typeof part['image_url']['url'] === 'string')
    return undefined
  throw badRequest(`Unknown part type: ${String(type)}`, 'messages')
}
