import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CLI = join(ROOT, 'services/cli/main.ts')
const DISABLE = '--disable-warning=ExperimentalWarning'
const run = promisify(execFile)
/** Some twenty-five commands, each of which starts up. */
const LIMIT_MS = 240_000

/** Where a stranger would stand: `npx bombyx` and `openai` are there as in a clone, and the network's files in `.bombyx`. */
const folder = mkdtempSync(join(tmpdir(), 'bombyx-market-'))
const env = { ...process.env, PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}` }
let network: ChildProcess

beforeAll(async () => {
  mkdirSync(join(folder, 'bin'))
  const npx = join(folder, 'bin/npx')
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" ${DISABLE} "${CLI}" "$@"\n`)
  chmodSync(npx, 0o755)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  network = spawn(process.execPath, [DISABLE, join(ROOT, 'services/network/main.ts'), '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let told = ''
  await new Promise<void>((resolve, reject) => {
    network.once('close', () => reject(new Error(`no network came up:\n${told}`)))
    network.stdout?.on('data', (data) => {
      told += data
      if (told.includes('Ctrl-C ends everything')) resolve()
    })
  })
})

afterAll(async () => {
  const ended = new Promise((resolve) => network.once('close', resolve))
  network.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

/** What a reader pastes, in order. */
function walkthrough(port: number): string {
  const text = readFileSync(join(ROOT, 'services/market/walkthrough.md'), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block)
  return `set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n${blocks.join('\n').replaceAll('4343', String(port))}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

async function ask<Answer>(...args: readonly string[]): Promise<Answer> {
  const { stdout } = await run('npx', ['bombyx', ...args, '--json'], { cwd: folder, env })
  return JSON.parse(stdout) as Answer
}

interface Payee {
  readonly payee: string
  readonly paid: string
}

describe('the walkthrough of services/market', () => {
  it(
    'ends with TON in the wallets of the providers that answered, and every nanoTON explained',
    async () => {
      const { stdout } = await run('bash', ['-c', walkthrough(await freePort())], {
        cwd: folder,
        env,
        timeout: LIMIT_MS
      })
      expect(stdout.match(/total_tokens/g)).toHaveLength(6)
      expect(stdout).toContain('6 requests agree')
      const bill = await ask<readonly { readonly price: string }[]>('bill', 'show', '--organisation', 'acme')
      const billed = bill.reduce((sum, { price }) => sum + BigInt(price), 0n)
      const { payees } = await ask<{ readonly payees: readonly Payee[] }>(
        ...['pay', 'status', '--escrow', 'market-day/escrow.json']
      )
      expect(payees).toHaveLength(2)
      expect(billed).toBeGreaterThan(0n)
      expect(payees.reduce((sum, { paid }) => sum + BigInt(paid), 0n)).toBe(billed)
      for (const name of ['alice', 'bob']) await expectExplained(`market-day/${name}.key`, payees)
      // By what was measured meanwhile.
      expect(stdout.slice(stdout.lastIndexOf('DEMAND'))).toMatch(/ acme +bombyx\/demonstration +20000 +0 /)
    },
    LIMIT_MS
  )
})

/** All that came and went is known, and what an escrow paid is what it says that it paid. */
async function expectExplained(wallet: string, payees: readonly Payee[]): Promise<void> {
  const { payee, balance, missing, entries } = await ask<{
    readonly payee: string
    readonly balance: string
    readonly missing: string | null
    readonly entries: readonly { readonly kind: string; readonly amount: string }[]
  }>('earn', 'payouts', '--wallet', wallet)
  const sum = (kinds: readonly string[]): bigint =>
    entries.filter(({ kind }) => kinds.includes(kind)).reduce((total, { amount }) => total + BigInt(amount), 0n)
  expect(missing).toBeNull()
  expect(sum(['earned', 'gas-left', 'fees'])).toBe(BigInt(balance))
  expect(sum(['earned'])).toBe(BigInt(payees.find((one) => one.payee === payee)?.paid ?? -1))
}
