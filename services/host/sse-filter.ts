import type { TokenCounts } from '../../attestation/receipt/usage.ts'
import { findChoice, findId, findUsage, hasChoices } from './engine-json.ts'
import type { UsageWish } from './forward.ts'
import type { Dialect } from './routes.ts'
import { UsageCounter } from './usage-counter.ts'
import { readNamedEvent } from './usage-dialects.ts'

const DATA = 'data: {'
const EVENT = 'event: '
const ERROR = 'data: {"error"'
const NOTHING = new Uint8Array(0)

/**
 * Reads an engine's event stream as it passes: counts tokens, and takes out the figures that the client did not ask
 * for. Everything else leaves as it came, line by line.
 */
export class SseFilter {
  readonly #wish: UsageWish
  readonly #affordable: (counts: TokenCounts) => boolean
  readonly #dialect: Dialect
  readonly #counter = new UsageCounter()
  #rest = ''
  #event = ''
  #pieces = { completion: 0, reasoning: 0 }
  #dropBlank = false
  #chatId: string | null = null
  #started = false
  #failed = false
  #exhausted = false
  #counts: TokenCounts

  /** Events whose tokens are not `affordable` any more end what is let through. */
  constructor(wish: UsageWish, affordable: (counts: TokenCounts) => boolean, dialect: Dialect = 'chat') {
    this.#wish = wish
    this.#affordable = affordable
    this.#dialect = dialect
    this.#counts = this.#counter.counts
  }

  /** Of what was let through. */
  get counts(): TokenCounts {
    return this.#counts
  }

  get chatId(): string | null {
    return this.#chatId
  }

  /** The engine reported an error after its head was out. */
  get failed(): boolean {
    return this.#failed
  }

  /** An event was held back because it would cost too much; nothing passes any more. */
  get exhausted(): boolean {
    return this.#exhausted
  }

  /** The whole lines that `bytes` completes, as the client gets them. */
  push(bytes: Uint8Array): Uint8Array {
    const text = this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const end = text.lastIndexOf('\n') + 1
    this.#rest = text.slice(end)
    return this.#passLines(text.slice(0, end))
  }

  /** What is left when the engine has ended. */
  end(): Uint8Array {
    const rest = this.#rest
    this.#rest = ''
    return this.#passLines(rest)
  }

  #passLines(text: string): Uint8Array {
    if (text === '') return NOTHING
    let passed = ''
    for (let from = 0; from < text.length && !this.#exhausted; ) {
      const feed = text.indexOf('\n', from)
      const to = feed < 0 ? text.length : feed + 1
      passed += this.#passLine(text.slice(from, to))
      from = to
    }
    return Buffer.from(passed, 'latin1')
  }

  #passLine(line: string): string {
    const dropBlank = this.#dropBlank
    this.#dropBlank = false
    if (dropBlank && (line === '\n' || line === '\r\n')) return ''
    if (line.startsWith(EVENT)) this.#event = line.slice(EVENT.length).trimEnd()
    if (!line.startsWith(DATA)) return line
    const dialect = this.#dialect
    return dialect === 'chat' || dialect === 'audio' ? this.#passChunk(line) : this.#passNamed(dialect, line)
  }

  #passChunk(line: string): string {
    if (line.startsWith(ERROR)) this.#failed = true
    if (!this.#started) this.#chatId = findId(line.slice(DATA.length - 1))
    this.#started = true
    const found = findUsage(line)
    if (found === undefined) return this.#dialect === 'audio' ? this.#passUncounted(line) : line
    const running = hasChoices(line)
    if (running) this.#counter.running(findChoice(line), found.usage)
    else this.#counter.total(found.usage)
    if (!this.#afforded()) return ''
    if (running) return this.#wish.continuous ? line : found.without
    this.#dropBlank = !this.#wish.total
    return this.#wish.total ? line : ''
  }

  /** A form has figures only where its sender asked for them: a piece of the answer is a token at least. */
  #passUncounted(line: string): string {
    this.#countPiece('completion')
    return this.#afforded() ? line : ''
  }

  /** Figures stand where the dialect has them, and all of it is the client's to see. */
  #passNamed(dialect: 'responses' | 'messages', line: string): string {
    const { id, running, total, piece, failed } = readNamedEvent(dialect, this.#event, line.slice(DATA.length - 1))
    this.#chatId ??= id ?? null
    if (failed === true) this.#failed = true
    if (running !== undefined) this.#counter.running(0, running)
    if (piece !== undefined) this.#countPiece(piece)
    if (total !== undefined) this.#counter.total(total)
    return this.#afforded() ? line : ''
  }

  #countPiece(kind: 'completion' | 'reasoning'): void {
    this.#pieces[kind]++
    const { completion, reasoning } = this.#pieces
    this.#counter.running(0, {
      completion_tokens: completion + reasoning,
      completion_tokens_details: { reasoning_tokens: reasoning }
    })
  }

  #afforded(): boolean {
    this.#exhausted = !this.#affordable(this.#counter.counts)
    if (!this.#exhausted) this.#counts = this.#counter.counts
    return !this.#exhausted
  }
}
