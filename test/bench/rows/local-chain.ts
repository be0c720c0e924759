import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { internal } from '@ton/core'
import { TonClient } from '@ton/ton'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { openLocalChain } from '../../../contracts/local-chain/local-chain.ts'
import { NETWORK_IDS } from '../../../contracts/networks.ts'
import { createWallet, type Wallet } from '../../../contracts/wallet.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { createAnchorScript } from '../../contracts/local-chain/anchor.ts'
import { compare, standing } from '../compare.ts'
import { cpuMicros, residentBytes } from '../cpu.ts'
import { openRawSandbox } from '../rivals/raw-sandbox.ts'
import { runRounds, type Target } from '../rounds.ts'
import type { Row } from '../row.ts'

const MODULE = new URL('../../../services/network/chain/main.ts', import.meta.url)

export const localChainRow: Row = {
  name: 'chain',
  title: 'External messages a second through TonClient, memory and restart of the local chain',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const filled = quick ? 500 : 10_000
    await fill(folder, filled)
    const starts: number[] = []
    for (let count = 0; count < (quick ? 1 : 5); count += 1) {
      const begun = performance.now()
      await using again = await startChain(folder)
      if (again.authority !== '') starts.push((performance.now() - begun) * 1000)
    }
    const server = stack.use(await startChain(folder))
    const wallet = openFaucet(folder)
    const client = new TonClient({ endpoint: server.details['endpoint'] ?? '' })
    const log = createAnchorScript(16, 7)
    const deploy = internal({ to: log.contract.address, value: '1000', bounce: false, init: log.contract.init ?? null })
    const order = { seqno: filled, validUntil: 0xffffffff, messages: [deploy] }
    await client.sendFile(Buffer.from(wallet.transfer(order)))
    const anchor = client.open(log.contract)
    const calls = quick ? 10 : 50
    const targets = [
      chainTarget(server, calls, () => anchor.sendOrder(log.next(Math.floor(Date.now() / 1000)))),
      await sandboxTarget('sandbox', wallet, calls),
      await sandboxTarget('sandbox again', wallet, calls)
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 2 : 20, warmup: 1, random, progress })
    const restart = starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 0
    return {
      results: [
        standing(rounds, {
          label: 'anchors a second through TonClient',
          ours: 'chain',
          by: 'rate',
          unit: 'count',
          ask: { atLeast: 25 }
        }),
        compare(rounds, {
          ...{ label: '… CPU of the chain a message, over the bare executor', ours: 'chain', rival: 'sandbox' },
          ...{ control: 'sandbox again', by: 'cpu', beside: 'wall', as: 'time' }
        }),
        standing(rounds, {
          label: `memory at ${filled} transactions`,
          ours: 'chain',
          by: 'rss',
          unit: 'bytes',
          ask: { atMost: 400 * 1024 ** 2 }
        })
      ],
      notes: [
        `Opened with ${filled} transactions on disk in ${Math.round(restart / 1000)} ms, from fork to ready (asked: under 2,000).`,
        'An anchor is a LogAnchor message with a consistency proof, over 2^16 leaves; its block is on disk when it is answered. The bare executor runs a wallet message without outputs.'
      ]
    }
  }
}

/** So many transactions in a folder, by one process that is gone when the others start. */
async function fill(folder: string, count: number): Promise<void> {
  await using chain = await openLocalChain({ folder, now: Date.now, randomSeed: () => randomBytes(32) })
  for (let seqno = 0; seqno < count; seqno += 16) {
    const batch = Array.from({ length: Math.min(16, count - seqno) }, (_, at) => bump(chain.faucet, seqno + at))
    await Promise.all(batch.map((boc) => chain.send(boc)))
  }
}

function startChain(folder: string): Promise<ServiceProcess> {
  const env = { PATH: process.env['PATH'] ?? '', BOMBYX_CHAIN_DATA: folder, BOMBYX_CHAIN_BLOCK_INTERVAL: '5s' }
  return startProcess({ name: 'chain', module: MODULE, env }, {})
}

function openFaucet(folder: string): Wallet {
  return createWallet({ ...readKeyFile(join(folder, 'faucet.key')), networkId: NETWORK_IDS.local })
}

/** A message that does nothing but raise the wallet's number. */
function bump(wallet: Wallet, seqno: number): Uint8Array {
  return wallet.transfer({ seqno, validUntil: 0xffffffff, messages: [] })
}

function chainTarget({ pid }: ServiceProcess, calls: number, send: () => Promise<void>): Target {
  return {
    name: 'chain',
    async run() {
      const [cpu, start] = [cpuMicros([pid]), performance.now()]
      for (let at = 0; at < calls; at += 1) await send()
      const wall = (performance.now() - start) * 1000
      const used = cpuMicros([pid]) - cpu
      const figures = { cpu: used / calls, wall: wall / calls, rate: (calls * 1e6) / wall, rss: highest(pid) }
      return { operations: calls, figures }
    }
  }
}

async function sandboxTarget(name: string, wallet: Wallet, calls: number): Promise<Target> {
  const sandbox = await openRawSandbox(wallet.address, wallet.init)
  let seqno = 0
  return {
    name,
    async run() {
      const [cpu, start] = [process.cpuUsage(), performance.now()]
      for (let at = 0; at < calls; at += 1) await sandbox.send(bump(wallet, seqno++))
      const { user, system } = process.cpuUsage(cpu)
      const wall = (performance.now() - start) * 1000
      return { operations: calls, figures: { cpu: (user + system) / calls, wall: wall / calls } }
    }
  }
}

/** The most that a process ever had resident, in bytes. */
function highest(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1] ?? residentBytes(pid) / 1024) * 1024
}
