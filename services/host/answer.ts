import { sha256 } from '../../attestation/crypto.ts'
import { encodeBase64 } from '../../attestation/encoding.ts'
import { RECEIPT_TRAILER } from '../../attestation/receipt/receipt.ts'
import { priceOf, type TokenCounts, type UsageFinish } from '../../attestation/receipt/usage.ts'
import { encodeBhttpResponse, type HttpField } from '../../attestation/session/bhttp.ts'
import type { Prices } from '../../attestation/session/leg.ts'
import type { Meta } from '../../attestation/session/meta.ts'
import type { AnswerWriter } from './answer-writer.ts'
import { findId } from './engine-json.ts'
import type { ForwardPlan } from './forward.ts'
import { ANSWER_TOO_LARGE, ENGINE_DOWN, OVER_MAX_PRICE, type OwnAnswer } from './openai-errors.ts'
import { SseAnswer } from './sse-answer.ts'
import { SseFilter } from './sse-filter.ts'
import { NO_TOKENS, UsageCounter } from './usage-counter.ts'
import { failureEvent, readWholeUsage } from './usage-dialects.ts'
import type { Engine, EngineAnswer } from './vllm.ts'

/** What a receipt says of an answer. */
export interface ReceiptFacts {
  readonly chatId: string | null
  readonly forwardedHash: Uint8Array
  readonly returnedHash: Uint8Array
  readonly usage: TokenCounts
}

/** How far an answer got; kept up to date, so that one that is cut off is metered by it. */
export interface Tally {
  counts: TokenCounts
  receipt: Uint8Array | null
}

export interface AnswerTask {
  readonly meta: Meta
  readonly prices: Prices
  /** nanoTON that the payer's escrow and vouchers are good for; absent where nobody has to pay. */
  readonly mostPrice: bigint | undefined
  readonly engine: Engine
  readonly writer: AnswerWriter
  readonly signal: AbortSignal
  readonly tally: Tally
  /** Body of `/v1/models`. */
  readonly models: () => Uint8Array
  readonly signReceipt: (facts: ReceiptFacts) => Uint8Array
}

type ForwardTask = AnswerTask & { readonly plan: ForwardPlan & { readonly kind: 'forward' } }

const MOST_ANSWER_BYTES = 64 * 1024 * 1024
/** A host ends an answer before its price would pass this, whatever the client allows. */
const MOST_PRICE = 2n ** 53n - 1n
const JSON_TYPE = 'application/json'
const NOTHING_FORWARDED = sha256()

/** Carries out a plan up to the final chunk. Throws when the answer cannot be finished: its reader sees it truncated. */
export async function answerRequest(task: AnswerTask, plan: ForwardPlan): Promise<UsageFinish> {
  if (plan.kind === 'models') {
    await task.writer.writeWhole(encodeBhttpResponse(headOf(200, JSON_TYPE), task.models(), []))
    return 'complete'
  }
  if (plan.kind === 'forward') return forward({ ...task, plan })
  if (plan.inference) await answerOwn(task, plan.answer, NOTHING_FORWARDED)
  else await task.writer.writeWhole(encodeBhttpResponse(headOf(plan.answer.status, JSON_TYPE), plan.answer.body, []))
  return 'complete'
}

async function forward(task: ForwardTask): Promise<UsageFinish> {
  const answer = await sendToEngine(task)
  if (answer === undefined) return answerFailure(task, ENGINE_DOWN)
  if (answer.contentType.startsWith('text/event-stream')) return streamAnswer(task, answer)
  const content = await readWhole(answer, task.signal)
  if (content === undefined) return answerFailure(task, ENGINE_DOWN)
  if (content === 'too large') return answerFailure(task, ANSWER_TOO_LARGE)
  return answerWhole(task, answer, content)
}

/** The engine's answer, or undefined when it gives none. */
async function sendToEngine({ engine, plan, signal }: ForwardTask): Promise<EngineAnswer | undefined> {
  try {
    return await engine.send(plan.request, signal)
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function readWhole(answer: EngineAnswer, signal: AbortSignal): Promise<Uint8Array | 'too large' | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of answer.body) {
      length += part.byteLength
      if (length > MOST_ANSWER_BYTES) return 'too large'
      parts.push(part)
    }
  } catch {
    signal.throwIfAborted()
    return undefined
  }
  return Buffer.concat(parts)
}

async function answerWhole(task: ForwardTask, answer: EngineAnswer, content: Uint8Array): Promise<UsageFinish> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1')
  const counter = new UsageCounter()
  const metered = answer.status === 200 && answer.contentType.startsWith(JSON_TYPE)
  const usage = metered ? readWholeUsage(task.plan.dialect, text) : undefined
  if (usage !== undefined) counter.total(usage)
  if (!affordable(task, counter.counts)) return answerFailure(task, OVER_MAX_PRICE)
  task.tally.counts = counter.counts
  const forwardedHash = sha256(task.plan.request.body)
  const trailers = receiptTrailers(task, { chatId: findId(text), forwardedHash, returnedHash: sha256(content) })
  await task.writer.writeWhole(encodeBhttpResponse(headOf(answer.status, answer.contentType), content, trailers))
  return answer.status < 500 ? 'complete' : 'failed'
}

async function streamAnswer(task: ForwardTask, answer: EngineAnswer): Promise<UsageFinish> {
  const { meta, plan, signal, tally } = task
  const filter = new SseFilter(plan.wish, (counts) => affordable(task, counts), plan.dialect)
  using sse = new SseAnswer(task.writer, headOf(answer.status, answer.contentType), meta.cadenceMs)
  for await (const bytes of answer.body) {
    sse.push(filter.push(bytes))
    tally.counts = filter.counts
    // Leaving the loop hangs up on the engine.
    if (filter.exhausted) break
    await sse.room()
    signal.throwIfAborted()
  }
  sse.push(filter.exhausted ? failureEvent(plan.dialect, OVER_MAX_PRICE) : filter.end())
  tally.counts = filter.counts
  const forwardedHash = sha256(plan.request.body)
  await sse.finish((returnedHash) => receiptTrailers(task, { chatId: filter.chatId, forwardedHash, returnedHash }))
  return filter.failed ? 'failed' : 'complete'
}

async function answerFailure(task: ForwardTask, answer: OwnAnswer): Promise<UsageFinish> {
  await answerOwn(task, answer, sha256(task.plan.request.body))
  return 'failed'
}

/** An answer of the agent's own on an inference route: nothing is charged, and a receipt says so. */
async function answerOwn(task: AnswerTask, { status, body }: OwnAnswer, forwardedHash: Uint8Array): Promise<void> {
  task.tally.counts = NO_TOKENS
  const trailers = receiptTrailers(task, { chatId: null, forwardedHash, returnedHash: sha256(body) })
  await task.writer.writeWhole(encodeBhttpResponse(headOf(status, JSON_TYPE), body, trailers))
}

function receiptTrailers(task: AnswerTask, facts: Omit<ReceiptFacts, 'usage'>): readonly HttpField[] {
  const receipt = task.signReceipt({ ...facts, usage: task.tally.counts })
  task.tally.receipt = receipt
  return [[RECEIPT_TRAILER, encodeBase64(receipt)]]
}

function affordable({ meta, prices, mostPrice = MOST_PRICE }: AnswerTask, counts: TokenCounts): boolean {
  const most = meta.maxPrice > 0n && meta.maxPrice < mostPrice ? meta.maxPrice : mostPrice
  return priceOf(counts, prices) <= most
}

function headOf(status: number, contentType: string) {
  return { status, headers: contentType === '' ? [] : ([['content-type', contentType]] as const) }
}
