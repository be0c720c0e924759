import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { processTree } from './memory.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const dataFolder = mkdtempSync(join(tmpdir(), 'bombyx-start-'))

afterAll(() => rmSync(dataFolder, { recursive: true, force: true }))

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly status: Promise<number | null>
}

function start(...options: readonly string[]): Run {
  const main = join(ROOT, 'services/network/main.ts')
  const args = ['--disable-warning=ExperimentalWarning', main, '--data', dataFolder, '--port', '0', ...options]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data
    })
  return { child, output: () => output, status: new Promise((resolve) => child.once('close', resolve)) }
}

describe('npm start', () => {
  it('-- --once tells what was checked, answers, and ends with status 0', async () => {
    const run = start('--once', '--prompt', 'What spins silk?')
    expect(await run.status).toBe(0)
    const output = run.output()
    expect(output.match(/✓ affirming/g)).toHaveLength(2)
    expect(output.match(/VIRTUAL: software made this evidence/g)).toHaveLength(2)
    expect(output.match(/✓ host [0-9a-f]+ is leaf \d+ of a log of \d+/g)).toHaveLength(2)
    expect(output.match(/not older than masterchain block \d+ of network -4242/g)).toHaveLength(2)
    expect(output).toContain('X-Wing')
    expect(output).toContain('What spins silk?')
    expect(output).toMatch(/Receipt[\s\S]*signature, session and both hashes are right/)
    expect(output).toMatch(/Relay[\s\S]*bytes in, [\d,]+ bytes out/)
    expect(output).toMatch(/Money[\s\S]*you deposited +in escrow [0-9a-f]{12} +5,000,000,000/)
    expect(output.match(/receipt [0-9a-f]{12} {2}guest/g)).toHaveLength(3)
    // What a wallet earned is the sum of the receipts above it.
    let sum = 0
    let wallets = 0
    for (const [, what, amount = ''] of output.matchAll(/^ {2}(receipt|✓ a host earned) .* ([\d,]+)$/gm)) {
      const nanoton = Number(amount.replaceAll(',', ''))
      if (what === 'receipt') sum += nanoton
      else expect(nanoton).toBe(sum)
      if (what !== 'receipt') [sum, wallets] = [0, wallets + 1]
    }
    expect(wallets).toBeGreaterThan(0)
  })

  it('starts again from the same folder, stays up, answers others, and Ctrl-C ends everything', async () => {
    const run = start()
    await expect.poll(run.output, { timeout: 60_000 }).toContain('Ctrl-C ends everything')
    const url = /(http:\/\/127\.0\.0\.1:\d+)\/v1\/chat/.exec(run.output())?.[1]
    const models = await (await fetch(`${url}/v1/models`)).json()
    expect(models).toMatchObject({ data: [{ id: 'bombyx/demonstration' }] })
    const tree = processTree(run.child.pid ?? 0)
    expect(tree.length).toBeGreaterThan(8)
    run.child.kill('SIGINT')
    expect(await run.status).toBe(0)
    await expect.poll(() => tree.filter(isAlive), { timeout: 10_000 }).toEqual([])
  })

  it('refuses a folder that another network holds', async () => {
    const first = start()
    await expect.poll(first.output, { timeout: 60_000 }).toContain('database')
    const second = start('--once')
    expect(await second.status).toBe(1)
    expect(second.output()).toMatch(/another process|in use/)
    first.child.kill('SIGTERM')
    await first.status
  })

  it('says what is wrong with an option', async () => {
    const run = start('--port', 'ninety')
    expect(await run.status).toBe(1)
    expect(run.output()).toContain('--port')
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
