import { randomBytes } from 'node:crypto'
import type { Step } from './generation.ts'

type Event = { readonly type: string }

/** One item of a response's `output`, as its events tell it. */
export interface Item {
  opening(): readonly Event[]
  delta(text: string): Event
  closing(text: string): readonly Event[]
  /** The finished item. */
  done(text: string): object
}

export function openItem(kind: Step['kind'], name: string, index: number): Item {
  if (kind === 'tool') return callItem(name, index)
  return partItem(kind === 'reasoning' ? REASONING : WORDS, index)
}

interface PartKind {
  readonly prefix: string
  readonly event: string
  part(text: string): object
  item(id: string, text: string | undefined): object
}

const WORDS: PartKind = {
  prefix: 'msg',
  event: 'response.output_text',
  part: (text) => ({ annotations: [], text, type: 'output_text', logprobs: [] }),
  item: (id, text) => ({
    id,
    content: text === undefined ? [] : [WORDS.part(text)],
    role: 'assistant',
    status: text === undefined ? 'in_progress' : 'completed',
    type: 'message'
  })
}

const REASONING: PartKind = {
  prefix: 'rs',
  event: 'response.reasoning_text',
  part: (text) => ({ text, type: 'reasoning_text' }),
  item: (id, text) => ({
    id,
    summary: [],
    type: 'reasoning',
    content: text === undefined ? null : [REASONING.part(text)],
    status: text === undefined ? 'in_progress' : 'completed'
  })
}

function partItem({ prefix, event, part, item }: PartKind, index: number): Item {
  const id = `${prefix}_${randomBytes(8).toString('hex')}`
  const place = { item_id: id, output_index: index, content_index: 0 }
  return {
    opening: () => [
      itemEvent('added', item(id, undefined), index),
      { type: 'response.content_part.added', ...place, part: part('') }
    ],
    delta: (delta) => ({ type: `${event}.delta`, ...place, delta, logprobs: [] }),
    closing: (text) => [
      { type: `${event}.done`, ...place, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part: part(text) },
      itemEvent('done', item(id, text), index)
    ],
    done: (text) => item(id, text)
  }
}

function callItem(name: string, index: number): Item {
  const id = `fc_${randomBytes(8).toString('hex')}`
  const callId = `call_${randomBytes(8).toString('hex')}`
  const item = (text: string, status: string) => ({
    arguments: text,
    call_id: callId,
    name,
    type: 'function_call',
    id,
    status
  })
  const place = { item_id: id, output_index: index }
  return {
    opening: () => [itemEvent('added', item('', 'in_progress'), index)],
    delta: (delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta }),
    closing: (text) => [
      { type: 'response.function_call_arguments.done', ...place, name, arguments: text },
      itemEvent('done', item(text, 'completed'), index)
    ],
    done: (text) => item(text, 'completed')
  }
}

function itemEvent(what: 'added' | 'done', item: object, index: number): Event & object {
  const event = { type: `response.output_item.${what}`, item, output_index: index }
  return event
}
