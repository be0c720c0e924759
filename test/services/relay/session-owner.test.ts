import { describe, expect, test } from 'vitest'
import { encodeFramePayload } from '../../../attestation/session/frames.ts'
import { encodeMeta } from '../../../attestation/session/meta.ts'
import { HostTable } from '../../../services/relay/host-table.ts'
import type { KeyGrant } from '../../../services/relay/key-grant.ts'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import { type ClientLine, Switchboard } from '../../../services/relay/switchboard.ts'
import { WaitQueue } from '../../../services/relay/wait-queue.ts'
import type { Link } from '../../../services/runtime/link/link.ts'
import type { LinkStream } from '../../../services/runtime/link/stream.ts'

const REMEMBERED = 65_536
const NO_STREAM = {} as LinkStream

function listHost(table: HostTable): void {
  const digest = '00'.repeat(32)
  table.list({ digest, hostId: 'named', model: 'm', notAfter: 9999 } as ListedHost)
  table.find(digest)?.addLink({} as Link)
}

function switchboard(table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })): Switchboard {
  return new Switchboard({
    table,
    queue: new WaitQueue({ total: 8, perTenant: 8 }),
    draw: () => 0,
    now: () => 1000,
    monotonic: () => 0,
    patienceMs: 1000,
    current: () => true,
    finished: () => {}
  })
}

function line(keyName: string): ClientLine & { readonly heard: Uint8Array[] } {
  const heard: Uint8Array[] = []
  return { keyName, heard, usage: (payload) => void heard.push(payload) }
}

function openOf(session: number): Uint8Array {
  const sessionId = new Uint8Array(16)
  new DataView(sessionId.buffer).setUint32(0, session)
  const meta = encodeMeta({
    sessionId,
    n: 0,
    stream: false,
    deadline: 2000,
    inputSize: 1024,
    outputLimit: 0,
    cadenceMs: 0,
    maxPrice: 0n,
    affinity: new Uint8Array(8),
    model: 'm'
  })
  const candidates = [{ digest: new Uint8Array(32), wrap: new Uint8Array(48) }]
  return encodeFramePayload({ kind: 'open', stream: 1, meta, candidates })
}

const nameOf = (session: number): string => session.toString(16).padStart(8, '0').padEnd(32, '0')

describe('a session', () => {
  test('belongs to the API key that used it first: to another there is none', () => {
    const board = switchboard()
    expect(board.open(line('alice'), NO_STREAM, openOf(1))).toBe('HOST_LOST')
    expect(board.open(line('mallory'), NO_STREAM, openOf(1))).toBe('SESSION_UNKNOWN')
    expect(board.open(line('alice'), NO_STREAM, openOf(1))).toBe('HOST_LOST')
  })

  test('in use is not pushed out by the many of somebody else', () => {
    const table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })
    const board = switchboard(table)
    listHost(table)
    const [alice, mallory] = [line('alice'), line('mallory')]
    board.open(alice, NO_STREAM, openOf(0))
    for (let session = 1; session <= REMEMBERED; session++) {
      if (session % 1000 === 0) board.open(alice, NO_STREAM, openOf(0))
      board.open(mallory, NO_STREAM, openOf(session))
    }
    const statement = Uint8Array.of(1)
    board.deliverUsage('named', nameOf(0), statement)
    expect(alice.heard).toEqual([statement])
  })

  test('hears statements of the hosts that its requests named, and of no others', () => {
    const table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })
    const board = switchboard(table)
    const [alice, statement] = [line('alice'), Uint8Array.of(1)]
    board.open(alice, NO_STREAM, openOf(1))
    board.deliverUsage('named', nameOf(1), statement)
    expect(alice.heard).toEqual([])
    listHost(table)
    board.open(alice, NO_STREAM, openOf(1))
    board.deliverUsage('another', nameOf(1), statement)
    board.deliverUsage('named', nameOf(2), statement)
    expect(alice.heard).toEqual([])
    board.deliverUsage('named', nameOf(1), statement)
    expect(alice.heard).toEqual([statement])
  })

  test('is charged to its key for the hosts that its requests named, and for no others', () => {
    const table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })
    const board = switchboard(table)
    listHost(table)
    const alice = { ...line('alice'), grant: grant() }
    board.open(alice, NO_STREAM, openOf(1))
    expect(board.ownerOf('named', nameOf(1))).toBe(alice.grant)
    expect(board.ownerOf('another', nameOf(1))).toBeUndefined()
    expect(board.ownerOf('named', nameOf(2))).toBeUndefined()
  })

  test('starts nothing that its key may not, and goes to no host of which too little is proven', () => {
    const table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })
    const board = switchboard(table)
    listHost(table)
    const limited = { ...line('alice'), grant: grant({ start: () => 'RATE_LIMITED' }) }
    expect(board.open(limited, NO_STREAM, openOf(1))).toBe('RATE_LIMITED')
    const strict = { ...line('bob'), grant: grant({ allows: () => false }) }
    expect(board.open(strict, NO_STREAM, openOf(2))).toBe('HOST_LOST')
    expect(board.running).toBe(0)
  })
})

function grant(changes: Partial<KeyGrant> = {}): KeyGrant {
  return {
    ...{ name: 'k', tenant: 'acme', keyId: new Uint8Array(16), spend: () => {} },
    ...{ start: () => undefined, serves: () => true, allows: () => true },
    ...changes
  }
}
