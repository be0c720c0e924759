import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'

/** What happens at the statement where a fault is armed. */
export interface Fault {
  /** How many statements still pass. */
  readonly after: number
  /** Before the server has it, or after it has done it and before its client hears so. */
  readonly when: 'before' | 'after'
  /** Called at that moment. */
  readonly strike: () => void
  /** The connection ends with it. */
  readonly cuts: boolean
}

export interface PostgresProxy extends AsyncDisposable {
  /** Like the server's, through the proxy. */
  readonly url: string
  /** Replaces what was armed before. */
  arm(fault: Fault): void
  /** Closes the connections that are open: as for a process that is gone. */
  cutAll(): void
}

const QUERY = 0x51
const SYNC = 0x53
const HEADER = 5

/** A relay of PostgreSQL's protocol that cuts a connection at the n-th statement (of any connection), transactions' ends included. */
export async function startPostgresProxy(serverUrl: string): Promise<PostgresProxy> {
  const target = new URL(serverUrl)
  const pairs = new Set<readonly [Socket, Socket]>()
  let armed: { left: number; fault: Fault } | undefined
  const hit = (): Fault | undefined => {
    if (armed === undefined || armed.left-- > 0) return undefined
    const { fault } = armed
    armed = undefined
    return fault
  }
  const server = createServer((client) => {
    const upstream = dial(Number(target.port), target.hostname)
    const pair = [client, upstream] as const
    pairs.add(pair)
    const cut = (): void => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    let pending: Fault | undefined
    const statements = createStatementCounter()
    for (const socket of pair) socket.on('error', cut).on('close', cut)
    client.on('data', (chunk: Buffer) => {
      for (let count = statements(chunk); count > 0; count--) {
        const fault = hit()
        if (fault === undefined) continue
        if (fault.when === 'after') {
          pending = fault
          continue
        }
        fault.strike()
        if (fault.cuts) return cut()
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      pending?.strike()
      if (pending?.cuts === true) return cut()
      pending = undefined
      client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const cutAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    pairs.clear()
  }
  return {
    url: url.href,
    arm: (fault) => {
      armed = { left: fault.after, fault }
    },
    cutAll,
    async [Symbol.asyncDispose]() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Counts the statements (simple queries and synchronisations) that end in each chunk that a client sends. */
function createStatementCounter(): (chunk: Buffer) => number {
  let rest = Buffer.alloc(0)
  let isStarted = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    let count = 0
    for (;;) {
      // The first message has no type byte.
      const header = isStarted ? HEADER : HEADER - 1
      if (rest.byteLength < header) return count
      const length = rest.readUInt32BE(header - 4) + header - 4
      if (rest.byteLength < length) return count
      if (isStarted && (rest[0] === QUERY || rest[0] === SYNC)) count++
      isStarted = true
      rest = rest.subarray(length)
    }
  }
}
