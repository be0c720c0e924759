import { Client } from 'pg'
import type { TokenCounts } from '../../attestation/receipt/usage.ts'
import type { ClientEvent } from '../../services/client/start.ts'

type End = 'complete' | 'failed' | 'superseded'

interface Entry {
  readonly ends: End[]
  /** Keyset digests of the hosts that accepted it, each once. */
  readonly hosts: Set<string>
  receipt?: { readonly host: string; readonly tokens: TokenCounts }
}

interface StoredStatement {
  readonly id: string
  readonly host: string
  readonly finish: string
  readonly tokens: TokenCounts
}

/** What the books say at the end. */
export interface Balance {
  readonly sealed: number
  readonly complete: number
  readonly failed: number
  readonly superseded: number
  readonly statements: Readonly<Record<string, number>>
  /** Of answers with a verified receipt: what the receipts say, and what the stored statements say of the same. */
  readonly receiptTokens: number
  readonly storedTokens: number
  /** Signed anew by the keyset that followed the one that accepted. */
  readonly signedAnew: number
  /** Accepted by a guest that was killed before its statement was stored. */
  readonly lostWithHosts: number
  readonly wrongs: readonly string[]
}

/** Follows every request by the client's events, and holds the market's books against them. */
export class Accounts {
  readonly #entries = new Map<string, Entry>()

  take(event: ClientEvent): void {
    if (event.kind === 'request-sealed') this.#entries.set(event.requestId, { ends: [], hosts: new Set() })
    if (!('requestId' in event) || event.requestId === null) return
    const entry = this.#entries.get(event.requestId)
    if (entry === undefined) return
    if (event.kind === 'request-accepted') entry.hosts.add(event.host)
    if (event.kind === 'receipt-verified') entry.receipt = { host: event.host, tokens: event.tokens }
    const end = endOf(event)
    if (end !== undefined) entry.ends.push(end)
  }

  get open(): number {
    return [...this.#entries.values()].filter(({ ends }) => ends.length === 0).length
  }

  /** Holds the market's rows against what the client saw; `killed` are the keysets whose guests were killed. */
  async balance(
    databaseUrl: string,
    { killed, subjects }: { readonly killed: ReadonlySet<string>; readonly subjects: ReadonlyMap<string, string> }
  ): Promise<Balance> {
    const wrongs: string[] = []
    const stored = await readStatements(databaseUrl, killed, wrongs)
    const statements: Record<string, number> = {}
    for (const { id, finish } of stored.values()) {
      statements[finish] = (statements[finish] ?? 0) + 1
      if (!this.#entries.has(id)) wrongs.push(`a statement of ${id}, which nobody sealed`)
    }
    const sums = { receiptTokens: 0, storedTokens: 0, signedAnew: 0, lostWithHosts: 0 }
    for (const [id, entry] of this.#entries) this.#check(id, entry, { stored, killed, subjects, sums, wrongs })
    const count = (end: End): number => [...this.#entries.values()].filter(({ ends }) => ends[0] === end).length
    const ends = { complete: count('complete'), failed: count('failed'), superseded: count('superseded') }
    return { sealed: this.#entries.size, ...ends, statements, ...sums, wrongs }
  }

  #check(id: string, { ends, hosts, receipt }: Entry, books: Books): void {
    const { killed, sums, wrongs } = books
    // What was sealed anew has ended; that the whole request then failed is told by the same id.
    const final = ends.filter((end) => end !== 'superseded')
    if (final.length > 1 || ends.length === 0) wrongs.push(`${id} ended ${ends.length} times: ${ends.join(', ')}`)
    for (const host of hosts) {
      const statement = findStatement(id, host, books)
      if (statement !== undefined && statement.host !== host) sums.signedAnew++
      if (statement !== undefined) continue
      if (killed.has(host)) sums.lostWithHosts++
      else wrongs.push(`${id} was accepted by ${host.slice(0, 8)}, which lives, and is not in the books`)
    }
    if (receipt === undefined) return
    const statement = findStatement(id, receipt.host, books)
    if (statement === undefined) return
    sums.receiptTokens += totalOf(receipt.tokens)
    sums.storedTokens += totalOf(statement.tokens)
    if (JSON.stringify(receipt.tokens) !== JSON.stringify(statement.tokens)) {
      wrongs.push(`${id}: receipt ${JSON.stringify(receipt.tokens)}, statement ${JSON.stringify(statement.tokens)}`)
    }
  }
}

interface Books {
  readonly stored: ReadonlyMap<string, StoredStatement>
  readonly killed: ReadonlySet<string>
  readonly subjects: ReadonlyMap<string, string>
  readonly sums: { receiptTokens: number; storedTokens: number; signedAnew: number; lostWithHosts: number }
  readonly wrongs: string[]
}

/** The statement of a request by the keyset that accepted it, or by a later one of the same host. */
function findStatement(id: string, host: string, { stored, subjects }: Books): StoredStatement | undefined {
  const own = stored.get(`${id} ${host}`)
  if (own !== undefined) return own
  const subject = subjects.get(host)
  const kin = [...subjects].filter(([digest, other]) => other === subject && digest !== host)
  return kin.map(([digest]) => stored.get(`${id} ${digest}`)).find((statement) => statement !== undefined)
}

function endOf(event: ClientEvent): End | undefined {
  if (event.kind === 'answer-finished') return 'complete'
  if (event.kind === 'request-failed') return 'failed'
  return event.kind === 'attempt-failed' && event.next === 'a new session' ? 'superseded' : undefined
}

function totalOf(tokens: TokenCounts): number {
  return tokens.prompt + tokens.cached + tokens.completion + tokens.reasoning
}

async function readStatements(
  databaseUrl: string,
  killed: ReadonlySet<string>,
  wrongs: string[]
): Promise<ReadonlyMap<string, StoredStatement>> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select encode(session_id, 'hex') as session, n::int, encode(keyset_digest, 'hex') as host, finish,
              prompt_tokens::int as prompt, cached_tokens::int as cached, completion_tokens::int as completion,
              reasoning_tokens::int as reasoning
       from usage_statements`
    )
    const { rows: gaps } = await client.query(
      `select min(encode(keyset_digest, 'hex')) as host, count(*)::int as count, max(seq)::int as last,
              min(stored_up_to)::int as up_to
       from usage_statements join usage_epochs using (epoch) group by epoch`
    )
    for (const { host, count, last, up_to } of gaps) {
      if ((count !== last || up_to !== last) && !killed.has(host)) {
        wrongs.push(`epoch of ${host.slice(0, 8)}: ${count} statements, the last is ${last}, stored up to ${up_to}`)
      }
    }
    const stored = new Map<string, StoredStatement>()
    for (const { session, n, host, finish, prompt, cached, completion, reasoning } of rows) {
      const id = `${session}-${n}`
      if (stored.has(`${id} ${host}`)) wrongs.push(`${id} is twice in the books of one host`)
      stored.set(`${id} ${host}`, { id, host, finish, tokens: { prompt, cached, completion, reasoning } })
    }
    return stored
  } finally {
    await client.end()
  }
}
